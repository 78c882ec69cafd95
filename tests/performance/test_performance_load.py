"""A load on one endpoint: what is measured, when the client refuses to say, and what is left alone."""

from __future__ import annotations

import asyncio
import base64
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from hdrh.histogram import HdrHistogram

from launchready.evidence import load_client, store
from launchready.evidence.dialer import Target
from launchready.evidence.portal.load import LEAST, plan_of
from launchready.evidence.portal.stage import Stopped
from launchready.evidence.types import Cause, Evidence, HttpProbe, LoadProbe, LoadResult
from tests.bad_twins.certificates import Leaf, issue


@asynccontextmanager
async def server(answer: bytes, wait: float = 0.0) -> AsyncIterator[Target]:
    """Answers every request with the same bytes, after ``wait`` seconds."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                await reader.readuntil(b"\r\n\r\n")
                await asyncio.sleep(wait)
                writer.write(answer)
                await writer.drain()
        except (asyncio.IncompleteReadError, OSError):
            pass
        finally:
            writer.close()

    running = await asyncio.start_server(handle, "127.0.0.1", 0)
    async with running:
        yield Target("127.0.0.1", "127.0.0.1", running.sockets[0].getsockname()[1])


async def shots(target: Target, count: int = 10, per_second: float = 200.0) -> list[load_client.Shot]:
    probe = HttpProbe("http://portal.example/")
    async with load_client.session(2.0, target) as client:
        return await load_client.steady(
            lambda _: load_client.send(client, probe, None, None), range(count), per_second
        )


async def test_latency_counts_from_when_a_request_was_due_and_requests_do_not_wait_for_each_other() -> None:
    async with server(b"HTTP/1.1 204 No Content\r\n\r\n", wait=0.2) as target:
        began = asyncio.get_running_loop().time()
        found = await shots(target)
        took = asyncio.get_running_loop().time() - began
    assert all(shot.latency >= 0.2 for shot in found)
    assert took < 10 * 0.2  # ten in turn would take two seconds


async def test_a_client_that_is_late_charges_its_lateness_to_the_latency_and_says_so() -> None:
    async def answer(_: int) -> load_client.HttpResult:
        return load_client.HttpResult(HttpProbe("http://portal.example/"), None, 200)

    def block() -> None:
        import time

        time.sleep(0.1)  # a machine that is busy elsewhere

    asyncio.get_running_loop().call_later(0.03, block)
    found = await load_client.steady(answer, range(10), 200.0)
    assert load_client.lag_of(found) >= 50
    assert load_client.figures(found).most >= 50


async def test_the_encoded_histogram_gives_the_percentiles_back() -> None:
    async with server(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok") as target:
        found = load_client.figures(await shots(target, 30))
    again = HdrHistogram.decode(found.encoded)
    assert base64.b64decode(found.encoded)
    assert again.get_total_count() == 30
    assert round(again.get_value_at_percentile(95) / 1000, 3) == found.p95
    assert sum(times for _, times in found.buckets) == 30


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        (b"", Cause.TIMEOUT),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\nshort", Cause.TIMEOUT),
        (b"no http\r\n\r\n", Cause.MALFORMED),
        (b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 200_000 + b"\r\n", Cause.MALFORMED),
    ],
)
async def test_what_goes_wrong_is_a_cause(answer: bytes, cause: Cause) -> None:
    async with server(answer) as target, load_client.session(0.5, target) as client:
        result = await load_client.send(client, HttpProbe("http://portal.example/"), None, None)
    assert (result.status, result.cause) == (None, cause)


async def test_a_body_without_end_is_cut_off() -> None:
    endless = b"HTTP/1.1 200 OK\r\ncontent-length: 900000000\r\n\r\n" + b"x" * 2_000_000
    async with server(endless) as target, load_client.session(5, target) as client:
        result = await load_client.send(client, HttpProbe("http://portal.example/"), None, None)
    assert (result.status, result.body) == (200, b"")


async def test_a_refused_connection_is_told_apart() -> None:
    async with server(b"") as target:
        pass
    async with load_client.session(1, target) as client:
        result = await load_client.send(client, HttpProbe("http://portal.example/"), None, None)
    assert result.cause is Cause.CONNECTION_REFUSED


async def test_who_can_not_prove_the_name_gets_no_request(tmp_path: Path) -> None:
    pem, _ = issue(Leaf(("portal.example",)), tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    asked = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.read(100))
        writer.close()

    running = await asyncio.start_server(handle, "127.0.0.1", 0, ssl=context)
    async with running:
        target = Target("127.0.0.1", "127.0.0.1", running.sockets[0].getsockname()[1])
        async with load_client.session(2, target) as client:
            strict = ssl.create_default_context()
            result = await load_client.send(client, HttpProbe("https://portal.example/"), None, strict)
    assert (result.status, result.cause) == (None, Cause.TLS)
    assert b"".join(asked) == b""


async def test_the_client_knows_what_it_adds_itself() -> None:
    assert 0 < await load_client.floor() < 1_000


def test_batches_stay_within_the_limit_of_an_endpoint() -> None:
    plan = plan_of(LoadProbe(0, "/x", limit=5), 500, on_edge=True)
    assert plan.count == 60
    assert {len(batch) for batch in plan.batches} == {5}


def test_live_the_rate_stays_below_the_limit() -> None:
    plan = plan_of(LoadProbe(0, "/x", limit=20), 500, on_edge=False)
    assert plan.per_second < 2
    assert len(plan.batches) == 1
    with pytest.raises(Stopped, match="leaves"):
        plan_of(LoadProbe(0, "/x", limit=1), 500, on_edge=False)


def test_a_load_takes_at_most_half_of_what_is_left_of_the_budget() -> None:
    assert plan_of(LoadProbe(0, "/x"), 100, on_edge=True).count == 50
    with pytest.raises(Stopped, match=r"portal\.budget"):
        plan_of(LoadProbe(0, "/x"), 2 * LEAST - 1, on_edge=True)


def test_a_load_is_saved_with_the_evidence_and_read_again(tmp_path: Path) -> None:
    probe = LoadProbe(1, "/api/onboarding", limit=5)
    result = LoadResult(
        probe, None, 60, 59, ((200, 59), (503, 1)), (("TIMEOUT", 1),), 1.5, 2.5, 3.5, 4.5, "HISTF",
        ((25.0, 58), (50.0, 1)), 0.4, 0.2, detail="",
    )  # fmt: skip
    quiet = HttpProbe("https://acme.example/", quiet=True)
    page = load_client.HttpResult(quiet, None, 200, first_byte=0.12, wire_bytes=7)
    evidence = Evidence({probe.id: (result,), quiet.id: (page,)}, {"now": "2026-11-01T00:00:00+00:00"})
    store.save(evidence, tmp_path / "evidence.json")
    assert store.load(tmp_path / "evidence.json").results == evidence.results

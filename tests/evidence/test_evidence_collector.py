"""The collector: who is asked, where a connection may go, when looks agree, what happens when time is up."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Mapping

import dns.message
import pytest

from launchready.evidence.collector import Collector, World
from launchready.evidence.dns_client import Endpoint
from launchready.evidence.limits import Limits
from launchready.evidence.types import (
    EACH_AUTHORITATIVE,
    PARENT,
    Cause,
    DnsProbe,
    DnsResult,
    HttpProbe,
    HttpResult,
    Probe,
    Result,
)
from tests.evidence.loopback import listening, name_server, reply, says

ZONE = "acme.example"
NAMES = {
    f"{ZONE} NS": [f"ns1.{ZONE}.", f"ns2.{ZONE}."],
    f"ns1.{ZONE} A": ["198.51.100.1"],
    f"ns2.{ZONE} A": ["198.51.100.2"],
    "example NS": ["ns.parent.example."],
    "ns.parent.example A": ["198.51.100.9"],
    f"{ZONE} A": ["203.0.113.10"],
    f"www.{ZONE} A": ["203.0.113.10", "203.0.113.11"],
}
QUICK = Limits(dns_timeouts=(0.5,), connect_timeout=2.0, http_timeout=2.0)
PAGE = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\nhi"


def resolver(query: dns.message.Message) -> dns.message.Message:
    """Answers from NAMES; everything else does not exist."""
    question = query.question[0]
    key = f"{question.name.to_text(True)} {dns.rdatatype.to_text(question.rdtype)}"
    if key not in NAMES:
        exists = any(known.startswith(key.split()[0] + " ") for known in NAMES)
        return reply(query, rcode="NOERROR" if exists else "NXDOMAIN")
    kind = key.split()[1]
    return reply(query, *(f"{question.name} 300 {kind} {data}" for data in NAMES[key]))


async def collect(
    *probes: Probe,
    connect: Mapping[str, str] | None,
    answer: object = resolver,
    limits: Limits = QUICK,
    scope: object = lambda host: True,
) -> dict[str, tuple[Result, ...]]:
    async with name_server(answer) as server:  # type: ignore[arg-type]
        return await with_resolver(server.endpoint, probes, connect, limits, scope)


async def with_resolver(
    endpoint: Endpoint, probes: tuple[Probe, ...], connect: object, limits: Limits, scope: object
) -> dict[str, tuple[Result, ...]]:
    world = World(ZONE, (endpoint,), scope, connect=connect)  # type: ignore[arg-type]
    async with Collector(world, limits) as collector:
        return await collector.collect(probes)


def address(endpoint: Endpoint) -> str:
    return f"{endpoint[0]}:{endpoint[1]}"


async def test_each_authoritative_server_answers_for_itself() -> None:
    one = name_server(lambda q: reply(q, f"{ZONE}. 300 TXT one"))
    two = name_server(lambda q: reply(q, rcode="REFUSED"))
    probe = DnsProbe(ZONE, "TXT", EACH_AUTHORITATIVE)
    async with one as first, two as second:
        connect = {"198.51.100.1:53": address(first.endpoint), "198.51.100.2:53": address(second.endpoint)}
        results = (await collect(probe, connect=connect))[probe.id]
    assert [(r.server, r.cause) for r in results if isinstance(r, DnsResult)] == [
        ("198.51.100.1", None),
        ("198.51.100.2", Cause.REFUSED),
    ]


async def test_the_parent_is_the_nearest_zone_above() -> None:
    probe = DnsProbe(ZONE, "NS", PARENT)
    async with name_server(lambda q: reply(q, authority=[f"{ZONE}. 300 NS ns1.{ZONE}."])) as parent:
        results = (await collect(probe, connect={"198.51.100.9:53": address(parent.endpoint)}))[probe.id]
    assert [r.server for r in results if isinstance(r, DnsResult)] == ["198.51.100.9"]


async def test_servers_are_found_by_the_parent_when_validation_fails() -> None:
    """A stale DS: the resolver says SERVFAIL for the zone unless it is told not to check."""

    def bogus(query: dns.message.Message) -> dns.message.Message:
        inside = query.question[0].name.to_text(True).endswith(ZONE)
        return (
            reply(query, rcode="SERVFAIL") if inside and not query.flags & dns.flags.CD else resolver(query)
        )

    def refer(query: dns.message.Message) -> dns.message.Message:
        return reply(
            query, authority=[f"{ZONE}. 300 NS ns1.{ZONE}."], additional=[f"ns1.{ZONE}. 300 A 198.51.100.1"]
        )

    own, seen = DnsProbe(ZONE, "SOA", EACH_AUTHORITATIVE), DnsProbe(ZONE, "A")
    soa = f"{ZONE}. 300 SOA ns. dns. 1 2 3 4 5"
    async with name_server(refer) as parent, name_server(lambda q: reply(q, soa)) as server:
        connect = {"198.51.100.9:53": address(parent.endpoint), "198.51.100.1:53": address(server.endpoint)}
        results = await collect(own, seen, connect=connect, answer=bogus)
    assert [(r.server, r.cause) for r in results[own.id] if isinstance(r, DnsResult)] == [
        ("198.51.100.1", None)
    ]
    assert results[seen.id][0].cause is Cause.BOGUS


@pytest.mark.parametrize(
    ("rcode", "cause"),
    [("SERVFAIL", Cause.SERVFAIL), ("NXDOMAIN", Cause.UNREACHABLE), ("NOERROR", Cause.UNREACHABLE)],
)
async def test_servers_that_cannot_be_found_say_why_and_are_no_answer(rcode: str, cause: Cause) -> None:
    """A zone without name servers did not answer NXDOMAIN to this question: nobody was asked."""
    probe = DnsProbe(ZONE, "TXT", EACH_AUTHORITATIVE)
    results = await collect(probe, connect={}, answer=lambda q: reply(q, rcode=rcode))
    assert [r.cause for r in results[probe.id]] == [cause]
    assert "no server to ask" in results[probe.id][0].detail


async def test_a_name_in_the_map_leads_to_where_the_edge_listens() -> None:
    probe = HttpProbe(f"http://{ZONE}/page")
    async with listening(says(PAGE)) as endpoint:
        results = await collect(probe, connect={f"{ZONE}:80": address(endpoint)})
    result = results[probe.id][0]
    assert isinstance(result, HttpResult)
    assert (result.status, result.address) == (200, "203.0.113.10")


async def test_the_address_in_the_map_comes_before_the_name() -> None:
    probe = HttpProbe(f"http://{ZONE}/page")
    async with listening(says(PAGE)) as right, listening(says(PAGE.replace(b"200 OK", b"404 Not"))) as wrong:
        connect = {f"{ZONE}:80": address(wrong), "203.0.113.10:80": address(right)}
        results = await collect(probe, connect=connect)
    assert results[probe.id][0].status == 200  # type: ignore[union-attr]


async def test_a_rehearsal_connects_to_nothing_that_the_edge_does_not_name() -> None:
    probe = HttpProbe(f"http://{ZONE}/page")
    result = (await collect(probe, connect={}))[probe.id][0]
    assert (result.cause, "listens nowhere" in result.detail) == (Cause.UNREACHABLE, True)


async def test_on_the_internet_no_private_address_is_connected_to() -> None:
    probe = HttpProbe("http://127.0.0.1:1/")
    result = (await collect(probe, connect=None))[probe.id][0]
    assert (result.cause, "no public address" in result.detail) == (Cause.UNREACHABLE, True)


async def test_a_host_that_is_not_declared_is_not_connected_to() -> None:
    asked: list[str] = []
    probe = HttpProbe("http://other.example/")

    def scope(host: str) -> bool:
        asked.append(host)
        return False

    async with listening(says(PAGE)) as endpoint:
        result = (await collect(probe, connect={"other.example:80": address(endpoint)}, scope=scope))[
            probe.id
        ][0]
    assert result.cause is Cause.NOT_PROBED
    assert asked == ["other.example"]


@pytest.mark.parametrize("path", ["", "/"])
async def test_a_front_page_is_looked_at_three_times_over_all_addresses(path: str) -> None:
    seen: list[str] = []

    def counting(name: str):  # type: ignore[no-untyped-def]
        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            seen.append(name)
            await says(PAGE)(reader, writer)

        return handle

    probe = HttpProbe(f"http://www.{ZONE}{path}")
    async with listening(counting("a")) as one, listening(counting("b")) as two:
        connect = {"203.0.113.10:80": address(one), "203.0.113.11:80": address(two)}
        await collect(probe, connect=connect)
    assert sorted(seen) == ["a", "a", "b"]


async def test_looks_that_disagree_prove_nothing() -> None:
    answers = itertools.cycle([PAGE, PAGE.replace(b"200 OK", b"503 Down")])

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await says(next(answers))(reader, writer)

    probe = HttpProbe(f"http://{ZONE}/")
    async with listening(handle) as endpoint:
        result = (await collect(probe, connect={f"{ZONE}:80": address(endpoint)}))[probe.id][0]
    assert result.cause is Cause.DISAGREE
    assert "200" in result.detail
    assert "503" in result.detail


async def test_a_placeholder_is_not_the_site() -> None:
    body = b"<title>Welcome to nginx!</title>"
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    probe = HttpProbe(f"http://{ZONE}/")
    async with listening(says(head + body)) as endpoint:
        result = (await collect(probe, connect={f"{ZONE}:80": address(endpoint)}))[probe.id][0]
    assert result.cause is Cause.PLACEHOLDER


async def test_when_the_run_is_over_the_rest_is_not_probed() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    probe = HttpProbe(f"http://{ZONE}/page")
    limits = Limits(dns_timeouts=(0.5,), http_timeout=30.0, run_seconds=0.3)
    async with listening(silent) as endpoint:
        result = (await collect(probe, connect={f"{ZONE}:80": address(endpoint)}, limits=limits))[probe.id][0]
    assert (result.cause, result.detail) == (Cause.NOT_PROBED, "the run's time was over")


async def test_a_run_that_ends_leaves_nothing_behind() -> None:
    probes = (DnsProbe(ZONE, "A"), HttpProbe(f"http://{ZONE}/"), DnsProbe(ZONE, "SOA", EACH_AUTHORITATIVE))
    limits = Limits(dns_timeouts=(60.0,), run_seconds=0.2)
    before = asyncio.all_tasks()
    results = await collect(*probes, connect={}, limits=limits, answer=lambda query: None)
    assert {results[probe.id][0].cause for probe in probes} == {Cause.NOT_PROBED}
    assert asyncio.all_tasks() == before


async def test_a_slow_host_uses_up_its_own_time_and_nobody_elses() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    probes = [HttpProbe(f"http://{ZONE}/{number}") for number in range(4)] + [
        HttpProbe(f"http://www.{ZONE}/x")
    ]
    limits = Limits(dns_timeouts=(0.5,), http_timeout=0.2, host_seconds=0.3, connections_per_host=1)
    async with listening(silent) as slow, listening(says(PAGE)) as fast:
        connect = {f"{ZONE}:80": address(slow), f"www.{ZONE}:80": address(fast)}
        results = await collect(*probes, connect=connect, limits=limits)
    causes = [results[probe.id][0].cause for probe in probes]
    assert causes.count(Cause.TIMEOUT) == 2
    assert causes.count(Cause.NOT_PROBED) == 2
    assert causes[-1] is None


async def test_the_next_resolver_is_asked_when_one_is_silent() -> None:
    async with name_server(lambda q: None) as dead, name_server(resolver) as alive:
        world = World(ZONE, (dead.endpoint, alive.endpoint), lambda host: True, connect={})
        async with Collector(world, QUICK) as collector:
            result = await collector.resolve(DnsProbe(ZONE, "A"))
    assert result.data == ("203.0.113.10",)

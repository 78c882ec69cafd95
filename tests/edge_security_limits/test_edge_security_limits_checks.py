"""Bursts and looks from outside: what is asked where, and what each answer proves."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from limits_rig import DOMAIN, HOSTS, LOGIN, STAGING, client_file, running

from launchready.checklist.rate_limiting.bursts import MOST, SLACK, trials
from launchready.checklist.rate_limiting.rules import declared_limits_act
from launchready.checklist.registry import Outcome, Status, Subject
from launchready.checklist.surface.private import private_hosts_are_closed, private_hosts_are_not_indexed
from launchready.checklist.surface.staging import is_staging, staging_hosts_are_not_public
from launchready.declared import declare
from launchready.evidence import http_probe, store
from launchready.evidence.burst import burst
from launchready.evidence.dialer import Target
from launchready.evidence.limits import Limits
from launchready.evidence.tls_probe import Contexts
from launchready.evidence.types import BurstProbe, BurstResult, Cause, Evidence, HttpProbe, HttpResult, Result
from launchready.verify import verify

PORTAL = {"base": f"https://app.{DOMAIN}", "login": {"path": "/login"}}
URL = f"https://{DOMAIN}/api/login"


def subject(*results: Result, live: bool = True, asked: bool = False, **client: Any) -> Subject:
    loaded = client_file(**client)
    facts = {
        "now": datetime.now(UTC),
        "target": "live" if live else "edge",
        "nonce": "lrabc",
        "probe_limits": asked,
    }
    evidence = Evidence({result.probe.id: (result,) for result in results}, facts)
    return Subject(loaded, declare(loaded), evidence)


# --- which bursts are made --------------------------------------------------------------------


def test_on_an_edge_the_burst_is_exact_and_comes_from_an_address_of_its_own() -> None:
    (trial,) = trials(subject(live=False))
    assert trial.probe is not None
    assert (trial.probe.urls, trial.probe.count, trial.probe.pause) == ((URL,), 6, 0.0)
    assert trial.probe.source.startswith("127.")
    assert not trial.probe.source.startswith("127.0.0.")


def test_live_a_small_limit_is_tried_unasked_with_slack_for_lagging_counters() -> None:
    (trial,) = trials(subject())
    assert trial.probe is not None
    assert (trial.probe.count, trial.probe.source) == (6 + SLACK, "")
    assert trial.probe.pause > 0


@pytest.mark.parametrize(
    ("entry", "portal", "asked", "made"),
    [
        ({"requests": 100}, "none", False, False),
        ({"requests": 100}, "none", True, True),
        ({"requests": 100}, {**PORTAL, "budget": 300}, False, True),
        ({"requests": 100}, {**PORTAL, "budget": 100}, False, False),
        ({"mitigation": "1h"}, {**PORTAL, "budget": 300}, False, False),
        ({"mitigation": "1h"}, "none", True, True),
        ({"methods": ["POST"]}, "none", False, False),
        ({"methods": ["POST"]}, {**PORTAL, "budget": 300}, False, True),
        ({"methods": ["POST", "GET"]}, "none", False, True),
        ({"requests": MOST}, "none", True, False),
        ({"host": "staging"}, "none", True, False),
    ],
)
def test_live_what_costs_more_is_tried_only_when_it_is_allowed(
    entry: dict[str, Any], portal: Any, asked: bool, made: bool
) -> None:
    (trial,) = trials(subject(asked=asked, plan="business", rate_limits=[{**LOGIN, **entry}], portal=portal))
    assert (trial.probe is not None) is made, trial.reason
    assert bool(trial.reason) is not made


# --- the burst itself -------------------------------------------------------------------------


def asks(*answers: tuple[int, dict[str, str]]) -> Any:
    seen: list[HttpProbe] = []
    given = iter(answers)

    async def ask(probe: HttpProbe) -> HttpResult:
        seen.append(probe)
        status, headers = next(given)
        return HttpResult(probe, None, status, tuple(headers.items()))

    ask.seen = seen  # type: ignore[attr-defined]
    return ask


ORIGIN = {"cf-cache-status": "DYNAMIC"}


async def test_a_burst_ends_at_the_edges_refusal_and_then_asks_every_other_path_once() -> None:
    ask = asks((200, ORIGIN), (200, ORIGIN), (429, {"retry-after": "10"}), (429, {}), (200, ORIGIN))
    result = await burst(BurstProbe(("https://a/1", "https://a/2", "https://a/3"), count=9), ask)
    assert (result.statuses, result.refused_at, result.retry_after) == ((200, 200, 429), 3, "10")
    assert result.others == (("https://a/2", 429), ("https://a/3", 200))


async def test_what_the_origin_refuses_is_not_the_edges_refusal() -> None:
    ask = asks(*[(429, ORIGIN)] * 4)
    result = await burst(BurstProbe(("https://a/1",), count=4), ask)
    assert (result.statuses, result.refused_at) == ((429,) * 4, None)


async def test_a_burst_waits_once_for_the_end_of_an_earlier_refusal() -> None:
    kept_out = (429, {"retry-after": "0"})
    ask = asks(kept_out, (200, ORIGIN), kept_out)
    result = await burst(BurstProbe(("https://a/1",), count=4, patience=5.0), ask)
    assert (result.statuses, result.refused_at) == ((200, 429), 2)
    for impatient in (asks(kept_out), asks((429, {"retry-after": "3600"})), asks((429, {}))):
        found = await burst(BurstProbe(("https://a/1",), count=4, patience=0.5), impatient)
        assert (found.statuses, found.refused_at) == ((429,), 1)


async def test_a_burst_that_can_not_be_made_says_why() -> None:
    async def ask(probe: HttpProbe) -> HttpResult:
        return HttpResult(probe, Cause.TIMEOUT, detail="nothing came")

    result = await burst(BurstProbe(("https://a/1",)), ask)
    assert (result.cause, result.statuses, result.detail) == (Cause.TIMEOUT, (), "nothing came")


async def test_an_address_that_this_machine_lacks_is_a_cause_of_its_own() -> None:
    target = Target("192.0.2.1", "127.0.0.1", 9)
    probe = HttpProbe("http://acme.example/", source="192.0.2.77")
    result = await http_probe.request(probe, target, Contexts(), Limits())
    assert result.cause is Cause.NOT_PROBED
    assert "no address 192.0.2.77" in result.detail


def test_bursts_are_saved_and_read_again(tmp_path: Path) -> None:
    probe = BurstProbe((URL, f"{URL}/x"), "POST", 6, 0.05, "127.1.2.3", 65.0)
    result = BurstResult(probe, None, (200, 429), 2, "10", ((f"{URL}/x", 429),))
    away = HttpResult(HttpProbe(URL, source="127.0.0.2"), None, 403)
    evidence = Evidence({r.probe.id: (r,) for r in (result, away)}, {"now": datetime.now(UTC)})
    store.save(evidence, tmp_path / "e.json")
    assert store.load(tmp_path / "e.json").results == evidence.results


# --- what it proves ---------------------------------------------------------------------------


def judged(refused_at: int | None, others: tuple[tuple[str, int], ...] = (), *, live: bool) -> Outcome:
    asked = subject(live=live)
    (trial,) = trials(asked)
    assert trial.probe is not None
    statuses = (200,) * ((refused_at or trial.probe.count + 1) - 1) + ((429,) if refused_at else ())
    result = BurstResult(trial.probe, None, statuses, refused_at, "10", others)
    (outcome,) = declared_limits_act(subject(result, live=live))
    return outcome


def test_the_first_request_too_many_must_be_refused_and_none_before() -> None:
    assert judged(6, live=False).status is Status.PASS
    assert judged(None, live=False).status is Status.FAIL
    assert judged(3, live=False).status is Status.FAIL
    assert judged(6, ((f"https://{DOMAIN}/reset", 200),), live=False).status is Status.FAIL


def test_live_counters_may_lag_and_neighbours_may_be_in_the_way() -> None:
    assert judged(44, live=True).status is Status.PASS
    assert judged(None, live=True).status is Status.FAIL
    waiting, disagree = judged(1, live=True), judged(3, live=True)
    assert (waiting.status, waiting.cause) == (Status.INCONCLUSIVE, Cause.WAITING)
    assert (disagree.status, disagree.cause) == (Status.INCONCLUSIVE, Cause.DISAGREE)


def test_a_limit_that_was_not_tried_is_never_a_pass() -> None:
    (outcome,) = declared_limits_act(subject(rate_limits=[{**LOGIN, "requests": 500}]))
    assert (outcome.status, outcome.cause) == (Status.INCONCLUSIVE, Cause.NOT_PROBED)
    assert "more than 500 requests" in outcome.observed


def private(trace: str | None, status: int, headers: dict[str, str], body: bytes = b"") -> Subject:
    """Live evidence of the private host: what the trace says that we are, and its front page."""
    seen = HttpResult(
        HttpProbe(f"https://{STAGING}/cdn-cgi/trace"),
        None,
        200 if trace else 404,
        body=f"fl=1\nip={trace}\nts=1\n".encode() if trace else b"",
    )
    front = HttpResult(HttpProbe(f"https://{STAGING}/"), None, status, tuple(headers.items()), body)
    return subject(seen, front)


def outcome(check: Any, looked: Subject) -> tuple[Status, Cause | None]:
    (found,) = check(looked)
    return found.status, found.cause


NOINDEX = {"x-robots-tag": "noindex"}


def test_what_a_stranger_gets_decides_whether_a_host_is_closed() -> None:
    stranger = "203.0.113.99"
    closed = private_hosts_are_closed
    assert outcome(closed, private(stranger, 403, NOINDEX))[0] is Status.PASS
    for status in (200, 302, 401, 404, 521):
        assert outcome(closed, private(stranger, status, {}))[0] is Status.FAIL, status


def test_who_is_let_in_or_unknown_proves_nothing() -> None:
    for trace in ("198.51.100.7", None):
        looked = private(trace, 200, NOINDEX)
        assert outcome(private_hosts_are_closed, looked) == (Status.INCONCLUSIVE, Cause.NOT_PROBED)


def test_noindex_may_stand_in_the_header_or_in_the_page() -> None:
    page = b'<html><head><meta name="robots" content="noindex, nofollow">'
    indexed = private_hosts_are_not_indexed
    for headers, body in ((NOINDEX, b""), ({"x-robots-tag": "googlebot: none"}, b""), ({}, page)):
        assert outcome(indexed, private("203.0.113.99", 403, headers, body))[0] is Status.PASS
    assert outcome(indexed, private("198.51.100.7", 200, {}))[0] is Status.FAIL, "shown to those inside"
    bare = outcome(indexed, private("203.0.113.99", 403, {}))
    assert bare == (Status.INCONCLUSIVE, Cause.DISAGREE), "Cloudflare may leave it out of a block"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("staging", True),
        ("app-dev", True),
        ("qa2", True),
        ("test.api", True),
        ("preview-17", True),
        ("developers", False),
        ("latest", False),
        ("contest", False),
        ("app", False),
        ("stages", False),
    ],
)
def test_a_staging_host_is_known_by_a_word_of_its_own(name: str, expected: bool) -> None:
    assert is_staging(f"{name}.{DOMAIN}", DOMAIN) is expected
    assert not is_staging(DOMAIN, DOMAIN)
    assert not is_staging("app.dev.example", "dev.example"), "the domain's own words don't count"


@pytest.mark.parametrize(
    ("status", "headers", "expected"),
    [
        (200, {}, Status.FAIL),
        (404, {}, Status.FAIL),
        (401, {}, Status.PASS),
        (403, {}, Status.PASS),
        (302, {"location": "https://login.example/"}, Status.PASS),
        (302, {"location": "/home"}, Status.FAIL),
    ],
)
def test_a_staging_host_asks_who_one_is(status: int, headers: dict[str, str], expected: Status) -> None:
    host = f"dev.{DOMAIN}"
    front = HttpResult(HttpProbe(f"https://{host}/"), None, status, tuple(headers.items()))
    looked = subject(front, hosts={**HOSTS, "dev": {"address": "203.0.113.12"}})
    (found,) = staging_hosts_are_not_public(looked)
    assert found.status is expected


# --- against an edge --------------------------------------------------------------------------


async def test_two_runs_in_a_row_both_prove_the_limit_and_keep_nobody_out(tmp_path: Path) -> None:
    client = client_file()
    async with running(tmp_path, client) as rig:
        for _ in range(2):
            found = await verify(client, edge=rig.edge.document(), only=["rate_limiting", "surface"])
            unproved = [f for f in found.findings if f.status in ("fail", "inconclusive")]
            assert unproved == []
        assert (await rig.ask()).status_code != 429, "the burst came from an address of its own"


async def test_saved_bursts_are_judged_again_without_a_network(tmp_path: Path) -> None:
    client = client_file()
    async with running(tmp_path, client) as rig:
        live = await verify(client, edge=rig.edge.document(), only="rate_limiting")
        document = rig.edge.document()
    again = await verify(client, edge=document, only="rate_limiting", replay=live.evidence)
    assert [(f.check, f.status) for f in again.findings] == [(f.check, f.status) for f in live.findings]

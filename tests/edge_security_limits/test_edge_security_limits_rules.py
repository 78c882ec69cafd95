"""Rate limits of the paid plans at the edge: methods, hosts, visitors, counting expressions, throttling."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from limits_rig import DOMAIN, Rig, client_file, running

from launchready.edge.rate_counters import RateCounters

RATE = "http_ratelimit"
FIREWALL = "http_request_firewall_custom"


@pytest.fixture
async def paid(tmp_path: Path) -> AsyncIterator[Rig]:
    async with running(tmp_path, client_file(plan="enterprise", rate_limits="none")) as started:
        yield started


def rule(
    expression: str = 'http.request.uri.path eq "/api/login"', action: str = "block", **limit: Any
) -> dict[str, Any]:
    parameters = limit.pop("parameters", None)
    ratelimit = {
        "characteristics": limit.pop("by", ["cf.colo.id", "ip.src"]),
        "period": 10,
        "requests_per_period": 2,
        "mitigation_timeout": 10,
        **limit,
    }
    made = {"ref": "limit", "expression": expression, "action": action, "ratelimit": ratelimit}
    return made | ({"action_parameters": parameters} if parameters else {})


async def test_only_the_named_methods_and_host_count(tmp_path: Path) -> None:
    limit = {"path": "/api/login", "requests": 2, "per": "1m", "methods": ["POST"], "host": "app"}
    client = client_file(plan="business", rate_limits=[limit])
    async with running(tmp_path, client) as rig:
        app = f"app.{DOMAIN}"
        assert 429 not in await rig.statuses(4, host=app)
        assert 429 not in await rig.statuses(4, method="POST")
        assert [s == 429 for s in await rig.statuses(3, host=app, method="POST")] == [False, False, True]
        assert (await rig.ask(host=app)).status_code != 429, "what is not counted is not refused either"
        refused = await rig.ask(host=app, method="POST")
        assert refused.text == "Too many requests. Please wait a moment and try again."
        assert 50 <= int(refused.headers["retry-after"]) <= 60


async def test_mitigation_is_longer_than_the_period_where_it_is_declared_so(tmp_path: Path) -> None:
    limit = {"path": "/api/login", "requests": 2, "per": "10s", "mitigation": "1h"}
    async with running(tmp_path, client_file(plan="pro", rate_limits=[limit])) as rig:
        await rig.statuses(3)
        await rig.advance(3500)
        assert (await rig.ask()).status_code == 429
        await rig.advance(120)
        assert (await rig.ask()).status_code != 429


async def test_a_throttle_refuses_only_what_is_above_the_rate(paid: Rig) -> None:
    await paid.rules(RATE, rule(mitigation_timeout=0))
    assert [s == 429 for s in await paid.statuses(3)] == [False, False, True]
    await paid.advance(10.5)
    assert [s == 429 for s in await paid.statuses(3)] == [False, False, True]


async def test_a_header_can_tell_visitors_apart(paid: Rig) -> None:
    await paid.rules(RATE, rule(by=["cf.colo.id", 'http.request.headers["x-api-key"]']))
    assert [s == 429 for s in await paid.statuses(3, headers={"x-api-key": "a"})] == [False, False, True]
    other = await paid.statuses(2, headers={"X-API-Key": "b"}, source="127.0.0.2")
    assert 429 not in other
    assert (await paid.ask(headers={"x-api-key": "b"})).status_code == 429, "addresses don't matter here"
    assert (await paid.ask()).status_code != 429, "without the header is a visitor of its own"


async def test_visitors_behind_one_address_are_told_apart_by_a_cookie_that_they_cannot_make(
    paid: Rig,
) -> None:
    await paid.rules(RATE, rule(by=["cf.colo.id", "cf.unique_visitor_id"]))
    first = await paid.ask()
    cookie = first.headers["set-cookie"].partition(";")[0]
    assert cookie.startswith("_cfuvid=")
    known = await paid.statuses(3, headers={"cookie": cookie})
    assert [s == 429 for s in known] == [False, False, True]
    assert (await paid.ask()).status_code != 429
    forged = [(await paid.ask(headers={"cookie": f"_cfuvid=v{n}.{'0' * 32}"})).status_code for n in range(2)]
    assert forged[-1] == 429, "an invented cookie counts for the address"


async def test_answers_can_be_what_is_counted(paid: Rig) -> None:
    """Wrong passwords, not log-ins: counted after the answer, so it is the next request that is refused."""
    paid.pages("203.0.113.10", {"/api/login": {"status": 200}, "/api/wrong": {"status": 401}})
    where = 'starts_with(http.request.uri.path, "/api/")'
    counting = f"{where} and http.response.code eq 401"
    await paid.rules(RATE, rule(where, counting_expression=counting))
    assert await paid.statuses(5) == [200] * 5
    assert await paid.statuses(4, "/api/wrong") == [401, 401, 401, 429]
    assert (await paid.ask()).status_code == 429, "the rule's expression says who is refused"


async def test_a_counting_expression_counts_beyond_the_rules_own(paid: Rig) -> None:
    await paid.rules(RATE, rule(counting_expression='http.request.uri.path eq "/elsewhere"'))
    assert 429 not in await paid.statuses(4)
    assert 429 not in await paid.statuses(3, "/elsewhere")
    assert (await paid.ask()).status_code == 429


async def test_requests_that_the_cache_answers_can_be_left_uncounted(paid: Rig) -> None:
    page = {"status": 200, "body": "x", "headers": {"cache-control": "public, max-age=600"}}
    paid.pages("203.0.113.10", {"/a.css": page})
    await paid.rules(RATE, rule('http.request.uri.path eq "/a.css"', requests_to_origin=True))
    answers = [await paid.ask("/a.css") for _ in range(6)]
    assert [a.headers.get("cf-cache-status") for a in answers][-1] == "HIT"
    assert {a.status_code for a in answers} == {200}


async def test_rules_count_apart_and_the_first_that_blocks_ends_it(paid: Rig) -> None:
    loose = {**rule(requests_per_period=4), "ref": "loose"}
    strict = {**rule(), "ref": "strict", "action": "log"}
    await paid.rules(RATE, strict, loose)
    assert [s == 429 for s in await paid.statuses(5)] == [False] * 4 + [True]


async def test_a_rule_that_is_switched_off_or_changed_does_not_remember(paid: Rig) -> None:
    await paid.rules(RATE, rule())
    assert (await paid.statuses(3))[-1] == 429
    await paid.rules(RATE, {**rule(), "enabled": False})
    assert 429 not in await paid.statuses(4)
    await paid.rules(RATE, rule())
    assert 429 not in await paid.statuses(2)


async def test_a_challenge_is_no_block(paid: Rig) -> None:
    await paid.rules(RATE, rule(action="managed_challenge"))
    await paid.statuses(2)
    challenged = await paid.ask()
    assert (challenged.status_code, challenged.headers["cf-mitigated"]) == (403, "challenge")


async def test_skip_spares_a_request_the_phases_that_it_names(paid: Rig) -> None:
    await paid.rules(RATE, rule())
    skip = {
        "ref": "monitor",
        "expression": 'http.user_agent eq "monitor"',
        "action": "skip",
        "action_parameters": {"phases": [RATE]},
    }
    await paid.rules(FIREWALL, skip)
    assert 429 not in await paid.statuses(4, headers={"user-agent": "monitor"})
    assert (await paid.statuses(3))[-1] == 429


async def test_header_rules_reach_blocks_and_can_tell_them_apart(paid: Rig) -> None:
    await paid.rules(RATE, rule())
    header = {
        "ref": "kind",
        "expression": 'cf.response.error_type eq "ratelimit"',
        "action": "rewrite",
        "action_parameters": {"headers": {"x-kind": {"operation": "set", "value": "limited"}}},
    }
    await paid.rules("http_response_headers_transform", header)
    answers = [await paid.ask() for _ in range(3)]
    assert [a.headers.get("x-kind") for a in answers] == [None, None, "limited"]


async def test_a_private_host_on_a_paid_plan_says_so_in_its_page(paid: Rig) -> None:
    outside = await paid.ask("/", f"staging.{DOMAIN}", source="127.0.0.2", headers={"accept": "text/html"})
    assert outside.status_code == 403
    assert outside.headers["content-type"] == "text/html"
    assert '<meta name="robots" content="noindex">' in outside.text


def test_counters_slide_and_stay_few() -> None:
    counters = RateCounters(most=100)
    assert [counters.add("a", now, 10) for now in (0.0, 0.1, 9.0)] == [1, 2, 3]
    assert counters.total("a", 10.2, 10) == 1, "the first two are more than ten seconds ago"
    assert counters.total("a", 19.3, 10) == 0
    for visitor in range(1000):
        counters.add(visitor, 20.0, 10)
    assert len(counters) == 100
    assert (counters.total(0, 20.0, 10), counters.total(999, 20.0, 10)) == (0, 1)
    for _ in range(10_000):
        counters.add("busy", 21.0, 10)
    assert counters.total("busy", 21.0, 10) == 10_000


def test_a_visitor_is_kept_out_until_a_time() -> None:
    counters = RateCounters()
    assert counters.until("a") == 0
    counters.keep_out("a", 17.5)
    assert counters.until("a") == 17.5
    counters.clear()
    assert (counters.until("a"), len(counters)) == (0, 0)

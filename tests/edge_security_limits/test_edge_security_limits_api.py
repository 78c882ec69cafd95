"""What the edge's API takes of a rate limit on each plan, and in what words it refuses the rest."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from launchready.edge.api import Limits as ApiLimits
from launchready.edge.process import EdgeOptions, serve

PATH = 'http.request.uri.path eq "/login"'
FREE, PRO, BUSINESS, ENTERPRISE = "free", "pro", "business", "enterprise"


def rule(expression: str = PATH, action: str = "block", **change: Any) -> dict[str, Any]:
    limit = {
        "characteristics": ["cf.colo.id", "ip.src"],
        "period": 10,
        "requests_per_period": 5,
        "mitigation_timeout": 10,
        **change,
    }
    return {"expression": expression, "action": action, "ratelimit": limit}


@asynccontextmanager
async def api(directory: Path, plan: str) -> AsyncIterator[Any]:
    """A function that puts rules into the rate limiting phase: (status, first error's code and message)."""
    edge = await serve(EdgeOptions(dir=directory, plan=plan, limits=ApiLimits(requests=0, per_second=0)))
    document = edge.document()
    headers = {"authorization": f"Bearer {document['token']}"}
    try:
        async with aiohttp.ClientSession(headers=headers) as session:
            body = {"name": "acme.example", "account": {"id": document["account"]}}
            async with session.post(f"{document['api']}/zones", json=body) as made:
                zone = (await made.json())["result"]["id"]
            url = f"{document['api']}/zones/{zone}/rulesets/phases/http_ratelimit/entrypoint"

            async def put(*rules: dict[str, Any]) -> tuple[int, int, str]:
                async with session.put(url, json={"rules": list(rules)}) as answer:
                    found = await answer.json()
                error = (found["errors"] or [{"code": 0, "message": ""}])[0]
                return answer.status, error["code"], error["message"]

            yield put
    finally:
        await edge.close()


REFUSED: dict[str, list[tuple[dict[str, Any], int, str]]] = {
    FREE: [
        (rule(period=60), 20121, "not entitled to use the period 60, can only use a period among [10]"),
        (rule(mitigation_timeout=60), 20121, "a mitigation timeout different from 10"),
        (rule(mitigation_timeout=0), 20121, "not entitled to use throttle block"),
        (rule(characteristics=["ip.src"]), 20155, "missing 'cf.colo.id'"),
        (rule(characteristics=["cf.colo.id", "cf.unique_visitor_id"]), 20121, "cf.unique_visitor_id"),
        (rule('http.host eq "a.example"'), 20121, "field http.host"),
        (rule('http.request.method eq "POST"'), 20121, "field http.request.method"),
        (rule(counting_expression=PATH), 20121, "a counting expression"),
        (rule(requests_per_period=0), 20121, "1 or more"),
        (rule(requests_per_period="5"), 20121, "type integer"),
        (rule(period=None), 20121, "required"),
        (rule(perod=10), 20121, "no such field"),
        (rule(characteristics=[]), 20121, "at least one"),
        (rule(characteristics=["cf.colo.id", "ip.src", "ip.src"]), 20121, "once"),
        (rule(action="managed_challenge"), 20121, "must be 0"),
        ({"expression": PATH, "action": "block"}, 20121, "needs it"),
        (rule(score_per_period=5), 20121, "complexity scores"),
    ],
    PRO: [
        (rule(period=120), 20121, "the period 120"),
        (rule(period=11), 20121, "the period 11"),
        (rule(mitigation_timeout=86400), 20121, "the mitigation timeout 86400"),
        (rule('http.request.method eq "POST"'), 20121, "field http.request.method"),
    ],
    BUSINESS: [
        (rule(period=3600), 20121, "the period 3600"),
        (rule('any(http.request.headers["x"][*] eq "1")'), 20121, "field http.request.headers"),
        (rule(characteristics=["cf.colo.id", "ip.src", "cf.unique_visitor_id"]), 20121, "together"),
        (rule(characteristics=["cf.colo.id", 'http.request.headers["x"]']), 20121, "characteristic http"),
        (rule(counting_expression='http.request.body.raw eq "x"'), 20127, "Enterprise"),
    ],
    ENTERPRISE: [
        (rule(period=86400), 20121, "the period 86400"),
        (rule(mitigation_timeout=86401), 20121, "between 0 and 86400"),
        (rule(characteristics=["cf.colo.id", 'http.request.headers["X-Api-Key"]']), 20121, "lower case"),
        (rule(characteristics=["cf.colo.id", "nonsense("]), 20127, "invalid"),
    ],
}
TAKEN: dict[str, list[dict[str, Any]]] = {
    FREE: [rule(), rule(requests_to_origin=False), rule(f'lower({PATH.split()[0]}) in {{"/a" "/b"}}')],
    PRO: [rule('http.host eq "a.example"', period=60, mitigation_timeout=3600)],
    BUSINESS: [
        rule('http.request.method eq "POST"', period=600, mitigation_timeout=86400),
        rule(characteristics=["cf.colo.id", "cf.unique_visitor_id"]),
        rule(counting_expression="http.response.code eq 401"),
        rule(action="managed_challenge", mitigation_timeout=0),
    ],
    ENTERPRISE: [
        rule(period=65535, mitigation_timeout=77),
        rule(mitigation_timeout=0),
        rule(characteristics=["cf.colo.id", "ip.src", 'http.request.headers["x-api-key"]', "ip.src.country"]),
        rule(characteristics=["cf.colo.id", "lower(http.host)"]),
        rule('any(http.request.headers["x"][*] eq "1")'),
    ],
}


@pytest.mark.parametrize("plan", REFUSED)
async def test_what_a_plan_lacks_is_refused_by_name(tmp_path: Path, plan: str) -> None:
    async with api(tmp_path / "edge", plan) as put:
        for sent, code, words in REFUSED[plan]:
            status, found, message = await put(sent)
            assert (status, found) == (400, code), (sent, message)
            assert words in message, sent
        for sent in TAKEN[plan]:
            assert await put(sent) == (200, 0, ""), sent


@pytest.mark.parametrize(("plan", "quota"), [(FREE, 1), (PRO, 2), (BUSINESS, 5), (ENTERPRISE, 100)])
async def test_a_plan_has_so_many_rules(tmp_path: Path, plan: str, quota: int) -> None:
    async with api(tmp_path / "edge", plan) as put:
        assert (await put(*[rule() for _ in range(quota)]))[0] == 200
        status, code, message = await put(*[rule() for _ in range(quota + 1)])
    words = f"exceeded the maximum number of rules in the phase http_ratelimit: {quota + 1} out of {quota}"
    assert (status, code, message) == (400, 50001, words)

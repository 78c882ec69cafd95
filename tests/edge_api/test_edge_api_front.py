"""Authentication, routes, bodies and rate limits answer with Cloudflare's own codes."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from edge_api_kit import ACCOUNT, TOKEN, Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from launchready.edge.api import Limits
from launchready.edge.api.limits import Limiter
from launchready.edge.state import Clock

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("header", "status", "code"),
    [
        (None, 400, 9106),
        ("Bearer short", 400, 6003),
        ("Basic " + "x" * 40, 400, 6003),
        ("Bearer " + "x" * 40, 403, 10000),
    ],
)
async def test_a_bad_token_is_refused(api: Client, header: str | None, status: int, code: int) -> None:
    headers = {} if header is None else {"Authorization": header}
    answer = await api.get("/zones", headers=headers)
    assert (answer.status, answer.codes) == (status, [code])
    if code == 6003:
        assert answer.document["errors"][0]["error_chain"][0]["code"] == 6111


async def test_the_token_can_be_verified_and_a_wrong_one_cannot(api: Client) -> None:
    assert (await api.get("/user/tokens/verify")).result["status"] == "active"
    wrong = await api.get("/user/tokens/verify", headers={"Authorization": "Bearer " + "x" * 40})
    assert (wrong.status, wrong.codes) == (401, [1000])


async def test_another_accounts_resources_are_out_of_reach(api: Client) -> None:
    other = await api.get(f"/accounts/{'b' * 32}/alerting/v3/policies")
    assert (other.status, other.codes) == (403, [9109])
    zone = await api.post("/zones", {"name": "acme.example", "account": {"id": "b" * 32}})
    assert (zone.status, zone.codes) == (403, [9109])


@pytest.mark.parametrize(
    ("method", "path", "status", "codes"),
    [
        ("GET", "/zones/nonsense", 400, [7003, 7000]),
        ("GET", "/zones/nonsense/dns_records", 400, [7003, 7000]),
        ("GET", "/nowhere", 400, [7003, 7000]),
        ("GET", f"/zones/{'0' * 32}", 404, [1001]),
        ("GET", f"/zones/{'0' * 32}/dns_records", 404, [1001]),
        ("PUT", "/zones", 405, [7001]),
    ],
)
async def test_a_path_that_leads_nowhere_says_so(
    api: Client, method: str, path: str, status: int, codes: list[int]
) -> None:
    answer = await api.call(method, path)
    assert (answer.status, answer.codes) == (status, codes)


async def test_a_body_that_is_no_json_is_refused(api: Client) -> None:
    auth = {"Authorization": f"Bearer {TOKEN}"}
    for body in (b"{", b'{"a": NaN}', b'{"name": "\\ud800"}', b"\xff"):
        broken = await api.call(
            "POST", "/zones", data=body, headers={**auth, "Content-Type": "application/json"}
        )
        assert (broken.status, broken.codes) == (400, [6007])
    deep = await api.call(
        "POST", "/zones", data=b"[" * 100_000, headers={**auth, "Content-Type": "application/json"}
    )
    assert (deep.status, deep.codes) == (400, [6007])
    wrong = await api.call("POST", "/zones", data=b"name=x", headers={**auth, "Content-Type": "text/plain"})
    assert (wrong.status, wrong.codes) == (400, [6003])


async def test_a_client_that_hangs_up_half_way_leaves_no_trace(
    api: Client, caplog: pytest.LogCaptureFixture
) -> None:
    host, port = api.url.removeprefix("http://").split("/")[0].split(":")
    _, writer = await asyncio.open_connection(host, int(port))
    head = f"POST /client/v4/zones HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\nContent-Length: 99"
    writer.write(f"{head}\r\n\r\n{{".encode())
    await writer.drain()
    writer.close()
    await writer.wait_closed()
    for _ in range(20):
        assert (await api.get("/zones")).result == []
    assert "Traceback" not in caplog.text


async def test_past_the_limit_every_call_is_refused_until_a_window_has_gone_by(start_api: Any) -> None:
    api: Client = await start_api(limits=Limits(requests=3, window=300, per_second=0))
    for left in (2, 1, 0):
        answer = await api.get("/zones")
        assert answer.status == 200
        assert answer.headers["Ratelimit"].startswith(f'"default";r={left};t=')
        assert answer.headers["Ratelimit-Policy"] == '"default";q=3;w=300'
        assert "Retry-After" not in answer.headers
    refused = await api.get("/zones")
    assert refused.status == 429
    assert refused.headers["Retry-After"] == "300"
    api.state.clock.advance(299)
    assert (await api.get("/zones")).status == 429
    api.state.clock.advance(2)
    assert (await api.get("/zones")).status == 200


async def test_one_address_may_send_so_many_requests_a_second(start_api: Any) -> None:
    api: Client = await start_api(limits=Limits(requests=0, per_second=5))
    statuses = [a.status for a in await asyncio.gather(*(api.get("/zones") for _ in range(8)))]
    assert statuses.count(200) == 5
    api.state.clock.advance(3)
    assert (await api.get("/zones")).status == 200


def test_the_limiter_forgets_addresses_that_are_gone() -> None:
    clock = Clock()
    limiter = Limiter(Limits(requests=0, per_second=1), clock)
    for number in range(10_001):
        limiter.admit("t", str(number))
    clock.advance(5)
    limiter.admit("t", "last")
    assert len(limiter._addresses) == 1


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
RULE = {
    "ref": "a",
    "expression": "true",
    "action": "block",
    "action_parameters": {"response": {"status_code": 429, "content": "x", "content_type": "text/plain"}},
    "ratelimit": {
        "characteristics": ["cf.colo.id", "ip.src"],
        "period": 10,
        "requests_per_period": 5,
        "mitigation_timeout": 10,
    },
}
REWRITE = {
    "expression": "true",
    "action": "rewrite",
    "action_parameters": {"headers": {"X-A": {"operation": "set", "value": "x"}}},
}
REDIRECT = {
    "expression": 'http.host eq "a"',
    "action": "redirect",
    "action_parameters": {"from_value": {"status_code": 301, "target_url": {"value": "https://a.example/"}}},
}
CACHE = {
    "expression": "true",
    "action": "set_cache_settings",
    "action_parameters": {"cache": True, "edge_ttl": {"mode": "override_origin", "default": 7200}},
}


def _writes(zone: str, record: str, ruleset: str, rule: str) -> list[tuple[str, str, Any]]:
    """A request of each kind that is right as it stands."""
    z, a = f"/zones/{zone}", f"/accounts/{ACCOUNT}/alerting/v3"
    text = {"type": "TXT", "name": "t", "content": '"x"', "ttl": 60, "comment": "c", "tags": ["a:b"]}
    caa = {"type": "CAA", "name": "@", "data": {"flags": 0, "tag": "issue", "value": "ca.example"}}
    phases = {"http_ratelimit": RULE, "http_response_headers_transform": REWRITE,
              "http_request_dynamic_redirect": REDIRECT, "http_request_cache_settings": CACHE}  # fmt: skip
    return [
        ("POST", "/zones", {"name": "b.example", "account": {"id": ACCOUNT}, "type": "full"}),
        ("PATCH", z, {"paused": False, "vanity_name_servers": []}),
        ("POST", f"{z}/dns_records", caa),
        ("PUT", f"{z}/dns_records/{record}", text),
        ("PATCH", f"{z}/dns_records/{record}", {"data": {"x": 1}, "settings": {"ipv4_only": True}, **text}),
        ("POST", f"{z}/dns_records/batch", {"puts": [{"id": record, **text}], "posts": [caa], "deletes": []}),
        ("POST", f"{z}/dns_records/import", {"file": "a 60 IN A 203.0.113.9", "proxied": "true"}),
        ("PATCH", f"{z}/settings", {"items": [{"id": "ssl", "value": "full"}]}),
        (
            "PATCH",
            f"{z}/settings/security_header",
            {"value": {"strict_transport_security": {"enabled": True, "max_age": 5}}},
        ),
        ("PATCH", f"{z}/settings/ciphers", {"value": ["AES128-SHA"]}),
        ("PATCH", f"{z}/dnssec", {"status": "active", "dnssec_presigned": False}),
        ("PATCH", f"{z}/ssl/universal/settings", {"enabled": True}),
        (
            "POST",
            f"{z}/ssl/certificate_packs/order",
            {
                "type": "advanced",
                "hosts": ["acme.example"],
                "validation_method": "txt",
                "validity_days": 90,
                "certificate_authority": "google",
            },
        ),
        (
            "PUT",
            f"{z}/rulesets/{ruleset}",
            {"name": "n", "description": "d", "rules": [{"id": rule, **CACHE}]},
        ),
        ("POST", f"{z}/rulesets/{ruleset}/rules", {**CACHE, "position": {"index": 1}}),
        ("PATCH", f"{z}/rulesets/{ruleset}/rules/{rule}", {**CACHE, "position": {"before": ""}}),
        *(("PUT", f"{z}/rulesets/phases/{p}/entrypoint", {"rules": [r]}) for p, r in phases.items()),
        (
            "POST",
            f"{z}/healthchecks",
            {
                "name": "h",
                "address": "acme.example",
                "interval": 60,
                "http_config": {"expected_codes": ["2xx"]},
            },
        ),
        (
            "POST",
            f"{z}/pagerules",
            {
                "targets": [{"target": "url", "constraint": {"value": "acme.example/*"}}],
                "actions": [{"id": "ssl"}],
            },
        ),
        ("PUT", f"{z}/bot_management", {"enable_js": True, "sbfm_verified_bots": "allow"}),
        ("POST", f"{z}/purge_cache", {"files": ["https://acme.example/a"]}),
        (
            "POST",
            f"{a}/policies",
            {"name": "n", "alert_type": "incident_alert", "mechanisms": {"email": [{"id": "a@b"}]}},
        ),
        ("POST", f"{a}/destinations/webhooks", {"name": "n", "url": "https://h.example", "secret": "s"}),
    ]


def _spoiled(value: Any, draw: Any) -> Any:
    """The value with one thing in it, at any depth, replaced by junk."""
    if isinstance(value, dict) and value and draw(st.integers(0, 4)):
        key = draw(st.sampled_from(sorted(value)))
        return {**value, key: _spoiled(value[key], draw)}
    if isinstance(value, list) and value and draw(st.integers(0, 4)):
        return [_spoiled(value[0], draw), *value[1:]]
    return draw(JUNK)


async def test_no_body_whatever_breaks_the_api(pro: Client) -> None:
    """Every answer is an envelope with a 2xx or a 4xx, never a 500."""
    zone = await pro.zone()
    record = (await pro.record(zone, type="A", name="@", content="203.0.113.1")).result["id"]
    rules = [{"expression": "true", "action": "set_cache_settings", "action_parameters": {"cache": False}}]
    made = await pro.put(
        f"/zones/{zone}/rulesets/phases/http_request_cache_settings/entrypoint", {"rules": rules}
    )
    writes = _writes(zone, record, made.result["id"], made.result["rules"][0]["id"])
    sent: list[tuple[str, str, Any]] = []

    @settings(
        max_examples=600,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.data())
    def collect(data: Any) -> None:
        method, path, body = data.draw(st.sampled_from(writes))
        sent.append((method, path, _spoiled(body, data.draw)))

    collect()
    for method, path, body in writes + sent:
        answer = await pro.call(method, path, body)
        assert answer.status < 500, (method, path, body, answer.text)
        assert isinstance(answer.document["success"], bool), (method, path, body)

"""Rulesets: entry points, rules and their ids, expressions by Cloudflare's parser, plan limits."""

from __future__ import annotations

from typing import Any

import pytest
from edge_api_kit import Answer, Client

REDIRECTS = "http_request_dynamic_redirect"
HEADERS = "http_response_headers_transform"
CACHE = "http_request_cache_settings"
RATE = "http_ratelimit"


def redirect(expression: str = 'http.host eq "www.acme.example"', **more: Any) -> dict[str, Any]:
    target = more.pop("target", {"value": "https://acme.example/"})
    return {
        "expression": expression,
        "action": "redirect",
        "action_parameters": {"from_value": {"status_code": 301, "target_url": target}},
        **more,
    }


def rate(**change: Any) -> dict[str, Any]:
    limit = {
        "characteristics": ["cf.colo.id", "ip.src"],
        "period": 10,
        "requests_per_period": 5,
        "mitigation_timeout": 10,
    }
    expression = change.pop("expression", 'http.request.uri.path eq "/login"')
    return {"expression": expression, "action": "block", "ratelimit": {**limit, **change}}


async def put(api: Client, zone: str, phase: str, *rules: dict[str, Any]) -> Answer:
    return await api.put(f"/zones/{zone}/rulesets/phases/{phase}/entrypoint", {"rules": list(rules)})


async def test_a_phase_has_one_entry_point(api: Client) -> None:
    zone = await api.zone()
    path = f"/zones/{zone}/rulesets"
    entry = f"{path}/phases/{REDIRECTS}/entrypoint"
    missing = await api.get(entry)
    assert (missing.status, missing.codes) == (404, [10003])
    body = {"name": "redirects", "kind": "zone", "phase": REDIRECTS, "rules": [redirect(ref="www")]}
    made = (await api.post(path, body)).result
    assert (made["version"], made["rules"][0]["ref"], made["description"]) == ("1", "www", "")
    again = await api.post(path, body)
    assert (again.status, again.codes) == (400, [20217])
    assert again.document["errors"][0]["source"] == {"pointer": "/kind"}
    assert (await api.get(entry)).result == made
    listed = (await api.get(path)).result
    assert [(one["id"], "rules" in one) for one in listed] == [(made["id"], False)]
    gone = await api.delete(f"{path}/{made['id']}")
    assert (gone.status, gone.text) == (204, "")
    assert (await api.get(f"{path}/{made['id']}")).status == 404
    assert (await api.delete(f"{path}/{made['id']}")).status == 404


async def test_put_replaces_all_rules_keeps_ids_by_ref_and_counts_versions(api: Client) -> None:
    zone = await api.zone()
    first = (await put(api, zone, REDIRECTS, redirect(ref="a"), redirect(ref="b"))).result
    a, b = first["rules"]
    path = f"/zones/{zone}/rulesets/{first['id']}"
    changed = redirect('http.host eq "x.acme.example"', ref="a")
    second = (await api.put(path, {"rules": [redirect(ref="b"), changed, redirect(ref="c")]})).result
    assert second["version"] == "2"
    ids = {rule["ref"]: (rule["id"], rule["version"]) for rule in second["rules"]}
    assert ids["a"] == (a["id"], "2"), "changed: the next version of the same rule"
    assert ids["b"] == (b["id"], "1"), "unchanged: untouched"
    assert [rule["ref"] for rule in second["rules"]] == ["b", "a", "c"]
    third = (await api.put(path, {"rules": []})).result
    assert (third["rules"], third["version"]) == ([], "3")
    assert (await api.put(path, {"phase": HEADERS, "rules": []})).status == 400


async def test_a_rule_without_ref_gets_its_id_as_ref(api: Client) -> None:
    made = (await put(api, await api.zone(), REDIRECTS, redirect())).result["rules"][0]
    assert made["ref"] == made["id"]
    assert len(made["id"]) == 32
    assert made["enabled"] is True


async def test_single_rules_are_added_moved_changed_and_deleted(api: Client) -> None:
    zone = await api.zone()
    made = (await put(api, zone, REDIRECTS, redirect(ref="a"))).result
    path = f"/zones/{zone}/rulesets/{made['id']}/rules"
    a = made["rules"][0]["id"]

    def refs(answer: Answer) -> list[str]:
        return [rule["ref"] for rule in answer.result["rules"]]

    added = await api.post(path, redirect(ref="b", position={"before": a}))
    assert refs(added) == ["b", "a"]
    b = added.result["rules"][0]["id"]
    assert refs(await api.post(path, redirect(ref="c", position={"index": 2}))) == ["b", "c", "a"]
    moved = await api.patch(f"{path}/{b}", {"enabled": False, "position": {"after": a}})
    assert refs(moved) == ["c", "a", "b"]
    assert moved.result["rules"][2]["enabled"] is False
    assert moved.result["rules"][2]["id"] == b
    assert refs(await api.delete(f"{path}/{a}")) == ["c", "b"]
    assert (await api.delete(f"{path}/{a}")).status == 404
    assert (await api.post(path, redirect(position={"before": "f" * 32}))).status == 400
    assert (await api.post(path, redirect(ref="b"))).status == 400, "a ref is used once"


@pytest.mark.parametrize(
    "expression",
    [
        "true",
        "(true)",
        "false",
        "ssl",
        'http.host wildcard "*.acme.example"',
        'any(http.request.headers["accept"][*] contains "html")',
        'starts_with(http.request.uri.path, "/api/")',
    ],
)
async def test_expressions_that_cloudflare_takes_are_taken(api: Client, expression: str) -> None:
    made = await put(api, await api.zone(), REDIRECTS, redirect(expression))
    assert made.result["rules"][0]["expression"] == expression


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        ("", "empty"),
        ("true and", "invalid"),
        ("((true)", "invalid"),
        ("http.hots eq 1", "unknown identifier"),
        ("http.host eq 1", "invalid"),
        ("http.host", "invalid"),
        ('http.host matches "a.*"', "not entitled"),
        ("http.request.uri.path in $missing", "$missing"),
        ("http.response.code eq 200", "not available in phase"),
        ("x" * 5000, "longer"),
    ],
)
async def test_expressions_that_cloudflare_refuses_are_refused(
    api: Client, expression: str, why: str
) -> None:
    refused = await put(api, await api.zone(), REDIRECTS, redirect(expression))
    assert refused.status == 400
    assert why in refused.document["errors"][0]["message"]
    assert refused.document["errors"][0]["source"]["pointer"] == "/rules/0/expression"
    assert api.state.zones[next(iter(api.state.zones))].rulesets == {}


async def test_regular_expressions_need_business(start_api: Any) -> None:
    api: Client = await start_api("business")
    assert (await put(api, await api.zone(), REDIRECTS, redirect('http.host matches "a.*"'))).status == 200


@pytest.mark.parametrize(
    ("target", "good"),
    [
        ({"expression": 'concat("https://acme.example", http.request.uri.path)'}, True),
        ({"expression": 'wildcard_replace(http.request.full_uri, "https://a/*", "https://b/${1}")'}, True),
        ({"expression": '"https://acme.example/"'}, True),
        ({"expression": "http.request.uri.pat"}, False),
        ({"expression": "len(http.host)"}, False),
        ({"value": "acme.example"}, False),
        ({"value": "https://a/", "expression": "http.host"}, False),
        ({}, False),
    ],
)
async def test_a_redirects_target_is_a_value_or_an_expression(
    api: Client, target: dict[str, str], good: bool
) -> None:
    answer = await put(api, await api.zone(), REDIRECTS, redirect(target=target))
    assert answer.status == (200 if good else 400), answer.text


def header(name: str, **change: Any) -> dict[str, Any]:
    return {"expression": "true", "action": "rewrite", "action_parameters": {"headers": {name: change}}}


def cache(**parameters: Any) -> dict[str, Any]:
    return {"expression": "true", "action": "set_cache_settings", "action_parameters": parameters}


@pytest.mark.parametrize(
    ("phase", "rule", "good"),
    [
        (HEADERS, header("X-A", operation="set", value="1"), True),
        (HEADERS, header("X-Powered-By", operation="remove"), True),
        (HEADERS, header("Vary", operation="add", value="Origin"), True),
        (HEADERS, header("X-A", operation="set", expression="http.host"), True),
        (HEADERS, header("X-A", operation="set"), False),
        (HEADERS, header("X-A", operation="set", value="a\r\nb: c"), False),
        (HEADERS, header("X A", operation="set", value="1"), False),
        (HEADERS, header("CF-Ray", operation="remove"), False),
        (HEADERS, header("Server", operation="remove"), False),
        (HEADERS, header("X-A", operation="eat", value="1"), False),
        (HEADERS, redirect(), False),
        ("http_request_late_transform", header("X-A", operation="add", value="1"), False),
        (CACHE, cache(cache=False), True),
        (CACHE, cache(cache=True, edge_ttl={"mode": "override_origin", "default": 7200}), True),
        (CACHE, cache(cache=True, edge_ttl={"mode": "override_origin", "default": 60}), False),
        (CACHE, cache(cache=True, edge_ttl={"mode": "override_origin"}), False),
        (CACHE, cache(browser_ttl={"mode": "sometimes"}), False),
        (CACHE, cache(cache="no"), False),
        (CACHE, {"expression": "true", "action": "set_cache_settings"}, False),
        (
            "http_config_settings",
            {"expression": "true", "action": "set_config", "action_parameters": {"ssl": "full"}},
            True,
        ),
        (
            "http_config_settings",
            {"expression": "true", "action": "set_config", "action_parameters": {"nonsense": True}},
            False,
        ),
        ("http_request_firewall_custom", {"expression": "true", "action": "managed_challenge"}, True),
        (
            "http_request_firewall_custom",
            {
                "expression": "true",
                "action": "block",
                "action_parameters": {"response": {"status_code": 200}},
            },
            False,
        ),
        ("http_request_firewall_custom", {"expression": "true", "action": "redirect"}, False),
        (RATE, rate(), True),
        (RATE, rate(period=60), False),
        (RATE, rate(mitigation_timeout=60), False),
        (RATE, rate(characteristics=["ip.src"]), False),
        (RATE, rate(characteristics=["cf.colo.id", 'http.request.headers["x"]']), False),
        (RATE, rate(requests_per_period=0), False),
        (RATE, rate(expression='http.host eq "a"'), False),
        (RATE, rate(counting_expression="http.response.code eq 401"), False),
        (RATE, {"expression": "true", "action": "block"}, False),
    ],
)
async def test_each_phase_takes_its_actions_and_each_action_its_parameters(
    api: Client, phase: str, rule: dict[str, Any], good: bool
) -> None:
    answer = await put(api, await api.zone(), phase, rule)
    assert answer.status == (200 if good else 400), answer.text


@pytest.mark.parametrize(
    ("plan", "phase", "rule", "quota"),
    [
        ("free", REDIRECTS, redirect(), 10),
        ("pro", REDIRECTS, redirect(), 25),
        ("business", REDIRECTS, redirect(), 50),
        ("free", RATE, rate(), 1),
        ("pro", RATE, rate(), 2),
        ("free", "http_request_firewall_custom", {"expression": "true", "action": "block"}, 5),
        ("pro", "http_request_firewall_custom", {"expression": "true", "action": "block"}, 20),
    ],
)
async def test_each_plan_has_so_many_rules_in_a_phase(
    start_api: Any, plan: str, phase: str, rule: dict[str, Any], quota: int
) -> None:
    api: Client = await start_api(plan)
    zone = await api.zone()
    assert (await put(api, zone, phase, *[rule] * quota)).status == 200
    refused = await put(api, zone, phase, *[rule] * (quota + 1))
    assert refused.status == 400
    assert f"{quota + 1} out of {quota}" in refused.document["errors"][0]["message"]
    assert len((await api.get(f"/zones/{zone}/rulesets/phases/{phase}/entrypoint")).result["rules"]) == quota


async def test_paid_plans_limit_rates_by_more(start_api: Any) -> None:
    api: Client = await start_api("business")
    zone = await api.zone()
    wide = rate(
        period=600,
        mitigation_timeout=86400,
        expression='http.request.method eq "POST"',
        counting_expression="http.response.code eq 401",
    )
    assert (await put(api, zone, RATE, wide)).status == 200
    assert (await put(api, zone, RATE, rate(period=3600))).status == 400
    assert (await put(api, zone, RATE, rate(expression='http.request.headers["x"][0] eq "a"'))).status == 400


async def test_optional_fields_of_a_rule_are_echoed_only_when_sent(api: Client) -> None:
    zone = await api.zone()
    first = redirect(ref="a", description="", logging={"enabled": True})
    made = (await put(api, zone, REDIRECTS, first, redirect(ref="b"))).result["rules"]
    assert (made[0]["description"], made[0]["logging"]) == ("", {"enabled": True})
    assert "description" not in made[1]
    assert "logging" not in made[1]


@pytest.mark.parametrize(
    "change", [{"kind": "root"}, {"kind": "custom"}, {"name": ""}, {"phase": "http_nonsense"}, {"rules": {}}]
)
async def test_a_ruleset_needs_a_name_its_kind_and_a_known_phase(api: Client, change: dict[str, Any]) -> None:
    body = {"name": "n", "kind": "zone", "phase": REDIRECTS, "rules": [], **change}
    answer = await api.post(f"/zones/{await api.zone()}/rulesets", body)
    assert answer.status == (200 if change == {"rules": {}} else 400)

"""Drills of the edge: TLS, redirects, caching, headers, limits, private hosts, Workers."""

from __future__ import annotations

import json
from typing import Any

from launchready.engine.cloudflare_plugin.api import Call, FormPart
from tests.drift.drift_clients import DOMAIN
from tests.drift.drift_kit import REDIRECTS, Launched
from tests.drift.drift_program import EdgeApi
from tests.drift.drills_dns import Act, Drill, state_has, state_loses

CACHE = "http_request_cache_settings"
LIMITS = "http_ratelimit"
FIREWALL = "http_request_firewall_custom"
HEADERS = "http_response_headers_transform"


def _set(setting: str, value: Any) -> Act:
    async def act(launched: Launched) -> None:
        await launched.set(setting, value)

    return act


def _hsts(**changes: Any) -> Act:
    return _set("security_header", {"strict_transport_security": changes})


def _patch(path: str, body: Any) -> Act:
    async def act(launched: Launched) -> None:
        await launched.call("PATCH", path, body)

    return act


def _served_wrong(kind: str, where: str = DOMAIN) -> tuple[Act, Act]:
    async def change(launched: Launched) -> None:
        launched.defect(kind, where)

    async def mend(launched: Launched) -> None:
        launched.edge.state.defects.clear()
        launched.edge.state.changed()

    return change, mend


def _rule(phase: str, number: int = 0, **changes: Any) -> Act:
    async def act(launched: Launched) -> None:
        await launched.edit_rule(phase, number, **changes)

    return act


def _no_rule(phase: str, number: int = 0) -> Act:
    async def act(launched: Launched) -> None:
        await launched.drop_rule(phase, number)

    return act


def _more(phase: str, rule: dict[str, Any]) -> Act:
    async def act(launched: Launched) -> None:
        await launched.put_rules(phase, [*launched.rules(phase), {"ref": "foreign", "enabled": True, **rule}])

    return act


def _reversed(phase: str) -> Act:
    async def act(launched: Launched) -> None:
        await launched.put_rules(phase, launched.rules(phase)[::-1])

    return act


def _no_ruleset(phase: str) -> Act:
    async def act(launched: Launched) -> None:
        await launched.drop_ruleset(phase)

    return act


def _parameters(phase: str, number: int, *path: str, value: Any) -> Act:
    """One parameter of a rule, deep down."""

    async def act(launched: Launched) -> None:
        rules = launched.rules(phase)
        place = rules[number]
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = value
        await launched.put_rules(phase, rules)

    return act


async def _weak_csp(launched: Launched) -> None:
    rules = launched.rules(HEADERS)
    for rule in rules:
        for name, change in rule["action_parameters"]["headers"].items():
            if name.lower() == "content-security-policy":
                change["value"] = "default-src *"
    await launched.put_rules(HEADERS, rules)


async def _other_header(launched: Launched) -> None:
    rules = launched.rules(HEADERS)
    rules[0]["action_parameters"]["headers"]["X-Elsewhere"] = {"operation": "set", "value": "1"}
    await launched.put_rules(HEADERS, rules)


async def _foreign_phase(launched: Launched) -> None:
    rule = {
        "ref": "foreign", "expression": "true", "action": "rewrite", "enabled": True,
        "action_parameters": {"uri": {"path": {"value": "/elsewhere"}}},
    }  # fmt: skip
    body = {"name": "foreign", "kind": "zone", "phase": "http_request_transform", "rules": [rule]}
    await launched.call("POST", "/rulesets", body)


async def _product_phase(launched: Launched) -> None:
    number = "9" * 32
    launched.zone.rulesets[number] = {
        "id": number, "name": "managed", "kind": "zone", "phase": "http_request_firewall_managed",
        "version": "1", "rules": [{"id": "8" * 32, "ref": "m", "expression": "true", "action": "execute"}],
    }  # fmt: skip


async def _own_headers(launched: Launched) -> None:
    rule = {
        "ref": "own", "expression": "true", "action": "rewrite", "enabled": True,
        "action_parameters": {"headers": {"X-Own": {"operation": "set", "value": "1"}}},
    }  # fmt: skip
    await launched.call(
        "POST", "/rulesets", {"name": "own", "kind": "zone", "phase": HEADERS, "rules": [rule]}
    )


async def _product_off(launched: Launched) -> None:
    del launched.zone.rulesets["9" * 32]


def _script(launched: Launched) -> str:
    return str(next(h.id for h in launched.stack.held.values() if h.type.endswith(":WorkersScript")))


async def _other_script(launched: Launched) -> None:
    account, name = launched.edge.state.account_id, _script(launched)
    binding = {"name": "POLICY", "type": "plain_text", "text": "version: STSv1"}
    metadata = json.dumps({"main_module": "a.mjs", "bindings": [binding]})
    content = "export default { fetch(request, env) { return new Response(env.POLICY); } };"
    form = (
        FormPart("metadata", metadata, "application/json"),
        FormPart("a.mjs", content, "application/javascript+module", "a.mjs"),
    )
    await EdgeApi(launched.edge).result(Call("PUT", f"/accounts/{account}/workers/scripts/{name}", form=form))


async def _no_script(launched: Launched) -> None:
    account = launched.edge.state.account_id
    await launched.call("DELETE", f"//accounts/{account}/workers/scripts/{_script(launched)}")


async def _route(launched: Launched) -> dict[str, Any]:
    return dict((await launched.call("GET", "/workers/routes"))[0])


async def _no_route(launched: Launched) -> None:
    await launched.call("DELETE", f"/workers/routes/{(await _route(launched))['id']}")


async def _route_elsewhere(launched: Launched) -> None:
    route = await _route(launched)
    await launched.call("PUT", f"/workers/routes/{route['id']}", {"pattern": route["pattern"]})


async def _foreign_route(launched: Launched) -> None:
    await launched.call("POST", "/workers/routes", {"pattern": f"{DOMAIN}/*", "script": _script(launched)})


async def _no_pack(launched: Launched) -> None:
    launched.zone.extra["certificate_packs"].clear()


async def _other_pack(launched: Launched) -> None:
    for pack in launched.zone.extra["certificate_packs"].values():
        pack["hosts"] = [DOMAIN]


async def _ruleset_lost(launched: Launched) -> None:
    await state_loses("Ruleset", "redirects")(launched)


_EXPIRED, _EXPIRING = _served_wrong("tls.expired"), _served_wrong("tls.near_expiry")
_REFUSED = _served_wrong("tls.handshake_failure")
_OWN = _served_wrong("tls.expired", f"docs.{DOMAIN}")
_BLOCK = {"expression": 'http.request.uri.path eq "/x"', "action": "block"}

DRILLS: dict[str, Drill] = {
    "a lowered TLS mode": Drill(_set("ssl", "flexible"), ("tls.mode.lowered",)),
    "a raised TLS mode": Drill(_set("ssl", "strict"), ("tls.mode.changed",), second=True),
    "a lowered TLS version": Drill(_set("min_tls_version", "1.0"), ("tls.min_version.lowered",)),
    "a raised TLS version": Drill(_set("min_tls_version", "1.3"), ("tls.min_version.raised",)),
    "TLS 1.3 off": Drill(_set("tls_1_3", "off"), ("tls.tls13.changed",)),
    "HTTP not redirected": Drill(_set("always_use_https", "off"), ("tls.https.not_forced",)),
    "no rewrites": Drill(_set("automatic_https_rewrites", "off"), ("tls.rewrites.changed",)),
    "HSTS off": Drill(_hsts(enabled=False, max_age=0), ("tls.hsts.weaker",)),
    "a shorter HSTS": Drill(_hsts(max_age=300), ("tls.hsts.weaker",)),
    "HSTS with preload": Drill(_hsts(preload=True), ("tls.hsts.stronger",)),
    "development mode": Drill(_set("development_mode", "on"), ("cache.development",)),
    "another browser TTL": Drill(_set("browser_cache_ttl", 14400), ("cache.browser_ttl",)),
    "another cache level": Drill(_set("cache_level", "basic"), ("cache.level",)),
    "universal SSL off": Drill(_patch("/ssl/universal/settings", {"enabled": False}), ("tls.universal.off",),
                               full=True),
    "an expired certificate": Drill(_EXPIRED[0], ("tls.certificate.expired",), _EXPIRED[1], full=True),
    "an expired certificate of an own server": Drill(
        _OWN[0], ("tls.certificate.expired",), _OWN[1], full=True
    ),
    "an expiring certificate": Drill(_EXPIRING[0], ("tls.certificate.expiring",), _EXPIRING[1], full=True),
    "no certificate": Drill(_REFUSED[0], ("tls.certificate.none",), _REFUSED[1], full=True),
    "no advanced certificate": Drill(_no_pack, ("tls.pack.missing",), second=True),
    "an advanced certificate of other names": Drill(_other_pack, ("tls.pack.changed",), second=True),
    "a deleted redirect": Drill(_no_rule(REDIRECTS), ("redirect.missing",)),
    "a redirect switched off": Drill(_rule(REDIRECTS, enabled=False), ("redirect.disabled",)),
    "a redirect to another site": Drill(
        _parameters(REDIRECTS, 1, "action_parameters", "from_value", "target_url",
                    value={"value": "https://elsewhere.example/"}),
        ("redirect.target",),
    ),
    "a redirect of another status": Drill(
        _parameters(REDIRECTS, 1, "action_parameters", "from_value", "status_code", value=307),
        ("redirect.status",),
    ),
    "a redirect of other addresses": Drill(
        _rule(REDIRECTS, expression='http.request.uri.path eq "/elsewhere"'), ("redirect.expression",)
    ),
    "a redirect of another name": Drill(_rule(REDIRECTS, description="who did this"), ("redirect.note",)),
    "a foreign redirect": Drill(
        _more(REDIRECTS, {"expression": 'http.request.uri.path eq "/x"', "action": "redirect",
                          "action_parameters": {"from_value": {"status_code": 302, "target_url": {
                              "value": "https://elsewhere.example/"}}}}),
        ("redirect.added",),
    ),
    "re-ordered redirects": Drill(_reversed(REDIRECTS), ("redirect.order",)),
    "no redirects": Drill(_no_ruleset(REDIRECTS), ("redirect.ruleset.missing",)),
    "a deleted cache rule": Drill(_no_rule(CACHE), ("cache.rule.missing",)),
    "an edited cache rule": Drill(
        _parameters(CACHE, 1, "action_parameters", "edge_ttl", "default", value=60), ("cache.rule.changed",)
    ),
    "a foreign cache rule": Drill(
        _more(CACHE, {"expression": "true", "action": "set_cache_settings",
                      "action_parameters": {"cache": True}}),
        ("cache.rule.added",),
    ),
    "re-ordered cache rules": Drill(_reversed(CACHE), ("cache.order",)),
    "no cache rules": Drill(_no_ruleset(CACHE), ("cache.ruleset.missing",)),
    "tiered cache off": Drill(_patch("/argo/tiered_caching", {"value": "off"}), ("cache.tiered",)),
    "smart topology off": Drill(
        _patch("/cache/tiered_cache_smart_topology_enable", {"value": "off"}), ("cache.tiered",)
    ),
    "a weakened CSP": Drill(_weak_csp, ("header.csp",)),
    "another header": Drill(_other_header, ("header.changed",)),
    "a deleted header rule": Drill(_no_rule(HEADERS), ("header.missing",)),
    "a foreign header rule": Drill(
        _more(HEADERS, {"expression": "true", "action": "rewrite", "action_parameters": {
            "headers": {"X-Frame-Options": {"operation": "remove"}}}}),
        ("header.added",),
    ),
    "re-ordered header rules": Drill(_reversed(HEADERS), ("header.order",)),
    "no header rules": Drill(_no_ruleset(HEADERS), ("header.ruleset.missing",)),
    "a raised rate limit": Drill(
        _parameters(LIMITS, 0, "ratelimit", "requests_per_period", value=500), ("limit.changed",)
    ),
    "a rate limit switched off": Drill(_rule(LIMITS, enabled=False), ("limit.changed",)),
    "a deleted rate limit": Drill(_no_rule(LIMITS), ("limit.missing",)),
    "a foreign rate limit": Drill(
        _more(LIMITS, {"expression": 'http.request.uri.path eq "/"', "action": "block", "ratelimit": {
            "characteristics": ["cf.colo.id", "ip.src"], "period": 10, "requests_per_period": 1,
            "mitigation_timeout": 10}}),
        ("limit.added",),
    ),
    "no rate limits": Drill(_no_ruleset(LIMITS), ("limit.ruleset.missing",)),
    "a private host's rule edited": Drill(_rule(FIREWALL, enabled=False), ("private.changed",)),
    "a private host opened": Drill(_no_rule(FIREWALL), ("private.missing",)),
    "a foreign firewall rule": Drill(_more(FIREWALL, _BLOCK), ("private.added",)),
    "every private host opened": Drill(_no_ruleset(FIREWALL), ("private.ruleset.missing",)),
    "rules of a product": Drill(_product_phase, ("ruleset.managed",), _product_off, harmless=True),
    "rules of the zone's own": Drill(
        _own_headers, ("ruleset.kept",), _no_ruleset(HEADERS), harmless=True, second=True
    ),
    "rules in a foreign phase": Drill(_foreign_phase, ("ruleset.added",)),
    "an edited Worker": Drill(_other_script, ("worker.changed",)),
    "a deleted Worker": Drill(_no_script, ("worker.missing", "worker.route.missing")),
    "a deleted route": Drill(_no_route, ("worker.route.missing",)),
    "a route without its Worker": Drill(_route_elsewhere, ("worker.route.changed",)),
    "a foreign route": Drill(_foreign_route, ("worker.route.added",)),
    "a state with another setting": Drill(state_has("ZoneSetting", "ssl", value="full"), ("edge.state",)),
    "redirects that the state lost": Drill(_ruleset_lost, ("edge.lost",)),
}  # fmt: skip

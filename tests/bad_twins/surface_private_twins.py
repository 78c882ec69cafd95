"""Bad twins of row ``surface``: private hosts that are not, and staging hosts that everyone reaches."""

from __future__ import annotations

from typing import Any

from tests.bad_twins.clients import DOMAIN, client
from tests.bad_twins.dns_twins import api, twin
from tests.bad_twins.harness import Scene, Twin

FIREWALL, HEADERS = "http_request_firewall_custom", "http_response_headers_transform"
STAGING = f"staging.{DOMAIN}"


def staging(*allow: str, **more: Any) -> dict[str, Any]:
    """A client with a private staging host."""
    values = client(**more)
    host = {"address": "203.0.113.11", "exposure": {"private": {"allow": list(allow)}}}
    return values | {"hosts": {**values["hosts"], "staging": host}}


PRIVATE = staging("198.51.100.0/24")
SEEN_FROM_HERE = staging("127.0.0.1")


async def lets_more_in(scene: Scene) -> None:
    expression = f'http.host eq "{STAGING}" and not ip.src in {{127.0.0.0/8}}'
    rule = {"ref": "private", "expression": expression, "action": "block"}
    await scene.api.phase_rules(scene.zone_id, FIREWALL, [rule])


async def header_rule_gone(scene: Scene) -> None:
    found = await scene.api.call("GET", f"/zones/{scene.zone_id}/rulesets/phases/{HEADERS}/entrypoint")
    keys = ("ref", "description", "enabled", "expression", "action", "action_parameters")
    kept = [
        {key: rule[key] for key in keys if key in rule}
        for rule in found["rules"]
        if rule["ref"] != "private-noindex"
    ]
    await scene.api.phase_rules(scene.zone_id, HEADERS, kept)


def public(name: str) -> dict[str, Any]:
    values = client()
    return values | {"hosts": {**values["hosts"], name: {"address": "203.0.113.11"}}}


GOOD: dict[str, Twin] = {
    "a private host, seen from outside": Twin(PRIVATE, frozenset()),
    "a private host, seen from inside": Twin(SEEN_FROM_HERE, frozenset()),
}

TWINS: dict[str, Twin] = {
    "surface: a private host is open": twin(
        PRIVATE, api(lambda s: s.api.phase_rules(s.zone_id, FIREWALL, [])), "surface.private.closed"
    ),
    "surface: a private host lets more in": twin(PRIVATE, lets_more_in, "surface.private.closed"),
    "surface: a private host may be indexed": twin(PRIVATE, header_rule_gone, "surface.private.noindex"),
    "surface: what is shown inside may be indexed": twin(
        SEEN_FROM_HERE, header_rule_gone, "surface.private.noindex"
    ),
    "surface: staging is public": twin(public("staging"), None, "surface.staging.exposed"),
    "surface: a preview host is public": twin(public("app-preview2"), None, "surface.staging.exposed"),
}

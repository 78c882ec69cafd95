"""One of everything that a launch makes at Cloudflare by a POST: as a request, and as a resource."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from launchready.edge.state import EdgeState, Zone

Json = dict[str, Any]


@dataclass(frozen=True)
class Thing:
    """``body`` is the request's, ``inputs`` the resource's; ``held`` counts what the edge has of it."""

    kind: str
    path: str
    body: Json
    inputs: Json
    held: Callable[[EdgeState, Zone], int]


def _extra(name: str) -> Callable[[EdgeState, Zone], int]:
    return lambda _state, zone: len(zone.extra.get(name, {}))


REDIRECT = {
    "ref": "www",
    "action": "redirect",
    "expression": 'http.host eq "www.acme.example"',
    "action_parameters": {
        "from_value": {"status_code": 301, "target_url": {"value": "https://acme.example/"}}
    },
}
REDIRECT_INPUT = {
    "ref": "www",
    "action": "redirect",
    "expression": 'http.host eq "www.acme.example"',
    "actionParameters": {"fromValue": {"statusCode": 301, "targetUrl": {"value": "https://acme.example/"}}},
}
RULESET = {"name": "launchready", "kind": "zone", "phase": "http_request_dynamic_redirect"}
CHECK = {"name": "acme /", "address": "acme.example", "type": "HTTPS"}
POLICY = {"name": "acme", "enabled": True}
MAIL = {"email": [{"id": "ops@acme.example"}]}
RECORD = {"name": "www.acme.example", "type": "A", "content": "192.0.2.1", "ttl": 300}

THINGS = (
    Thing(
        "DnsRecord", "/zones/{zone}/dns_records", RECORD, {**RECORD, "zoneId": "{zone}"},
        lambda _state, zone: len(zone.records),
    ),
    Thing(
        "Ruleset", "/zones/{zone}/rulesets", {**RULESET, "rules": [REDIRECT]},
        {**RULESET, "rules": [REDIRECT_INPUT], "zoneId": "{zone}"},
        lambda _state, zone: len(zone.rulesets),
    ),
    Thing(
        "Healthcheck", "/zones/{zone}/healthchecks", CHECK, {**CHECK, "zoneId": "{zone}"},
        _extra("healthchecks"),
    ),
    Thing(
        "NotificationPolicy", "/accounts/{account}/alerting/v3/policies",
        {**POLICY, "alert_type": "universal_ssl_event_type", "mechanisms": MAIL},
        {**POLICY, "alertType": "universal_ssl_event_type", "mechanisms": {"emails": MAIL["email"]},
         "accountId": "{account}"},
        lambda state, _zone: len(state.account.get("policies", {})),
    ),
    Thing(
        "Zone", "/zones", {"name": "other.example", "account": {"id": "{account}"}, "type": "full"},
        {"name": "other.example", "account": {"id": "{account}"}, "type": "full"},
        lambda state, _zone: sum(one.name == "other.example" for one in state.zones.values()),
    ),
)  # fmt: skip


def filled(value: Any, **names: str) -> Any:
    """The value with ``{zone}`` and ``{account}`` filled in."""
    if isinstance(value, dict):
        return {key: filled(one, **names) for key, one in value.items()}
    if isinstance(value, list):
        return [filled(one, **names) for one in value]
    if isinstance(value, str):
        for name, text in names.items():
            value = value.replace(f"{{{name}}}", text)
    return value

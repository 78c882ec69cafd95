"""Zones: list, create, get, patch, delete, activation check, plans.

Source: facts/cloudflare-api.md, "Zones".
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from functools import lru_cache

import idna
from publicsuffixlist import PublicSuffixList

from launchready.edge.api import plans, settings_table
from launchready.edge.api.envelope import Reply, paged, refuse
from launchready.edge.api.fields import choice, read
from launchready.edge.api.registrar import assigned_names, refresh, release
from launchready.edge.api.router import Call, Router, timestamp
from launchready.edge.state import EdgeState, Json, Registration, Zone

TYPES = ("full", "partial", "secondary", "internal")
ORDERS = ("name", "status", "account.id", "account.name", "plan.id")
PERMISSIONS = [
    "#dns_records:edit",
    "#dns_records:read",
    "#ssl:edit",
    "#ssl:read",
    "#waf:edit",
    "#waf:read",
    "#zone:edit",
    "#zone:read",
    "#zone_settings:edit",
    "#zone_settings:read",
]


def add_routes(router: Router) -> None:
    router.add("GET", "zones", list_zones)
    router.add("POST", "zones", create_zone)
    router.add("GET", "zones/{zone_id}", get_zone)
    router.add("PATCH", "zones/{zone_id}", edit_zone)
    router.add("DELETE", "zones/{zone_id}", delete_zone)
    router.add("PUT", "zones/{zone_id}/activation_check", check_activation)
    router.add("GET", "zones/{zone_id}/available_plans", list_plans)


@lru_cache(maxsize=1)
def _suffixes() -> PublicSuffixList:
    """Public suffixes of registries only: a zone such as ``is-a.dev`` is somebody's domain."""
    return PublicSuffixList(only_icann=True)


def domain_name(text: str, plan: plans.Plan) -> str:
    """The zone's name in lower-case A-labels; 1002 for no name, 1099 for a subdomain below Enterprise."""
    name = text.strip().rstrip(".").lower()
    try:
        name = idna.encode(name, uts46=True, std3_rules=True).decode()
    except (idna.IDNAError, UnicodeError) as exc:
        raise refuse(400, 1002, f"Invalid domain: {text}") from exc
    if "." not in name or len(name) > 253 or name.rsplit(".", 1)[1].isdigit():
        raise refuse(400, 1002, f"Invalid domain: {text}")
    if plan.name != "enterprise" and _suffixes().privatesuffix(name) != name:
        raise refuse(
            400,
            1099,
            f"We were unable to identify {name} as a registered domain. Please ensure you are providing the "
            "root domain and not any subdomains (e.g., example.com, not subdomain.example.com)",
        )
    return name


def list_zones(call: Call) -> Reply:
    for zone in call.state.zones.values():
        refresh(call.state, zone)
    zones = [zone.info for zone in call.state.zones.values()]
    tests: dict[str, Callable[[Json, str], bool]] = {
        "name": lambda z, v: _name_matches(z["name"], v),
        "status": lambda z, v: z["status"] == v,
        "type": lambda z, v: z["type"] in v.split(","),
        "account.id": lambda z, v: z["account"]["id"] == v,
        "account.name": lambda z, v: _name_matches(z["account"]["name"], v),
    }
    given = [(tests[key], value) for key, value in call.query.items() if key in tests]
    if given:
        combine = any if call.query.get("match") == "any" else all
        zones = [zone for zone in zones if combine(test(zone, value) for test, value in given)]
    order = choice(call.query.get("order", "name"), ORDERS, "order", code=1004)
    reverse = call.query.get("direction") == "desc"
    zones.sort(key=lambda zone: _path(zone, order), reverse=reverse)
    return paged(zones, call.query, default=20, low=5, high=50)


def _path(zone: Json, dotted: str) -> str:
    value = zone
    for part in dotted.split("."):
        value = value[part]
    return str(value)


def _name_matches(name: str, wanted: str) -> bool:
    """``acme.example``, or with an operator in front: ``contains:acme``, ``starts_with:…``, ``equal:…``."""
    operator, colon, rest = wanted.partition(":")
    if not colon:
        return name.lower() == wanted.lower()
    name, rest = name.lower(), rest.lower()
    if operator == "not_equal":
        return name != rest
    tests = {"equal": name == rest, "contains": rest in name,
             "starts_with": name.startswith(rest), "ends_with": name.endswith(rest)}  # fmt: skip
    return tests.get(operator, False)


def create_zone(call: Call) -> Reply:
    body, state = call.object(1001), call.state
    account = (read(body, "account", "object", {}, code=1001)).get("id", state.account_id)
    if account != state.account_id:
        raise refuse(403, 9109, "Unauthorized to access requested resource")
    name = body.get("name")
    if not isinstance(name, str) or not name:
        raise refuse(400, 1002, "Invalid domain: a name is required")
    kind = choice(read(body, "type", "string", "full", code=1001), TYPES, "type", code=1001)
    plan = plans.TABLE[state.plan]
    if kind != "full" and plan.rank < (2 if kind == "partial" else 3):
        raise refuse(403, 1107, f"A zone of type {kind} is not available on the {plan.label} plan")
    name = domain_name(name, plan)
    if any(zone.name == name for zone in state.zones.values()):
        raise refuse(400, 1061, f"{name} already exists")
    zone = new_zone(state, name, kind, paused=read(body, "paused", "boolean", False, code=1001))
    state.zones[zone.id] = zone
    return Reply(dict(zone.info))


def new_zone(state: EdgeState, name: str, kind: str, *, paused: bool) -> Zone:
    """A pending zone with Cloudflare's defaults; the registrar hears of it at the next turn."""
    now, plan = timestamp(state), plans.TABLE[state.plan]
    zone_id = secrets.token_hex(16)
    entry = state.registry.setdefault(name, Registration(name))
    info: Json = {
        "id": zone_id,
        "name": name,
        "status": "pending",
        "paused": paused,
        "type": kind,
        "development_mode": 0,
        "name_servers": assigned_names(zone_id),
        "original_name_servers": list(entry.nameservers) or None,
        "original_registrar": entry.registrar.lower(),
        "original_dnshost": None,
        "modified_on": now,
        "created_on": now,
        "activated_on": None,
        "vanity_name_servers": [],
        "meta": {
            "step": 2,
            "custom_certificate_quota": plan.custom_certificates,
            "page_rule_quota": plan.page_rules,
            "phishing_detected": False,
            "cdn_only": False,
            "dns_only": False,
            "foundation_dns": False,
        },
        "owner": {"id": state.account_id, "type": "user", "email": "owner@edge.example", "name": "Edge"},
        "account": {"id": state.account_id, "name": state.account.get("name", "Local edge")},
        "permissions": list(PERMISSIONS),
        "plan": plan.describe(),
    }
    zone = Zone(zone_id, name, info)
    zone.settings = settings_table.initial(plan)
    zone.dnssec = {"status": "disabled"}
    zone.extra["unsettled"] = True
    return zone


def get_zone(call: Call) -> Reply:
    refresh(call.state, call.zone)
    return Reply(call.zone.info)


def edit_zone(call: Call) -> Reply:
    """One property at a time is what Cloudflare takes: paused, type, vanity name servers, plan."""
    body, info = call.object(1001), call.zone.info
    paused = read(body, "paused", "boolean", code=1001)
    kind = read(body, "type", "string", code=1001)
    vanity = read(body, "vanity_name_servers", "array", code=1001)
    if kind is not None and choice(kind, TYPES, "type", code=1001) != info["type"]:
        raise refuse(400, 1107, f"A zone can't be changed to type {kind} on the {info['plan']['name']} plan")
    if vanity and plans.of(info).rank < plans.TABLE["business"].rank:
        raise refuse(403, 1107, f"Vanity name servers are not available on the {info['plan']['name']} plan")
    plan = read(body, "plan", "object", code=1001)
    if plan is not None:
        raise refuse(403, 1107, "The plan of an edge's zones is chosen when the edge starts")
    if paused is not None:
        info["paused"] = paused
    if vanity is not None:
        info["vanity_name_servers"] = vanity
    info["modified_on"] = call.now()
    return Reply(info)


def delete_zone(call: Call) -> Reply:
    zone = call.zone
    del call.state.zones[zone.id]
    release(call.state, zone)
    return Reply({"id": zone.id})


def check_activation(call: Call) -> Reply:
    refresh(call.state, call.zone)
    if call.zone.info["status"] == "active":
        raise refuse(400, 1224, "Zone is already active: an activation check is of no use.")
    call.zone.extra["unsettled"] = True
    return Reply({"id": call.zone.id})


def list_plans(call: Call) -> Reply:
    current = call.zone.info["plan"]["legacy_id"]
    return Reply(
        [
            {**plan.describe(), "is_subscribed": plan.name == current, "frequency": "monthly"}
            for plan in plans.TABLE.values()
        ]
    )

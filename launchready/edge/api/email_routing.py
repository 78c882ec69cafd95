"""Email routing: on, off, and the DNS records that it asks for."""

from __future__ import annotations

from launchready.edge.api.envelope import Reply
from launchready.edge.api.router import Call, Router
from launchready.edge.state import Json

_ROOT = "zones/{zone_id}/email/routing"


def add_routes(router: Router) -> None:
    router.add("GET", _ROOT, get_routing)
    router.add("POST", f"{_ROOT}/enable", enable)
    router.add("POST", f"{_ROOT}/disable", disable)
    router.add("GET", f"{_ROOT}/dns", list_records)


def _wanted(zone: str) -> list[Json]:
    """The MX and SPF records that the service needs on the apex."""
    exchanges = [
        {"type": "MX", "name": zone, "content": f"route{n}.mx.cloudflare.net", "priority": priority, "ttl": 1}
        for n, priority in ((1, 7), (2, 40), (3, 88))
    ]
    spf = {"type": "TXT", "name": zone, "content": '"v=spf1 include:_spf.mx.cloudflare.net ~all"', "ttl": 1}
    return [*exchanges, spf]


def _shown(call: Call) -> Json:
    zone = call.zone
    held: Json = zone.extra.get("email_routing", {"enabled": False, "created": None, "modified": None})
    present = {(r["type"], r["content"].lower()) for r in zone.records_at(zone.name)}
    ready = all((w["type"], w["content"].lower()) in present for w in _wanted(zone.name))
    status = "unconfigured" if not held["enabled"] else "ready" if ready else "misconfigured"
    return {
        "id": format(int(zone.id, 16) ^ 0xE1, "032x"),
        "tag": format(int(zone.id, 16) ^ 0xE1, "032x"),
        "name": zone.name,
        "enabled": held["enabled"],
        "skip_wizard": True,
        "status": status,
        "created": held["created"] or zone.info["created_on"],
        "modified": held["modified"] or zone.info["created_on"],
    }


def get_routing(call: Call) -> Reply:
    return Reply(_shown(call))


def _switch(call: Call, on: bool) -> Reply:
    held = call.zone.extra.setdefault("email_routing", {"created": call.now()})
    held.update(enabled=on, modified=call.now())
    return Reply(_shown(call))


def enable(call: Call) -> Reply:
    return _switch(call, True)


def disable(call: Call) -> Reply:
    return _switch(call, False)


def list_records(call: Call) -> Reply:
    return Reply(_wanted(call.zone.name))

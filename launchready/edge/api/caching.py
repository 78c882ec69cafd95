"""Tiered cache and purging."""

from __future__ import annotations

from typing import Any

from launchready.edge.api.envelope import Reply, refuse
from launchready.edge.api.fields import choice, required
from launchready.edge.api.router import Call, Router
from launchready.edge.state import Json

_SMART = "zones/{zone_id}/cache/tiered_cache_smart_topology_enable"
_ARGO = "zones/{zone_id}/argo/tiered_caching"
_PURGES = ("files", "tags", "hosts", "prefixes")
MAX_PURGED = 100
"""Items in one purge (30 for files below Enterprise on the oldest limits; 100 today)."""


def add_routes(router: Router) -> None:
    router.add("GET", _SMART, get_smart)
    router.add("PATCH", _SMART, edit_smart)
    router.add("DELETE", _SMART, delete_smart)
    router.add("GET", _ARGO, get_argo)
    router.add("PATCH", _ARGO, edit_argo)
    router.add("POST", "zones/{zone_id}/purge_cache", purge)


def _shown(call: Call, name: str) -> Json:
    held: Json | None = call.zone.extra.get(name)
    return held or {"id": name, "value": "off", "editable": True, "modified_on": None}


def _edit(call: Call, name: str) -> Reply:
    value = choice(
        required(call.object(1004), "value", "string", code=1004), ("on", "off"), "value", code=1007
    )
    call.zone.extra[name] = {"id": name, "value": value, "editable": True, "modified_on": call.now()}
    return Reply(call.zone.extra[name])


def get_smart(call: Call) -> Reply:
    return Reply(_shown(call, "tiered_cache_smart_topology_enable"))


def edit_smart(call: Call) -> Reply:
    return _edit(call, "tiered_cache_smart_topology_enable")


def delete_smart(call: Call) -> Reply:
    """404 when it was never set, which the provider takes for done."""
    name = "tiered_cache_smart_topology_enable"
    held = call.zone.extra.pop(name, None)
    if held is None:
        raise refuse(404, 1142, "Unable to retrieve tiered_cache_smart_topology_enable setting value")
    return Reply({"id": name, "editable": True, "modified_on": call.now()})


def get_argo(call: Call) -> Reply:
    return Reply(_shown(call, "tiered_caching"))


def edit_argo(call: Call) -> Reply:
    return _edit(call, "tiered_caching")


def purge(call: Call) -> Reply:
    """Remembers what was purged, in ``zone.extra["purges"]``, for the edge's cache to act on."""
    body = call.object(1012)
    item: dict[str, Any]
    if body.get("purge_everything") is True:
        item = {"purge_everything": True}
    else:
        given = [key for key in _PURGES if key in body]
        if len(given) != 1 or not isinstance(body[given[0]], list) or not body[given[0]]:
            raise refuse(
                400,
                1012,
                "Request must contain one of 'purge_everything', 'files', 'tags', 'hosts', or 'prefixes'",
            )
        if len(body[given[0]]) > MAX_PURGED:
            raise refuse(400, 1093, f"At most {MAX_PURGED} items can be purged in one call")
        item = {given[0]: body[given[0]]}
    purges = call.zone.extra.setdefault("purges", [])
    purges.append({"at": call.now(), **item})
    return Reply({"id": call.zone.id})

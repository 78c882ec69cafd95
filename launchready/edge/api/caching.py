"""Tiered cache and purging.

Purge limits: developers.cloudflare.com/cache/how-to/purge-cache ("Availability and limits", read 2026-11).
"""

from __future__ import annotations

import math
from typing import Any
from urllib.parse import urlsplit

from launchready.edge.api import plans
from launchready.edge.api.envelope import RefusalError, Reply, error, refuse
from launchready.edge.api.fields import choice, required
from launchready.edge.api.router import Call, Router
from launchready.edge.state import Json

_SMART = "zones/{zone_id}/cache/tiered_cache_smart_topology_enable"
_ARGO = "zones/{zone_id}/argo/tiered_caching"
PURGES = ("files", "tags", "hosts", "prefixes")
MAX_ITEMS = 100
"""Items in one purge; an Enterprise zone may name more files."""
MAX_FILES_ENTERPRISE = 500
PURGE_RATES = {"free": (25, 5 / 60), "pro": (25, 5.0), "business": (50, 10.0), "enterprise": (500, 50.0)}
"""By plan: the bucket's size, and how many calls a second fill it (files are counted elsewhere)."""
MAX_REMEMBERED = 200
"""Purges kept for the cache; one that fell further behind drops everything."""


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
    """Records what is to go, in ``zone.extra["purges"]``; the cache looks there before each request."""
    body = call.object(1012)
    given = [key for key in ("purge_everything", *PURGES) if key in body]
    if given == ["purge_everything"] and body["purge_everything"] is True:
        item: Json = {"purge_everything": True}
    elif len(given) == 1 and isinstance(body[given[0]], list) and body[given[0]]:
        item = {given[0]: _items(call, given[0], body[given[0]])}
    else:
        words = "'purge_everything', 'files', 'tags', 'hosts', or 'prefixes'"
        raise refuse(400, 1012, f"Request must contain one of {words}")
    if given != ["files"]:
        _spend(call)
    extra = call.zone.extra
    extra["purge_count"] = extra.get("purge_count", 0) + 1
    extra["purges"] = [*extra.get("purges", []), {"at": call.now(), **item}][-MAX_REMEMBERED:]
    return Reply({"id": call.zone.id})


def _items(call: Call, kind: str, items: list[Any]) -> list[Any]:
    """The items, if there are not too many and each is one of the zone's."""
    plan = plans.of(call.zone.info)
    most = MAX_FILES_ENTERPRISE if kind == "files" and plan.name == "enterprise" else MAX_ITEMS
    if len(items) > most:
        raise refuse(400, 1093, f"At most {most} {kind} can be purged in one call")
    for item in items:
        text = item.get("url") if kind == "files" and isinstance(item, dict) else item
        headers = item.get("headers", {}) if isinstance(item, dict) else {}
        plain = isinstance(headers, dict) and all(isinstance(v, str) for v in headers.values())
        if not isinstance(text, str) or not text or not plain:
            raise refuse(400, 1012, f"Each of {kind} must be a text")
        if kind != "tags" and not _is_ours(call.zone.name, kind, text):
            raise refuse(400, 1012, f"Unable to purge {text}: it is not a name or URL of {call.zone.name}")
    return items


def _is_ours(zone: str, kind: str, text: str) -> bool:
    try:
        parts = urlsplit(text if "://" in text else f"https://{text}")
        host = (parts.hostname or "").rstrip(".")
    except ValueError:
        return False
    if kind == "files" and not text.startswith(("http://", "https://")):
        return False
    if kind == "prefixes" and (parts.query or parts.fragment):
        return False
    return host == zone or host.endswith(f".{zone}")


def _spend(call: Call) -> None:
    """A token bucket for each account (Free: 5 a minute, 25 at most), on the edge's clock."""
    size, rate = PURGE_RATES[plans.of(call.zone.info).name]
    now, held = call.state.clock.monotonic(), call.state.account.setdefault("purge_bucket", {})
    left = min(float(size), held.get("left", float(size)) + (now - held.get("at", now)) * rate)
    if left < 1:
        wait = math.ceil((1 - left) / rate)
        problem = error(1134, "Rate limit reached for purging; please wait and try again.")
        raise RefusalError(429, problem, headers={"Retry-After": str(wait)})
    held.update(left=left - 1, at=now)

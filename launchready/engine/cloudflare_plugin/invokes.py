"""The look-ups that a program can make: getZone (by id or by filter) and getZones."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from launchready.engine.cloudflare_plugin.api import Api, Call, segment
from launchready.engine.cloudflare_plugin.canonical import domain_name
from launchready.engine.cloudflare_plugin.names import Names
from launchready.engine.cloudflare_plugin.values import Properties

_NAMES = Names()
_PER_PAGE = 50
_MOST = 1000

Failures = list[tuple[str, str]]


async def get_zone(api: Api, args: Properties) -> tuple[Properties, Failures]:
    """One zone, by ``zoneId`` or by a ``filter`` that fits exactly one. Raises ApiCallError."""
    zone_id, wanted = args.get("zoneId"), args.get("filter")
    if isinstance(zone_id, str) and zone_id:
        zone = await api.result(Call("GET", f"/zones/{segment(zone_id)}"))
        return _shown(zone, args), []
    if not isinstance(wanted, dict):
        return {}, [("zoneId", "getZone needs a zoneId or a filter")]
    found = await _list(api, wanted, most=2)
    if len(found) != 1:
        many = "no zone fits" if not found else "more than one zone fits"
        return {}, [("filter", f"{many} the filter {_described(wanted)}")]
    return _shown(found[0], args), []


async def get_zones(api: Api, args: Properties) -> tuple[Properties, Failures]:
    """Every zone that fits, at most ``maxItems`` (1,000). Raises ApiCallError."""
    most = args.get("maxItems")
    zones = await _list(api, args, most=most if isinstance(most, int) and most > 0 else _MOST)
    return {**args, "results": [_NAMES.from_api(zone) for zone in zones], "id": "zones"}, []


async def _list(api: Api, wanted: Mapping[str, Any], *, most: int) -> list[dict[str, Any]]:
    query = {key: str(wanted[key]) for key in ("status", "match", "order", "direction") if wanted.get(key)}
    if wanted.get("name"):
        query["name"] = domain_name(str(wanted["name"]))
    if isinstance(wanted.get("types"), list):
        query["type"] = ",".join(map(str, wanted["types"]))
    account = wanted.get("account")
    if isinstance(account, dict):
        query.update({f"account.{key}": str(account[key]) for key in ("id", "name") if account.get(key)})
    zones: list[dict[str, Any]] = []
    page = 1
    while len(zones) < most:
        paged = {**query, "page": str(page), "per_page": str(_PER_PAGE)}
        found = await api.result(Call("GET", "/zones", query=paged)) or []
        zones.extend(found)
        if len(found) < _PER_PAGE:
            break
        page += 1
    return zones[:most]


def _shown(zone: Mapping[str, Any], args: Properties) -> Properties:
    return {**_NAMES.from_api(dict(zone)), "zoneId": zone["id"], "id": zone["id"], **_filter(args)}


def _filter(args: Properties) -> Properties:
    return {"filter": args["filter"]} if args.get("filter") is not None else {}


def _described(wanted: Mapping[str, Any]) -> str:
    parts = [f"{key}={value}" for key, value in wanted.items() if isinstance(value, str)]
    account = wanted.get("account")
    if isinstance(account, dict):
        parts.extend(f"account.{key}={value}" for key, value in account.items())
    return ", ".join(parts) or "(empty)"


INVOKES: dict[str, Callable[[Api, Properties], Awaitable[tuple[Properties, Failures]]]] = {
    "cloudflare:index/getZone:getZone": get_zone,
    "cloudflare:index/getZones:getZones": get_zones,
}

"""A zone as it is live: records, BIND export, settings, DNSSEC, rulesets, routes of Workers.

Read whole or not at all: without its records a snapshot is worth nothing. What the plan or the token does
not give (403, 404) is left out and named in ``missing``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from launchready.snapshot.api import Api, RefusedError

PER_PAGE = 5000
TOGGLES = {
    "universal_ssl": ("ssl/universal/settings", "enabled"),
    "tiered_cache_smart_topology_enable": ("cache/tiered_cache_smart_topology_enable", "value"),
    "tiered_caching": ("argo/tiered_caching", "value"),
}
"""Settings that the API keeps apart: id → (path, field)."""
RECORD_FIELDS = (
    "name", "type", "content", "data", "priority", "ttl", "proxied", "comment", "tags", "settings",
)  # fmt: skip
"""What a record is, and is made from; ids and times aside."""
_RULE_FIELDS = (
    "ref", "description", "enabled", "expression", "action", "action_parameters", "ratelimit", "logging",
    "exposed_credential_check",
)  # fmt: skip
_SIGNED = {"active": "active", "pending": "active", "disabled": "disabled", "pending-disabled": "disabled"}

Record = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class World:
    """``zone``: id, name, status, plan. ``settings``: id → value, ``editable``: those that can be changed.

    ``rulesets``: the zone's own, whole. ``missing``: what could not be read, and why.
    """

    zone: Mapping[str, Any]
    bind: str
    records: tuple[Record, ...]
    settings: Mapping[str, Any]
    editable: frozenset[str]
    dnssec: Mapping[str, Any]
    rulesets: tuple[Mapping[str, Any], ...]
    routes: tuple[Mapping[str, Any], ...]
    missing: tuple[str, ...] = field(default=())

    @property
    def zone_id(self) -> str:
        return str(self.zone["id"])

    @property
    def digest(self) -> str:
        """SHA-256 of what is served and how: ids, times and serials aside."""
        told = {
            "records": sorted(canonical(record_key(record)) for record in self.records),
            "settings": dict(self.settings),
            "dnssec": _SIGNED.get(str(self.dnssec.get("status")), self.dnssec.get("status")),
            "rulesets": {one["phase"]: rules_of(one) for one in self.rulesets if one.get("rules")},
            "routes": sorted(canonical(route_key(route)) for route in self.routes),
        }
        return hashlib.sha256(canonical(told).encode()).hexdigest()


async def read_world(api: Api, domain: str, zone_id: str | None) -> World | None:
    """The zone as it is now; None where there is none yet. Raises ApiError.

    ``zone_id``: where it is known; else the zone is looked up by its name.
    """
    zone = await _zone(api, domain, zone_id)
    if zone is None:
        return None
    at = f"/zones/{zone['id']}"
    missing: list[str] = []
    records = tuple(await api.pages(f"{at}/dns_records", PER_PAGE))
    bind = await api.text(f"{at}/dns_records/export")
    listed = await _maybe(api, f"{at}/settings", missing) or []
    settings = {one["id"]: one.get("value") for one in listed if isinstance(one, dict) and "id" in one}
    editable = {one["id"] for one in listed if isinstance(one, dict) and one.get("editable") is not False}
    for setting, (path, name) in TOGGLES.items():
        found = await _maybe(api, f"{at}/{path}", missing)
        if isinstance(found, dict) and name in found:
            settings[setting] = found[name]
            editable.add(setting)
    dnssec = await _maybe(api, f"{at}/dnssec", missing) or {}
    rulesets = tuple([ruleset async for ruleset in _rulesets(api, at, missing)])
    routes = tuple(await _maybe(api, f"{at}/workers/routes", missing) or ())
    told = {key: zone.get(key) for key in ("id", "name", "status", "name_servers")}
    told["plan"] = (zone.get("plan") or {}).get("legacy_id")
    return World(
        zone=told,
        bind=bind,
        records=records,
        settings=dict(sorted(settings.items())),
        editable=frozenset(editable),
        dnssec=dnssec,
        rulesets=rulesets,
        routes=routes,
        missing=tuple(missing),
    )


async def _zone(api: Api, domain: str, zone_id: str | None) -> Mapping[str, Any] | None:
    if zone_id is not None:
        try:
            found: Mapping[str, Any] = await api.result(f"/zones/{zone_id}")
        except RefusedError as error:
            if error.status == 404:
                return await _zone(api, domain, None)
            raise
        return found
    listed = await api.result(f"/zones?name={domain}")
    return next((one for one in listed or [] if one.get("name") == domain), None)


async def _rulesets(api: Api, at: str, missing: list[str]) -> Any:
    """The zone's own rulesets, each with its rules; Cloudflare's managed ones are not ours to keep."""
    for listed in await _maybe(api, f"{at}/rulesets", missing) or []:
        if listed.get("kind") == "zone":
            yield await api.result(f"{at}/rulesets/{listed['id']}")


async def _maybe(api: Api, path: str, missing: list[str]) -> Any:
    """A result that a zone may lack; why it lacks is kept."""
    try:
        return await api.result(path)
    except RefusedError as error:
        missing.append(f"{path.split('/', 3)[-1]}: HTTP {error.status}")
        return None


def record_key(record: Record) -> dict[str, Any]:
    """What makes two records the same: everything that can be set, empty values aside."""
    kept = {key: record.get(key) for key in RECORD_FIELDS}
    if record.get("data"):  # the content follows from it
        kept.pop("content")
    return {key: value for key, value in kept.items() if value not in (None, "", [], {})}


def rules_of(ruleset: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A ruleset's rules as they can be written again."""
    return [
        {key: rule[key] for key in _RULE_FIELDS if rule.get(key) not in (None, "")}
        for rule in ruleset.get("rules") or ()
    ]


def route_key(route: Mapping[str, Any]) -> dict[str, Any]:
    return {"pattern": route.get("pattern"), "script": route.get("script")}


def canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))

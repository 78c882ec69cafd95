"""An existing zone as the API has it: bulk reads only, never a write.

What the adoption can't do without (zone, records, settings, rulesets, DNSSEC, universal SSL) is an error when
it can't be read. The rest (page rules, packs, health checks, routes, tiered cache) may be closed to the token
or the plan: then it is said, and nothing is concluded from it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from launchready.client_file.names import to_ascii
from launchready.drift.api import PER_PAGE, ReadApi
from launchready.errors import ApiError, InputError

Json = dict[str, Any]
CHECKS_PER_PAGE = 1000
ZONES_PER_PAGE = 50
OPTIONAL = {
    "page rules": "pagerules",
    "certificate packs": "ssl/certificate_packs",
    "routes of Workers": "workers/routes",
    "tiered cache": "argo/tiered_caching",
    "tiered cache topology": "cache/tiered_cache_smart_topology_enable",
}
"""What may not be open to the token → its path below the zone's."""


@dataclass(frozen=True, slots=True)
class Found:
    """A zone. ``rulesets``: phase → the whole ruleset; ``extra``: what of OPTIONAL (and "health checks") was
    read, None where there is no such thing; ``unread``: what could not be read, and why."""

    zone: Json
    records: tuple[Json, ...]
    settings: Mapping[str, Any]
    rulesets: Mapping[str, Json]
    dnssec: Json
    universal_ssl: bool
    extra: Mapping[str, Any] = field(default_factory=dict)
    unread: Mapping[str, ApiError] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return str(self.zone["id"])

    @property
    def domain(self) -> str:
        return to_ascii(str(self.zone["name"]))

    @property
    def account(self) -> str:
        return str((self.zone.get("account") or {}).get("id", ""))

    @property
    def plan(self) -> str:
        """The plan's word, as ``launchready:plan`` has it."""
        return str((self.zone.get("plan") or {}).get("legacy_id", "free"))


async def read_found(api: ReadApi, domain: str | None) -> Found:
    """Read the zone of ``domain``; None: the only one that the token sees. Raises InputError, ApiError."""
    zone = await _zone(api, domain)
    try:
        return await _whole(api, zone)
    except ExceptionGroup as group:
        refusals = group.split(ApiError)[0]
        if refusals is None:
            raise
        first = refusals.exceptions[0]
        raise first from None


async def _whole(api: ReadApi, zone: Json) -> Found:
    path = f"/zones/{zone['id']}"
    async with asyncio.TaskGroup() as group:
        records = group.create_task(api.pages(f"{path}/dns_records", PER_PAGE))
        settings = group.create_task(api.get(f"{path}/settings"))
        rulesets = group.create_task(_rulesets(api, path))
        dnssec = group.create_task(api.get(f"{path}/dnssec"))
        universal = group.create_task(api.get(f"{path}/ssl/universal/settings"))
        asked = {
            what: group.create_task(_maybe(api.get(f"{path}/{place}"))) for what, place in OPTIONAL.items()
        }
        asked["health checks"] = group.create_task(_maybe(api.pages(f"{path}/healthchecks", CHECKS_PER_PAGE)))
    listed = settings.result()
    if not isinstance(listed, list) or not isinstance(universal.result(), dict):
        raise ApiError(f"the settings of {zone['name']} could not be read: no usable answer")
    answers = {what: task.result() for what, task in asked.items()}
    return Found(
        zone,
        tuple(records.result()),
        {str(one["id"]): one.get("value") for one in listed if isinstance(one, dict) and "id" in one},
        rulesets.result(),
        dnssec.result() or {},
        bool(universal.result().get("enabled")),
        {what: answer for what, answer in answers.items() if not isinstance(answer, ApiError)},
        {what: answer for what, answer in answers.items() if isinstance(answer, ApiError)},
    )


async def _maybe(call: Any) -> Any:
    """The answer, or the ApiError that came instead."""
    try:
        return await call
    except ApiError as error:
        return error


async def _zone(api: ReadApi, domain: str | None) -> Json:
    if domain is None:
        found = await api.get("/zones", per_page=ZONES_PER_PAGE) or []
        if len(found) == 1:
            return dict(found[0])
        names = ", ".join(sorted(str(zone.get("name")) for zone in found)[:10]) or "none"
        raise InputError(f"the token sees {len(found)} zones ({names})", fix="say which: --domain D")
    try:
        name = to_ascii(domain)
    except ValueError as error:
        raise InputError(f"{domain!r} is no domain: {error}", fix="--domain acme.example") from None
    found = await api.get("/zones", name=name, per_page=ZONES_PER_PAGE) or []
    own = [zone for zone in found if str(zone.get("name")).lower() == name]
    if len(own) == 1:
        return dict(own[0])
    if not own:
        raise InputError(
            f"the token sees no zone {name}", fix="check --domain, and that the token may read that zone"
        )
    ids = ", ".join(str(zone.get("id")) for zone in own)
    raise InputError(f"there are {len(own)} zones {name} ({ids})", fix="use a token that sees only one")


async def _rulesets(api: ReadApi, path: str) -> dict[str, Json]:
    """The zone's own entry points, whole."""
    listed = [one for one in await api.get(f"{path}/rulesets") or () if one.get("kind") == "zone"]
    whole = await asyncio.gather(*(api.get(f"{path}/rulesets/{one['id']}") for one in listed))
    return {str(one["phase"]): dict(one) for one in whole if one is not None}

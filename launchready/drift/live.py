"""What Cloudflare has now, by bulk reads: records by pages, settings in one call, each ruleset once.

The number of calls grows with the pages of records and with what the client file declares, never with the
records. Two things keep it small: a ruleset whose id and version are those in the state is what the state
has; and what another source tells too (DNSSEC: the name servers) is asked only where calls are left.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, field
from typing import Any

from launchready.declared.types import Declared
from launchready.drift.api import PER_PAGE, ReadApi
from launchready.drift.canonical import api_rule, state_rule
from launchready.drift.state import State
from launchready.errors import ApiError

Json = dict[str, Any]
BUDGET = 10
"""Calls, beyond which nothing is asked that could be found out elsewhere, or that nobody declares."""
CHECKS_PER_PAGE = 1000


@dataclass(slots=True)
class Ruleset:
    """A zone's entry point in a phase. ``rules``: canonical; None: not read, nobody declares the phase."""

    id: str
    phase: str
    name: str
    rules: list[Json] | None


@dataclass(slots=True)
class Live:
    """Each part is None while it is not known; ``failed`` says why, by the part's name."""

    zone: Json | None = None
    records: list[Json] | None = None
    settings: Mapping[str, Any] | None = None
    rulesets: Mapping[str, Ruleset] | None = None
    universal_ssl: bool | None = None
    tiered: Mapping[str, str] | None = None
    dnssec: Json | None = None
    routes: list[Json] | None = None
    scripts: dict[str, Json | None] = field(default_factory=dict)
    """Name → {"content", "bindings"}; None: there is no such script."""
    packs: list[Json] | None = None
    checks: list[Json] | None = None
    policies: list[Json] | None = None
    failed: dict[str, ApiError] = field(default_factory=dict)
    skipped: tuple[str, ...] = ()
    """What was not asked, since calls had run out."""

    @property
    def zone_id(self) -> str:
        return str((self.zone or {}).get("id", ""))


async def read_live(api: ReadApi, declared: Declared, state: State) -> Live:
    """Everything that the comparison needs. Raises ApiError when not even the zone can be read."""
    live = Live(zone=await _zone(api, declared, state))
    if live.zone is None:
        return live
    reader = _Reader(api, declared, state, live, f"/zones/{live.zone_id}")
    async with asyncio.TaskGroup() as group:
        for read in reader.needed():
            group.create_task(read)
    await reader.spare()
    return live


async def _zone(api: ReadApi, declared: Declared, state: State) -> Json | None:
    """The zone of the domain: the one of the client file or the state before others of that name."""
    found = await api.get("/zones", name=declared.domain, per_page=50)
    zones = [zone for zone in found or () if zone.get("name") == declared.domain]
    known = state.get("Zone", declared.domain)
    wanted = declared.zone_id or (known.id if known is not None else None)
    own = next((zone for zone in zones if zone.get("id") == wanted), None)
    return own or next(iter(zones), None)


class _Reader:
    """The reads of one zone, each into its part of ``live``."""

    def __init__(self, api: ReadApi, declared: Declared, state: State, live: Live, path: str) -> None:
        self._api, self._declared, self._state, self._live, self._path = api, declared, state, live, path
        account = (live.zone or {}).get("account") or {}
        self._account = f"/accounts/{account.get('id', '')}"

    def needed(self) -> list[Any]:
        declared = self._declared
        reads = [
            self._part("records", self._records()),
            self._part("settings", self._settings()),
            self._part("rulesets", self._rulesets()),
        ]
        if declared.workers:
            reads.append(self._part("routes", self._routes()))
            reads += [self._part(f"script {plan.name}", self._script(plan.name)) for plan in declared.workers]
        if declared.certificate is not None:
            reads.append(self._part("packs", self._packs()))
        if declared.monitoring is not None and declared.monitoring.edge_checks:
            reads += [self._part("checks", self._checks()), self._part("policies", self._policies())]
        return reads

    async def spare(self) -> None:
        """What is asked while calls are left: in a zone of one page of records, always."""
        declared = self._declared
        more = [("universal_ssl", self._universal, 1, "universal SSL (the handshakes tell what is served)")]
        if declared.tiered_cache is not None:
            more.append(("tiered", self._tiered, 2, "tiered cache"))
        if declared.dnssec:
            more.append(("dnssec", self._dnssec, 1, "DNSSEC's status (the name servers were asked instead)"))
        if not declared.workers:
            more.append(("routes", self._routes, 1, "routes of Workers that nobody declares"))
        many = len(self._live.records or ()) > PER_PAGE
        asked, skipped, left = [], [], BUDGET - self._api.calls
        for part, read, calls, what in more:
            if many and calls > left:
                skipped.append(what)
            else:
                left -= calls
                asked.append(self._part(part, read()))
        await asyncio.gather(*asked)
        self._live.skipped = tuple(skipped)

    async def _part(self, part: str, read: Awaitable[None]) -> None:
        try:
            await read
        except ApiError as error:
            self._live.failed[part] = error

    async def _records(self) -> None:
        self._live.records = await self._api.pages(f"{self._path}/dns_records", PER_PAGE)

    async def _settings(self) -> None:
        found = await self._api.get(f"{self._path}/settings")
        self._live.settings = {one["id"]: one.get("value") for one in found or () if isinstance(one, dict)}

    async def _rulesets(self) -> None:
        listed = await self._api.get(f"{self._path}/rulesets")
        own = [one for one in listed or () if one.get("kind") == "zone"]
        found: dict[str, Ruleset] = {}
        for one in own:
            found[str(one["phase"])] = Ruleset(
                str(one["id"]), str(one["phase"]), str(one.get("name", "")), self._kept_in_state(one)
            )
        wanted = [ruleset for ruleset in found.values() if ruleset.rules is None]
        rules = await asyncio.gather(*(self._api.get(f"{self._path}/rulesets/{one.id}") for one in wanted))
        for ruleset, whole in zip(wanted, rules, strict=True):
            if whole is None:  # gone between the two reads
                del found[ruleset.phase]
            else:
                ruleset.rules = [api_rule(rule) for rule in whole.get("rules") or ()]
        self._live.rulesets = found

    def _kept_in_state(self, listed: Json) -> list[Json] | None:
        """The rules of a ruleset that has not changed since the state was written: same id, same version."""
        for resource in self._state.of("Ruleset"):
            version = resource.values.get("version")
            if resource.id == listed["id"] and version is not None and version == listed.get("version"):
                rules = resource.values.get("rules")
                if isinstance(rules, list):
                    return [state_rule(rule) for rule in rules]
        return None

    async def _universal(self) -> None:
        found = await self._api.get(f"{self._path}/ssl/universal/settings") or {}
        self._live.universal_ssl = bool(found.get("enabled"))

    async def _tiered(self) -> None:
        paths = {
            "tiered_caching": "argo/tiered_caching",
            "tiered_cache_smart_topology_enable": "cache/tiered_cache_smart_topology_enable",
        }
        values = await asyncio.gather(*(self._api.get(f"{self._path}/{path}") for path in paths.values()))
        self._live.tiered = {
            name: str((value or {}).get("value", "off")) for name, value in zip(paths, values, strict=True)
        }

    async def _dnssec(self) -> None:
        self._live.dnssec = await self._api.get(f"{self._path}/dnssec") or {}

    async def _routes(self) -> None:
        self._live.routes = list(await self._api.get(f"{self._path}/workers/routes") or ())

    async def _script(self, name: str) -> None:
        path = f"{self._account}/workers/scripts/{name}"
        settings = await self._api.get(f"{path}/settings")
        content = await self._api.text(f"{path}/content/v2") if settings is not None else None
        if settings is None or content is None:
            self._live.scripts[name] = None
            return
        bindings = {
            str(one.get("name")): str(one.get("text", ""))
            for one in settings.get("bindings") or ()
            if one.get("type") == "plain_text"
        }
        self._live.scripts[name] = {"content": content, "bindings": bindings}

    async def _packs(self) -> None:
        self._live.packs = list(await self._api.get(f"{self._path}/ssl/certificate_packs", per_page=50) or ())

    async def _checks(self) -> None:
        self._live.checks = await self._api.pages(f"{self._path}/healthchecks", CHECKS_PER_PAGE)

    async def _policies(self) -> None:
        found = await self._api.get(f"{self._account}/alerting/v3/policies")
        self._live.policies = list(found or ())

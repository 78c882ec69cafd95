"""What a zone has beside what the launch declares, and how it differs from a snapshot.

Records that no resource of ours owns, settings that we don't declare, rulesets of phases that we leave
alone: a rollback brings them back as the snapshot has them. Challenges that come and go by themselves,
and records that Cloudflare keeps itself, stay as they are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from launchready.errors import ApiError
from launchready.guard.subjects import RECORD, described, host, shown
from launchready.snapshot.api import Api, RefusedError
from launchready.snapshot.state import State
from launchready.snapshot.world import TOGGLES, Record, World, canonical, record_key, route_key, rules_of

SETTING = "cloudflare:index/zoneSetting:ZoneSetting"
RULESET = "cloudflare:index/ruleset:Ruleset"
OWNED_TOGGLES = {
    "cloudflare:index/universalSslSetting:UniversalSslSetting": "universal_ssl",
    "cloudflare:index/tieredCache:TieredCache": "tiered_cache_smart_topology_enable",
    "cloudflare:index/argoTieredCaching:ArgoTieredCaching": "tiered_caching",
}
_CHALLENGES = ("_acme-challenge.", "_cf-custom-hostname.", "_dnsauth.", "_pki-validation.")
_MANAGED = ("managed_by_apps", "managed_by_argo_tunnel", "read_only", "email_routing")
"""Marks in a record's ``meta`` of a product that keeps it."""
_PASSING = frozenset({"development_mode", "edge_cache_ttl"})
"""Settings that run out by themselves or follow from the plan."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What has to be done to what is not ours. ``remove``: records of the API; ``add``: as it takes them.

    ``left``: what a rollback does not bring back, in words.
    """

    remove: tuple[Record, ...] = ()
    add: tuple[Mapping[str, Any], ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    rulesets: Mapping[str, list[dict[str, Any]]] = field(default_factory=dict)
    left: tuple[str, ...] = ()

    @property
    def empty(self) -> bool:
        return not (self.remove or self.add or self.settings or self.rulesets)

    def lines(self) -> list[str]:
        """In plain words."""
        found = [f"- {_words(record)} (made by other hands since)" for record in self.remove]
        found += [f"+ {_words(record)} (was there, and no launch made it)" for record in self.add]
        found += [f"~ setting {key} → {shown(value)}" for key, value in self.settings.items()]
        return found + [f"~ rules of {phase} ({len(rules)})" for phase, rules in self.rulesets.items()]


def difference(now: World | None, state: State, then: World, then_state: State) -> Difference:
    """What differs between the zone now and in a snapshot, beside what resources own. Pure.

    ``now``: None where there is no zone any more; a new one gets all that is to be added.
    """
    now = now or replace(then, records=(), rulesets=())
    remove, add = _records(now, state, then, then_state)
    owned = _owned_settings(state) | _owned_settings(then_state)
    settings = {
        key: value
        for key, value in then.settings.items()
        if key in now.settings and now.settings[key] != value and key not in owned | _PASSING
        if key in now.editable
    }
    left = [
        f"the setting {key} is {shown(now.settings[key])}, was {shown(value)}, and can't be edited"
        for key, value in then.settings.items()
        if key in now.settings and now.settings[key] != value and key not in owned | _PASSING
        if key not in now.editable
    ]
    if _routes(now) != _routes(then):
        left.append("the routes of Workers that no launch made may differ: compare routes.json")
    return Difference(remove, add, settings, _rulesets(now, state, then, then_state), tuple(left))


def _words(record: Mapping[str, Any]) -> str:
    return described(RECORD, record, "")


def _routes(world: World) -> set[str]:
    return {canonical(route_key(route)) for route in world.routes}


def _records(
    now: World, state: State, then: World, then_state: State
) -> tuple[tuple[Record, ...], tuple[Mapping[str, Any], ...]]:
    """(what came since, what went since) among the records that no resource owns."""
    ours, were_ours = state.ids(RECORD), then_state.ids(RECORD)
    then_foreign = [one for one in then.records if one["id"] not in were_ours and _kept(one)]
    wanted = Counter(canonical(record_key(one)) for one in then_foreign)
    remove = []
    for record in now.records:
        if record["id"] in ours or not _kept(record):
            continue
        key = canonical(record_key(record))
        if wanted[key] > 0:
            wanted[key] -= 1
        else:
            remove.append(record)
    add = []
    for record in then_foreign:
        key = canonical(record_key(record))
        if wanted[key] > 0:
            wanted[key] -= 1
            add.append(record_key(record))
    return tuple(remove), tuple(add)


def _kept(record: Record) -> bool:
    """Is it a record that people make? Not a challenge, nor one that Cloudflare keeps for a product."""
    meta = record.get("meta") or {}
    managed = any(meta.get(key) for key in _MANAGED)
    return not managed and not host(record).startswith(_CHALLENGES)


def _owned_settings(state: State) -> set[str]:
    settings = [one for one in state.resources if one.get("type") == SETTING]
    owned = {str(one.get("inputs", {}).get("settingId")) for one in settings}
    kinds = {one.get("type") for one in state.resources}
    return owned | {setting for kind, setting in OWNED_TOGGLES.items() if kind in kinds}


def _rulesets(now: World, state: State, then: World, then_state: State) -> dict[str, list[dict[str, Any]]]:
    """Phase → the rules that it had, for phases that no resource owns; none means that it had none."""
    owned = {
        str(one.get("inputs", {}).get("phase"))
        for one in (*state.resources, *then_state.resources)
        if one.get("type") == RULESET
    }
    had = {str(one["phase"]): rules_of(one) for one in then.rulesets}
    has = {str(one["phase"]): rules_of(one) for one in now.rulesets}
    phases = sorted((set(had) | set(has)) - owned)
    return {phase: had.get(phase, []) for phase in phases if had.get(phase, []) != has.get(phase, [])}


async def remove_records(api: Api, zone_id: str, records: Iterable[Record]) -> int:
    """Delete records that are not ours; how many. One that is gone already is gone. Raises ApiError."""
    count = 0
    for record in records:
        try:
            await api.write("DELETE", f"/zones/{zone_id}/dns_records/{record['id']}")
        except RefusedError as error:
            if error.status != 404:
                raise
        count += 1
    return count


async def bring_back(api: Api, zone_id: str, found: Difference) -> list[str]:
    """Make the records, settings and rules anew that a snapshot has; what could not be, in words."""
    left = []
    for record in found.add:
        left += await _tried(api, "POST", f"/zones/{zone_id}/dns_records", record, _words(record))
    for key, value in found.settings.items():
        path, name = TOGGLES.get(key, (f"settings/{key}", "value"))
        left += await _tried(api, "PATCH", f"/zones/{zone_id}/{path}", {name: value}, f"the setting {key}")
    for phase, rules in found.rulesets.items():
        path = f"/zones/{zone_id}/rulesets/phases/{phase}/entrypoint"
        left += await _tried(api, "PUT", path, {"rules": rules}, f"the rules of {phase}")
    return left


async def _tried(api: Api, method: str, path: str, body: Any, what: str) -> list[str]:
    try:
        await api.write(method, path, body)
    except ApiError as error:
        return [f"{what} could not be brought back: {error.what}"]
    return []

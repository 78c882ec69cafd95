"""Remembering what was found, and giving it back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from launchready.errors import ApiError
from launchready.settings_memory.api import NotFoundError, SettingsApi

DNSSEC = "dnssec"
UNIVERSAL_SSL = "universal_ssl"
SMART_TIERED_CACHE = "tiered_cache_smart_topology_enable"
TIERED_CACHING = "tiered_caching"
"""What the API keeps apart from the settings; in the memory they are ids like the others."""


@dataclass(frozen=True, slots=True)
class _Toggle:
    """Where the API keeps it, under which field, and what it is while it was never set (404)."""

    path: str
    field: str
    unset: Any = None


TOGGLES: Mapping[str, _Toggle] = {
    UNIVERSAL_SSL: _Toggle("ssl/universal/settings", "enabled"),
    SMART_TIERED_CACHE: _Toggle("cache/tiered_cache_smart_topology_enable", "value", "off"),
    TIERED_CACHING: _Toggle("argo/tiered_caching", "value", "off"),
}

_SIGNED = frozenset({"active", "pending"})


def remember(api: SettingsApi, zone_id: str, ids: Iterable[str]) -> dict[str, Any]:
    """Setting id → the value that the zone has now.

    One call reads all settings; what its answer lacks (the call is deprecated and may go) is read one
    by one. Raises ApiError when any value can't be found out: nothing must change before it is known.
    """
    wanted = list(dict.fromkeys(ids))
    apart = (DNSSEC, *TOGGLES)
    listed = _listed(api, zone_id) if any(setting not in apart for setting in wanted) else {}
    return {
        setting: listed[setting] if setting in listed else _one(api, zone_id, setting) for setting in wanted
    }


def give_back(api: SettingsApi, zone_id: str, found: Mapping[str, Any]) -> tuple[str, ...]:
    """Write back every value that differs from what was found; the ids written, in order.

    A zone that is gone needs nothing back. Raises ApiError when a value could not be written.
    """
    try:
        now = remember(api, zone_id, found)
    except NotFoundError:
        return ()
    changed = [setting for setting, value in found.items() if now[setting] != value]
    for setting in changed:
        _write(api, zone_id, setting, _whole(found[setting]))
    return tuple(changed)


def signing_status(api: SettingsApi, zone_id: str) -> str:
    """The zone's DNSSEC status as the API has it. Raises NotFoundError or ApiError."""
    return str(_field(api.get(f"/zones/{zone_id}/dnssec"), "status", DNSSEC))


def _whole(value: Any) -> Any:
    """A value with its whole numbers as such: the state knows floating point only, and the API minds."""
    if isinstance(value, dict):
        return {key: _whole(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_whole(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _listed(api: SettingsApi, zone_id: str) -> dict[str, Any]:
    try:
        result = api.get(f"/zones/{zone_id}/settings")
    except ApiError:
        return {}
    entries = result if isinstance(result, list) else []
    return {
        entry["id"]: entry["value"]
        for entry in entries
        if isinstance(entry, dict) and {"id", "value"} <= entry.keys()
    }


def _one(api: SettingsApi, zone_id: str, setting: str) -> Any:
    if setting == DNSSEC:
        return "active" if signing_status(api, zone_id) in _SIGNED else "disabled"
    if (toggle := TOGGLES.get(setting)) is not None:
        return _toggled(api, zone_id, setting, toggle)
    return _field(api.get(f"/zones/{zone_id}/settings/{setting}"), "value", setting)


def _toggled(api: SettingsApi, zone_id: str, setting: str, toggle: _Toggle) -> Any:
    """Its value; one that was never set is not there (404), which the zone itself still is."""
    try:
        return _field(api.get(f"/zones/{zone_id}/{toggle.path}"), toggle.field, setting)
    except NotFoundError:
        if toggle.unset is None:
            raise
        api.get(f"/zones/{zone_id}")
        return toggle.unset


def _write(api: SettingsApi, zone_id: str, setting: str, value: Any) -> None:
    if setting == DNSSEC:
        api.patch(f"/zones/{zone_id}/dnssec", {"status": value})
    elif (toggle := TOGGLES.get(setting)) is not None:
        api.patch(f"/zones/{zone_id}/{toggle.path}", {toggle.field: value})
    else:
        api.patch(f"/zones/{zone_id}/settings/{setting}", {"value": value})


def _field(result: Any, name: str, setting: str) -> Any:
    if not isinstance(result, dict) or name not in result:
        raise ApiError(f"the zone's {setting} could not be read: the answer has no {name!r}")
    return result[name]

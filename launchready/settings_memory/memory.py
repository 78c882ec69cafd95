"""Remembering what was found, and giving it back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from launchready.errors import ApiError
from launchready.settings_memory.api import NotFoundError, SettingsApi

DNSSEC = "dnssec"
UNIVERSAL_SSL = "universal_ssl"
"""Two that the API keeps apart from the settings; in the memory they are ids like the others."""

_SIGNED = frozenset({"active", "pending"})


def remember(api: SettingsApi, zone_id: str, ids: Iterable[str]) -> dict[str, Any]:
    """Setting id → the value that the zone has now.

    One call reads all settings; what its answer lacks (the call is deprecated and may go) is read one
    by one. Raises ApiError when any value can't be found out: nothing must change before it is known.
    """
    wanted = list(dict.fromkeys(ids))
    listed = (
        _listed(api, zone_id) if any(setting not in (DNSSEC, UNIVERSAL_SSL) for setting in wanted) else {}
    )
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
    if setting == UNIVERSAL_SSL:
        return _field(api.get(f"/zones/{zone_id}/ssl/universal/settings"), "enabled", setting)
    return _field(api.get(f"/zones/{zone_id}/settings/{setting}"), "value", setting)


def _write(api: SettingsApi, zone_id: str, setting: str, value: Any) -> None:
    if setting == DNSSEC:
        api.patch(f"/zones/{zone_id}/dnssec", {"status": value})
    elif setting == UNIVERSAL_SSL:
        api.patch(f"/zones/{zone_id}/ssl/universal/settings", {"enabled": value})
    else:
        api.patch(f"/zones/{zone_id}/settings/{setting}", {"value": value})


def _field(result: Any, name: str, setting: str) -> Any:
    if not isinstance(result, dict) or name not in result:
        raise ApiError(f"the zone's {setting} could not be read: the answer has no {name!r}")
    return result[name]

"""Zone settings: all, one, change one, change many; development mode runs out after three hours."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from launchready.edge.api import plans
from launchready.edge.api.envelope import Reply, refuse
from launchready.edge.api.router import Call, Router
from launchready.edge.api.settings_table import SETTINGS, editable, too_much_for
from launchready.edge.state import EdgeState, Json, Zone

DEVELOPMENT_SECONDS = 3 * 3600


def add_routes(router: Router) -> None:
    router.add("GET", "zones/{zone_id}/settings", list_settings)
    router.add("PATCH", "zones/{zone_id}/settings", edit_settings)
    router.add("GET", "zones/{zone_id}/settings/{setting}", get_setting)
    router.add("PATCH", "zones/{zone_id}/settings/{setting}", edit_setting)


def list_settings(call: Call) -> Reply:
    _age_development_mode(call.state, call.zone)
    return Reply(list(call.zone.settings.values()))


def get_setting(call: Call) -> Reply:
    _age_development_mode(call.state, call.zone)
    return Reply(_known(call.zone, call.params["setting"]))


def edit_setting(call: Call) -> Reply:
    body = call.object(1004)
    if "value" not in body:
        raise refuse(400, 1004, "A value is required")
    name = call.params["setting"]
    _known(call.zone, name)
    _check(call.zone, name, body["value"])
    return Reply(_write(call, name, body["value"]))


def edit_settings(call: Call) -> Reply:
    """All of them or none: every item is checked before the first is written."""
    body = call.body
    items = body.get("items") if isinstance(body, dict) else body
    if not isinstance(items, list) or not items:
        raise refuse(400, 1004, "A list of settings is required")
    for item in items:
        if not isinstance(item, dict) or not isinstance(item.get("id"), str) or "value" not in item:
            raise refuse(400, 1004, "Each setting needs an id and a value")
        _known(call.zone, item["id"])
        _check(call.zone, item["id"], item["value"])
    return Reply([_write(call, item["id"], item["value"]) for item in items])


def _known(zone: Zone, name: str) -> Json:
    found = zone.settings.get(name)
    if found is None:
        raise refuse(404, 1003, f"Undefined zone setting: {name}")
    return found


def _check(zone: Zone, name: str, value: Any) -> None:
    setting, plan = SETTINGS[name], plans.of(zone.info)
    wanted = setting.check(value)
    if wanted is not None:
        raise refuse(400, 1007, f"Invalid value for zone setting {name}: it must be {wanted}.")
    if not setting.editable:
        raise refuse(400, 1016, f"Zone setting {name} is read only")
    if not editable(setting, plan) or too_much_for(setting, value, plan):
        raise refuse(403, 1015, f"Not allowed to edit setting for {name}: the {plan.label} plan lacks it")


def _write(call: Call, name: str, value: Any) -> Json:
    entry = call.zone.settings[name]
    if name == "security_header":
        held = entry["value"]["strict_transport_security"]
        value = {"strict_transport_security": {**held, **value["strict_transport_security"]}}
    entry["value"] = value
    entry["modified_on"] = call.now()
    if name == "development_mode":
        _set_development_mode(call.zone, DEVELOPMENT_SECONDS if value == "on" else 0)
    return entry


def _set_development_mode(zone: Zone, seconds: int) -> None:
    zone.settings["development_mode"]["time_remaining"] = seconds
    zone.info["development_mode"] = seconds


def _age_development_mode(state: EdgeState, zone: Zone) -> None:
    entry = zone.settings["development_mode"]
    if entry["value"] != "on":
        return
    since = datetime.fromisoformat(entry["modified_on"].replace("Z", "+00:00"))
    left = DEVELOPMENT_SECONDS - int((state.clock.now() - since).total_seconds())
    if left <= 0:
        entry["value"] = "off"
    _set_development_mode(zone, max(0, left))

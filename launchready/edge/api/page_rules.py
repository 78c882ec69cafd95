"""Page rules, which rulesets have replaced but which still exist."""

from __future__ import annotations

import secrets

from launchready.edge.api import plans
from launchready.edge.api.collection import find
from launchready.edge.api.envelope import Reply, refuse
from launchready.edge.api.fields import choice, read, required
from launchready.edge.api.router import Call, Router
from launchready.edge.state import Json

_ALL = "zones/{zone_id}/pagerules"
_ONE = _ALL + "/{pagerule_id}"
_CODE = 1004


def add_routes(router: Router) -> None:
    router.add("GET", _ALL, list_rules)
    router.add("POST", _ALL, create_rule)
    router.add("GET", _ONE, get_rule)
    router.add("PUT", _ONE, replace_rule)
    router.add("PATCH", _ONE, edit_rule)
    router.add("DELETE", _ONE, delete_rule)


def _rules(call: Call) -> dict[str, Json]:
    held: dict[str, Json] = call.zone.extra.setdefault("page_rules", {})
    return held


def _own(call: Call) -> Json:
    return find(_rules(call), call.params["pagerule_id"], 1002, "Page rule")


def list_rules(call: Call) -> Reply:
    status = call.query.get("status")
    rules = [rule for rule in _rules(call).values() if status in (None, rule["status"])]
    return Reply(sorted(rules, key=lambda rule: -rule["priority"]))


def get_rule(call: Call) -> Reply:
    return Reply(_own(call))


def create_rule(call: Call) -> Reply:
    plan, rules = plans.of(call.zone.info), _rules(call)
    made = _build(call.object(_CODE), call.zone.name, len(rules) + 1)
    if len(rules) >= plan.page_rules:
        raise refuse(403, 1004, f"Page Rule limit has been met: the {plan.label} plan has {plan.page_rules}")
    number, now = secrets.token_hex(16), call.now()
    rules[number] = {"id": number, **made, "created_on": now, "modified_on": now}
    return Reply(rules[number])


def replace_rule(call: Call) -> Reply:
    held = _own(call)
    made = _build(call.object(_CODE), call.zone.name, held["priority"])
    _rules(call)[held["id"]] = {**held, **made, "modified_on": call.now()}
    return Reply(_rules(call)[held["id"]])


def edit_rule(call: Call) -> Reply:
    held = _own(call)
    made = _build({**held, **call.object(_CODE)}, call.zone.name, held["priority"])
    _rules(call)[held["id"]] = {**held, **made, "modified_on": call.now()}
    return Reply(_rules(call)[held["id"]])


def delete_rule(call: Call) -> Reply:
    held = _own(call)
    del _rules(call)[held["id"]]
    return Reply({"id": held["id"]})


def _build(body: Json, zone: str, priority: int) -> Json:
    targets = required(body, "targets", "array", code=_CODE)
    actions = required(body, "actions", "array", code=_CODE)
    if len(targets) != 1 or not isinstance(targets[0], dict) or not actions:
        raise refuse(400, _CODE, "A page rule has exactly one target and at least one action")
    constraint = read(targets[0], "constraint", "object", {}, code=_CODE)
    pattern = required(constraint, "value", "string", code=_CODE)
    host = pattern.split("://")[-1].split("/")[0].lower()
    if host != zone and not host.endswith("." + zone) and host != f"*{zone}":
        raise refuse(400, 1004, f"The target {pattern} is not in the zone {zone}")
    for action in actions:
        if not isinstance(action, dict) or not isinstance(action.get("id"), str):
            raise refuse(400, _CODE, "Each action needs an id")
    ids = [action["id"] for action in actions]
    if "forwarding_url" in ids and len(ids) > 1:
        raise refuse(400, _CODE, "forwarding_url can't be combined with other actions")
    return {
        "targets": targets,
        "actions": actions,
        "priority": read(body, "priority", "integer", priority, code=_CODE),
        "status": choice(
            read(body, "status", "string", "disabled", code=_CODE),
            ("active", "disabled"),
            "status",
            code=_CODE,
        ),
    }

"""Rulesets of a zone: list, create, get, replace, delete; single rules; entry points by phase.

A zone has one ruleset per phase: the entry point. Source: facts/cloudflare-api.md, "Rulesets".
"""

from __future__ import annotations

import secrets
from typing import Any

from launchready.edge.api import plans
from launchready.edge.api.envelope import Reply, refuse
from launchready.edge.api.fields import read
from launchready.edge.api.router import Call, Router
from launchready.edge.api.rulesets.rules import PHASES, check_rules, keep
from launchready.edge.state import Json

_ALL = "zones/{zone_id}/rulesets"
_ONE = _ALL + "/{ruleset_id}"
_ENTRY = _ALL + "/phases/{phase}/entrypoint"
_CODE = 20121


def add_routes(router: Router) -> None:
    router.add("GET", _ALL, list_rulesets)
    router.add("POST", _ALL, create_ruleset)
    router.add("GET", _ONE, get_ruleset)
    router.add("PUT", _ONE, replace_ruleset)
    router.add("DELETE", _ONE, delete_ruleset)
    router.add("POST", f"{_ONE}/rules", add_rule)
    router.add("PATCH", _ONE + "/rules/{rule_id}", edit_rule)
    router.add("DELETE", _ONE + "/rules/{rule_id}", delete_rule)
    router.add("GET", _ENTRY, get_entry)
    router.add("PUT", _ENTRY, put_entry)


def _own(call: Call) -> Json:
    ruleset: Json | None = call.zone.rulesets.get(call.params["ruleset_id"])
    if ruleset is None:
        raise refuse(404, 10003, f"could not find ruleset {call.params['ruleset_id']}")
    return ruleset


def _phase(name: Any) -> str:
    if not isinstance(name, str) or name not in PHASES:
        raise refuse(
            400,
            _CODE,
            f"'{name}' is not a valid value for phase because it is unknown here",
            source={"pointer": "/phase"},
        )
    return name


def list_rulesets(call: Call) -> Reply:
    """Without their rules, as Cloudflare lists them."""
    return Reply(
        [{k: v for k, v in ruleset.items() if k != "rules"} for ruleset in call.zone.rulesets.values()]
    )


def get_ruleset(call: Call) -> Reply:
    return Reply(_own(call))


def create_ruleset(call: Call) -> Reply:
    body = call.object(_CODE)
    name, kind = read(body, "name", "string", code=_CODE), read(body, "kind", "string", code=_CODE)
    if not name:
        raise refuse(400, _CODE, "'' is not a valid value for name because it is required")
    if kind != "zone":
        why = f"'{kind}' is not a valid value for kind because a zone's rulesets are of kind zone"
        raise refuse(400, _CODE, why, source={"pointer": "/kind"})
    phase = _phase(body.get("phase"))
    if call.zone.ruleset(phase) is not None:
        raise refuse(
            400,
            20217,
            "'zone' is not a valid value for kind because exceeded maximum number of zone rulesets "
            f"for phase {phase}",
            source={"pointer": "/kind"},
        )
    return Reply(_create(call, name, phase, body))


def _create(call: Call, name: str, phase: str, body: Json) -> Json:
    plan, now = plans.of(call.zone.info), call.now()
    rules = check_rules(body.get("rules") or [], phase, plan)
    ruleset: Json = {
        "id": secrets.token_hex(16),
        "name": name,
        "description": read(body, "description", "string", "", code=_CODE),
        "kind": "zone",
        "version": "1",
        "rules": [keep(rule, None, now) for rule in rules],
        "last_updated": now,
        "phase": phase,
    }
    call.zone.rulesets[ruleset["id"]] = ruleset
    return ruleset


def replace_ruleset(call: Call) -> Reply:
    """PUT replaces every rule; ids are kept by id, then by ref, so that nothing churns."""
    return Reply(_replace(call, _own(call), call.object(_CODE)))


def _replace(call: Call, held: Json, body: Json) -> Json:
    for key in ("kind", "phase"):
        if body.get(key) is not None and body[key] != held[key]:
            why = f"'{body[key]}' is not a valid value for {key} because it can't be changed"
            raise refuse(400, _CODE, why, source={"pointer": f"/{key}"})
    name = read(body, "name", "string", held["name"], code=_CODE)
    description = read(body, "description", "string", held["description"], code=_CODE)
    given = body["rules"] if body.get("rules") is not None else held["rules"]
    _store(call, held, given)
    held.update(name=name, description=description)
    return held


def _store(call: Call, held: Json, given: Any) -> None:
    """Checks the whole new list, then swaps it in under the next version."""
    now = call.now()
    rules = check_rules(given, held["phase"], plans.of(call.zone.info))
    by_id = {rule["id"]: rule for rule in held["rules"]}
    by_ref = {rule["ref"]: rule for rule in held["rules"]}
    kept = []
    for rule in rules:
        before = by_id.get(rule.get("id", "")) or by_ref.get(rule.get("ref") or rule.get("id", ""))
        if before is not None:  # one old rule can only become one new one
            by_id.pop(before["id"], None)
            by_ref.pop(before["ref"], None)
        kept.append(keep(rule, before, now))
    held["rules"] = kept
    held["version"] = str(int(held["version"]) + 1)
    held["last_updated"] = now


def delete_ruleset(call: Call) -> Reply:
    del call.zone.rulesets[_own(call)["id"]]
    return Reply(bare=True, status=204)


def add_rule(call: Call) -> Reply:
    held, body = _own(call), dict(call.object(_CODE))
    position = body.pop("position", None)
    body.pop("id", None)
    rules = list(held["rules"])
    rules.insert(_index(rules, position, len(rules)), body)
    _store(call, held, rules)
    return Reply(held)


def edit_rule(call: Call) -> Reply:
    """Merges the sent fields over the rule, and moves it where ``position`` says."""
    held, body = _own(call), dict(call.object(_CODE))
    position = body.pop("position", None)
    at = _find(held, call.params["rule_id"])
    rules = list(held["rules"])
    rule = {**rules.pop(at), **body, "id": call.params["rule_id"]}
    rules.insert(_index(rules, position, at), rule)
    _store(call, held, rules)
    return Reply(held)


def delete_rule(call: Call) -> Reply:
    held = _own(call)
    rules = list(held["rules"])
    del rules[_find(held, call.params["rule_id"])]
    _store(call, held, rules)
    return Reply(held)


def _find(held: Json, number: str) -> int:
    for index, rule in enumerate(held["rules"]):
        if rule["id"] == number:
            return index
    raise refuse(404, 10004, f"could not find rule {number} in ruleset {held['id']}")


def _index(rules: list[Json], position: Any, default: int) -> int:
    """``{"index": n}`` counts from 1; ``before``/``after`` name a rule, "" the start or the end."""
    if position is None:
        return default
    if not isinstance(position, dict) or len(position) != 1:
        raise refuse(
            400, _CODE, "position takes one of index, before, after", source={"pointer": "/position"}
        )
    ids = [rule.get("id") for rule in rules]
    key, value = next(iter(position.items()))
    if key == "index" and isinstance(value, int) and 1 <= value <= len(rules) + 1:
        return value - 1
    if key == "before":
        if value == "":
            return 0
        if value in ids:
            return ids.index(value)
    if key == "after":
        if value == "":
            return len(rules)
        if value in ids:
            return ids.index(value) + 1
    raise refuse(400, _CODE, f"there is no position {position}", source={"pointer": "/position"})


def get_entry(call: Call) -> Reply:
    phase = _phase(call.params["phase"])
    ruleset = call.zone.ruleset(phase)
    if ruleset is None:
        raise refuse(404, 10003, f'could not find entrypoint ruleset in the "{phase}" phase')
    return Reply(ruleset)


def put_entry(call: Call) -> Reply:
    """Creates the entry point if there is none."""
    phase, body = _phase(call.params["phase"]), call.object(_CODE)
    held = call.zone.ruleset(phase)
    if held is not None:
        return Reply(_replace(call, held, body))
    name = read(body, "name", "string", "default", code=_CODE)
    return Reply(_create(call, name or "default", phase, body))

"""Standalone health checks; there are none on Free. Sources: facts, "Health checks, alerting", "Plans"."""

from __future__ import annotations

import secrets
from typing import Any

from launchready.edge.api import plans
from launchready.edge.api.collection import find
from launchready.edge.api.envelope import Reply, paged, refuse
from launchready.edge.api.fields import choice, read, required
from launchready.edge.api.router import Call, Router
from launchready.edge.state import Json

_ALL = "zones/{zone_id}/healthchecks"
_ONE = _ALL + "/{healthcheck_id}"
REGIONS = ("WNAM", "ENAM", "WEU", "EEU", "NSAM", "SSAM", "OC", "ME", "NAF", "SAF", "IN", "SEAS", "NEAS",
           "ALL_REGIONS")  # fmt: skip
_CODE = 1002


def add_routes(router: Router) -> None:
    router.add("GET", _ALL, list_checks)
    router.add("POST", _ALL, create_check)
    router.add("GET", _ONE, get_check)
    router.add("PUT", _ONE, replace_check)
    router.add("PATCH", _ONE, edit_check)
    router.add("DELETE", _ONE, delete_check)


def _checks(call: Call) -> dict[str, Json]:
    held: dict[str, Json] = call.zone.extra.setdefault("healthchecks", {})
    return held


def _own(call: Call) -> Json:
    return find(_checks(call), call.params["healthcheck_id"], 1002, "Health check")


def list_checks(call: Call) -> Reply:
    return paged(list(_checks(call).values()), call.query, default=25, low=5, high=1000)


def get_check(call: Call) -> Reply:
    return Reply(_own(call))


def create_check(call: Call) -> Reply:
    plan, checks = plans.of(call.zone.info), _checks(call)
    if not plan.health_checks:
        raise refuse(403, 1002, f"Health checks are not available on the {plan.label} plan")
    made = _build(call.object(_CODE), plan)
    if len(checks) >= plan.health_checks:
        raise refuse(403, 1003, f"The {plan.label} plan has {plan.health_checks} health checks")
    number, now = secrets.token_hex(16), call.now()
    checks[number] = {"id": number, **made, **_state(made), "created_on": now, "modified_on": now}
    return Reply(checks[number])


def replace_check(call: Call) -> Reply:
    held = _own(call)
    return Reply(_store(call, held, call.object(_CODE)))


def edit_check(call: Call) -> Reply:
    held = _own(call)
    return Reply(_store(call, held, {**held, **call.object(_CODE)}))


def _store(call: Call, held: Json, body: Json) -> Json:
    made = _build(body, plans.of(call.zone.info))
    kept = {key: held[key] for key in ("id", "created_on")}
    _checks(call)[held["id"]] = {**kept, **made, **_state(made), "modified_on": call.now()}
    return _checks(call)[held["id"]]


def delete_check(call: Call) -> Reply:
    held = _own(call)
    del _checks(call)[held["id"]]
    return Reply({"id": held["id"]})


def _state(made: Json) -> Json:
    return {"status": "suspended" if made["suspended"] else "unknown", "failure_reason": ""}


def _within(body: Json, key: str, default: int, low: int, high: int) -> int:
    value: int = read(body, key, "integer", default, code=_CODE)
    if not low <= value <= high:
        raise refuse(400, _CODE, f"{key} must be between {low} and {high}")
    return value


def _build(body: Json, plan: plans.Plan) -> Json:
    """The object with every default filled in, so that a GET echoes what was left out."""
    kind = choice(
        read(body, "type", "string", "HTTP", code=_CODE), ("HTTP", "HTTPS", "TCP"), "type", code=_CODE
    )
    regions = read(body, "check_regions", "array", ["WNAM"], code=_CODE)
    for region in regions:
        choice(region, REGIONS, "check_regions", code=_CODE)
    made: Json = {
        "name": required(body, "name", "string", code=_CODE),
        "address": required(body, "address", "string", code=_CODE),
        "type": kind,
        "description": read(body, "description", "string", "", code=_CODE),
        "suspended": read(body, "suspended", "boolean", False, code=_CODE),
        "check_regions": regions,
        "interval": _within(body, "interval", 60, plan.health_check_interval, 3600),
        "timeout": _within(body, "timeout", 5, 1, 10),
        "retries": _within(body, "retries", 2, 0, 5),
        "consecutive_fails": _within(body, "consecutive_fails", 1, 1, 10),
        "consecutive_successes": _within(body, "consecutive_successes", 1, 1, 10),
    }
    if kind == "TCP":
        made["tcp_config"] = _tcp(read(body, "tcp_config", "object", {}, code=_CODE))
    else:
        made["http_config"] = _http(read(body, "http_config", "object", {}, code=_CODE), kind)
    return made


def _tcp(config: Json) -> Json:
    return {"method": "connection_established", "port": _within(config, "port", 80, 1, 65535)}


def _http(config: Json, kind: str) -> Json:
    def take(key: str, want: str, default: Any) -> Any:
        return read(config, key, want, default, code=_CODE, path="http_config.")

    return {
        "method": choice(take("method", "string", "GET"), ("GET", "HEAD"), "method", code=_CODE),
        "port": _within(config, "port", 443 if kind == "HTTPS" else 80, 1, 65535),
        "path": take("path", "string", "/"),
        "expected_codes": take("expected_codes", "array", ["200"]),
        "expected_body": take("expected_body", "string", ""),
        "follow_redirects": take("follow_redirects", "boolean", False),
        "allow_insecure": take("allow_insecure", "boolean", False),
        "header": take("header", "object", None),
    }

"""One rule: from what was sent to what is kept; phases, their actions, and rate limits.

Source: facts/cloudflare-api.md, "Rulesets" and "Plans".
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

from launchready.edge.api.envelope import RefusalError, refuse
from launchready.edge.api.fields import is_kind
from launchready.edge.api.plans import Plan
from launchready.edge.api.rulesets.actions import NEEDS_PARAMETERS, Where, check_parameters
from launchready.edge.api.rulesets.expressions import check_filter
from launchready.edge.api.rulesets.rate import check_rate
from launchready.edge.state import Json

_CHALLENGES = ("block", "challenge", "js_challenge", "managed_challenge", "log")


@dataclass(frozen=True, slots=True)
class Phase:
    """The actions of a phase and which of the plan's limits counts its rules."""

    actions: tuple[str, ...]
    quota: str = "rules"


PHASES: dict[str, Phase] = {
    "http_request_dynamic_redirect": Phase(("redirect",)),
    "http_request_cache_settings": Phase(("set_cache_settings",)),
    "http_response_headers_transform": Phase(("rewrite",)),
    "http_request_late_transform": Phase(("rewrite",)),
    "http_request_transform": Phase(("rewrite",)),
    "http_config_settings": Phase(("set_config",)),
    "http_request_origin": Phase(("route",)),
    "http_custom_errors": Phase(("serve_error",)),
    "http_response_compression": Phase(("compress_response",)),
    "http_ratelimit": Phase(_CHALLENGES, "rate_limit_rules"),
    "http_request_firewall_custom": Phase((*_CHALLENGES, "skip"), "custom_rules"),
    "http_request_firewall_managed": Phase(("execute", "skip")),
}
ECHOED = (
    "action_parameters",
    "categories",
    "description",
    "exposed_credential_check",
    "logging",
    "ratelimit",
)
"""Optional fields that come back exactly when they were sent."""


_KINDS = {
    "id": "string",
    "action": "string",
    "expression": "string",
    "description": "string",
    "ref": "string",
    "enabled": "boolean",
    "action_parameters": "object",
    "logging": "object",
    "ratelimit": "object",
}


def _bad(pointer: str, what: str, why: str, code: int = 20121) -> RefusalError:
    return refuse(400, code, f"not a valid value for {what} because {why}", source={"pointer": pointer})


def check_rule(rule: Any, phase: str, plan: Plan, pointer: str) -> Json:
    """The rule, if Cloudflare would take it on this plan."""
    if not isinstance(rule, dict):
        raise _bad(pointer, "rules", "each rule must be an object")
    for key, kind in _KINDS.items():
        if rule.get(key) is not None and not is_kind(rule[key], kind):
            raise _bad(f"{pointer}/{key}", key, f"it must be of type {kind}")
    action = rule.get("action")
    allowed = PHASES[phase].actions
    if action not in allowed:
        raise _bad(f"{pointer}/action", "action", f"phase {phase} takes {', '.join(allowed)}")
    check_filter(rule.get("expression") or "", phase, plan, f"{pointer}/expression")
    parameters = rule.get("action_parameters")
    if action in NEEDS_PARAMETERS and parameters is None:
        raise _bad(f"{pointer}/action_parameters", "action_parameters", f"action {action} needs them")
    check_parameters(action, parameters or {}, Where(phase, plan, pointer))
    if phase == "http_ratelimit":
        check_rate(rule, plan, pointer)
    elif rule.get("ratelimit") is not None:
        raise _bad(f"{pointer}/ratelimit", "ratelimit", f"phase {phase} has no rate limits")
    ref = rule.get("ref")
    if ref is not None and not 1 <= len(ref) <= 64:
        raise _bad(f"{pointer}/ref", "ref", "it must have between 1 and 64 characters")
    return rule


def check_rules(rules: Any, phase: str, plan: Plan, pointer: str = "/rules") -> list[Json]:
    """All rules of a ruleset: each valid, refs unique, no more than the plan has."""
    if not isinstance(rules, list):
        raise _bad(pointer, "rules", "it must be a list")
    checked = [check_rule(rule, phase, plan, f"{pointer}/{i}") for i, rule in enumerate(rules)]
    quota: int = getattr(plan, PHASES[phase].quota)
    if len(checked) > quota:
        raise refuse(
            400,
            50001,
            f"exceeded the maximum number of rules in the phase {phase}: {len(checked)} out of {quota}",
            source={"pointer": pointer},
        )
    refs = [rule["ref"] for rule in checked if rule.get("ref")]
    twice = sorted({ref for ref in refs if refs.count(ref) > 1}) if len(set(refs)) < len(refs) else []
    if twice:
        raise _bad(pointer, "ref", f"{twice[0]} is used by more than one rule")
    return checked


def keep(rule: Json, before: Json | None, now: str) -> Json:
    """What is stored and shown: the old id and version where it was this rule before."""
    number = before["id"] if before is not None else secrets.token_hex(16)
    kept: Json = {
        "id": number,
        "version": "1",
        "action": rule["action"],
        "expression": rule["expression"],
        "last_updated": now,
        "ref": rule.get("ref") or (before["ref"] if before is not None else number),
        "enabled": rule.get("enabled") if rule.get("enabled") is not None else True,
    }
    kept.update({key: rule[key] for key in ECHOED if rule.get(key) is not None})
    if rule.get("ratelimit") is not None:
        kept["ratelimit"] = {"requests_to_origin": False, "mitigation_timeout": 0, **rule["ratelimit"]}
    if before is not None:
        same = {**kept, "version": before["version"], "last_updated": before["last_updated"]} == before
        kept["version"] = before["version"] if same else str(int(before["version"]) + 1)
        kept["last_updated"] = before["last_updated"] if same else now
    return kept

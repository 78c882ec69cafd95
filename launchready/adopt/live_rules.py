"""From the zone's rulesets to the client file: redirects, and what equals launchready's own defaults.

A phase has one ruleset, which is taken over whole or left whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from launchready.declared import Declared
from launchready.declared.redirect_reading import Reading, read_host, read_rule
from launchready.drift.canonical import api_rule, declared_redirect, declared_rule

REDIRECTS = "http_request_dynamic_redirect"
CACHE = "http_request_cache_settings"
HEADERS = "http_response_headers_transform"
Json = Mapping[str, Any]


@dataclass(slots=True)
class Redirects:
    """``entries``: of ``redirects``; ``hosts``: name → where it leads; ``left``: (rule, why) that forbid
    both."""

    entries: list[dict[str, Any]] = field(default_factory=list)
    hosts: dict[str, str] = field(default_factory=dict)
    left: list[tuple[Json, str]] = field(default_factory=list)


def take_redirects(ruleset: Json | None, apex: str, parked: frozenset[str]) -> Redirects:
    """What the redirect phase says. ``parked``: names whose only record is that of a redirect-only host."""
    out = Redirects()
    rules = list((ruleset or {}).get("rules") or ())
    for rule in rules:
        host = read_host(rule)
        if host is not None and host[0] in parked and host[1].endswith(apex):
            out.hosts[host[0]] = host[1]
            continue
        try:
            reading, status = read_rule(rule)
        except ValueError as error:
            out.left.append((rule, str(error)))
            continue
        if out.hosts:
            out.left.append((rule, "it comes after a redirect-only host's, which are always last"))
            continue
        out.entries.append(_entry(rule, reading, status))
    return out


def _entry(rule: Json, reading: Reading, status: int) -> dict[str, Any]:
    """An entry that keeps the rule's words; ``trimmed`` takes away needless ones."""
    url = rule["action_parameters"]["from_value"].get("target_url") or {}
    words = {
        "ref": str(rule.get("ref") or rule.get("id")),
        "description": str(rule.get("description") or ""),
        "expression": str(rule.get("expression", "")),
        "target": str(url.get("expression") or url.get("value") or ""),
    }
    entry: dict[str, Any] = {"from": reading.source, "to": reading.to}
    if status != 301:
        entry["status"] = status
    if not reading.keep_query:
        entry["keep_query"] = False
    return {**entry, "rule": words}


def trimmed(entry: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """An entry without those words of its rule that ``own``, the rule that it alone gives, has too."""
    words = dict(entry["rule"])
    url = own["action_parameters"]["from_value"]["target_url"]
    same = {
        "description": own.get("description", ""),
        "expression": own["expression"],
        "target": url.get("expression") or url.get("value"),
    }
    left = {key: value for key, value in words.items() if key == "ref" or value != same[key]}
    plain = {key: value for key, value in entry.items() if key != "rule"}
    return plain if left == {"ref": own["ref"]} else {**plain, "rule": left}


def same_redirects(declared: Declared, ruleset: Json | None) -> bool:
    """Would the declared redirects be exactly the rules that there are?"""
    live = [api_rule(rule) for rule in (ruleset or {}).get("rules") or ()]
    return [declared_redirect(redirect) for redirect in declared.redirects] == live


def same_rules(declared: Declared, phase: str, ruleset: Json | None) -> bool:
    """Would the declared rules of a phase be exactly those that there are?"""
    live = [api_rule(rule) for rule in (ruleset or {}).get("rules") or ()]
    return [declared_rule(rule) for rule in declared.rulesets.get(phase, ())] == live

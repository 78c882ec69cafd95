"""One function makes the ruleset of any phase but the redirects': rules in order, with stable references."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi

from components import cloudflare
from components.base import Component
from components.records import camel_case
from launchready.declared import Rule

KEYED = frozenset({"headers", "contains"})
"""Parameters whose keys are names and not words of the API: they keep their spelling."""
PLURAL = {
    "statusCodeTtl": "statusCodeTtls",
    "checkPresence": "checkPresences",
    "include": "includes",
    "list": "lists",
}
"""Lists that the engine's SDK names in the plural."""


def make_ruleset(
    parent: Component, name: str, zone_id: pulumi.Input[str], phase: str, rules: tuple[Rule, ...]
) -> cloudflare.Ruleset | None:
    """The zone's ruleset in ``phase``, or None without rules: the phase then keeps none of ours.

    ``name``: the resource's name, and after "launchready" the ruleset's.
    """
    if not rules:
        return None
    inputs = {
        "zoneId": zone_id,
        "name": f"launchready {name}",
        "description": "",
        "kind": "zone",
        "phase": phase,
        "rules": [rule_inputs(rule) for rule in rules],
    }
    return cloudflare.Ruleset(name, inputs, ruleset_options(parent))


def ruleset_options(parent: pulumi.Resource) -> pulumi.ResourceOptions:
    """A zone has one ruleset in a phase (error 20217): a replacement must delete first. What an existing one
    is called does not matter, and changing that would replace it with all its rules."""
    return pulumi.ResourceOptions(
        parent=parent, delete_before_replace=True, ignore_changes=["name", "description"]
    )


def rule_inputs(rule: Rule) -> dict[str, Any]:
    """A rule in the provider's spelling."""
    inputs: dict[str, Any] = {
        "ref": rule.ref,
        "description": rule.description,
        "enabled": True,
        "expression": rule.expression,
        "action": rule.action,
    }
    if rule.parameters:
        inputs["actionParameters"] = camel_keys(rule.parameters)
    if rule.ratelimit is not None:
        inputs["ratelimit"] = camel_keys(rule.ratelimit)
    return inputs


def camel_keys(value: Any) -> Any:
    """The same value with the API's keys in the engine's spelling; names of headers stay as they are."""
    if isinstance(value, Mapping):
        return {
            _spelled(key, inner): {name: camel_keys(one) for name, one in inner.items()}
            if key in KEYED and isinstance(inner, Mapping)
            else camel_keys(inner)
            for key, inner in value.items()
        }
    if isinstance(value, list | tuple):
        return [camel_keys(one) for one in value]
    return value


def _spelled(key: str, value: Any) -> str:
    name = camel_case(key)
    return PLURAL.get(name, name) if isinstance(value, list | tuple) else name

"""What was under way when a run ended, and the state with what came of it. Pure.

The engine writes a create into ``pending_operations`` before it calls the provider, and takes it out when
the answer is in the state. A create that failed is in no state at all: the lock's note has it.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from launchready.engine.state_file import SIGNATURE
from launchready.recovery.lock import MAKING

Json = dict[str, Any]
MASKED = "[secret]"
"""What the engine's events show of a secret."""


@dataclass(frozen=True, slots=True)
class Making:
    """A create whose end nobody saw. ``resource``: as the state would have it, but for id and outputs."""

    urn: str
    type: str
    resource: Mapping[str, Any]

    @property
    def inputs(self) -> Json:
        """The inputs that are known in clear."""
        given = self.resource.get("inputs") or {}
        return {key: value for key, value in given.items() if not _secret(value)}


@dataclass(frozen=True, slots=True)
class UnderWay:
    """``makings``: creates that may have happened; ``stale``: URNs whose update or delete may have."""

    makings: tuple[Making, ...]
    stale: tuple[str, ...]


def under_way(deployment: Mapping[str, Any], failed: Iterable[Mapping[str, Any]]) -> UnderWay:
    """What the state and the note of the last run leave open."""
    makings: dict[str, Making] = {}
    stale: dict[str, None] = {}
    for operation in deployment.get("pending_operations") or ():
        resource = operation["resource"]
        if operation.get("type") == "creating":
            makings[resource["urn"]] = Making(resource["urn"], resource["type"], resource)
        else:
            stale[resource["urn"]] = None
    for step in failed:
        urn = str(step.get("urn"))
        if step.get("op") not in MAKING:
            stale[urn] = None
        elif urn not in makings and isinstance(step.get("new"), Mapping):
            makings[urn] = _failed(step, step["new"])
    return UnderWay(tuple(makings.values()), tuple(stale))


def _failed(step: Mapping[str, Any], new: Mapping[str, Any]) -> Making:
    resource = {
        "urn": step["urn"],
        "custom": bool(new.get("custom", True)),
        "type": new.get("type") or step.get("type"),
        "inputs": {k: v for k, v in (new.get("inputs") or {}).items() if not _secret(v)},
        "parent": new.get("parent"),
        "protect": bool(new.get("protect")),
        "retainOnDelete": bool(new.get("retainOnDelete")),
        "provider": new.get("provider") or step.get("provider"),
    }
    return Making(str(step["urn"]), str(resource["type"]), {k: v for k, v in resource.items() if v})


def _secret(value: object) -> bool:
    """Whether a value is secret or has a secret in it."""
    if isinstance(value, Mapping):
        return SIGNATURE in value or any(map(_secret, value.values()))
    if isinstance(value, list):
        return any(map(_secret, value))
    return value == MASKED


def settled(deployment: Mapping[str, Any], ids: Mapping[str, str]) -> tuple[Json, list[str]]:
    """The state without pending operations and with what was found; and the URNs that came in.

    ``ids``: URN → id of what a create made. Outputs are the inputs until a refresh reads them.
    """
    after: Json = copy.deepcopy(dict(deployment))
    pending = after.pop("pending_operations", None) or []
    makings = {op["resource"]["urn"]: op["resource"] for op in pending if op.get("type") == "creating"}
    resources: list[Json] = after.setdefault("resources", []) or []
    adopted = []
    for urn, own_id in ids.items():
        resource = makings.get(urn)
        if resource is not None and _admit(resources, {**resource, "id": own_id}):
            adopted.append(urn)
    after["resources"] = resources
    return after, adopted


def noted(deployment: Mapping[str, Any], makings: Iterable[Making]) -> Json:
    """The state in which creates that failed stand as creates that never ended."""
    after: Json = copy.deepcopy(dict(deployment))
    pending = after.get("pending_operations") or []
    there = {op["resource"]["urn"] for op in pending if op.get("type") == "creating"}
    more = [
        {"resource": dict(making.resource), "type": "creating"}
        for making in makings
        if making.urn not in there
    ]
    after["pending_operations"] = [*pending, *more]
    return after


def _admit(resources: list[Json], resource: Json) -> bool:
    """Put a found resource into the state; False where what it hangs on is not there."""
    known = {one["urn"] for one in resources}
    providers = {f"{one['urn']}::{one.get('id')}" for one in resources}
    if resource.get("provider") not in (None, *providers):
        return False
    if resource.get("parent") not in (None, *known):
        return False
    resource["outputs"] = dict(resource.get("inputs") or {})
    resource["dependencies"] = [urn for urn in resource.get("dependencies") or () if urn in known]
    kept = {
        key: [urn for urn in urns or () if urn in known]
        for key, urns in (resource.get("propertyDependencies") or {}).items()
    }
    resource["propertyDependencies"] = kept
    for old in [one for one in resources if one["urn"] == resource["urn"] and not one.get("delete")]:
        if old.get("pendingReplacement"):  # gone before its replacement was made
            resources.remove(old)
        else:
            old["delete"] = True
    resources.append(resource)
    return True

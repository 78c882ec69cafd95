"""A preview as values: which resource is made, changed, replaced or deleted, out of the engine's events.

Secrets are masked by the engine in its events, and stay so. Source: Pulumi's event log
(``resourcePreEvent``: metadata with op, urn, type, old, new, diffs).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

GIVEN_BACK = frozenset(
    {
        "cloudflare:index/zoneSetting:ZoneSetting",
        "cloudflare:index/universalSslSetting:UniversalSslSetting",
        "cloudflare:index/tieredCache:TieredCache",
        "cloudflare:index/argoTieredCaching:ArgoTieredCaching",
        "pulumi-python:dynamic/launchready:SettingsMemory",
    }
)
"""A zone always has its settings: their resources are not deleted, their values are given back."""
_STATE_ONLY = ("urn", "parent", "protect", "retainOnDelete", "provider")
STACK = "pulumi:pulumi:Stack"
PROVIDERS = "pulumi:providers:"


class Action(StrEnum):
    """What happens to a resource. ``give_back``: a setting gets the value that it had before the launch.

    ``release``: it leaves the state and stays in the world.
    """

    DELETE = "delete"
    REPLACE = "replace"
    CHANGE = "change"
    CREATE = "create"
    ADOPT = "adopt"
    GIVE_BACK = "give_back"
    RELEASE = "release"


_ACTIONS = {
    "delete": Action.DELETE,
    "delete-replaced": Action.REPLACE,
    "create-replacement": Action.REPLACE,
    "replace": Action.REPLACE,
    "import-replacement": Action.REPLACE,
    "update": Action.CHANGE,
    "create": Action.CREATE,
    "import": Action.ADOPT,
    "discard": Action.RELEASE,
    "discard-replaced": Action.RELEASE,
}


@dataclass(frozen=True, slots=True)
class Step:
    """What one resource undergoes. ``old`` and ``new`` are its inputs before and after (empty: none).

    ``gap``: a replacement that deletes before it creates. ``differs``: the inputs that change.
    """

    action: Action
    urn: str
    type: str
    old: Mapping[str, Any] = field(default_factory=dict)
    new: Mapping[str, Any] = field(default_factory=dict)
    differs: tuple[str, ...] = ()
    gap: bool = False

    @property
    def name(self) -> str:
        """The resource's name in the program."""
        return self.urn.rsplit("::", 1)[-1]

    @property
    def destroys(self) -> bool:
        """Does it take something out of the world?"""
        return self.action in (Action.DELETE, Action.REPLACE)


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that one run would do; components, providers and what stays the same left out.

    ``counts``: the engine's own summary, what stays the same included. ``state``: would the state change
    though the world does not (the stack's outputs, a protection, a resource's place)?
    """

    steps: tuple[Step, ...]
    counts: Mapping[str, int] = field(default_factory=dict)
    state: bool = False

    @property
    def deleted(self) -> int:
        """How many resources would go or be replaced."""
        return sum(step.destroys for step in self.steps)

    @property
    def empty(self) -> bool:
        return not self.steps and not self.state

    @property
    def hash(self) -> str:
        """SHA-256 over (action, URN, inputs before and after) of every step, in hexadecimal."""
        told = sorted((step.action.value, step.urn, _canonical((step.old, step.new))) for step in self.steps)
        return hashlib.sha256(_canonical(told).encode()).hexdigest()


def plan_of(events: Iterable[Mapping[str, Any]], retained: frozenset[str] = frozenset()) -> Plan:
    """The plan that a preview's events tell. ``retained``: URNs whose deletion leaves the world as it is."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    counts: Mapping[str, int] = {}
    state = False
    for event in events:
        if "resourcePreEvent" in event:
            metadata = event["resourcePreEvent"]["metadata"]
            state = state or (metadata["op"] == "same" and _moves(metadata))
            if metadata["op"] in _ACTIONS and _matters(metadata):
                found.setdefault(metadata["urn"], []).append(metadata)
        elif "resOutputsEvent" in event and event["resOutputsEvent"]["metadata"]["type"] == STACK:
            state = state or _outputs_change(event["resOutputsEvent"]["metadata"])
        elif "summaryEvent" in event:
            counts = event["summaryEvent"].get("resourceChanges") or {}
    steps = (_step(urn, stages, retained) for urn, stages in found.items())
    return Plan(tuple(sorted(steps, key=_order)), counts, state)


def _matters(metadata: Mapping[str, Any]) -> bool:
    """A component or a provider is nothing in the world."""
    kind = str(metadata["type"])
    if kind == STACK or kind.startswith(PROVIDERS):
        return False
    return bool((metadata.get("new") or metadata.get("old") or {}).get("custom"))


def _moves(metadata: Mapping[str, Any]) -> bool:
    """Is something about a resource new that only the state knows?"""
    old, new = metadata.get("old") or {}, metadata.get("new") or {}
    return bool(old and new) and any(old.get(key) != new.get(key) for key in _STATE_ONLY)


def _step(urn: str, stages: list[Mapping[str, Any]], retained: frozenset[str]) -> Step:
    """One step out of the events of one resource; a replacement has up to three."""
    actions = [_ACTIONS[stage["op"]] for stage in stages]
    action = Action.REPLACE if Action.REPLACE in actions else actions[0]
    if action is Action.DELETE and urn in retained:
        action = Action.RELEASE
    elif action is Action.DELETE and stages[0]["type"] in GIVEN_BACK:
        action = Action.GIVE_BACK
    old = next((_inputs(stage.get("old")) for stage in stages if stage.get("old")), {})
    new = next((_inputs(stage.get("new")) for stage in stages if stage.get("new")), {})
    if action in (Action.DELETE, Action.RELEASE, Action.GIVE_BACK):
        new = {}
    keys = {key.split(".")[0].split("[")[0] for stage in stages for key in stage.get("diffs") or ()}
    gap = action is Action.REPLACE and stages[0]["op"] == "delete-replaced"
    return Step(action, urn, str(stages[0]["type"]), old, new, tuple(sorted(keys)), gap)


def _inputs(state: Any) -> dict[str, Any]:
    inputs = (state or {}).get("inputs") or {}
    return {key: value for key, value in inputs.items() if not key.startswith("__")}


def _outputs_change(metadata: Mapping[str, Any]) -> bool:
    old, new = metadata.get("old") or {}, metadata.get("new") or {}
    return bool(new) and old.get("outputs") != new.get("outputs")


def _order(step: Step) -> tuple[int, str, str]:
    return list(Action).index(step.action), step.type, step.name


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), default=str)

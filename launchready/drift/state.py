"""The Pulumi state, read and never written: `stack export`, secrets left encrypted.

What is not known (no engine, no backend, no stack) is unknown with a reason: declared and live are then
compared without it.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from launchready.engine.locate import Engine
from launchready.engine.operations import run_command
from launchready.errors import EngineError

SECRET = "[secret]"  # noqa: S105 - what stands for one
_SIGNATURE_KEY = "4dabf18193072939515e22adb298388d"
_SECRET_SIGNATURE = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - the engine's mark of a secret
Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource of the state. ``kind``: the last part of its type token; ``values``: outputs over inputs,
    every secret replaced by SECRET."""

    kind: str
    name: str
    urn: str
    id: str
    values: Json = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class State:
    """Resources by kind and name. ``reason``: why it is unknown; "" when it was read."""

    resources: Mapping[tuple[str, str], Resource] = field(default_factory=dict)
    reason: str = ""

    @property
    def known(self) -> bool:
        return not self.reason

    def get(self, kind: str, name: str) -> Resource | None:
        return self.resources.get((kind, name))

    def of(self, kind: str) -> tuple[Resource, ...]:
        """Every resource of a kind, in order."""
        return tuple(resource for (own, _), resource in self.resources.items() if own == kind)

    @property
    def outputs(self) -> Json | None:
        """The stack's outputs; None when the state is unknown."""
        stack = next(iter(self.of("Stack")), None)
        return None if stack is None else stack.values


def unknown(reason: str) -> State:
    return State({}, reason)


def read_state(deployment: Json) -> State:
    """A State from an export. Raises EngineError when it is none."""
    inner = deployment.get("deployment")
    if not isinstance(inner, Mapping):
        raise EngineError("the exported state is no deployment")
    return State(dict(_resources(inner.get("resources") or ())))


def _resources(found: Iterable[Json]) -> Iterable[tuple[tuple[str, str], Resource]]:
    for raw in found:
        if raw.get("delete"):
            continue
        token = str(raw["type"])
        kind = token.rpartition(":")[2]
        name = str(raw["urn"]).split("::", 3)[-1]
        values = _hidden({**(raw.get("inputs") or {}), **(raw.get("outputs") or {})})
        values.pop("__provider", None)
        yield (kind, name), Resource(kind, name, str(raw["urn"]), str(raw.get("id") or ""), values)


def _hidden(value: Any) -> Any:
    if isinstance(value, Mapping):
        if value.get(_SIGNATURE_KEY) == _SECRET_SIGNATURE:
            return SECRET
        return {key: _hidden(one) for key, one in value.items()}
    return [_hidden(one) for one in value] if isinstance(value, list) else value


def _is_empty(backend: str) -> bool:
    """Is it a directory in which there never was a stack? The engine would begin to furnish it."""
    scheme, _, place = backend.partition("://")
    return scheme == "file" and not (Path(place).expanduser() / ".pulumi").exists()


async def export(engine: Engine, directory: Path, stack: str, env: Mapping[str, str]) -> State:
    """The stack's state, or an unknown one with the engine's reason. Changes nothing.

    ``directory``: of Pulumi.yaml. The export stays in a private directory, and goes with it.
    """
    if _is_empty(env.get("PULUMI_BACKEND_URL", "")):
        return unknown("the backend is empty: nothing was launched from it")
    with tempfile.TemporaryDirectory(prefix="launchready-drift-") as scratch:
        target = Path(scratch) / "state.json"
        try:
            done = await run_command(
                engine, ["stack", "export", "--file", str(target), "-s", stack], cwd=directory, env=env
            )
        except EngineError as error:
            return unknown(error.what)
        if done.code != 0 or not target.exists():
            lines = [line.strip() for line in done.tail if line.strip()]
            return unknown(f"the engine can't export it: {lines[-1] if lines else done.code}")
        try:
            return read_state(json.loads(target.read_bytes()))
        except (ValueError, KeyError, EngineError) as error:
            return unknown(f"the export can't be read: {error}")

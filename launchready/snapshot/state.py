"""The stack's state as the engine exports it; secrets stay encrypted in it."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from launchready.engine.operations import run_command
from launchready.errors import EngineError
from launchready.rehearse.provision import Stack, advice, said
from launchready.snapshot.world import canonical

ZONE = "cloudflare:index/zone:Zone"


@dataclass(frozen=True, slots=True)
class State:
    """``content``: the export as it is."""

    content: bytes
    resources: tuple[Mapping[str, Any], ...]
    pending: tuple[Mapping[str, Any], ...]
    salt: str | None

    @property
    def digest(self) -> str:
        """SHA-256 of the resources, their times of change included, and of operations that never ended."""
        told = canonical([list(self.resources), list(self.pending)])
        return hashlib.sha256(told.encode()).hexdigest()

    @property
    def retained(self) -> frozenset[str]:
        """URNs of what stays in the world when it leaves the state."""
        return frozenset(str(one["urn"]) for one in self.resources if one.get("retainOnDelete"))

    @property
    def zone_id(self) -> str | None:
        return next((str(one["id"]) for one in self.resources if one.get("type") == ZONE), None)

    def ids(self, kind: str) -> frozenset[str]:
        """Ids of the resources of a type; the provider's ``zone/record`` form is cut to its last part."""
        return frozenset(
            str(one["id"]).rpartition("/")[2] for one in self.resources if one.get("type") == kind
        )

    @property
    def urns(self) -> frozenset[str]:
        return frozenset(str(one["urn"]) for one in self.resources)


async def export_state(stack: Stack) -> State:
    """Export the stack's state. Raises EngineError."""
    with tempfile.TemporaryDirectory(prefix="launchready-state-") as scratch:
        target = Path(scratch) / "state.json"
        exported = await run_command(
            stack.engine,
            ["stack", "export", "--file", str(target), "-s", stack.name],
            cwd=stack.directory,
            env=stack.env,
        )
        if exported.code != 0:
            raise EngineError(f"the state can't be read: {said(exported)}", fix=advice(exported))
        return parse_state(target.read_bytes())


def parse_state(content: bytes) -> State:
    """A state out of an export. Raises EngineError when it is none."""
    try:
        deployment = json.loads(content)["deployment"]
        provider = deployment.get("secrets_providers") or {}
        salt = (provider.get("state") or {}).get("salt") if provider.get("type") == "passphrase" else None
        resources = tuple(deployment.get("resources") or ())
        pending = tuple(deployment.get("pending_operations") or ())
    except (ValueError, KeyError, AttributeError, TypeError):
        raise EngineError("the exported state is no document of the engine") from None
    return State(content, resources, pending, salt)

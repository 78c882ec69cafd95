"""The copy of the project that a rehearsal works on, so that the checkout stays as it is."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from launchready.client_file import canary_copy, load
from launchready.client_file.model import ClientFile
from launchready.client_file.secrets import EnvironmentSecrets

PASSPHRASE = "rehearsal"  # noqa: S105 - public on purpose: it protects canaries only


@dataclass(frozen=True, slots=True)
class Workspace:
    """A temporary Pulumi project with one stack, and the canaries that stand in for its secrets."""

    directory: Path
    stack: str
    canaries: Mapping[str, str]
    stack_file: Path

    def client(self) -> ClientFile:
        """The copied client file, its canaries readable."""
        return load(self.stack_file, secrets=EnvironmentSecrets({"PULUMI_CONFIG_PASSPHRASE": PASSPHRASE}))


def make_workspace(root: Path, client: ClientFile, target: Path, *, account: str) -> Workspace:
    """Copy the program and one client's file to ``target``, secrets replaced by fresh canaries.

    The copy is for the edge: its account, and a zone that the rehearsal may take down again.
    """
    if client.path is None:
        raise ValueError("the client file has no path")
    (target / "stacks").mkdir(parents=True)
    manifest: dict[str, Any] = yaml.safe_load((root / "Pulumi.yaml").read_text())
    manifest["runtime"] = {"name": "python", "options": {"virtualenv": sys.prefix}}
    (target / "Pulumi.yaml").write_text(yaml.safe_dump(manifest, sort_keys=False))
    shutil.copy2(root / "__main__.py", target / "__main__.py")
    guard = {"max_delete": client.guard.max_delete, "destroy": True}
    overrides: dict[str, object] = {"account": account, "guard": guard}
    if client.zone.id is not None:
        # The zone to adopt exists live, not in the edge: a rehearsal makes it.
        overrides["zone"] = {}
    stack_file = target / "stacks" / f"Pulumi.{client.client}.yaml"
    canaries = canary_copy(client.path, stack_file, PASSPHRASE, overrides)
    return Workspace(target, client.client, canaries, stack_file)

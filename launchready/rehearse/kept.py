"""What a rehearsal leaves beside its edge, so that later commands can go on with it.

``rehearsal.json`` in the edge's directory names the client and the project's copy, in which canaries stand
for the client's secrets.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from launchready.client_file.canary import copied_secrets
from launchready.client_file.secrets import CopiedSecrets
from launchready.rehearse.workspace import PASSPHRASE, Workspace

NAME = "rehearsal.json"


@dataclass(frozen=True, slots=True)
class Kept:
    """A rehearsal of ``client``: ``project`` is the directory with the program and the copied stack file."""

    client: str
    project: Path

    @property
    def stack_file(self) -> Path:
        return self.project / "stacks" / f"Pulumi.{self.client}.yaml"

    def secrets(self, path: Path) -> CopiedSecrets:
        """A reader of the client file at ``path`` that gives the rehearsal's canaries."""
        return copied_secrets(path, self.stack_file, PASSPHRASE)


def note(edge_directory: Path, workspace: Workspace) -> None:
    """Write down which rehearsal an edge belongs to."""
    body = {"client": workspace.stack, "project": str(workspace.directory)}
    (edge_directory / NAME).write_text(json.dumps(body))


def kept(document: Mapping[str, Any], client: str) -> Kept | None:
    """The rehearsal of ``client`` that an edge belongs to; None for an edge that was started by itself."""
    path = Path(str(document["ca"])).parent / NAME
    try:
        body = json.loads(path.read_text())
        found = Kept(str(body["client"]), Path(str(body["project"])))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return found if found.client == client and found.stack_file.is_file() else None

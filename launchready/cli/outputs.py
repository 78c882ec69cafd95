"""The outputs of a client's stack, where this machine can read them; else why it can't."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from launchready.cli import common
from launchready.engine.project import find_root
from launchready.errors import LaunchreadyError

if TYPE_CHECKING:
    from launchready.client_file.model import ClientFile


def needed_outputs(loaded: ClientFile, edge: Path | None) -> tuple[Mapping[str, Any] | None, str]:
    """The stack's outputs where the client file has something that only they complete, as ``read_outputs``.

    (None, "") where nothing of it needs them.
    """
    from launchready.declared import declare
    from launchready.declared.created import needs_outputs

    return read_outputs(loaded.client, edge) if needs_outputs(declare(loaded)) else (None, "")


def read_outputs(client: str, edge: Path | None) -> tuple[Mapping[str, Any] | None, str]:
    """(outputs, "") or (None, reason). Nothing is built, created or changed for it."""
    from launchready.engine.state_file import outputs_in_file

    env, root = dict(os.environ), find_root()
    if edge is not None:
        from launchready.rehearse.kept import kept

        document = common.edge_document(edge)
        rehearsal = kept(document, client)
        env = common.edge_environment(document, own_passphrase=rehearsal is None)
        root = rehearsal.project if rehearsal is not None else root
    found = outputs_in_file(env.get("PULUMI_BACKEND_URL", ""), client)
    if found is not None:
        return found, ""
    from launchready.engine import engine_or_reason
    from launchready.rehearse.provision import Stack

    engine, reason = engine_or_reason()
    if engine is None:
        return None, f"the stack's outputs need the Pulumi engine: {reason}"
    if edge is None and not (env.get("PULUMI_CONFIG_PASSPHRASE") or env.get("PULUMI_CONFIG_PASSPHRASE_FILE")):
        return None, "the stack's outputs need its passphrase: PULUMI_CONFIG_PASSPHRASE is not set"
    try:
        return asyncio.run(Stack(engine, root, client, env).outputs()), ""
    except LaunchreadyError as error:
        return None, error.what

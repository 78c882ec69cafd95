"""`launch adopt --live`: from an existing zone to a client file, a state, and a preview of no changes."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from launchready.cli import common
from launchready.cli.console import say, ticker, write
from launchready.engine.project import find_root
from launchready.errors import InputError

if TYPE_CHECKING:
    from launchready.adopt.live import Change
    from launchready.adopt.result import AdoptResult
    from launchready.rehearse.provision import Stack


def run(client: str, domain: str | None, edge: Path | None, yes: bool, as_json: bool) -> int:
    """Adopt; the exit code: 0 no changes, 1 something would change."""
    from launchready.adopt.live import begun

    if edge is None:
        common.need_environment("CLOUDFLARE_API_TOKEN", "PULUMI_CONFIG_PASSPHRASE")
    if not yes and not sys.stdin.isatty():
        raise InputError(
            "launch adopt --live asks before it writes the state", fix="add --yes where nobody is"
        )
    root = find_root()
    imports = begun(client, root)
    if imports is None:
        result = _read(client, domain, root, common.edge_document(edge) if edge is not None else None)
        imports = result.live.imports if result.live is not None else {}
        say(result.text())
    else:
        say(f"the client file of {client} is there: going on with its import")
    if not yes:
        typer.confirm(f"import {len(imports)} resources into the state?", abort=True, err=True)
    return _finish(client, root, edge, imports, as_json)


def _read(client: str, domain: str | None, root: Path, document: Mapping[str, Any] | None) -> AdoptResult:
    from launchready.adopt.live import adopt_live, target
    from launchready.drift.api import LIVE_API, ReadApi

    target(client, root)
    base = os.environ.get("CLOUDFLARE_BASE_URL") or LIVE_API
    token = os.environ.get("CLOUDFLARE_API_TOKEN", "")
    if document is not None:
        base, token = str(document["api"]), str(document["token"])

    async def whole() -> AdoptResult:
        async with ReadApi(base, token) as api:
            return await adopt_live(client, api, domain, root)

    with ticker(f"reading the zone for {client}"):
        return asyncio.run(whole())


def _finish(
    client: str,
    root: Path,
    edge: Path | None,
    imports: Mapping[str, str],
    as_json: bool,
) -> int:
    """Import and preview; write what came of it."""
    from launchready.adopt.live import concluded, keyed, preview, take_over
    from launchready.cli.launches import with_stack
    from launchready.declared import declare

    found: list[Change] = []
    lines: list[str] = []
    imported: list[bool] = []

    async def work(stack: Stack, _document: Mapping[str, Any] | None) -> None:
        with ticker(f"taking {client} over"):
            found.extend(await take_over(stack, imports, say))
            imported.append(not found)
            if not found:
                found.extend(await preview(stack, lines.append))

    with_stack(client, root, edge, work, "adopt")
    declared = declare(common.load_client(client, root)) if found else None
    changes = tuple(map(str, found if declared is None else keyed(found, declared)))
    document = concluded(client, root, imported=imported == [True], changes=changes)
    if as_json:
        write(json.dumps(document))
    else:
        write("\n".join(lines))
        write("\n".join(["would change:", *changes]) if changes else "the preview shows no changes")
    return 1 if changes else 0

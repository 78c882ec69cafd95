"""`launch drift`: declared, state and live side by side; changes nothing, the state included."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from launchready.cli import common
from launchready.cli.console import say, ticker, write
from launchready.cli.reports import shown_path
from launchready.engine.project import find_root
from launchready.errors import InputError

if TYPE_CHECKING:
    from launchready.client_file.model import ClientFile
    from launchready.drift import Drift
    from launchready.drift.state import State


def register(app: typer.Typer) -> None:
    app.command()(drift)


def drift(
    client: common.Client,
    edge: common.EdgeFile = None,
    format_: Annotated[
        list[str] | None, typer.Option("--format", help="text, json, markdown or sarif; repeatable.")
    ] = None,
    output: Annotated[Path | None, typer.Option(help="Write each format to DIR/drift.*.")] = None,
    json_: common.Json = False,
) -> None:
    """Compare what is declared, what the state has and what is live. Changes nothing, the state included.

    Exit 0 no drift, 1 drift, 3 it could not all be found out.

    Live, it needs CLOUDFLARE_API_TOKEN (reading is enough); for the state column the Pulumi engine and the
    stack's backend; for monitors and variables AWS credentials that may read.

    Examples: launch drift acme; launch drift acme --json; launch drift acme --format sarif --output reports
    """
    from launchready.drift.render import FORMATS, Context, render_text

    formats = ["json"] if json_ else list(dict.fromkeys(format_ or ["text"]))
    unknown = [name for name in formats if name not in FORMATS]
    if unknown:
        raise InputError(f"--format {unknown[0]}: there is {', '.join(FORMATS)}")
    if len(formats) > 1 and output is None:
        raise InputError("several formats need --output DIR")
    document = common.edge_document(edge) if edge is not None else None
    if document is None:
        common.need_environment("CLOUDFLARE_API_TOKEN")
    loaded = common.client_of(client, document)
    with ticker(f"comparing {client}"):
        found = asyncio.run(_compare(loaded, document, edge))
    context = Context(*_place(loaded))
    for name in formats:
        ending, renderer = FORMATS[name]
        if output is not None:
            output.mkdir(parents=True, exist_ok=True)
            target = output / f"drift{ending}"
            target.write_text(renderer(found, context), encoding="utf-8")
            say(f"wrote {target}")
        elif name == "text":
            import sys

            write(render_text(found, context, color=sys.stdout.isatty()))
        else:
            write(renderer(found, context))
    raise typer.Exit(found.exit_code)


def _place(loaded: ClientFile) -> tuple[str, Any]:
    from launchready.client_file.source import read_source

    if loaded.path is None:
        return "", None
    return shown_path(loaded.path), read_source(loaded.path).positions


async def _compare(loaded: ClientFile, document: Mapping[str, Any] | None, edge: Path | None) -> Drift:
    from launchready.drift import Options
    from launchready.drift import drift as compare
    from launchready.drift.api import LIVE_API

    options = Options(
        base_url=os.environ.get("CLOUDFLARE_BASE_URL") or LIVE_API,
        token=os.environ.get("CLOUDFLARE_API_TOKEN", ""),
        edge=document,
        edge_file=edge,
        file=shown_path(loaded.path) if loaded.path is not None else "",
    )
    return await compare(loaded, _state(loaded.client, document), options)


async def _state(client: str, document: Mapping[str, Any] | None) -> State:
    """The stack's state, or an unknown one with the reason. Nothing is built, created or changed for it."""
    from launchready.drift.state import export, unknown
    from launchready.engine import engine_or_reason

    engine, reason = await asyncio.to_thread(engine_or_reason)
    if engine is None:
        return unknown(f"it needs the Pulumi engine: {reason}")
    directory, env = find_root(), dict(os.environ)
    if document is not None:
        from launchready.rehearse.kept import kept

        env = common.edge_environment(document)
        rehearsal = kept(document, client)
        if rehearsal is not None:
            directory = rehearsal.project
    return await export(engine, directory, client, env)

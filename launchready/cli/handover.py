"""`launch handover`: the document that a client gets."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from launchready.cli import common
from launchready.cli.console import say, write
from launchready.errors import InputError, Where

FORMATS = ("html", "markdown")


def register(app: typer.Typer) -> None:
    app.command()(handover)


def handover(
    context: typer.Context,
    client: common.Client,
    edge: common.EdgeFile = None,
    verification: Annotated[
        Path | None,
        typer.Option("--verification", help="What `launch verify --json` wrote: the proof.", metavar="FILE"),
    ] = None,
    outputs: Annotated[
        Path | None,
        typer.Option(
            "--outputs", help="What `pulumi stack output --json` wrote: name servers and DS.", metavar="FILE"
        ),
    ] = None,
    format_: Annotated[str, typer.Option("--format", help="html or markdown.")] = "html",
    output: Annotated[
        Path | None, typer.Option("--output", help="Write to FILE; default: standard output.", metavar="FILE")
    ] = None,
) -> None:
    """Write the document that the client gets: what was set up, what to renew, how to go back, whom to call.

    No secret and no internal id is in it. Name servers and DS come from the stack (with --edge from the
    edge's), or from --outputs.

    Example: launch verify acme --json > acme.json; launch handover acme --verification acme.json
    --output acme.html
    """
    from launchready.declared import declare
    from launchready.declared.created import resolve
    from launchready.report import handover as made
    from launchready.report import saved

    if format_ not in FORMATS:
        raise InputError(f"--format {format_}: there is no such format", fix=" or ".join(FORMATS))
    if output is not None and output.is_dir():
        raise InputError("is a directory", where=Where(output), fix="--output takes a file here")
    loaded = common.load_client(client)
    proof = saved.load(verification, domain=loaded.domain) if verification is not None else None
    found, reason = _outputs(loaded.client, edge, outputs)
    known = made.Known(
        loaded,
        resolve(declare(loaded), found),
        datetime.now(UTC).date(),
        proof,
        found,
        reason,
        frozenset(_names(context.find_root().command)),
    )
    render = made.render_html if format_ == "html" else made.render_markdown
    text = render(made.handover(known))
    if output is None:
        write(text)
        return
    _save(output, text)
    say(f"wrote {output}")


def _save(path: Path, text: str) -> None:
    from launchready.client_file.files import write_atomically

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, text)
    except OSError as error:
        raise InputError(f"can't be written: {error.strerror}", where=Where(path)) from error


def _outputs(client: str, edge: Path | None, path: Path | None) -> tuple[Mapping[str, Any] | None, str]:
    """The stack's outputs and "", or None and why not."""
    from launchready.cli.outputs import read_outputs
    from launchready.report.handover import outputs_from

    if path is None:
        return read_outputs(client, edge)
    try:
        document = outputs_from(json.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise InputError(f"can't be read: {error.strerror}", where=Where(path)) from error
    except ValueError as error:
        raise InputError(f"no JSON: {error}", where=Where(path)) from error
    if document is None:
        raise InputError("no outputs", where=Where(path), fix="give what `pulumi stack output --json` wrote")
    return document, ""


def _names(command: Any, before: str = "") -> list[str]:
    """Every command that this version has: ``verify``, ``dkim rotate`` …"""
    names = []
    for name, inner in getattr(command, "commands", {}).items():
        names += [f"{before}{name}", *_names(inner, f"{before}{name} ")]
    return names

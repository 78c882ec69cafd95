"""`launch steps`, and what `launch up` does after it has applied: walk the launch's steps."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from launchready.cli import changes, common
from launchready.cli.console import say, ticker, write
from launchready.engine.project import find_root
from launchready.errors import EdgeError, InputError

if TYPE_CHECKING:
    from launchready.client_file.model import ClientFile
    from launchready.steps import Progress

_DURATION = re.compile(r"(\d{1,7})([smhd]?)")
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}
LONGEST = 30 * 86400.0
MAX_ANSWER = 65_536

Wait = Annotated[
    str | None,
    typer.Option(
        "--wait",
        metavar="DURATION",
        help="How long to wait for the steps after applying, for a person's part too: 90s, 10m, 2h, 1d. "
        "Without it, a short while for what comes by itself, and never for a person; 0 looks once.",
    ),
]


def register(app: typer.Typer) -> None:
    app.command()(steps)


def steps(client: common.Client, edge: common.EdgeFile = None, json_: common.Json = False) -> None:
    """Show how far a launch is, step by step, as it is live now. Changes nothing.

    Exit 0 every step is done, 1 one waits or needs a person, 3 it can't be told. `launch up` goes on.

    Examples: launch steps acme; launch steps acme --json
    """
    from launchready.steps import exit_code, render, to_document

    document, loaded, root = _given(client, edge)
    with ticker(f"looking at the steps of {client}") as show:
        progress = _walk(
            loaded, document, edge, root, lambda text: show(text.partition("\n")[0][:100]), 0.0, keep=False
        )
    write(json.dumps(to_document(progress)) if json_ else render(progress))
    raise typer.Exit(exit_code(progress))


def after_up(loaded: ClientFile, root: Path, edge: Path | None, wait: float | None) -> int:
    """Walk the steps once everything is applied; the exit code. Raises LaunchreadyError."""
    from launchready.steps import exit_code

    document = None if edge is None else common.edge_document(edge)
    say(f"the launch of {loaded.domain}, step by step (Ctrl-C loses nothing):")
    progress = _walk(loaded, document, edge, root, say, wait, keep=True)
    code = exit_code(progress)
    write(
        "every step is done"
        if code == 0
        else f"the launch is not done; go on with: launch up {loaded.client}"
    )
    return code


def seconds(text: str | None) -> float | None:
    """A duration such as 90s, 10m, 2h or 1d in seconds. Raises InputError."""
    if text is None:
        return None
    found = _DURATION.fullmatch(text.strip().lower())
    length = -1.0 if found is None else float(found[1]) * _SECONDS[found[2]]
    if not 0 <= length <= LONGEST:
        raise InputError(f"--wait {text}: no duration of at most 30 days", fix="write 90s, 10m, 2h, 1d or 0")
    return length


def _given(client: str, edge: Path | None) -> tuple[Mapping[str, Any] | None, ClientFile, Path]:
    root = find_root()
    document = None if edge is None else common.edge_document(edge)
    if document is None:
        common.need_environment("CLOUDFLARE_API_TOKEN")
    return document, common.client_of(client, document), root


def _walk(
    loaded: ClientFile, document: Mapping[str, Any] | None, edge: Path | None, root: Path,
    tell: Callable[[str], None], wait: float | None, *, keep: bool,
) -> Progress:  # fmt: skip
    from launchready.cli.outputs import needed_outputs
    from launchready.drift.api import LIVE_API
    from launchready.steps import Context, Run, load, place, walk
    from launchready.steps.api import StepsApi

    world = changes.world_name(document)
    path = place(root, loaded.client, world)
    progress = load(path, loaded.client, loaded.domain, world)
    env: Mapping[str, str] = os.environ if document is None else common.edge_environment(document)
    base, token = env.get("CLOUDFLARE_BASE_URL") or LIVE_API, env.get("CLOUDFLARE_API_TOKEN", "")
    outputs, clock = needed_outputs(loaded, edge)[0], _clock(document)

    async def whole() -> None:
        async with StepsApi(base, token) as api:
            context = Context(
                loaded, api, clock, document, touch=keep, outputs=outputs, digest=_digest(loaded.path)
            )
            await walk(context, progress, Run(tell, wait, path if keep else None))

    asyncio.run(whole())
    return progress


def _digest(path: Path | None) -> str:
    """Of the client file, encrypted as it lies there: what was proved was proved of this one."""
    return "" if path is None else hashlib.sha256(path.read_bytes()).hexdigest()


def _clock(document: Mapping[str, Any] | None) -> Callable[[], datetime]:
    """The time of the world that is looked at: an edge's clock can be ahead of ours. Raises EdgeError."""
    if document is None:
        return lambda: datetime.now(UTC)
    import urllib.request

    request = urllib.request.Request(  # noqa: S310 - the edge's own loopback address, out of its document
        f"{document['control']}/clock", headers={"Authorization": f"Bearer {document['token']}"}
    )
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310
            ahead = float(json.loads(answer.read(MAX_ANSWER))["offset"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise EdgeError(f"the edge does not tell its time: {error}") from error
    return lambda: datetime.now(UTC) + timedelta(seconds=ahead)

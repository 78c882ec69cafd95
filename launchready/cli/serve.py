"""`launch serve`: the page that shows runs, live and past."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path
from typing import Annotated

import typer

from launchready.cli import common
from launchready.cli.console import say, write
from launchready.engine.project import find_root


def register(app: typer.Typer) -> None:
    app.command()(serve)


def serve(
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port on 127.0.0.1; 0 takes any that is free.")
    ] = 0,
    read_only: Annotated[
        bool, typer.Option("--read-only", help="Only show: nothing can be started from the page.")
    ] = False,
    json_: common.Json = False,
) -> None:
    """Watch rehearsals and verifications in a browser, as they run, and look at past ones.

    Every `launch rehearse` and `launch verify` of the project appears by itself, several at a time too.
    Loopback only. The address that is printed carries a token, without which nothing can be started. Ctrl-C
    ends the page, and the rehearsals that were started from it.

    Examples: launch serve; launch serve --port 8400 --read-only; launch serve --json
    """
    root = find_root()
    asyncio.run(_serve(root, port, read_only, json_))


async def _serve(root: Path, port: int, read_only: bool, json_: bool) -> None:
    from launchready.serve.record import PLACE
    from launchready.serve.server import serving, until_told

    async with serving(root, common.client_names, port=port, read_only=read_only) as address:
        document = {
            "schema": "launchready.serve/1",
            "url": address.url,
            "origin": address.origin,
            "token": address.token,
            "runs": str(root / PLACE),
            "pid": os.getpid(),
        }

        def announce() -> None:
            write(json.dumps(document) if json_ else address.url)
            if not json_:
                say("open it in a browser of this machine; Ctrl-C ends it")

        await until_told(announce)

"""Commands of the monitors: `launch monitors …`."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from launchready.cli import common
from launchready.cli.console import say, ticker, write
from launchready.errors import InputError

if TYPE_CHECKING:
    from launchready.client_file.model import ClientFile
    from launchready.declared.types import Declared
    from launchready.monitors import Channel, Drill

monitors_app = typer.Typer(no_args_is_help=True)


def register(app: typer.Typer) -> None:
    app.add_typer(
        monitors_app,
        name="monitors",
        help="What watches a launch: prove that its alerts arrive, or watch with Gatus.",
    )


@monitors_app.callback()
def monitors() -> None:
    """What watches a launch from outside, and whom it wakes.

    Example: launch monitors drill acme
    """


@monitors_app.command()
def drill(
    client: common.Client,
    edge: common.EdgeFile = None,
    path: Annotated[
        str | None, typer.Option(help="The watched path, such as /login; default: the first.")
    ] = None,
    received: Annotated[
        list[str] | None,
        typer.Option(
            "--received",
            help="Live, where nobody can be asked: a channel whose alert somebody will have seen "
            "(email, sms, slack, or email:ops@acme.example); repeat it.",
        ),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Don't ask before setting off the alarm.")] = False,
    json_: common.Json = False,
) -> None:
    """Break a watched path on purpose, and prove that the alert reaches every declared owner.

    With --edge the path is really broken, the clock is advanced and the messages are read in the sink.
    Live, nothing is broken: the Route 53 health check is inverted until the alarm rings, owners say what they
    got, and it is turned back whatever happens (Ctrl-C included). What was proved is tagged on the alarm,
    where `launch verify` finds it. Exit 1: an alert did not arrive; 3: nobody could tell.

    Example: launch monitors drill acme --path /login
    """
    from launchready.declared import declare
    from launchready.monitors.drill import monitor_of
    from launchready.monitors.result import render, to_document

    loaded = common.load_client(client)
    declared = declare(loaded)
    _, monitor, _ = monitor_of(declared, path)
    if edge is None and not yes:
        _confirm(monitor.url)
    found = asyncio.run(_until_done(loaded, declared, edge, path, received or []))
    write(json.dumps(to_document(found)) if json_ else render(found))
    raise typer.Exit(found.exit_code)


def _confirm(url: str) -> None:
    if not sys.stdin.isatty():
        raise InputError(
            "a live drill sets off a real alarm, and asks before it does", fix="add --yes where nobody is"
        )
    if not typer.confirm(f"{url}: set off the real alarm, so that its owners are told?", err=True):
        raise typer.Exit(3)


async def _until_done(
    client: ClientFile, declared: Declared, edge: Path | None, path: str | None, received: list[str]
) -> Drill:
    """The drill; a signal ends it in order, however often it comes: what was broken is mended first."""
    loop = asyncio.get_running_loop()
    task = asyncio.ensure_future(_drill(client, declared, edge, path, received))
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, task.cancel)
    try:
        return await task
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None


async def _drill(
    client: ClientFile, declared: Declared, edge: Path | None, path: str | None, received: list[str]
) -> Drill:
    from launchready.aws import pool
    from launchready.monitors import drill as run
    from launchready.monitors.drill import monitor_of
    from launchready.monitors.edge_world import EdgeWorld
    from launchready.monitors.live_world import LiveWorld

    _, monitor, alarm = monitor_of(declared, path)
    if edge is not None:
        document = await asyncio.to_thread(common.edge_document, edge)
        with ticker(f"drilling {monitor.url}") as show:
            return await run(
                client, declared, EdgeWorld(document, monitor, alarm.region), path=path, say=show
            )

    async def ask(channels: list[Channel]) -> set[str] | None:
        return await _ask(channels, received)

    live = LiveWorld(lambda service: pool.client(service, alarm.region), ask)
    return await run(client, declared, live, path=path, say=say)


async def _ask(channels: list[Channel], received: list[str]) -> set[str] | None:
    """What owners have seen: as said on the command line, else by asking at the terminal."""
    if received:
        return set(received)
    if not sys.stdin.isatty():
        return None
    say("the alarm rang, and the health check is as it was. Whose alert has arrived?")
    seen: set[str] = set()
    for channel in channels:
        say(f"  {channel.name}? [y/N] ")
        if (await _line()).strip().lower() in ("y", "yes"):
            seen.add(channel.name)
    return seen


async def _line() -> str:
    """One line of the terminal, without a thread that a Ctrl-C would leave behind."""
    loop = asyncio.get_running_loop()
    readable = asyncio.Event()
    loop.add_reader(sys.stdin.fileno(), readable.set)
    try:
        await readable.wait()
    finally:
        loop.remove_reader(sys.stdin.fileno())
    return os.read(sys.stdin.fileno(), 1024).decode(errors="replace")


@monitors_app.command()
def gatus(
    client: common.Client,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write it to FILE instead of standard output.")
    ] = None,
) -> None:
    """Write a configuration of Gatus that watches what the client file declares.

    Gatus is free and runs on a machine of your own, best elsewhere than the site. The file names its mail
    server, password and webhook by environment variables; it holds no secret. `provider: gatus` in the
    client file says that nothing on AWS is wanted.

    Example: launch monitors gatus acme --output gatus.yaml
    """
    from launchready.client_file.files import write_atomically
    from launchready.declared import declare
    from launchready.errors import Where
    from launchready.monitors.gatus import HEADER, render

    text = render(declare(common.load_client(client)))
    if output is None:
        write(text)
        return
    if output.is_dir() or not output.parent.is_dir():
        raise InputError("this is no place for a file", where=Where(output))
    if output.exists() and not output.read_text(encoding="utf-8", errors="replace").startswith(HEADER):
        raise InputError(
            "this file was not made by launch monitors gatus", where=Where(output), fix="name another file"
        )
    write_atomically(output, text)
    say(f"wrote {output}")

"""What the commands that change a launch share: options, the person at the terminal, where snapshots are."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from launchready.cli.console import Ticker, say

if TYPE_CHECKING:
    from launchready.client_file.model import ClientFile
    from launchready.guard import Loss
    from launchready.rehearse.provision import Stack
    from launchready.snapshot.change import Done, Launch
    from launchready.snapshot.store import Store

SNAPSHOTS = "LAUNCHREADY_SNAPSHOTS"

Yes = Annotated[bool, typer.Option("--yes", "-y", help="Don't ask. Never overrides the guard.")]
AllowLoss = Annotated[
    list[str] | None,
    typer.Option("--allow-loss", metavar="NAME", help="What may be lost, as the guard names it; repeatable."),
]
Snapshots = Annotated[
    str | None,
    typer.Option(
        "--snapshots",
        metavar="PLACE",
        envvar=SNAPSHOTS,
        help="Where snapshots are kept: a directory or s3://BUCKET/PREFIX (default .launchready/snapshots).",
    ),
]


@dataclass(slots=True)
class Terminal:
    """The person at the terminal; with ``yes`` nobody is asked, and nothing is named by typing."""

    yes: bool
    ticker: Ticker | None = None

    def show(self, text: str) -> None:
        say(text)

    def progress(self, phase: str, operation: str, name: str) -> None:
        if self.ticker is not None:
            self.ticker.event(phase, operation, name)

    def ask(self) -> bool:
        if self.yes:
            return True
        with self._quiet():
            return typer.confirm("go on?", err=True)

    def named(self, loss: Loss) -> bool:
        if self.yes or not sys.stdin.isatty():
            return False
        prompt = f"type {loss.name!r} to lose {loss.what}"
        with self._quiet():
            typed = typer.prompt(prompt, default="", show_default=False, err=True)
        return str(typed).strip().lower() == loss.name.lower()

    def _quiet(self) -> AbstractContextManager[None]:
        return nullcontext() if self.ticker is None else self.ticker.paused()


def world_name(edge: Mapping[str, Any] | None) -> str:
    """ "live", or which edge: told apart by its authority, so that one edge's snapshots are not another's."""
    if edge is None:
        return "live"
    return "edge:" + hashlib.sha256(Path(str(edge["ca"])).read_bytes()).hexdigest()[:12]


def store_of(place: str | None, root: Path, client: str) -> Store:
    """The client's snapshots. Raises InputError for a place that is none."""
    from launchready.snapshot.store import open_store

    return open_store(place, root, client)


def launch_of(
    stack: Stack,
    loaded: ClientFile,
    root: Path,
    edge: Mapping[str, Any] | None,
    store: Store,
    talk: Terminal,
) -> Launch:
    """What ``carry_out`` works on."""
    from launchready.snapshot.change import Launch
    from launchready.snapshot.seal import Sealer

    path = loaded.path
    if path is None:
        raise RuntimeError("a loaded client file has a path")
    return Launch(stack, loaded, path, root, world_name(edge), store, Sealer(dict(stack.env)), talk)


def names(given: Iterable[str] | None) -> frozenset[str]:
    return frozenset(given or ())


def tell(done: Done, store: Store) -> None:
    """Say which snapshots a change left behind, and let old ones go."""
    kept = [manifest.id for manifest in (done.before, done.after) if manifest is not None]
    if kept:
        say(f"snapshots: {', '.join(kept)} in {store.place()}")
        prune(store)
    for line in done.left:
        say(f"not brought back: {line}")


def prune(store: Store) -> None:
    """Let go of what has expired; a store that won't is no reason to fail what was done."""
    from datetime import UTC, datetime

    from launchready.errors import LaunchreadyError
    from launchready.snapshot.retention import prune as run

    try:
        gone = run(store, datetime.now(UTC))
    except LaunchreadyError as error:
        say(f"old snapshots could not be removed: {error.what}")
        return
    if gone:
        say(f"{len(gone)} old snapshots removed")


def local_evidence(loaded: ClientFile, edge: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """What this machine knows of a client's snapshots; None, and why, where it can't find out."""
    from launchready.engine.project import find_root
    from launchready.errors import LaunchreadyError
    from launchready.snapshot.local import local_evidence as look

    place = os.environ.get(SNAPSHOTS) or None
    try:
        store = store_of(place, find_root(), loaded.client)
        return look(store, loaded, world_name(edge), named=place is not None and edge is None)
    except LaunchreadyError as error:
        say(f"the snapshots can't be looked at: {error.what}")
        return None


def without_shortcuts(env: Mapping[str, str]) -> dict[str, str]:
    """``env`` for a run that is held to its plan, and whose state is written as it goes."""
    kept = {key: value for key, value in env.items() if key != "PULUMI_SKIP_CHECKPOINTS"}
    return {**kept, "PULUMI_EXPERIMENTAL": "true"}

"""What is kept of a launch's steps between runs: ``.launchready/steps/CLIENT@WORLD.json``, written whole.

Nothing in it is trusted to be still so: every run looks again. It tells since when something is waited for,
what was done when, and what was seen that time alone undoes (a DS that resolvers may still hold).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from launchready.client_file.files import write_atomically
from launchready.errors import LaunchreadyError, Where
from launchready.evidence.types import Cause
from launchready.steps.outcome import Look, State

SCHEMA = "launchready.steps/1"
PLACE = Path(".launchready") / "steps"
LARGEST = 1_000_000


@dataclass(slots=True)
class Entry:
    """One step. ``began``: when its turn came; ``done``: since when it is done; ``notes``: its own."""

    look: Look = field(default_factory=lambda: Look(State.PENDING, ()))
    began: datetime | None = None
    looked: datetime | None = None
    done: datetime | None = None
    notes: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Progress:
    """How far a launch is. ``world``: "live", or which edge."""

    client: str
    domain: str
    world: str
    entries: dict[str, Entry] = field(default_factory=dict)

    def entry(self, name: str) -> Entry:
        return self.entries.setdefault(name, Entry())


def place(root: Path, client: str, world: str) -> Path:
    """Where a launch's steps are kept; one edge's are not another's, nor live ones."""
    return root / PLACE / f"{client}@{world.replace(':', '-')}.json"


def load(path: Path, client: str, domain: str, world: str) -> Progress:
    """What is kept, or a beginning: of another domain nothing counts.

    Raises LaunchreadyError for a file that can't be read; what is no document of ours begins anew, since all
    of it can be looked at again.
    """
    fresh = Progress(client, domain, world)
    try:
        text = path.read_text(encoding="utf-8") if path.stat().st_size <= LARGEST else ""
    except (FileNotFoundError, UnicodeDecodeError):
        return fresh
    except OSError as error:
        raise LaunchreadyError(f"can't be read: {error.strerror or error}", where=Where(path)) from error
    try:
        document = json.loads(text)
        if document["schema"] != SCHEMA or document["domain"] != domain:
            return fresh
        fresh.entries = {str(one["name"]): _entry(one) for one in document["steps"]}
    except (ValueError, KeyError, TypeError, AttributeError):
        return Progress(client, domain, world)
    return fresh


def save(path: Path, document: Mapping[str, Any]) -> None:
    """Keep it, whole or not at all. Raises LaunchreadyError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, json.dumps(document, indent=1, ensure_ascii=False) + "\n")
    except OSError as error:
        raise LaunchreadyError(
            f"how far the launch is can't be kept: {error.strerror or error}",
            where=Where(path),
            fix="make room or give access; nothing of the launch is lost: `launch up` looks again",
        ) from error


def moment(notes: Mapping[str, str], key: str) -> datetime | None:
    """A time that a step noted; None where there is none, or somebody put something else there."""
    try:
        return _time(notes.get(key))
    except ValueError:
        return None


def _entry(one: Mapping[str, Any]) -> Entry:
    cause = None if one["cause"] is None else Cause(one["cause"])
    look = Look(State(one["state"]), tuple(map(str, one["evidence"])), tuple(map(str, one["todo"])), cause)
    notes = {str(key): str(value) for key, value in one["notes"].items()}
    return Entry(look, _time(one["began"]), _time(one["looked"]), _time(one["done"]), notes)


def _time(text: str | None) -> datetime | None:
    """A moment with its zone; TypeError or ValueError for anything else."""
    if text is None:
        return None
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a time without a zone")
    return moment

"""One run at a time for a launch, and a note of each run until it has ended well.

The lock is the kernel's (flock), so it ends with its process however that goes; the file says whose it is.
Beside it lies the note of what is unfinished: since when, and which operations of the engine failed.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

from launchready.client_file.files import write_atomically
from launchready.engine.operations import CHANGES
from launchready.errors import LaunchreadyError, Where
from launchready.recovery.leftover import process_started

RUN = "LAUNCHREADY_RUN"
"""The variable by which the processes of one run are known: the engine hands it on to its plugins."""
PLACE = Path(".launchready") / "locks"
MAKING = ("create", "create-replacement")
_SCHEMA = "launchready.unfinished/1"


class HeldError(LaunchreadyError):
    """Another run works on this launch, or nobody can tell (exit code 3)."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds or held the lock. ``started``: the kernel's start time of ``pid``; ``began``: the clock's."""

    pid: int
    started: str | None
    host: str
    run: str
    operation: str
    began: datetime

    def document(self) -> dict[str, Any]:
        return {
            "pid": self.pid, "started": self.started, "host": self.host, "run": self.run,
            "operation": self.operation, "began": self.began.isoformat(),
        }  # fmt: skip


@dataclass(slots=True)
class Unfinished:
    """``began``: of the earliest run that did not end well; ``runs``: whose processes may be left.

    ``failed``: the engine's steps that failed, as its events tell them (secrets masked); ``stale``: URNs of
    resources whose state may differ from what is live.
    """

    began: datetime
    runs: list[str]
    failed: list[dict[str, Any]] = field(default_factory=list)
    stale: list[str] = field(default_factory=list)

    def document(self) -> dict[str, Any]:
        return {
            "schema": _SCHEMA, "began": self.began.isoformat(), "runs": self.runs, "failed": self.failed,
            "stale": self.stale,
        }  # fmt: skip


@dataclass(slots=True)
class Lock:
    """The lock that this process holds. ``last``: what an earlier run left unfinished."""

    path: Path
    holder: Holder
    last: Unfinished | None
    _note: Unfinished | None = None
    _touched: bool = False
    _settled: bool = False

    @property
    def run(self) -> str:
        """What ``RUN`` is in the environment of everything that this run starts."""
        return self.holder.run

    @property
    def note_path(self) -> Path:
        return self.path.with_suffix(".unfinished.json")

    @contextmanager
    def work(self) -> Iterator[None]:
        """Until this is left without an error, the run counts as unfinished; with one, if it did anything."""
        last = self.last or Unfinished(self.holder.began, [])
        self._note = replace(last, runs=[*last.runs, self.run])
        self._write()
        try:
            yield
        except BaseException:
            if self._touched or (self.last is not None and not self._settled):
                raise
            self._end()
            raise
        self._end()

    def _end(self) -> None:
        self._note = None
        self.note_path.unlink(missing_ok=True)

    def settle(self, stale: list[str]) -> None:
        """What the last run left is dealt with; ``stale`` is what has yet to be read anew."""
        self._settled = not stale
        if self._note is not None:
            self._note.runs, self._note.failed, self._note.stale = [self.run], [], stale
            if self._settled:
                self._note.began = self.holder.began
            self._write()

    def watch(self, event: Mapping[str, Any]) -> None:
        """Take in an event of the engine: a step that failed is noted at once."""
        if self._note is None:
            return
        begun, failed = event.get("resourcePreEvent"), event.get("resOpFailedEvent")
        if isinstance(begun, Mapping):
            self._touched = self._touched or (begun.get("metadata") or {}).get("op") in CHANGES
        if not isinstance(failed, Mapping):
            return
        told = failed.get("metadata") or {}
        step = {key: told.get(key) for key in ("op", "urn", "type", "provider")}
        if told.get("op") in MAKING:
            step["new"] = told.get("new")
        self._note.failed.append(step)
        self._write()

    def _write(self) -> None:
        if self._note is not None:
            write_atomically(self.note_path, json.dumps(self._note.document()))


@contextmanager
def hold(root: Path, client: str, world: str, operation: str) -> Iterator[Lock]:
    """The lock of a client's launch; ``world``: "live", or which edge.

    Raises HeldError (exit code 3) that names who holds it and what to do.
    """
    place = root / PLACE
    name = client if world == "live" else f"{client}@{world.replace(':', '-')}"
    path = place / f"{name}.lock"
    try:
        place.mkdir(parents=True, exist_ok=True, mode=0o700)
        stream = path.open("a+", encoding="utf-8")
    except OSError as error:
        raise HeldError(f"the lock can't be made: {error.strerror}", where=Where(path)) from error
    with contextlib.closing(stream):
        before = _read(stream)
        _take(stream, path, before)
        before = _read(stream)  # as it is now that it is ours
        if before is not None and before.host != socket.gethostname():
            raise _elsewhere(path, before)
        lock = Lock(path, _me(operation), None)
        lock.last = _last(lock.note_path, before)
        _put(stream, json.dumps(lock.holder.document()))
        try:
            yield lock
        finally:
            _put(stream, "")


def _take(stream: TextIO, path: Path, holder: Holder | None) -> None:
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if holder is None:
            raise HeldError("another run holds this launch", where=Where(path), fix="wait for it") from error
        raise HeldError(
            f"process {holder.pid} (launch {holder.operation}, since {_hour(holder.began)}) works on this "
            "launch",
            where=Where(path),
            fix=f"wait for it, or end it: kill -INT {holder.pid} lets calls under way finish first",
        ) from error


def _elsewhere(path: Path, holder: Holder) -> HeldError:
    return HeldError(
        f"a run on {holder.host} (process {holder.pid}, launch {holder.operation}, since "
        f"{_hour(holder.began)}) holds this launch, or died there",
        where=Where(path),
        fix=f"if that process is gone, run this on {holder.host}, or remove the lock file",
    )


def _hour(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S UTC")


def _me(operation: str) -> Holder:
    pid = os.getpid()
    return Holder(
        pid, process_started(pid), socket.gethostname(), secrets.token_hex(8), operation, datetime.now(UTC)
    )


def _read(stream: TextIO) -> Holder | None:
    """Whoever wrote himself into the file, and never out of it; None for nobody, or for no sense."""
    stream.seek(0)
    try:
        found = json.loads(stream.read() or "null")
        if found is None:
            return None
        return Holder(
            int(found["pid"]), found["started"], str(found["host"]), str(found["run"]),
            str(found["operation"]), datetime.fromisoformat(found["began"]),
        )  # fmt: skip
    except (ValueError, KeyError, TypeError):
        return None


def _put(stream: TextIO, text: str) -> None:
    stream.seek(0)
    stream.truncate()
    stream.write(text)
    stream.flush()
    os.fsync(stream.fileno())


def _last(note: Path, holder: Holder | None) -> Unfinished | None:
    """What is unfinished: as noted, or (a run that died before it noted anything) just that it died."""
    try:
        found = json.loads(note.read_text(encoding="utf-8"))
        return Unfinished(
            datetime.fromisoformat(found["began"]), [str(run) for run in found["runs"]],
            list(found["failed"]), [str(urn) for urn in found["stale"]],
        )  # fmt: skip
    except (OSError, ValueError, KeyError, TypeError):
        return None if holder is None else Unfinished(holder.began, [holder.run])

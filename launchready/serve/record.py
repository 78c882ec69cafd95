"""What a rehearsal or a verification writes of itself while it runs, for `launch serve` to show.

A run is a directory ``.launchready/runs/<id>/`` with ``events.jsonl`` (one JSON object a line, as they
happen), and once it has ended ``verification.json`` and ``report.html``. As long as the run goes on it
holds a lock of the kernel's on its events, so that a run that was killed never looks alive.
Recording never fails a run: what can't be written is not recorded.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import secrets
import shutil
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from launchready.client_file.files import write_atomically
from launchready.report.safe import safe

if TYPE_CHECKING:
    from collections.abc import Callable

PLACE = Path(".launchready") / "runs"
"""Where a project's runs are, below its root."""
RUN_ID = re.compile(r"\d{8}T\d{6}-[0-9a-f]{8}")
RUN_VARIABLE = "LAUNCHREADY_RUN_ID"
"""The id that whoever starts a run wants it to have."""
EVENTS, DOCUMENT, REPORT = "events.jsonl", "verification.json", "report.html"
SCHEMA = "launchready.run/1"
KEEP = 200
"""How many runs a project keeps; the oldest go first."""
EVENTS_AT_MOST = 4000
PROGRESS_SECONDS = 0.2
"""Probes' progress is written no more often than this."""


def new_id(now: datetime | None = None) -> str:
    """An id that sorts by time."""
    return f"{now or datetime.now(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(4)}"


class Record:
    """One run's events. Use ``begin``; every method is harmless once writing has failed."""

    def __init__(self, directory: Path, descriptor: int) -> None:
        self.directory, self.id = directory, directory.name
        self._descriptor: int | None = descriptor
        self._count, self._progress, self._last = 0, 0.0, ""
        self._ended = False

    @classmethod
    def begin(
        cls, runs: Path, *, command: str, client: str | None, domain: str, group: str | None = None
    ) -> Record | None:
        """A new run below ``runs``; None where nothing can be written.

        ``group``: the id that runs of one fleet share. The directory appears with its lock already held.
        """
        wanted = os.environ.get(RUN_VARIABLE, "")
        try:
            _ready(runs)
            name = wanted if RUN_ID.fullmatch(wanted) and not (runs / wanted).exists() else new_id()
            hidden = Path(tempfile.mkdtemp(prefix=".new-", dir=runs))
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
            descriptor = os.open(hidden / EVENTS, flags, 0o600)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            record = cls(runs / name, descriptor)
            record._write(
                "start", schema=SCHEMA, command=command, client=client, domain=domain, group=group,
                pid=os.getpid(),
            )  # fmt: skip
            hidden.rename(runs / name)
            forget_old(runs)
        except OSError:
            return None
        return record

    def step(self, sentence: str, share: float | None = None) -> None:
        """What is being done now; ``share`` of it is done, from 0 to 1."""
        now = time.monotonic()
        if share is not None and share < 1 and now - self._progress < PROGRESS_SECONDS:
            return
        if share is None and sentence == self._last:
            return
        self._progress, self._last = now if share is not None else 0.0, sentence
        self._write("step", text=safe(sentence, 200), share=None if share is None else round(share, 4))

    def resource(self, operation: str, name: str) -> None:
        """A resource of the launch is done."""
        self._write("resource", operation=safe(operation, 40), name=safe(name, 160))

    def verdict(self, document: str, html: Callable[[], str], *, verdict: str, score: int, code: int) -> None:
        """The run's result: its document and its page are kept, then the run has ended."""
        if self._descriptor is None:
            return
        with contextlib.suppress(OSError):
            self._keep(DOCUMENT, document + "\n")
            self._keep(REPORT, html())
        self._end(verdict=verdict, score=score, exit=code, error=None)

    def failed(self, sentence: str) -> None:
        """The run ended without a verdict."""
        self._end(verdict=None, score=None, exit=None, error=safe(sentence))

    def close(self) -> None:
        """Let go of the run; without a result it counts as broken off."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _keep(self, name: str, text: str) -> None:
        write_atomically(self.directory / name, text)
        (self.directory / name).chmod(0o600)

    def _end(self, **fields: Any) -> None:
        if not self._ended:
            self._count = min(self._count, EVENTS_AT_MOST - 1)
            self._write("end", **fields)
            self._ended = True

    def _write(self, kind: str, **fields: Any) -> None:
        if self._descriptor is None or self._count >= EVENTS_AT_MOST:
            return
        self._count += 1
        at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        line = json.dumps({"at": at, "kind": kind, **fields}) + "\n"
        try:
            os.write(self._descriptor, line.encode())
        except OSError:  # a full disk must not take the run with it
            self.close()


def _ready(runs: Path) -> None:
    """The directory of runs: its owner's alone, and never part of a commit."""
    runs.mkdir(parents=True, exist_ok=True, mode=0o700)
    ignore = runs / ".gitignore"
    if not ignore.exists():
        ignore.write_text("*\n", encoding="utf-8")


def is_running(events: Path) -> bool:
    """Does the run that writes these events still hold them?"""
    try:
        descriptor = os.open(events, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(descriptor)
    return False


def forget_old(runs: Path, keep: int = KEEP) -> None:
    """Remove the oldest runs beyond ``keep``, those that go on aside."""
    names = sorted((p.name for p in runs.iterdir() if RUN_ID.fullmatch(p.name)), reverse=True)
    for name in names[keep:]:
        if not is_running(runs / name / EVENTS):
            shutil.rmtree(runs / name, ignore_errors=True)

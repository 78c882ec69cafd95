"""Reading runs back: what is in ``.launchready/runs``, taken for what anybody may have written there."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from launchready.report.safe import safe
from launchready.serve.record import DOCUMENT, EVENTS, REPORT, RUN_ID, is_running

VERDICTS = frozenset({"ready", "not_ready", "unproven"})
EVENT_BYTES, FILE_BYTES = 4 << 20, 64 << 20
"""What is read of one run's events, and of one of its files."""
RESOURCES_SHOWN = 400


@dataclass(frozen=True, slots=True)
class Run:
    """One run as its events tell it. Times are UTC; ``share`` from 0 to 1, None where nobody knows."""

    id: str
    command: str
    client: str
    domain: str
    group: str
    started: datetime
    last: datetime
    running: bool
    step: str = ""
    share: float | None = None
    steps: tuple[str, ...] = ()
    resources: tuple[tuple[str, str], ...] = ()
    count: int = 0
    verdict: str = ""
    score: int | None = None
    error: str = ""
    files: frozenset[str] = frozenset()

    @property
    def state(self) -> str:
        """``running``, a verdict's id, ``failed``, or ``broken`` for one that ended without a word."""
        return "running" if self.running else self.verdict or ("failed" if self.error else "broken")

    @property
    def seconds(self) -> float:
        """How long it has taken by its last event."""
        return max(0.0, (self.last - self.started).total_seconds())

    @property
    def name(self) -> str:
        return self.client or self.domain


@dataclass(slots=True)
class Runs:
    """The runs of one directory. What has ended is read once."""

    directory: Path
    _ended: dict[str, tuple[tuple[int, int], Run]] = field(default_factory=dict)

    def all(self) -> list[Run]:
        """Every readable run, the newest first."""
        try:
            names = sorted(e.name for e in os.scandir(self.directory) if RUN_ID.fullmatch(e.name))
        except OSError:
            names = []
        for gone in self._ended.keys() - set(names):
            del self._ended[gone]
        return [run for name in reversed(names) if (run := self.get(name)) is not None]

    def get(self, name: str) -> Run | None:
        """The run of that id; None where there is none, or it can't be read."""
        events = self._file(name, EVENTS)
        if events is None:
            return None
        running = is_running(events)  # before its events are read: they are whole once it has ended
        try:
            status = events.stat()
        except OSError:
            return None
        stamp = (status.st_mtime_ns, status.st_size)
        known = self._ended.get(name)
        if not running and known is not None and known[0] == stamp:
            return known[1]
        text = _read(events, EVENT_BYTES)
        run = None if text is None else _run(name, _lines(text), running, self._files(name))
        if run is not None and not running:
            self._ended[name] = (stamp, run)
        return run

    def text(self, name: str, file: str) -> bytes | None:
        """A file of a run; None for anything but a plain file that a run keeps, in its own directory."""
        path = self._file(name, file)
        return None if path is None else _read(path, FILE_BYTES)

    def document(self, name: str) -> Mapping[str, Any]:
        """A run's verification document; empty where there is none."""
        text = self.text(name, DOCUMENT)
        try:
            found = json.loads(text or b"{}")
        except (ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}

    def _file(self, name: str, file: str) -> Path | None:
        if not RUN_ID.fullmatch(name) or file not in (EVENTS, DOCUMENT, REPORT):
            return None
        directory = self.directory / name
        return directory / file if directory.is_dir() and not directory.is_symlink() else None

    def _files(self, name: str) -> frozenset[str]:
        found = ((file, self._file(name, file)) for file in (DOCUMENT, REPORT))
        return frozenset(f for f, path in found if path and path.is_file() and not path.is_symlink())


def _read(path: Path, longest: int) -> bytes | None:
    """A plain file's bytes, no longer than ``longest``; no link is followed, no pipe waited for."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return None
    with os.fdopen(descriptor, "rb") as stream:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return None
        return stream.read(longest)


def _lines(text: bytes) -> Iterable[Mapping[str, Any]]:
    """The events; a line that is none (half written, or no JSON) is left out."""
    for line in text.split(b"\n"):
        try:
            found = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(found, dict):
            yield found


def _run(name: str, events: Iterable[Mapping[str, Any]], running: bool, files: frozenset[str]) -> Run | None:
    first: Mapping[str, Any] | None = None
    last, end = datetime.min.replace(tzinfo=UTC), {}  # type: datetime, Mapping[str, Any]
    step, share, steps = "", None, []  # type: str, float | None, list[str]
    resources: list[tuple[str, str]] = []
    for event in events:
        last = max(last, _when(event.get("at")))
        kind = event.get("kind")
        if kind == "start" and first is None:
            first = event
        elif kind == "step":
            step, share = _text(event.get("text")), _share(event.get("share"))
            if share is None and (not steps or steps[-1] != step):
                steps.append(step)
        elif kind == "resource":
            resources.append((_text(event.get("operation")), _text(event.get("name"))))
        elif kind == "end":
            end = event
    if first is None:
        return None
    verdict, score = end.get("verdict"), end.get("score")
    return Run(
        id=name,
        command=_text(first.get("command")),
        client=_text(first.get("client")),
        domain=_text(first.get("domain")),
        group=_text(first.get("group")),
        started=_when(first.get("at")),
        last=last,
        running=running and not end,
        step=step,
        share=share,
        steps=tuple(steps),
        resources=tuple(resources[-RESOURCES_SHOWN:]),
        count=len(resources),
        verdict=verdict if isinstance(verdict, str) and verdict in VERDICTS else "",
        score=score if isinstance(score, int) and not isinstance(score, bool) else None,
        error=_text(end.get("error")),
        files=files,
    )


def _text(value: object) -> str:
    return safe(value, 400) if isinstance(value, str) else ""


def _share(value: object) -> float | None:
    return min(1.0, max(0.0, float(value))) if isinstance(value, int | float) else None


def _when(value: object) -> datetime:
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        return datetime.min.replace(tzinfo=UTC)
    return found.astimezone(UTC)

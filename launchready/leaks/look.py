"""Looks through a repository and logs, and says as plain JSON what was found: kinds and places only.

Shape: ``{"repository": Part | absent, "logs": Part | absent}``; a Part is ``{"place": str, "texts": int,
"bytes": int, "own": int, "allowed": int, "ended": [line], "incomplete": str, "more": int,
"found": [{"kind", "path", "line", "commit", "times"}]}``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from launchready.client_file.base import Secret
from launchready.client_file.model import ClientFile
from launchready.errors import LaunchreadyError
from launchready.leaks import allow, git, logs
from launchready.leaks.finder import Finder
from launchready.leaks.stream import Budget, Found, secrets_in

MAX_BYTES = 4 << 30
MAX_SECONDS = 300.0
MAX_FOUND = 50
MESSAGE = "(message)"
"""Stands for a path where the text is a commit's or a tag's own."""


@dataclass
class _Seen:
    kind: str
    path: str
    line: int
    source: str
    """A blob's or commit's name; "" in logs."""
    times: int = 1


@dataclass
class _Part:
    """What was seen so far, equal secrets of one path together."""

    place: str
    seen: dict[tuple[str, str, bytes], _Seen] = field(default_factory=dict)
    texts: int = 0
    allowed: int = 0
    incomplete: list[str] = field(default_factory=list)
    ended: list[int] = field(default_factory=list)

    def add(self, path: str, found: Found, source: str = "") -> None:
        """The oldest place counts: histories come newest first."""
        key = (found.kind, path, found.mark)
        times = self.seen[key].times + 1 if key in self.seen else 1
        self.seen[key] = _Seen(found.kind, path, found.line, source, times)

    def facts(self, budget: Budget, own: int, repository: git.Repository | None = None) -> dict[str, Any]:
        shown = list(self.seen.values())[:MAX_FOUND]
        if budget.why:
            self.incomplete.append(budget.why)
        return {
            "place": self.place,
            "texts": self.texts,
            "bytes": budget.read,
            "own": own,
            "allowed": self.allowed,
            "ended": self.ended,
            "incomplete": "; ".join(self.incomplete[:5]),
            "more": len(self.seen) - len(shown),
            "found": [
                {
                    "kind": one.kind,
                    "path": one.path,
                    "line": one.line,
                    "times": one.times,
                    "commit": _commit(one, repository),
                }
                for one in shown
            ],
        }


def look(
    client: ClientFile | None,
    *,
    repository: Path | None = None,
    log_paths: Iterable[Path] = (),
    now: datetime | None = None,
    max_bytes: int = MAX_BYTES,
    seconds: float = MAX_SECONDS,
) -> dict[str, Any]:
    """Facts for ``verify(given=…)``. ``seconds`` and ``max_bytes``: for each part.

    Raises InputError: no repository, no such path, a broken allow-list.
    """
    now = now or datetime.now(UTC)
    values = dict(_own_values(client)) if client is not None else {}
    finder = Finder(now, values)
    facts: dict[str, Any] = {}
    if repository is not None:
        facts["repository"] = _history(repository, finder, now, Budget.of(max_bytes, seconds))
    paths = tuple(log_paths)
    if paths:
        facts["logs"] = _logs(paths, finder, Budget.of(max_bytes, seconds))
    return facts


def _history(directory: Path, finder: Finder, now: datetime, budget: Budget) -> dict[str, Any]:
    repository = git.open_repository(directory)
    top = repository.top
    entries = allow.read(top / allow.NAME) if top is not None else ()
    part = _Part((top or directory.resolve()).name)
    part.ended = [entry.line for entry in entries if now.date() > entry.until]
    partial = repository.partial()
    if partial:
        part.incomplete.append(partial)
    try:
        for entry, content in repository.objects(budget):
            part.texts += 1
            path = entry.path if entry.kind == "blob" else MESSAGE
            for found in secrets_in(content, finder, path):
                if any(one.covers(path, now.date()) for one in entries):
                    part.allowed += 1
                else:
                    part.add(_shown(path, finder), found, entry.sha)
    except git.Broken as broken:
        part.incomplete.append(str(broken))
    return part.facts(budget, len(finder.values), repository)


def _logs(paths: tuple[Path, ...], finder: Finder, budget: Budget) -> dict[str, Any]:
    found, more = logs.files(paths)
    part = _Part(", ".join(path.name or str(path) for path in paths[:3]))
    if more:
        part.incomplete.append(f"{more} files beyond the first {logs.MAX_FILES}")
    for path in found:
        why = logs.unreadable(path)
        try:
            if not why:
                part.texts += 1
                for one in secrets_in(logs.pieces(path, budget), finder, path.name, log=True):
                    part.add(_shown(path.name, finder), one)
        except logs.UNREADABLE as error:
            why = f"can't be read to its end ({type(error).__name__})"
        if why:
            part.incomplete.append(f"{_shown(path.name, finder)}: {why}")
        if budget.why:
            break
    return part.facts(budget, len(finder.values))


def _shown(path: str, finder: Finder) -> str:
    """A path without a secret in it, in characters that every report can hold."""
    if any(True for _ in finder.hits(path.encode("utf-8", "surrogateescape"), "")):
        return "(a path that has a secret in it)"
    clean = path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return "".join(c if c.isprintable() else "?" for c in clean)[:300]


def _commit(one: _Seen, repository: git.Repository | None) -> str:
    if repository is None:
        return ""
    return one.source[:10] if one.path == MESSAGE else repository.commit_of(one.source)


def _own_values(model: object, key: str = "") -> Iterator[tuple[str, str]]:
    """(key, value) of every secret of a client file that can be read here."""
    if isinstance(model, Secret):
        try:
            yield key, model.reveal()
        except LaunchreadyError:
            return
    elif isinstance(model, BaseModel):
        for name in type(model).model_fields:
            yield from _own_values(getattr(model, name), f"{key}.{name}" if key else name)
    elif isinstance(model, Mapping):
        for name, value in model.items():
            yield from _own_values(value, f"{key}.{name}")
    elif isinstance(model, list | tuple):
        for number, value in enumerate(model):
            yield from _own_values(value, f"{key}[{number}]")

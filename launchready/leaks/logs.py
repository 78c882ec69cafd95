"""Log files, plain or gzipped, file by file and piece by piece."""

from __future__ import annotations

import gzip
import os
import stat
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from launchready.errors import InputError, Where
from launchready.leaks.stream import PIECE, Budget

MAX_FILES = 10_000
_PACKED = (".zst", ".xz", ".bz2", ".lz4", ".zip", ".7z", ".tar", ".tgz")


def files(paths: Iterable[Path]) -> tuple[list[Path], int]:
    """Regular files at and below the paths, links not followed, and how many more there were.

    Raises InputError for a path that is not there.
    """
    found: list[Path] = []
    more = 0
    for path in paths:
        if not path.exists():
            raise InputError("there is no such file", where=Where(path), fix="name log files or directories")
        for one in [path] if not path.is_dir() else sorted(_below(path)):
            if len(found) < MAX_FILES:
                found.append(one)
            else:
                more += 1
    return found, more


def _below(directory: Path) -> Iterator[Path]:
    for place, _, names in os.walk(directory, followlinks=False):
        for name in names:
            path = Path(place, name)
            if stat.S_ISREG(path.lstat().st_mode):
                yield path


def unreadable(path: Path) -> str:
    """Why a file can't be looked into; "" when it can."""
    if path.suffix.lower() in _PACKED:
        return f"packed as {path.suffix}: unpack it, or name it gzipped"
    if not path.is_file():
        return "not a regular file"
    return "" if os.access(path, os.R_OK) else "not readable"


def pieces(path: Path, budget: Budget) -> Iterator[bytes]:
    """A log's bytes, unpacked. Raises OSError, EOFError or zlib.error for what can't be read to its end."""
    with path.open("rb") as raw:
        packed = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        source = gzip.GzipFile(fileobj=raw) if packed else raw
        while piece := source.read(PIECE):
            if not budget.take(len(piece)):
                return
            yield piece


UNREADABLE = (OSError, EOFError, zlib.error)

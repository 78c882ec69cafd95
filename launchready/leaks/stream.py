"""A long text piece by piece, with line numbers: what is found once is reported once."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from launchready.leaks.finder import Finder

PIECE = 1 << 20
"""Bytes read at once."""
OVERLAP = 1 << 13
"""Bytes looked at again with the next piece, so that nothing is missed where two meet."""


@dataclass(frozen=True, slots=True)
class Found:
    """A secret's kind, the line (from 1) on which it begins, and a mark that is equal for equal texts."""

    kind: str
    line: int
    mark: bytes = field(repr=False)


@dataclass
class Budget:
    """How much may be read: bytes, and until when (``time.monotonic``). ``why``: what ran out."""

    bytes_left: int
    until: float
    why: str = ""
    read: int = 0

    @classmethod
    def of(cls, bytes_: int, seconds: float) -> Budget:
        return cls(bytes_, time.monotonic() + seconds)

    def take(self, size: int) -> bool:
        """Count bytes; False once there is no more room or time."""
        self.read += size
        self.bytes_left -= size
        if self.bytes_left < 0:
            self.why = self.why or f"more than {self.read - size} bytes"
        elif time.monotonic() > self.until:
            self.why = self.why or "it took too long"
        return not self.why


def secrets_in(pieces: Iterable[bytes], finder: Finder, path: str, *, log: bool = False) -> Iterator[Found]:
    """Every secret in a text that comes in pieces."""
    seen: set[tuple[str, int, bytes]] = set()
    held, line = b"", 1
    for piece in pieces:
        text = held + piece
        for hit in finder.hits(text, path, log=log):
            found = Found(hit.kind, line + text.count(b"\n", 0, hit.at), hit.mark)
            key = (found.kind, found.line, found.mark)
            if key not in seen:
                seen.add(key)
                yield found
        keep = max(0, len(text) - OVERLAP)
        line += text.count(b"\n", 0, keep)
        held = text[keep:]

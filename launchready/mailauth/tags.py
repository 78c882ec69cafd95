"""Tag lists ``k=v; k=v`` as DKIM, DMARC, BIMI, MTA-STS and TLS-RPT write them (RFC 6376 §3.2)."""

from __future__ import annotations

import re
from dataclasses import dataclass

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Tag:
    """One tag: name and value as written, surrounding white space removed; 0-based position."""

    name: str
    value: str
    position: int


@dataclass(frozen=True, slots=True)
class TagList:
    """Tags in order, and what is wrong with them. The first of a repeated name counts."""

    tags: tuple[Tag, ...]
    problems: tuple[str, ...] = ()

    def get(self, name: str) -> str | None:
        return next((tag.value for tag in self.tags if tag.name == name), None)

    @property
    def first(self) -> str | None:
        return self.tags[0].name if self.tags else None


def parse_tags(text: str, *, fold: bool = False) -> TagList:
    """Split a tag list; ``fold`` compares names without case (DMARC's are case-insensitive)."""
    tags: list[Tag] = []
    problems: list[str] = []
    position = 0
    for piece in text.split(";"):
        start, position = position, position + len(piece) + 1
        if not piece.strip():
            if position <= len(text):
                problems.append(f"an empty tag at position {start}")
            continue
        name, equals, value = piece.partition("=")
        name = name.strip().lower() if fold else name.strip()
        if not equals or not _NAME.fullmatch(name):
            problems.append(f"{piece.strip()!r} at position {start} is no tag=value")
            continue
        if any(tag.name == name for tag in tags):
            problems.append(f"{name}= appears more than once")
        tags.append(Tag(name, value.strip(), start))
    return TagList(tuple(tags), tuple(problems))

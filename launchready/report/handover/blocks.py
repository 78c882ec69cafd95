"""What a handover is made of: sections of paragraphs, tables, points and steps, free of any format."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Code:
    """Something to be typed, or a name as machines know it."""

    text: str


@dataclass(frozen=True, slots=True)
class Proof:
    """A row's status, by its word in the verification document; ``row`` is the row."""

    row: str
    status: str


Piece = str | Code | Proof
Line = tuple[Piece, ...]
"""A sentence in pieces."""


def line(*pieces: Piece) -> Line:
    return pieces


def listed(codes: list[str] | tuple[str, ...], most: int = 12) -> Line:
    """Names one after another, as many as a reader takes in."""
    pieces: list[Piece] = []
    for number, text in enumerate(codes[:most]):
        pieces += [", ", Code(text)] if number else [Code(text)]
    if len(codes) > most:
        pieces.append(f" and {len(codes) - most} more")
    return tuple(pieces)


@dataclass(frozen=True, slots=True)
class Paragraph:
    line: Line


@dataclass(frozen=True, slots=True)
class Table:
    """``columns``: headings; every row has as many cells."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Line, ...], ...]


@dataclass(frozen=True, slots=True)
class Points:
    """A list; ``numbered``: in this order."""

    title: str
    items: tuple[Line, ...]
    numbered: bool = False


Block = Paragraph | Table | Points


@dataclass(frozen=True, slots=True)
class Section:
    id: str
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Handover:
    """The whole document. ``verdict``: ready, not_ready or unproven; None without a verification."""

    domain: str
    client: str
    day: date
    verdict: str | None
    verified: str
    """When and where it was verified, in words; "" without a verification."""
    sections: tuple[Section, ...]

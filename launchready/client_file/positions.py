"""Where each key of a client file stands: key path → file and line."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from launchready.errors import Where

Key = str | int
_PART = re.compile(r"\[(\d+)\]|\[\"([^\"]*)\"\]|([^.\[\]]+)")


def key_text(path: Sequence[Key]) -> str:
    """A key path as it is written: ``records[3].content``, ``hosts["a.b"].cname``."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        elif re.fullmatch(r"[^.\[\]\"]+", part):
            text += f".{part}" if text else part
        else:
            text += f'["{part}"]'
    return text


def key_path(text: str) -> tuple[Key, ...]:
    """The parts of a written key path; the inverse of ``key_text``."""
    return tuple(
        int(m[1]) if m[1] is not None else m[3] if m[2] is None else m[2] for m in _PART.finditer(text)
    )


@dataclass(slots=True)
class Lines:
    """Lines (1-based) of one mapping's keys or one list's items; negative where the value is a
    plain (unquoted) scalar."""

    start: int
    of: dict[Key, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Positions:
    """Positions of one file. Keys are given without the ``launchready:`` namespace.

    ``root`` is the mapping of launchready's own keys; ``lines`` maps the identity of each mapping and
    list under it to its lines; ``names`` maps a key as the model has it (``hosts`` keys in normal form)
    to the key that the file has.
    """

    path: Path | None = None
    root: Any = None
    lines: Mapping[int, Lines] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)

    def where(self, key: str | Sequence[Key] = ()) -> Where:
        """The place of a key, or of the nearest key above it that the file has."""
        parts = key_path(key) if isinstance(key, str) else tuple(key)
        text = "launchready:" + key_text(parts) if parts else None
        return Where(self.path, abs(self._line(parts)) or None, text)

    def line(self, key: str | Sequence[Key]) -> int | None:
        """The line of a key, or of the nearest key above it that the file has."""
        return self.where(key).line

    def given(self, key: str | Sequence[Key]) -> bool:
        """Whether the file has this very key."""
        return self._walk(key_path(key) if isinstance(key, str) else tuple(key))[1]

    def unquoted(self, key: str | Sequence[Key]) -> bool:
        """Whether the file gives this key as a plain scalar, without quotes."""
        parts = key_path(key) if isinstance(key, str) else tuple(key)
        line, found = self._walk(parts)
        return found and line < 0

    def _line(self, parts: tuple[Key, ...]) -> int:
        return self._walk(parts)[0]

    def _walk(self, parts: tuple[Key, ...]) -> tuple[int, bool]:
        node, line = self.root, 0
        for depth, raw in enumerate(parts):
            lines = self.lines.get(id(node))
            part = self._spelled(parts, depth, raw, node)
            if lines is None or part not in lines.of:
                return line, False
            line = lines.of[part]
            node = node[part]
        return line, True

    def _spelled(self, parts: tuple[Key, ...], depth: int, part: Key, node: Any) -> Key:
        """A key as the file spells it: "WWW" for "www", "from" for "source"."""
        if isinstance(node, dict) and part not in node and isinstance(part, str):
            if part == "source" and "from" in node:
                return "from"
            if depth == 1 and parts[0] == "hosts":
                return self.names.get(part, part)
        return part

"""The allow-list that lies in a repository: ``.launchready-allow``.

One entry a line: ``path glob | reason | last day``, such as
``docs/** | the provider's own example keys | 2027-01-31``. ``#`` begins a comment. ``*`` stays within one
directory, ``**`` does not. An entry whose day has passed allows nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from launchready.errors import InputError, Where

NAME = ".launchready-allow"
MAX_SIZE = 1 << 20


@dataclass(frozen=True, slots=True)
class Allowed:
    """``line``: where it stands, from 1."""

    glob: str
    reason: str
    until: date
    line: int

    def covers(self, path: str, today: date) -> bool:
        return today <= self.until and _pattern(self.glob).fullmatch(path) is not None


def read(path: Path) -> tuple[Allowed, ...]:
    """The entries of an allow-list, none where there is no file. Raises InputError naming file and line."""
    if not path.is_file():
        return ()
    try:
        with path.open("rb") as file:
            text = file.read(MAX_SIZE + 1)
        if len(text) > MAX_SIZE:
            raise InputError(f"longer than {MAX_SIZE} bytes", where=Where(path))
        lines = text.decode("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"can't read the allow-list: {error}", where=Where(path)) from error
    bare = ((number, line.strip()) for number, line in enumerate(lines, start=1))
    return tuple(
        _entry(line, Where(path, number), number) for number, line in bare if line and line[0] != "#"
    )


def _entry(line: str, where: Where, number: int) -> Allowed:
    parts = [part.strip() for part in line.split("|")]
    if len(parts) != 3 or not all(parts):
        raise InputError(
            "an entry is `path glob | reason | last day`",
            where=where,
            fix="write for example: docs/** | the provider's own example keys | 2027-01-31",
        )
    try:
        until = date.fromisoformat(parts[2])
    except ValueError as error:
        raise InputError("the last day is no date such as 2027-01-31", where=where) from error
    if parts[0] in ("*", "**", "**/*"):
        raise InputError(
            "an entry for everything would prove nothing", where=where, fix="name a directory or a file"
        )
    return Allowed(parts[0], parts[1], until, number)


def _pattern(glob: str) -> re.Pattern[str]:
    words = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return re.compile(
        "".join(words.get(part) or re.escape(part) for part in re.split(r"(\*\*/|\*\*|\*|\?)", glob))
    )

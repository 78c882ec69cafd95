"""Command blocks of the README and the documentation, and which of them are not run, and why."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

COMMANDS = ("launch ", "make ", "pulumi ", "curl ", "script/")
MARK = re.compile(r"<!-- not run: (.+) -->")
README = {
    "make rehearse": "what it runs is `launch rehearse example`, which is run",
    "make test": "it runs this test",
    "launch up acme": "live",
    "launch verify acme": "live",
    "launch purge acme": "live",
    "xdg-open": "it opens a browser",
}
"""Lines of the README (how they begin, after ``&&`` too) that are not run, and why; the others are."""


@dataclass(frozen=True)
class Block:
    """A fenced block. ``why``: the reason why it is not run, None where it is."""

    page: str
    line: int
    text: str
    why: str | None

    @property
    def lines(self) -> list[str]:
        """Its commands, without comments and blank lines."""
        found = [re.sub(r"\s+#.*$", "", one) for one in self.text.splitlines()]
        return [one for one in found if one and not one.startswith("#")]

    @property
    def run(self) -> list[str]:
        """The lines that are run."""
        if self.why is not None:
            return []
        parts = [[p for p in one.split(" && ") if not _left_out(self.page, p)] for one in self.lines]
        return [" && ".join(kept) for kept in parts if kept]


def _left_out(page: str, command: str) -> bool:
    return page == "README.md" and any(re.match(rf"{re.escape(k)}(\s|$)", command) for k in README)


def blocks(root: Path) -> Iterator[Block]:
    """Every block with a line that begins with one of COMMANDS."""
    for path in [root / "README.md", root / "CONTRIBUTING.md", *sorted((root / "docs").rglob("*.md"))]:
        lines = path.read_text(encoding="utf-8").splitlines()
        start: int | None = None
        for number, line in enumerate(lines):
            if not line.lstrip().startswith("```"):
                continue
            if start is None:
                start = number
                continue
            inside = [one.strip() for one in lines[start + 1 : number]]
            mark = MARK.fullmatch(lines[start - 1].strip()) if start else None
            if any(one.startswith(COMMANDS) or "$(launch " in one for one in inside):
                name = path.relative_to(root).as_posix()
                yield Block(name, start + 1, "\n".join(inside), mark[1] if mark else None)
            start = None
        assert start is None, f"{path}: a block is not closed"

"""The checks as a page: what each proves, by what authority, and what breaks it in the tests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from launchready.checklist.registry import ROWS, Check


def markdown(checks: Iterable[Check], twins: Mapping[str, Sequence[str]] | None = None) -> str:
    """One table for each row of the checklist. ``twins``: check → names of the bad twins that trip it."""
    found = sorted(checks, key=lambda one: (ROWS.index(one.row), one.id))
    lines: list[str] = []
    row = ""
    for check in found:
        if check.row != row:
            row = check.row
            lines += ["", f"## {row}", "", *_head(twins is not None)]
        cells = [f"`{check.id}`", check.severity.value, check.proves, check.reference]
        if twins is not None:
            cells.append("; ".join(twins.get(check.id, ())) or "none")
        lines.append("| " + " | ".join(_cell(text) for text in cells) + " |")
    return "\n".join(lines).lstrip("\n") + "\n"


def _head(with_twins: bool) -> list[str]:
    names = [
        "check",
        "severity",
        "proves",
        "reference",
        *(["what breaks it in the tests"] if with_twins else []),
    ]
    return ["| " + " | ".join(names) + " |", "| " + " | ".join("---" for _ in names) + " |"]


def _cell(text: str) -> str:
    """Text that can't leave its cell, or be taken for markup."""
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")

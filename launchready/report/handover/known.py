"""What a handover is written from."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from launchready.client_file.model import ClientFile
from launchready.declared.types import Declared
from launchready.report.handover.blocks import Code, Line, line
from launchready.report.saved import Saved, SavedFinding

_DAY = re.compile(r"\b(\d{4}-\d{2}-\d{2})\b")


@dataclass(frozen=True, slots=True)
class Known:
    """The client file, what it declares, and what is known of the world.

    ``outputs``: of the stack, or None and ``why_no_outputs``; ``commands``: what `launch` can do here, such
    as ``purge`` or ``dkim rotate``.
    """

    client: ClientFile
    declared: Declared
    today: date
    verification: Saved | None = None
    outputs: Mapping[str, Any] | None = None
    why_no_outputs: str = ""
    commands: frozenset[str] = field(default=frozenset())

    @property
    def name(self) -> str:
        """The client's name, as commands take it."""
        return self.client.client or "CLIENT"

    def command(self, text: str) -> Code | None:
        """``launch <text> <client> …``, where this version has that command.

        ``{}`` in ``text`` is the client's name; without it the name comes last.
        """
        command = text.partition("{}")[0].strip()
        if command not in self.commands:
            return None
        return Code("launch " + (text.replace("{}", self.name) if "{}" in text else f"{text} {self.name}"))

    def by(self, text: str, otherwise: str) -> Line:
        """A sentence's end: the command, or what to do where there is none."""
        command = self.command(text)
        return line(command) if command is not None else line(otherwise)

    def status(self, row: str) -> str:
        """A row's status in the verification: pass, fail, unproven, not_applicable or not_checked."""
        rows = self.verification.rows if self.verification is not None else ()
        return next((found.status for found in rows if found.row == row), "not_checked")

    def findings(self, check: str) -> tuple[SavedFinding, ...]:
        """The verification's findings of one check, in the order of their subjects."""
        found = self.verification.findings if self.verification is not None else ()
        return tuple(finding for finding in found if finding.check == check)

    def output(self, name: str) -> Any:
        """One of the stack's outputs; None where it is not known."""
        return self.outputs.get(name) if self.outputs is not None else None


def day_in(text: str) -> date | None:
    """The last date that a sentence names."""
    for found in reversed(_DAY.findall(text)):
        try:
            return date.fromisoformat(found)
        except ValueError:
            continue
    return None


def every(seconds: int) -> str:
    """How often: ``every year``, ``every 90 days``."""
    return "every " + duration(seconds).removeprefix("1 ")


def duration(seconds: int) -> str:
    """Seconds in the largest unit that fits: ``1 year``, ``90 days``, ``4 hours``."""
    for size, word in ((31_536_000, "year"), (86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= size and seconds % size == 0:
            count = seconds // size
            return f"{count} {word}{'' if count == 1 else 's'}"
    return f"{seconds} second{'' if seconds == 1 else 's'}"

"""What a report knows beside the verification: the client file, its lines, and the run before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from launchready.checklist import load as load_checks
from launchready.client_file.positions import Positions
from launchready.errors import InputError
from launchready.report.words import plain_key

if TYPE_CHECKING:
    from launchready.report.changes import Changes
    from launchready.report.saved import Saved
    from launchready.verify.document import Finding, Verification


@dataclass(frozen=True, slots=True)
class Place:
    """The line of the client file that mends something. ``file``: relative to the repository."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Context:
    """``file``: the client file relative to its repository, POSIX; "" without one.

    ``positions``: where its keys are; ``previous``: an earlier run to compare with.
    """

    file: str = ""
    positions: Positions | None = None
    previous: Saved | None = None

    def place(self, finding: Finding) -> Place | None:
        """Where a finding is mended; without a fix (or without that key) as near as the file comes to it."""
        if not self.file:
            return None
        key = finding.fix.key if finding.fix is not None else _fix_key(finding.check)
        line = self.positions.line(plain_key(key)) if self.positions is not None and key else None
        return Place(self.file, line or 1)

    def changes(self, verification: Verification) -> Changes | None:
        """What changed since the earlier run; None without one. Raises InputError for another domain's."""
        if self.previous is None:
            return None
        if self.previous.domain != verification.domain:
            raise InputError(f"--previous is about {self.previous.domain}, not {verification.domain}")
        from launchready.report import changes as differences
        from launchready.report.saved import Saved

        return differences.since(self.previous, Saved.of(verification))


def _fix_key(check_id: str) -> str:
    """The key that a check advises on, for findings that carry no advice (inconclusive, waived)."""
    found = load_checks().checks.get(check_id)
    return found.fix.key if found is not None else ""


def proves(check_id: str) -> str:
    """What a check proves, in one sentence; "" for a check that this version has not."""
    found = load_checks().checks.get(check_id)
    return found.proves if found is not None else ""


NOTHING = Context()

"""The small tree of errors that the whole project raises.

Each error carries *what* went wrong, *where* (file, line, key) and *what to do*.
The command line turns them into exit codes: bad input is 2, everything that
could not be finished or proved is 3.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Where:
    """A place in a file that a person can open: path, 1-based line, dotted key."""

    path: Path | None = None
    line: int | None = None
    key: str | None = None

    def __str__(self) -> str:
        place = str(self.path) if self.path is not None else ""
        if self.line is not None:
            place += f":{self.line}"
        if self.key:
            place += f": {self.key}" if place else self.key
        return place


class LaunchreadyError(Exception):
    """Something a user can act on.

    ``what`` is one sentence, ``where`` the place that it is about, ``fix`` what to do.
    Never put a secret in any of them.
    """

    exit_code = 3

    def __init__(self, what: str, *, where: Where | None = None, fix: str | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.fix = fix

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where is not None and str(self.where) else ""
        advice = f"\n  fix: {self.fix}" if self.fix else ""
        return f"{place}{self.what}{advice}"


class InputError(LaunchreadyError):
    """The user's input is wrong (exit code 2)."""

    exit_code = 2


class ClientFileError(InputError):
    """A client file that can't be used; carries every problem found, not the first."""

    def __init__(self, problems: Sequence[LaunchreadyError]) -> None:
        super().__init__(f"{len(problems)} problem(s) in the client file")
        self.problems = tuple(problems)

    def __str__(self) -> str:
        return "\n".join(str(problem) for problem in self.problems)


class EngineError(LaunchreadyError):
    """The Pulumi engine could not be found, built or run (exit code 3)."""


class EdgeError(LaunchreadyError):
    """The local edge could not start, answer or stop (exit code 3)."""


class ApiError(LaunchreadyError):
    """A provider's API refused or could not be reached (exit code 3)."""

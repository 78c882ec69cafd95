"""The revision that a client file lies in, where git knows it."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Revision:
    """``dirty``: has anything of the work tree not been committed?"""

    revision: str
    dirty: bool


def revision_of(directory: Path) -> Revision | None:
    """The commit that is checked out; None without git, a repository or a commit."""
    head = _git(directory, "rev-parse", "HEAD")
    status = _git(directory, "status", "--porcelain", "--untracked-files=normal")
    if head is None or status is None:
        return None
    return Revision(head.strip(), bool(status.strip()))


def _git(directory: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", "-C", str(directory), *arguments],
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None

"""Whether git would take a file along."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from launchready.errors import InputError, Where

SECONDS = 20.0


def refuse_tracked(path: Path) -> str | None:
    """A warning when git doesn't ignore a path; None when it does, or when there is no repository.

    Raises InputError when git tracks it: what is written there would be committed.
    """
    git = shutil.which("git")
    directory = path.resolve().parent
    if git is None or not directory.is_dir() or _git(git, directory, "rev-parse", "--is-inside-work-tree"):
        return None
    if _git(git, directory, "ls-files", "--error-unmatch", "--", path.name) == 0:
        raise InputError(
            "git tracks this file: its values would be committed",
            where=Where(path),
            fix=f"git rm --cached {path} and put it into .gitignore, or choose another --output",
        )
    if _git(git, directory, "check-ignore", "--quiet", "--", path.name) == 1:
        return f"git doesn't ignore {path}: put it into .gitignore"
    return None


def _git(git: str, directory: Path, *arguments: str) -> int:
    """A git command's exit code; 128 when it doesn't end in time."""
    try:
        done = subprocess.run(
            [git, "-C", str(directory), *arguments], capture_output=True, timeout=SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return 128
    return done.returncode

"""Where build outputs live: outside the repository, shared by every checkout of the same version."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def cache_directory(environment: dict[str, str] | None = None) -> Path:
    """``$LAUNCHREADY_CACHE``, else ``$XDG_CACHE_HOME/launchready``, else ``~/.cache/launchready``."""
    env = os.environ if environment is None else environment
    if own := env.get("LAUNCHREADY_CACHE"):
        return Path(own)
    return Path(env.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "launchready"


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Hold an advisory lock on ``path``, so that two builds of one thing wait for each other."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield

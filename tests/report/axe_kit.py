"""Where `make axe` puts axe-core, and its source: the accessibility tests are skipped without it."""

from __future__ import annotations

import os
from pathlib import Path


def where_axe_is() -> Path:
    """The directory into which `make axe` installs."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "launchready" / "axe"


def axe_source() -> str | None:
    """axe-core as one script; None where it is not installed."""
    path = where_axe_is() / "node_modules" / "axe-core" / "axe.min.js"
    return path.read_text(encoding="utf-8") if path.is_file() else None

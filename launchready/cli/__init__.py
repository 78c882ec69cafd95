"""The `launch` command: thin typer commands over the packages that do the work."""

from __future__ import annotations

import gc

gc.set_threshold(100_000, 50, 50)
"""A command makes a million objects that live until its end: looking through them often costs a tenth."""

from launchready.cli.start import main  # noqa: E402 - what is imported here is most of those objects

__all__ = ["main"]

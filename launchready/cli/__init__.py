"""The `launch` command: thin typer commands over the packages that do the work."""

from __future__ import annotations

from launchready.cli.app import main

__all__ = ["main"]

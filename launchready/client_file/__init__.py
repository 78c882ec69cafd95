"""The client file: its typed model, loading with positions, lint, JSON Schema and secrets.

``read`` types a file and keeps its positions; ``lint.lint`` judges it; ``schema`` describes it.
"""

from __future__ import annotations

from launchready.client_file.canary import canary_copy
from launchready.client_file.loader import Loaded, find, from_engine, load, read, read_engine
from launchready.client_file.model import ClientFile
from launchready.client_file.positions import Positions
from launchready.client_file.schema import schema

__all__ = [
    "ClientFile",
    "Loaded",
    "Positions",
    "canary_copy",
    "find",
    "from_engine",
    "load",
    "read",
    "read_engine",
    "schema",
]

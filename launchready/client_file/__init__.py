"""The client file: its typed model, loading with positions, lint, JSON Schema and secrets.

``read``/``load`` type a file, ``lint`` judges it, ``checked`` does both and refuses errors.
"""

from __future__ import annotations

from launchready.client_file.canary import canary_copy
from launchready.client_file.loader import Loaded, find, from_engine, load, read, read_engine
from launchready.client_file.model import ClientFile
from launchready.client_file.positions import Positions

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
]

"""Snapshots of a launch (state, zone, settings, rules, client file), and the way back to one.

Every change that `launch` makes is bracketed by two: one *before* it, one of the *launch* that came of it.
"""

from __future__ import annotations

from launchready.snapshot.manifest import Kind, Manifest
from launchready.snapshot.store import Store, open_store
from launchready.snapshot.world import World, read_world

__all__ = ["Kind", "Manifest", "Store", "World", "open_store", "read_world"]

"""Purging a client's zone at the edge: what is to go, in as many calls as the plan wants it in."""

from __future__ import annotations

from launchready.purge.plan import EVERYTHING, Selection, calls, check
from launchready.purge.run import Purged, purge

__all__ = ["EVERYTHING", "Purged", "Selection", "calls", "check", "purge"]

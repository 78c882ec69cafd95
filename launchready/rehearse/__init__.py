"""Rehearsing a launch on a laptop: a local edge, the real Pulumi program, the real verifier."""

from __future__ import annotations

from launchready.rehearse.rehearsal import Rehearsal, rehearse

__all__ = ["Rehearsal", "rehearse"]

"""Rehearsing a launch on a laptop: a local edge, the real Pulumi program, the real verifier."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from launchready.rehearse.rehearsal import Rehearsal, rehearse

__all__ = ["Rehearsal", "rehearse"]


def __getattr__(name: str) -> Any:
    """The engine and the gateway are loaded by whoever rehearses, not by whoever looks at what was kept."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from launchready.rehearse import rehearsal

    return getattr(rehearsal, name)

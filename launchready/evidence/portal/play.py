"""One scenario from its beginning to its end, or to what stopped it."""

from __future__ import annotations

from launchready.errors import LaunchreadyError
from launchready.evidence.portal import registry
from launchready.evidence.portal.access import PortalAccess
from launchready.evidence.portal.stage import Budget, Send, Stage, Stopped
from launchready.evidence.portal.surroundings import Surroundings
from launchready.evidence.types import Cause, PortalProbe, PortalResult

__all__ = ["Budget", "Player", "is_late", "play"]


class Player:
    """Plays scenarios one after another against one portal, within one budget."""

    def __init__(self, access: PortalAccess, send: Send) -> None:
        self._access = access
        self._send = send
        self._around = Surroundings(access)
        self._budget = Budget(access.portal.budget)
        self._codes: set[tuple[str, int]] = set()

    async def play(self, probe: PortalProbe) -> PortalResult:
        """The scenario's steps; never raises for what the portal does."""
        return await play(probe, Stage(self._access, self._send, self._around, self._budget, self._codes))


def is_late(probe: object) -> bool:
    """Is it a scenario that must come after the others?"""
    if not isinstance(probe, PortalProbe):
        return False
    registry.load()
    return probe.scenario in registry.LATE


async def play(probe: PortalProbe, stage: Stage) -> PortalResult:
    """Run a scenario on a stage."""
    function = registry.load().get(probe.scenario)
    if function is None:
        return PortalResult(probe, Cause.CHECK_ERROR, detail=f"there is no scenario {probe.scenario!r}")
    cause, detail = None, ""
    try:
        await function(stage)
    except Stopped as stopped:
        cause, detail = stopped.cause, stopped.detail
    except LaunchreadyError as error:
        cause, detail = Cause.NOT_PROBED, error.what
    stage.blank()
    return PortalResult(probe, cause, tuple(stage.steps), dict(stage.facts), detail)

"""One scenario from its beginning to its end, or to what stopped it."""

from __future__ import annotations

from launchready.errors import LaunchreadyError
from launchready.evidence.portal import registry
from launchready.evidence.portal.access import PortalAccess
from launchready.evidence.portal.load import Find, run_load
from launchready.evidence.portal.stage import Budget, Send, Stage, Stopped
from launchready.evidence.portal.surroundings import Surroundings
from launchready.evidence.servers import Resolve
from launchready.evidence.types import Cause, LoadProbe, LoadResult, PortalProbe, PortalResult

__all__ = ["Budget", "Player", "play", "turn"]


class Player:
    """Plays scenarios one after another against one portal, within one budget."""

    def __init__(self, access: PortalAccess, send: Send, resolve: Resolve | None = None) -> None:
        self._access = access
        self._send = send
        self._resolve = resolve
        self._around = Surroundings(access)
        self._budget = Budget(access.portal.budget)
        self._codes: set[tuple[str, int]] = set()

    async def play(self, probe: PortalProbe) -> PortalResult:
        """The scenario's steps; never raises for what the portal does."""
        return await play(probe, self._stage())

    async def load(self, probe: LoadProbe, find: Find) -> LoadResult:
        """A load on one endpoint; never raises for what the portal does."""
        return await run_load(probe, self._stage(), find)

    def _stage(self) -> Stage:
        return Stage(self._access, self._send, self._around, self._budget, self._codes, self._resolve)


def turn(probe: object) -> int:
    """When a probe's turn is: what only looks, scenarios, loads and LONG ones, those that use limits up."""
    if isinstance(probe, LoadProbe):
        return 2
    if not isinstance(probe, PortalProbe):
        return 0
    registry.load()
    return 3 if probe.scenario in registry.LATE else 2 if probe.scenario in registry.LONG else 1


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

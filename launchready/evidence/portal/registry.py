"""The registry of scenarios, by the name that a PortalProbe carries."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from launchready.evidence.portal.stage import Stage

Scenario = Callable[["Stage"], Awaitable[None]]
SCENARIOS: dict[str, Scenario] = {}
LATE: set[str] = set()
"""Scenarios that leave accounts locked or limits used up: they are played after the others."""
LONG: set[str] = set()
"""Scenarios that spend much of the budget: after those that need little, before those of LATE."""


def scenario(name: str, *, late: bool = False, long: bool = False) -> Callable[[Scenario], Scenario]:
    """Register a scenario; ``late``: see LATE; ``long``: see LONG."""

    def register(function: Scenario) -> Scenario:
        if name in SCENARIOS:
            raise ValueError(f"scenario {name} is registered twice")
        SCENARIOS[name] = function
        if late:
            LATE.add(name)
        if long:
            LONG.add(name)
        return function

    return register


def load() -> dict[str, Scenario]:
    """Every scenario, after their modules were imported."""
    from launchready.evidence.portal import scenarios

    scenarios.load()
    return SCENARIOS

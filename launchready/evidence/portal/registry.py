"""The registry of scenarios, by the name that a PortalProbe carries."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from launchready.evidence.portal.stage import Stage

Scenario = Callable[["Stage"], Awaitable[None]]
SCENARIOS: dict[str, Scenario] = {}


def scenario(name: str) -> Callable[[Scenario], Scenario]:
    """Register a scenario."""

    def register(function: Scenario) -> Scenario:
        if name in SCENARIOS:
            raise ValueError(f"scenario {name} is registered twice")
        SCENARIOS[name] = function
        return function

    return register


def load() -> dict[str, Scenario]:
    """Every scenario, after their modules were imported."""
    from launchready.evidence.portal import scenarios

    scenarios.load()
    return SCENARIOS

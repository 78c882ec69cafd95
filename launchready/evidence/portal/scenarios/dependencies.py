"""External systems taken away one after another, and given back whatever happens (the sample portal)."""

from __future__ import annotations

from launchready.evidence.portal.registry import scenario
from launchready.evidence.portal.stage import Stage

ENDPOINTS = 3
"""Endpoints of onboarding that are tried with each system away."""
WINDOW = 11.0
"""Seconds after which the limits of an endpoint are over."""


@scenario("dependencies")
async def dependencies(stage: Stage) -> None:
    """Each endpoint of onboarding with each declared system away, and once more when it is back."""
    stage.need(stage.portal.dependencies, "dependencies")
    calls = stage.need(stage.portal.onboarding, "onboarding")[:ENDPOINTS]
    stage.facts["endpoints"] = len(calls)
    stage.facts["switchable"] = stage.on_edge
    if not stage.on_edge:
        return
    visitors = []
    for number, call in enumerate(calls):
        visitor = stage.visitor(call.identity)
        if call.identity is not None:
            stage.facts[f"log in {number}"] = await visitor.login(f"log in {number}")
        visitors.append(visitor)
    for name in stage.portal.dependencies:
        await stage.advance(WINDOW)
        away = stage.around.switched("portal.dependency.down", stage.access.host, {"name": name})
        async with away:
            for number, (visitor, call) in enumerate(zip(visitors, calls, strict=True)):
                await visitor.call(f"away {name} {number}", call)
        await stage.advance(WINDOW)
        for number, (visitor, call) in enumerate(zip(visitors, calls, strict=True)):
            await visitor.call(f"back {name} {number}", call)

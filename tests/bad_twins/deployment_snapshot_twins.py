"""Bad twins of row ``deployment``: a launch that can't be gone back to, or that nobody has tried to.

The facts are those that ``snapshot.local.local_evidence`` gives; tests/snapshot proves that it gives them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.bad_twins.clients import client
from tests.bad_twins.harness import Scene, Twin

ID, OTHER = "20261124T120000Z-0a1b2c3d", "20261123T120000Z-4e5f6071"


def facts(**changes: Any) -> dict[str, Any]:
    """Of a launch with an intact snapshot, whose rollback was rehearsed yesterday."""
    at = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    return {
        "place": ".launchready/snapshots/twin",
        "unreadable": [],
        "launch": {"id": ID, "taken": at, "damage": [], "same": True},
        "rehearsed": {"id": OTHER, "at": at, "verdict": "ready", "zone_equal": True, "damage": []},
    } | changes


def knows(**changes: Any) -> Callable[[Scene], Awaitable[None]]:
    async def put(scene: Scene) -> None:
        scene.local = facts(**changes)

    return put


def launch(**changes: Any) -> dict[str, Any]:
    return {"launch": {**facts()["launch"], **changes}}


def rehearsed(**changes: Any) -> dict[str, Any]:
    return {"rehearsed": {**facts()["rehearsed"], **changes}}


LONG_AGO = (datetime.now(UTC) - timedelta(days=91)).isoformat()
EXISTS, REHEARSED = "deployment.snapshot.exists", "deployment.rollback.rehearsed"

_BROKEN = {
    "no snapshot at all": (knows(launch=None), EXISTS),
    "a damaged snapshot": (knows(**launch(damage=["state.json.sealed is missing"])), EXISTS),
    "a snapshot of another client file": (knows(**launch(same=False)), EXISTS),
    "a rollback that nobody tried": (knows(rehearsed=None), REHEARSED),
    "a rollback that was tried long ago": (knows(**rehearsed(at=LONG_AGO)), REHEARSED),
    "a rollback to another zone": (knows(**rehearsed(zone_equal=False)), REHEARSED),
    "a rollback whose snapshot is damaged": (knows(**rehearsed(damage=["zone.bind is missing"])), REHEARSED),
}
TWINS: dict[str, Twin] = {
    f"deployment: {name}": Twin(client(), frozenset({trips}), breaks, rows=("deployment",))
    for name, (breaks, trips) in _BROKEN.items()
}
GOOD: dict[str, Twin] = {
    "snapshots, rollback rehearsed": Twin(client(), frozenset(), knows(), rows=("deployment",))
}

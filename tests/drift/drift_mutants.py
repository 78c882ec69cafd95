"""For `make mutants`: each kind of drift taken away in turn; its drill must then see something else."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

from launchready.drift import KINDS
from tests.drift import drift_clients
from tests.drift.drift_kit import Launched, launched
from tests.drift.drills_dns import Drill
from tests.drift.test_drift_kinds import DRILLS, mended


async def survivors(only: str | None = None) -> tuple[int, list[str]]:
    """How many kinds were tried, and the ids of those whose absence no drill notices."""
    wanted = {kind for kind in KINDS.ids if only is None or only in kind}
    chosen: dict[str, Drill] = {}
    for kind in KINDS.ids:
        drill = next((one for one in DRILLS.values() if kind in one.shows), None)
        if kind in wanted and drill is not None:
            chosen[kind] = drill
    left = sorted(wanted - set(chosen))
    for second in (False, True):
        mine = {kind: drill for kind, drill in chosen.items() if drill.second is second}
        if mine:
            left += await _unnoticed(mine, second=second)
    return len(wanted), left


async def _unnoticed(drills: Mapping[str, Drill], *, second: bool) -> list[str]:
    values = drift_clients.second() if second else drift_clients.client()
    with tempfile.TemporaryDirectory(prefix="drift-mutants-") as directory:
        async with launched(Path(directory), values, drift_clients.PLAN) as stage:
            return [kind for kind, drill in drills.items() if not await _noticed(stage, kind, drill)]


async def _noticed(stage: Launched, kind: str, drill: Drill) -> bool:
    """Does the drill's own test fail without the kind?"""
    before = stage.client
    await drill.change(stage)
    seen = await stage.drift(full=drill.full)
    mutant = await stage.drift(full=drill.full, kinds=KINDS.without(kind))
    await mended(stage, drill, seen, before)
    return sorted(item.id for item in mutant.items) != sorted(drill.shows)

"""Every kind of drift: made at the edge, seen as exactly that, mended by its own fix, gone."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from launchready.client_file.model import ClientFile
from launchready.drift import KINDS, Drift
from tests.drift import drift_clients, drills_aws, drills_dns, drills_edge
from tests.drift.drift_fixes import carry_out
from tests.drift.drift_kit import Launched, launched
from tests.drift.drills_dns import Drill

DRILLS: Mapping[str, Drill] = {**drills_dns.DRILLS, **drills_edge.DRILLS, **drills_aws.DRILLS}
pytestmark = pytest.mark.twin


def test_every_kind_has_a_drill_and_there_are_at_least_forty() -> None:
    shown = {kind for drill in DRILLS.values() for kind in drill.shows}
    assert shown == set(KINDS.ids)
    assert len(KINDS) >= 40
    assert all(kind.catches and kind.why for kind in KINDS)


async def run_drill(stage: Launched, drill: Drill) -> None:
    """Drift, seen as exactly what it is, mended by what its fix says, gone."""
    before = stage.client
    await drill.change(stage)
    seen = await stage.drift(full=drill.full)
    assert sorted(item.id for item in seen.items) == sorted(drill.shows), shown(seen)
    assert seen.exit_code == (0 if drill.harmless else 1)
    await mended(stage, drill, seen, before)


async def mended(stage: Launched, drill: Drill, seen: Drift, before: ClientFile) -> None:
    """What the fix says is done, and nothing has drifted any more; the client file is ``before`` again."""
    if drill.mend is not None:
        await drill.mend(stage)
    else:
        await carry_out(stage, seen.items[0].fix, adopt=drill.adopt)
    after = await stage.drift(full=True)
    for item in after.items[: drill.steps]:  # such as the registrar's part, once there is a zone again
        await carry_out(stage, item.fix)
    after = await stage.drift(full=True) if drill.steps else after
    assert not after.items, shown(after)
    assert not after.unfound
    if stage.client is not before:  # what was adopted leaves with the client file
        stage.relaunch(records=before.records)
        await stage.up()


def shown(drift: Drift) -> list[tuple[str | None, ...]]:
    return [(item.id, item.subject, item.declared, item.state, item.live, item.fix) for item in drift.items]


@pytest.mark.parametrize("second", [False, True], ids=["first client", "second client"])
async def test_each_kind_is_seen_as_it_is_and_mended_by_its_own_fix(tmp_path: Path, second: bool) -> None:
    """One launch for all drills of a client: each must leave it as it was."""
    values = drift_clients.second() if second else drift_clients.client()
    async with launched(tmp_path, values, drift_clients.PLAN) as stage:
        for name, drill in DRILLS.items():
            if drill.second is second:
                try:
                    await run_drill(stage, drill)
                except AssertionError as error:
                    raise AssertionError(f"{name}: {error}") from error

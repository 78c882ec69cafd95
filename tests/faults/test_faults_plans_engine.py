"""Seeded fault plans over a real launch's life: it ends as declared, or in a clear error with a true state.

Ten in a row on one launch; `make soak` runs two hundred (soak_fault_plans.py).
"""

from __future__ import annotations

from pathlib import Path

import pytest
from runs import small_launch, tell
from seeded import STEPS, as_declared, live_through

from launchready.engine import engine_or_reason

pytestmark = [
    pytest.mark.engine,
    pytest.mark.slow,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(engine_or_reason()[0] is None, reason="no engine yet: make setup"),
]
SEEDS = range(1, 11)


async def test_ten_seeded_fault_plans_over_the_life_of_a_launch(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with small_launch(tmp_path / "faulty") as runs:
        told = [await live_through(runs, seed, STEPS[seed % len(STEPS)]) for seed in SEEDS]
    await as_declared(tmp_path / "clean", told)
    with capsys.disabled():
        tell(f"fault plans: {len(told)} survived / {len(SEEDS)} tried", *(one.text() for one in told))
    assert sum(one.fired for one in told) >= 20

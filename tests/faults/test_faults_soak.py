"""Exhaustive (`make soak`): the example client killed before and after every API call; 200 fault plans.

Interrupted it goes on where it stopped; the results lie outside the repository (see ``soaking``).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from runs import Runs, example_launch, small_launch, tell
from seeded import STEPS, as_declared, live_through
from soaking import SURVIVED, Result

from launchready.engine import engine_or_reason

pytestmark = [
    pytest.mark.engine,
    pytest.mark.soak,
    pytest.mark.timeout(48 * 3600),
    pytest.mark.skipif(engine_or_reason()[0] is None, reason="no engine yet: make setup"),
]
PLANS = 200


async def test_the_example_survives_death_before_and_after_every_call(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    result = Result("kill-points")
    async with example_launch(tmp_path / "whole") as runs:
        await runs.control.faults("POST", {})
        await runs.done()
        counted = await counts(runs)
        clean = runs.served()
    points = [
        (service, number, when)
        for service, count in counted.items()
        for number in range(1, count + 1)
        for when in ("kill_before", "kill_after")
    ]
    for index, (service, number, when) in enumerate(points):
        key = f"{service} {number} {when}"
        if index % result.every or result.survived(key):
            continue
        fault = {"kind": when, "service": service, "nth": number}
        async with example_launch(tmp_path / f"{index}") as runs:
            told = await killed_and_again(runs, fault, clean)
        result.note(key, told, points=len(points), counted=counted)
    with capsys.disabled():
        tell(result.text(), *(f"  {key}: {told}" for key, told in result.failed.items()))
    assert not result.failed


async def counts(runs: Runs) -> dict[str, int]:
    """How many calls of each service a whole launch makes."""
    counted: dict[str, int] = (await runs.control.faults())["counted"]
    await runs.control.faults("DELETE")
    return counted


async def killed_and_again(runs: Runs, fault: dict[str, Any], clean: dict[str, Any]) -> str:
    """``survived``, or what is wrong after a death and one more `launch up`."""
    ended, fired = await runs.killed(fault, "up", runs.name, "--yes")
    if fired and ended.code != -9:
        return f"the run did not die: exit {ended.code}"
    again = await runs.up()
    if again.code != 0:
        return f"exit {again.code}: {again.err[-1500:]}"
    problems = runs.true_to_the_edge()
    if problems:
        return "; ".join(problems)
    if runs.served() != clean:
        return "another state is served than after a launch that nobody killed"
    return SURVIVED  # a point that this run never came to (calls overlap) is a launch done twice


async def test_two_hundred_fault_plans_over_the_life_of_a_launch(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    result = Result("fault-plans")
    for first in range(1, PLANS + 1, len(STEPS)):
        seeds = range(first, min(first + len(STEPS), PLANS + 1))
        chunk = f"seeds {seeds[0]} to {seeds[-1]}"
        if (first // len(STEPS)) % result.every or all(result.survived(f"seed {one}") for one in seeds):
            continue
        told = []
        try:
            async with small_launch(tmp_path / chunk.replace(" ", "-")) as runs:
                for seed in seeds:
                    told.append(await live_through(runs, seed, STEPS[seed % len(STEPS)]))
            await as_declared(tmp_path / f"{chunk.replace(' ', '-')}-clean", told)
        except AssertionError as error:
            result.note(f"seed {seeds[len(told)] if len(told) < len(seeds) else chunk}", str(error)[:1500])
            continue
        for one in told:
            result.note(f"seed {one.seed}", SURVIVED)
    with capsys.disabled():
        tell(result.text(), *(f"  {key}: {one}" for key, one in result.failed.items()))
    assert not result.failed

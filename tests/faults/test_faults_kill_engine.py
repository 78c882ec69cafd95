"""SIGKILL of a real launch, again and again, and `launch up` once more: the same launch, nothing twice.

Ten deaths in a row: each run takes up what the one before it left, and dies at another call; the last one is
let live. `make soak` kills at every call, one at a time (test_faults_soak.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from runs import NAME, SMALL, Runs, small_launch, tell

from launchready.engine import engine_or_reason

pytestmark = [
    pytest.mark.engine,
    pytest.mark.slow,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(engine_or_reason()[0] is None, reason="no engine yet: make setup"),
]

PROVIDER, ENGINE = "run_plugin cloudflare", "up --yes --skip-preview"
BATCH, RULES = "/zones/*/dns_records/batch", "/zones/*/rulesets*"
DEATHS: tuple[Mapping[str, Any], ...] = (
    {"kind": "kill_before", "method": "POST", "path": "/zones"},
    {"kind": "kill_after", "method": "POST", "path": "/zones"},
    {"kind": "kill_after", "service": "aws", "path": "/ssm/PutParameter"},
    {"kind": "kill_before", "method": "P*", "path": RULES},
    {"kind": "kill_after", "method": "P*", "path": RULES},
    {"kind": "kill_before", "method": "POST", "path": BATCH},
    {"kind": "kill_after", "method": "POST", "path": BATCH, "program": PROVIDER},
    {"kind": "kill_after", "method": "POST", "path": BATCH, "program": ENGINE},
    {"kind": "kill_after", "method": "POST", "path": BATCH},
    {"kind": "kill_before", "method": "GET", "path": "/zones/*/rulesets"},
)
"""What dies (the whole run, unless a program of it is named) and when."""


def grown(runs_so_far: int) -> dict[str, Any]:
    """A client file that asks for more with each run: a host, a rule's redirect, a variable's value."""
    more: dict[str, Any] = {}
    for number in range(runs_so_far):  # two records a run: one alone is no batch
        more[f"r{number}"] = {"redirect": "@"}
        more[f"a{number}"] = {"address": f"203.0.113.{30 + number}"}
    value = {"value": f"https://api{runs_so_far}.acme.example", "scope": "browser"}
    environment = {"target": "ssm", "variables": {"PUBLIC_API_URL": value}}
    return {**SMALL, "hosts": {**SMALL["hosts"], **more}, "environment": environment}


async def test_ten_deaths_in_a_row_and_the_launch_is_as_if_nobody_had_died(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with small_launch(tmp_path / "killed") as runs:
        survived = 0
        for number, death in enumerate(DEATHS):
            runs.write(grown(number))
            await die(runs, death)
            survived += 1
        await runs.done()
        served, problems = runs.served(), runs.true_to_the_edge()
        assert problems == []
        again = await runs.done()
        assert "create" not in again.out
        assert "did not end well" not in again.err
    async with small_launch(tmp_path / "clean") as clean:
        clean.write(grown(len(DEATHS) - 1))
        await clean.done()
        assert clean.served() == served
    with capsys.disabled():
        tell(f"kill points: {survived} survived / {len(DEATHS)} tried")


async def die(runs: Runs, death: Mapping[str, Any]) -> None:
    ended, fired = await runs.killed(death, "up", NAME, "--yes")
    assert fired, (death, ended.err[-1500:])
    expected = (0, 3) if "program" in death else (-9,)
    assert ended.code in expected, (death, ended.err[-1500:])
    assert "Traceback" not in ended.err


async def test_a_takedown_that_dies_is_taken_up(tmp_path: Path) -> None:
    async with small_launch(tmp_path) as runs:
        await runs.done()
        death = {"kind": "kill_after", "method": "POST", "path": BATCH}
        ended, fired = await runs.killed(death, "destroy", NAME, "--yes")
        assert fired, ended.err
        finished = await runs.run("destroy", NAME, "--yes")
        assert finished.code == 0, finished.err
        served = runs.served()
        assert served["zones"] == []
        assert not any(served["aws"].values())
        assert [one["type"] for one in runs.state().get("resources") or ()] in ([], ["pulumi:pulumi:Stack"])

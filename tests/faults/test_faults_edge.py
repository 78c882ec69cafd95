"""The edge's faults, as a client meets them: what happened in the zone, and what came back of it."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from faults_kit import Control, faulty_edge

from launchready.edge.faults import KINDS, read_plan
from launchready.edge.faults.plan import AWS, CLOUDFLARE
from launchready.errors import InputError

A = {"type": "A", "name": "www.acme.example", "content": "192.0.2.1", "ttl": 300}


@pytest.fixture
async def control(tmp_path: Path) -> AsyncIterator[Control]:
    async with faulty_edge(tmp_path) as found:
        yield found


def test_the_same_seed_draws_the_same_faults() -> None:
    def drawn(seed: int) -> list[str | None]:
        plan = read_plan({"seed": seed, "rate": 0.3})
        judged = (plan.judge(CLOUDFLARE, n, "POST", "/zones/x/dns_records/batch") for n in range(1, 200))
        return [fault.kind if fault else None for fault in judged]

    assert drawn(7) == drawn(7)
    assert drawn(7) != drawn(8)
    assert 30 < sum(kind is not None for kind in drawn(7)) < 90
    assert {kind for kind in drawn(7) if kind} > {"partial_batch", "truncated", "reset_after"}


def test_what_one_call_meets_does_not_depend_on_the_others() -> None:
    plan, other = read_plan({"seed": 3, "rate": 0.5}), read_plan({"seed": 3, "rate": 0.5})
    for number in range(1, 20):
        other.judge(AWS, number, "POST", "/ssm/PutParameter")
    for number in range(1, 20):
        one, two = (p.judge(CLOUDFLARE, number, "GET", "/zones") for p in (plan, other))
        assert (one and one.kind) == (two and two.kind)


def test_no_more_faults_are_drawn_than_the_plan_allows() -> None:
    plan = read_plan({"seed": 1, "rate": 1.0, "most": 3})
    assert sum(plan.judge(CLOUDFLARE, n, "GET", "/zones") is not None for n in range(1, 50)) == 3


def test_a_listed_fault_meets_the_nth_call_that_fits() -> None:
    plan = read_plan(
        {"faults": [{"kind": "reset_after", "method": "post", "path": "/zones/*/rulesets", "nth": 2}]}
    )
    met = [
        plan.judge(CLOUDFLARE, n, method, path) is not None
        for n, (method, path) in enumerate(
            [
                ("POST", "/zones/z/rulesets"),
                ("GET", "/zones/z/rulesets"),
                ("POST", "/zones/z/rulesets"),
                ("POST", "/zones/z/rulesets"),
            ],
            1,
        )
    ]
    assert met == [False, False, True, False]


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ([], "JSON object"),
        ({"sed": 1}, "sed"),
        ({"rate": 2}, "rate"),
        ({"seed": True}, "seed"),
        ({"kinds": ["explode"]}, "explode"),
        ({"kinds": ["kill_after"]}, "group"),
        ({"group": 1}, "group"),
        ({"faults": [{"kind": "429", "service": "aws"}]}, "AWS"),
        ({"faults": [{"kind": "slow", "nth": 0}]}, "nth"),
        ({"faults": [{"kind": "slow", "seconds": -1}]}, "seconds"),
        ({"status": 200}, "status"),
    ],
)
def test_a_plan_that_makes_no_sense_is_refused_by_name(given: Any, named: str) -> None:
    with pytest.raises(InputError, match=named):
        read_plan(given)


async def test_a_bad_plan_leaves_the_plan_in_force_as_it_is(control: Control) -> None:
    await control.faults("POST", {"seed": 1, "rate": 0.0})
    assert (await control.faults("POST", {"rate": "often"}))["status"] == 400
    assert (await control.faults())["plan"] == {"seed": 1, "rate": 0.0}


EFFECT = {
    "429": (429, False),
    "429_retry_after": (429, False),
    "5xx_before": (502, False),
    "5xx_after": (502, True),
    "timeout_before": (0, False),
    "timeout_after": (0, True),
    "reset_before": (0, False),
    "reset_after": (0, True),
    "slow": (200, True),
    "truncated": (0, True),
}
"""Kind → (status that comes, 0: none; whether the call took effect)."""


@pytest.mark.parametrize("kind", EFFECT)
async def test_a_call_meets_its_fault_and_the_next_one_does_not(control: Control, kind: str) -> None:
    zone = await control.zone()
    await control.faults("POST", {
        "hold": 0.05, "seconds": 0.05, "retry_after": 9, "status": 502, "faults": [{"kind": kind, "nth": 2}],
    })  # fmt: skip
    status, effect = EFFECT[kind]
    await control.call("GET", f"/zones/{zone}")
    if status:
        met = await control.call("POST", f"/zones/{zone}/dns_records", A)
        assert met[0] == status
        assert met[1].get("Retry-After") == ("9" if kind == "429_retry_after" else None)
    else:
        with pytest.raises(aiohttp.ClientError):
            await control.call("POST", f"/zones/{zone}/dns_records", A)
    assert control.records() == ([("www.acme.example", "A", "192.0.2.1")] if effect else [])
    again = await control.call("POST", f"/zones/{zone}/dns_records", A)
    assert again[0] == (400 if effect else 200)
    listed = await control.faults()
    assert [(fired["kind"], fired["number"], fired["method"]) for fired in listed["fired"]] == [
        (kind, 2, "POST")
    ]
    assert listed["counted"] == {"cloudflare": 3, "aws": 0}


async def test_a_batch_takes_effect_and_its_answer_is_lost(control: Control) -> None:
    zone = await control.zone()
    await control.faults("POST", {"faults": [{"kind": "partial_batch", "path": "*/batch"}]})
    with pytest.raises(aiohttp.ClientError):
        await control.call("POST", f"/zones/{zone}/dns_records/batch", {"posts": [A]})
    assert len(control.records()) == 1


async def test_without_a_plan_nothing_is_counted(control: Control) -> None:
    await control.faults("POST", {"rate": 1.0, "kinds": ["429"]})
    zone = control.call("GET", "/zones")
    assert (await zone)[0] == 429
    assert (await control.faults("DELETE"))["fired"] == 1
    assert (await control.call("GET", "/zones"))[0] == 200
    listed = await control.faults()
    assert (listed["plan"], listed["calls"], listed["fired"]) == (None, [], [])
    assert set(listed["kinds"]) == set(KINDS)


SLEEPER = (
    "import subprocess, sys\n"
    "code = 'import time; time.sleep(600)'\n"
    "child = subprocess.Popen([sys.executable, '-c', code, 'the-' + 'grandchild'],\n"
    "                         start_new_session=True)\n"
    "print(child.pid, flush=True)\n"
    "child.wait()\n"
)


def started() -> tuple[subprocess.Popen[str], int]:
    """A process group of its own, and the pid of a child in yet another group."""
    run = subprocess.Popen(
        [sys.executable, "-c", SLEEPER], stdout=subprocess.PIPE, start_new_session=True, text=True
    )
    assert run.stdout is not None
    return run, int(run.stdout.readline())


@pytest.mark.parametrize("when", ["kill_before", "kill_after"])
async def test_a_run_dies_whole_at_a_call(control: Control, when: str) -> None:
    zone = await control.zone()
    run, grandchild = started()
    await control.faults("POST", {"faults": [{"kind": when, "group": run.pid, "method": "POST"}]})
    with pytest.raises(aiohttp.ClientError):
        await control.call("POST", f"/zones/{zone}/dns_records", A)
    assert len(control.records()) == (when == "kill_after")
    assert await asyncio.to_thread(run.wait, 10) == -9
    assert await gone(grandchild)
    killed = (await control.faults())["fired"][0]["killed"]
    assert sorted(killed) == sorted([run.pid, grandchild])


async def test_only_the_program_that_was_named_dies(control: Control) -> None:
    run, grandchild = started()
    await control.faults(
        "POST", {"faults": [{"kind": "kill_before", "group": run.pid, "program": "the-grandchild"}]}
    )
    with pytest.raises(aiohttp.ClientError):
        await control.call("GET", "/zones")
    assert (await control.faults())["fired"][0]["killed"] == [grandchild]
    assert await asyncio.to_thread(run.wait, 10) == 0


async def test_the_edge_does_not_kill_itself(control: Control) -> None:
    await control.faults("POST", {"faults": [{"kind": "kill_before", "group": os.getpgid(0)}]})
    with pytest.raises(aiohttp.ClientError):
        await control.call("GET", "/zones")
    assert "own process group" in (await control.faults())["fired"][0]["problem"]


async def gone(pid: int) -> bool:
    deadline = time.monotonic() + 10
    while Path(f"/proc/{pid}/stat").exists():
        if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "ZX":
            return True
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)
    return True

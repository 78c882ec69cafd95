"""One seeded fault plan over one step of a launch's life, and what must hold after it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runs import DOMAIN, FOREIGN, NAME, SMALL, Ended, Runs, small_launch

RATE = 0.08
EDITED: dict[str, Any] = {
    **SMALL,
    "hosts": {**SMALL["hosts"], "shop": {"address": "203.0.113.20"}, "@": {"address": "203.0.113.11"}},
    "records": [{"name": "@", "type": "TXT", "content": "site-verification=42"}],
}
THEIRS = {"type": "TXT", "name": f"{FOREIGN}.{DOMAIN}", "content": "nobody's business", "ttl": 300}
"""A record of somebody else's: no run may touch it."""


@dataclass(frozen=True)
class Step:
    """``values``: what the client file says from now on; None: as it was. ``command``: what is run.

    ``leads_to``: what is served afterwards, by the name of its client file.
    """

    name: str
    leads_to: str
    command: tuple[str, ...]
    values: Mapping[str, Any] | None = None


STEPS = (
    Step("destroy", "none", ("destroy", NAME, "--yes", "--allow-loss", DOMAIN)),
    Step("up", "small", ("up", NAME, "--yes"), SMALL),
    Step("edit", "edited", ("up", NAME, "--yes"), EDITED),
    Step("refresh", "edited", ("up", NAME, "--yes", "--refresh")),
    Step("drift", "edited", ("drift", NAME)),
    Step("edit back", "small", ("up", NAME, "--yes", "--allow-loss", f"shop.{DOMAIN} A"), SMALL),
    Step("rollback", "edited", ("rollback", NAME, "--yes")),
    Step("up again", "small", ("up", NAME, "--yes"), SMALL),
)


@dataclass(frozen=True)
class Told:
    seed: int
    step: str
    fired: int
    code: int
    leads_to: str
    served: Mapping[str, Any]

    def text(self) -> str:
        ending = (
            "as declared" if self.code in (0, 1) else f"a clear error (exit {self.code}), then as declared"
        )
        return f"seed {self.seed}, {self.step}: {self.fired} faults, {ending}"


async def live_through(runs: Runs, seed: int, step: Step) -> Told:
    """Run the step under the plan; then whatever was left undone without it. Everything is checked."""
    if step.values is not None:
        runs.write(step.values)
    held = await foreign(runs)
    await runs.control.faults("POST", {"seed": seed, "rate": RATE, "hold": 0.3, "seconds": 0.2})
    ended = await runs.run(*step.command)
    fired = (await runs.control.faults("DELETE"))["fired"]
    where = f"seed {seed}, {step.name}"
    clear(ended, where)
    changing = step.name != "drift"
    if ended.code in (0, 1) and changing:
        assert runs.true_to_the_edge() == [], where
    elif changing:
        repeated = await runs.run(*step.command)
        assert repeated.code in (0, 1), f"{where}: {repeated.err[-3000:]}"
        assert runs.true_to_the_edge() == [], where
    if step.name != "destroy" and held:
        assert await foreign(runs) == held, f"{where}: a record of somebody else's went"
    return Told(seed, step.name, fired, ended.code, step.leads_to, runs.served())


async def as_declared(directory: Path, told: Sequence[Told]) -> None:
    """What was served after each is what a launch without faults serves."""
    clean: dict[str, Mapping[str, Any]] = {}
    async with small_launch(directory) as runs:
        clean["none"] = runs.served()
        for name, values in (("small", SMALL), ("edited", EDITED)):
            runs.write(values)
            await runs.done()
            clean[name] = runs.served()
    for one in told:
        assert one.served == clean[one.leads_to], one.text()


def clear(ended: Ended, where: str) -> None:
    """An error that a person can read, and never a traceback."""
    assert ended.code in (0, 1, 3), f"{where}: {ended.code} {ended.err[-3000:]}"
    assert "Traceback" not in ended.err, f"{where}: {ended.err[-3000:]}"
    assert "unforeseen" not in ended.err, f"{where}: {ended.err[-3000:]}"
    if ended.code == 3:
        assert "error: " in ended.err, f"{where}: {ended.err[-3000:]}"


async def foreign(runs: Runs) -> list[str]:
    """Other people's records, put there as soon as there is a zone; by type and content."""
    zone = runs.control.edge.state.zone_for(DOMAIN)
    if zone is None:
        return []
    mine = [one for one in zone.records.values() if one["name"] == THEIRS["name"]]
    if not mine:
        status, _, answer = await runs.control.call("POST", f"/zones/{zone.info['id']}/dns_records", THEIRS)
        assert status == 200, answer
    return sorted(
        json.dumps([one["type"], one["content"]])
        for one in zone.records.values()
        if one["name"] == THEIRS["name"]
    )

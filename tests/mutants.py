"""`make mutants`: take each lint, check and kind of drift away in turn; its bad twin must then be missed.

A registered check or lint without a twin, or whose twin still passes without it, survives: that is a
hole in the tests, and the run fails. A check that always fails must also be caught: the good clients
would raise a false alarm.
"""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import sys
import time
from collections.abc import Callable

from launchready.checklist import load as load_checks
from launchready.checklist.registry import Check, Registry, Subject, failed
from launchready.client_file.lint import LINTS
from launchready.client_file.model import ClientFile
from launchready.verify import Verification, verify
from tests.bad_twins import catalogue, harness
from tests.client_file import lint_twins
from tests.drift import drift_mutants

REGISTRY = load_checks()


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def lint_mutants() -> list[str]:
    """Ids of lints that can be taken away without a twin noticing."""
    survivors = []
    for lint_id in LINTS.ids:
        twins = [t for t in lint_twins.TWINS.values() if lint_id in t.trips]
        without = LINTS.without(lint_id)
        noticed = any(lint_twins.observed(twin, without) != twin.trips for twin in twins)
        if not noticed:
            survivors.append(lint_id)
    return survivors


class Seen:
    """What each twin and each good client looked like, seen once: afterwards it is judged from evidence."""

    def __init__(self, stage: harness.Stage) -> None:
        self._stage = stage
        self._runs: dict[int, Verification] = {}

    async def judged(self, twin: harness.Twin, registry: Registry) -> frozenset[str]:
        """The checks of ``registry`` that fail for a twin."""
        if id(twin) not in self._runs:
            self._runs[id(twin)] = await self._stage.verification(twin, REGISTRY)
        client = ClientFile.model_validate({"client": "twin", **harness.opened(dict(twin.client))})
        chosen = Registry({c.id: c for c in registry if not twin.rows or c.row in twin.rows})
        if not len(chosen):
            return frozenset()
        evidence = self._runs[id(twin)].evidence
        again = await verify(client, edge=None, checks=chosen, replay=evidence)
        return frozenset(finding.check for finding in again.failures)


async def check_mutants(only: str | None) -> tuple[list[str], list[str]]:
    """Ids of checks whose absence no twin notices, and of checks whose paranoia no good client notices."""
    unnoticed, paranoid = [], []
    async with harness.stage() as stage:
        seen = Seen(stage)
        for check in REGISTRY:
            if only is not None and only not in check.id:
                continue
            twin = next((t for t in catalogue.TWINS.values() if check.id in t.trips), None)
            started = time.monotonic()
            if twin is None or not await _notices(seen, twin, check):
                unnoticed.append(check.id)
            alarms = [await seen.judged(good, always_failing(check)) for good in catalogue.GOOD.values()]
            if not any(alarms):
                paranoid.append(check.id)
            say(f"  {check.id}: {time.monotonic() - started:.1f} s")
    return unnoticed, paranoid


async def _notices(seen: Seen, twin: harness.Twin, check: Check) -> bool:
    """Does the twin trip its list, and another one without the check?"""
    whole = await seen.judged(twin, REGISTRY)
    return whole == twin.trips and await seen.judged(twin, REGISTRY.without(check.id)) != twin.trips


def always_failing(check: Check) -> Registry:
    """A registry with this one check, which fails whatever it sees."""

    def alarm(subject: Subject):  # type: ignore[no-untyped-def]
        return failed(subject.client.domain, "always")

    registry = Registry()
    registry.add(dataclasses.replace(check, run=alarm, needs=()))
    return registry


def report(kind: str, tried: int, survivors: list[str]) -> bool:
    say(f"{kind}: {tried - len(survivors)} of {tried} caught")
    for survivor in survivors:
        say(f"  survived: {survivor}")
    return not survivors


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", help="ids of checks and kinds of drift that contain this")
    options = parser.parse_args()
    steps: list[Callable[[], bool]] = []
    if options.only is None:
        steps.append(lambda: report("lints taken away", len(LINTS.ids), lint_mutants()))
    unnoticed, paranoid = asyncio.run(check_mutants(options.only))
    tried = sum(1 for c in REGISTRY if options.only is None or options.only in c.id)
    steps.append(lambda: report("checks taken away", tried, unnoticed))
    steps.append(lambda: report("checks that always fail", tried, paranoid))
    kinds, missed = asyncio.run(drift_mutants.survivors(options.only))
    steps.append(lambda: report("kinds of drift taken away", kinds, missed))
    outcomes = [step() for step in steps]
    return 0 if all(outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())

"""`make mutants`: take each lint and each check away in turn; its bad twin must then be missed.

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
from tests.bad_twins import catalogue, harness
from tests.client_file import lint_twins

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


async def check_mutants(only: str | None) -> tuple[list[str], list[str]]:
    """Ids of checks whose absence no twin notices, and of checks whose paranoia no good client notices."""
    unnoticed, paranoid = [], []
    async with harness.stage() as stage:
        for check in REGISTRY:
            if only is not None and only not in check.id:
                continue
            twin = next((t for t in catalogue.TWINS.values() if check.id in t.trips), None)
            started = time.monotonic()
            if twin is None or await stage.observe(twin, REGISTRY.without(check.id)) == twin.trips:
                unnoticed.append(check.id)
            if not await stage.false_alarms(always_failing(check)):
                paranoid.append(check.id)
            say(f"  {check.id}: {time.monotonic() - started:.1f} s")
    return unnoticed, paranoid


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
    parser.add_argument("--only", help="check ids that contain this")
    options = parser.parse_args()
    steps: list[Callable[[], bool]] = []
    if options.only is None:
        steps.append(lambda: report("lints taken away", len(LINTS.ids), lint_mutants()))
    unnoticed, paranoid = asyncio.run(check_mutants(options.only))
    tried = sum(1 for c in REGISTRY if options.only is None or options.only in c.id)
    steps.append(lambda: report("checks taken away", tried, unnoticed))
    steps.append(lambda: report("checks that always fail", tried, paranoid))
    outcomes = [step() for step in steps]
    return 0 if all(outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())

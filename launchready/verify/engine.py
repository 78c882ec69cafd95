"""Rounds of asking: planners and checks name probes, probes bring evidence, until nothing new is asked.

A check that breaks, or whose evidence never comes, is inconclusive with a cause: never a crash, never a pass.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from launchready.checklist.registry import (
    Check,
    Outcome,
    Subject,
    inconclusive,
    not_applicable,
)
from launchready.client_file.model import ClientFile
from launchready.declared.types import Declared
from launchready.evidence.collector import OnResult, failure
from launchready.evidence.types import BurstProbe, Cause, Evidence, NotCollected, Probe, Result, is_stateful

Progress = Callable[[str, int, int], None]
"""(what is being done, how many of it are done, of how many)."""


class Source(Protocol):
    """Where results come from: a collector, or a file of evidence."""

    async def collect(
        self, probes: Iterable[Probe], on_result: OnResult | None = None
    ) -> Mapping[str, tuple[Result, ...]]: ...


@dataclass(frozen=True, slots=True)
class Replay:
    """Evidence that was saved. What it lacks was not probed, and says so."""

    evidence: Evidence

    async def collect(
        self, probes: Iterable[Probe], on_result: OnResult | None = None
    ) -> Mapping[str, tuple[Result, ...]]:
        return {probe.id: self._result(probe) for probe in probes}

    def _result(self, probe: Probe) -> tuple[Result, ...]:
        missing = failure(probe, Cause.NOT_PROBED, "not in the saved evidence")
        return tuple(self.evidence.results.get(probe.id, (missing,)))


@dataclass(slots=True)
class Run:
    """One run of checks over one client, and the evidence that it gathers."""

    client: ClientFile
    declared: Declared
    facts: Mapping[str, object]
    source: Source
    rounds: int
    progress: Progress | None = None
    results: dict[str, tuple[Result, ...]] = field(default_factory=dict)

    @property
    def evidence(self) -> Evidence:
        return Evidence(self.results, self.facts)

    async def outcomes(self, checks: Iterable[Check]) -> dict[str, tuple[Outcome, ...]]:
        """Every check's outcomes by its id; at least one for each check."""
        pending = list(checks)
        done: dict[str, tuple[Outcome, ...]] = {}
        for round_number in range(1, self.rounds + 1):
            wanted: dict[str, Probe] = {}
            subject = Subject(self.client, self.declared, self.evidence)
            for check in pending:
                asked = self._attempt(check, subject, done)
                wanted.update((probe.id, probe) for probe in asked)
            pending = [check for check in pending if check.id not in done]
            if not wanted:
                break
            if round_number == self.rounds:
                self.results.update((key, _too_deep(probe)) for key, probe in wanted.items())
            else:
                # What changes something waits until nothing else is left to look at.
                quiet = {key: probe for key, probe in wanted.items() if not is_stateful(probe)}
                gentle = {key: probe for key, probe in wanted.items() if not isinstance(probe, BurstProbe)}
                await self._collect(quiet or gentle or wanted, round_number)
        subject = Subject(self.client, self.declared, self.evidence)
        for check in pending:
            if self._attempt(check, subject, done):
                reason = f"its evidence was not complete after {self.rounds} rounds"
                done[check.id] = (inconclusive(self.client.domain, Cause.NOT_PROBED, reason),)
        return done

    async def _collect(self, wanted: Mapping[str, Probe], round_number: int) -> None:
        count = 0

        def on_result(_: Probe) -> None:
            nonlocal count
            count += 1
            if self.progress is not None:
                self.progress(f"round {round_number}: probing", count, len(wanted))

        self.results.update(await self.source.collect(wanted.values(), on_result))

    def _attempt(self, check: Check, subject: Subject, done: dict[str, tuple[Outcome, ...]]) -> list[Probe]:
        """The probes that a check still lacks; when none, its outcomes are in ``done``."""
        missing: list[Probe] = []
        try:
            for planner in check.needs:
                missing += self._planned(planner(subject))
            if not missing:
                found = check.run(subject)
                outcomes = (found,) if isinstance(found, Outcome) else tuple(found)
                done[check.id] = outcomes or (not_applicable(self.client.domain, "nothing to look at"),)
        except NotCollected as error:
            missing = list(error.probes)
        except Exception as error:  # noqa: BLE001 - a bug in one check must not take the report with it
            reason = f"the check broke: {type(error).__name__}: {error}"
            done[check.id] = (inconclusive(self.client.domain, Cause.CHECK_ERROR, reason),)
        return missing

    def _planned(self, probes: Iterable[Probe]) -> list[Probe]:
        """What a planner asks for beyond what is there. A planner may itself read evidence."""
        missing: list[Probe] = []
        iterator = iter(probes)
        while True:
            try:
                probe = next(iterator)
            except StopIteration:
                return missing
            except NotCollected as error:
                return missing + [found for found in error.probes if found.id not in self.results]
            if probe.id not in self.results:
                missing.append(probe)


def _too_deep(probe: Probe) -> tuple[Result, ...]:
    return (failure(probe, Cause.NOT_PROBED, "one answer led to another too often"),)

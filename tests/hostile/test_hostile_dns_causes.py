"""SERVFAIL, time-out, refusal and NXDOMAIN each give their own cause, in every check that needs DNS.

Nothing is asked of anybody: every question of a check is answered by the planted cause, and so is every
connection, since there is no address to go to.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from launchready import checklist
from launchready.checklist.registry import Check, Outcome, Status
from launchready.client_file.model import ClientFile
from launchready.declared import declare, resolve
from launchready.declared.types import Declared
from launchready.evidence.collector import OnResult, failure
from launchready.evidence.types import AwsProbe, Cause, DnsProbe, DnsResult, Probe, Result
from launchready.verify.engine import Run
from tests.bad_twins.catalogue import GOOD
from tests.bad_twins.created import outputs_of
from tests.bad_twins.harness import opened

pytestmark = pytest.mark.slow

FAILURES = (Cause.SERVFAIL, Cause.TIMEOUT, Cause.REFUSED)
ROUNDS = 24
THE_ANSWER_IS_THE_PROOF = {
    "dns.servers.recursion": {Cause.SERVFAIL, Cause.REFUSED},
    # a server that refuses a foreign name, its header without RA, has shown that it does not recurse
    "surface.takeover.delegation": {Cause.SERVFAIL},
    # what an edge's world says of a server that it does not know: nothing can be told of it there
}
LEAST = 60
"""Checks that need DNS."""


@dataclass(frozen=True)
class Planted:
    """A source of evidence that finds nothing out, for one cause."""

    cause: Cause

    async def collect(
        self, probes: Iterable[Probe], on_result: OnResult | None = None
    ) -> Mapping[str, tuple[Result, ...]]:
        return {probe.id: (self._result(probe),) for probe in probes}

    def _result(self, probe: Probe) -> Result:
        if isinstance(probe, DnsProbe):
            return DnsResult(probe, "192.0.2.1", self.cause, detail=f"planted: {self.cause}")
        return failure(probe, Cause.NOT_PROBED if isinstance(probe, AwsProbe) else self.cause, "planted")


def launch(name: str) -> tuple[ClientFile, Declared]:
    client = ClientFile.model_validate({"client": "twin", **opened(dict(GOOD[name].client))})
    declared = declare(client)
    return client, resolve(declared, outputs_of(declared))


async def outcomes(name: str, cause: Cause) -> dict[str, tuple[Outcome, ...]]:
    """Of each check that asked a question of DNS."""
    client, declared = launch(name)
    facts = {
        "now": datetime.now(UTC), "target": "edge", "domain": declared.domain, "nonce": "lrplanted",
        "edge_addresses": ("127.0.0.1",), "public": False, "client": "twin", "nameservers": (),
    }  # fmt: skip
    found: dict[str, tuple[Outcome, ...]] = {}
    for check in checklist.load():
        run = Run(client, declared, facts, Planted(cause), ROUNDS)
        seen = (await run.outcomes([check]))[check.id]
        if any(key.startswith("dns:") for key in run.results):
            found[check.id] = seen
    return found


def wrong(check: str, outcome: Outcome, cause: Cause) -> bool:
    """Is an outcome a verdict on what nobody knows, or has it another cause?"""
    if outcome.status is Status.NOT_APPLICABLE:
        return False
    if outcome.status is Status.INCONCLUSIVE:
        return outcome.cause is not cause
    return cause in FAILURES and cause not in THE_ANSWER_IS_THE_PROOF.get(check, set())


@pytest.mark.parametrize("cause", [*FAILURES, Cause.NXDOMAIN])
@pytest.mark.parametrize("name", ["signed, never mails", "mails by two senders", "many kinds of records"])
async def test_a_failure_to_find_out_keeps_its_cause(name: str, cause: Cause) -> None:
    found = await outcomes(name, cause)
    assert [
        (check, outcome.status.value, outcome.cause, outcome.observed)
        for check, seen in found.items()
        for outcome in seen
        if wrong(check, outcome, cause)
    ] == []


@pytest.mark.parametrize("cause", FAILURES)
async def test_every_check_that_needs_dns_can_say_that_it_found_nothing_out(cause: Cause) -> None:
    told: dict[str, set[Cause | None]] = {}
    for name in GOOD:
        for check, seen in (await outcomes(name, cause)).items():
            told.setdefault(check, set()).update(o.cause for o in seen)
    exempt = {check for check, causes in THE_ANSWER_IS_THE_PROOF.items() if cause in causes}
    assert {check for check, causes in told.items() if cause not in causes} - exempt == set()
    assert len(told) >= LEAST


def test_the_exceptions_exist() -> None:
    known: dict[str, Check] = checklist.load().checks
    assert set(THE_ANSWER_IS_THE_PROOF) <= set(known)

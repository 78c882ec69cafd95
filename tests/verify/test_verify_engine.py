"""Rounds of asking: what a check lacks is brought, what breaks is inconclusive, what has no end is ended."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime

import pytest

from launchready import checklist
from launchready.checklist.registry import Fix, Outcome, Registry, Severity, Status, Subject, check, passed
from launchready.client_file.model import ClientFile
from launchready.declared import declare
from launchready.errors import InputError
from launchready.evidence.collector import OnResult
from launchready.evidence.types import Cause, DnsProbe, DnsResult, Evidence, Probe, Result, RRset
from launchready.verify import select
from launchready.verify.engine import Replay, Run

DOMAIN = "acme.example"


class Chain:
    """Every name n has a TXT record that names n+1; counts what is asked."""

    def __init__(self) -> None:
        self.rounds: list[list[str]] = []

    async def collect(
        self, probes: Iterable[Probe], on_result: OnResult | None = None
    ) -> Mapping[str, tuple[Result, ...]]:
        found: dict[str, tuple[Result, ...]] = {}
        for probe in probes:
            assert isinstance(probe, DnsProbe)
            data = (str(int(probe.name) + 1),)
            found[probe.id] = (DnsResult(probe, "r", None, (RRset(probe.name, "TXT", 1, data),)),)
            if on_result is not None:
                on_result(probe)
        self.rounds.append(sorted(found))
        return found


def registry_of(function: object, *needs: object) -> Registry:
    registry = Registry()
    check(
        "dns.test.one",
        severity=Severity.HIGH,
        reference="RFC 0",
        defect="d",
        fix=Fix("launchready:x", "y"),
        needs=needs,
        registry=registry,  # type: ignore[arg-type]
    )(function)  # type: ignore[arg-type]
    return registry


async def run(registry: Registry, source: Chain, rounds: int = 8) -> tuple[Outcome, ...]:
    client = ClientFile(domain=DOMAIN)
    facts = {"now": datetime.now(UTC), "target": "edge"}
    return (await Run(client, declare(client), facts, source, rounds).outcomes(registry))["dns.test.one"]


def walk(subject: Subject, steps: int) -> str:
    name = "0"
    for _ in range(steps):
        name = subject.evidence.dns(name, "TXT").data[0]
    return name


async def test_what_a_check_asks_for_is_brought_and_it_is_asked_again() -> None:
    source = Chain()
    outcomes = await run(registry_of(lambda subject: passed("s", walk(subject, 3))), source)
    assert [(o.status, o.observed) for o in outcomes] == [(Status.PASS, "3")]
    assert source.rounds == [["dns:TXT:0"], ["dns:TXT:1"], ["dns:TXT:2"]]


async def test_planners_ask_in_one_round_and_are_asked_again_with_what_came() -> None:
    def planner(subject: Subject) -> Iterator[Probe]:
        yield DnsProbe("0", "TXT")
        yield DnsProbe("10", "TXT")
        yield DnsProbe(subject.evidence.dns("0", "TXT").data[0], "TXT")

    source = Chain()
    await run(registry_of(lambda subject: passed("s"), planner), source)
    assert source.rounds == [["dns:TXT:0", "dns:TXT:10"], ["dns:TXT:1"]]


async def test_nothing_is_asked_twice() -> None:
    source = Chain()
    await run(registry_of(lambda s: passed("s", walk(s, 2)), lambda s: [DnsProbe("0", "TXT")]), source)
    asked = [probe for batch in source.rounds for probe in batch]
    assert len(asked) == len(set(asked))


async def test_a_check_that_breaks_is_inconclusive_and_says_so() -> None:
    (outcome,) = await run(registry_of(lambda subject: 1 / 0), Chain())
    assert (outcome.status, outcome.cause) == (Status.INCONCLUSIVE, Cause.CHECK_ERROR)
    assert "ZeroDivisionError" in outcome.observed


async def test_a_planner_that_breaks_is_inconclusive_and_says_so() -> None:
    def planner(subject: Subject) -> Iterator[Probe]:
        raise KeyError("gone")
        yield

    (outcome,) = await run(registry_of(lambda subject: passed("s"), planner), Chain())
    assert (outcome.status, outcome.cause) == (Status.INCONCLUSIVE, Cause.CHECK_ERROR)


async def test_questions_without_end_are_ended_and_are_no_pass() -> None:
    source = Chain()
    (outcome,) = await run(registry_of(lambda subject: passed("s", walk(subject, 10_000))), source, rounds=5)
    assert outcome.status is Status.INCONCLUSIVE
    assert len(source.rounds) == 4


async def test_a_check_without_outcomes_had_nothing_to_look_at() -> None:
    (outcome,) = await run(registry_of(lambda subject: []), Chain())
    assert outcome.status is Status.NOT_APPLICABLE


async def test_a_replay_answers_from_the_file_and_nothing_else() -> None:
    probe = DnsProbe("0", "TXT")
    kept = DnsResult(probe, "r", None, (RRset("0", "TXT", 1, ("1",)),))
    replay = Replay(Evidence({probe.id: (kept,)}))
    found = await replay.collect([probe, DnsProbe("1", "TXT")])
    assert found[probe.id] == (kept,)
    assert found["dns:TXT:1"][0].cause is Cause.NOT_PROBED


def test_only_takes_rows_and_checks_together() -> None:
    checks = checklist.load()
    chosen = select(checks, ["redirects", "tls.chain.valid"])
    assert {c.row for c in chosen} == {"redirects", "tls"}
    assert sum(1 for c in chosen if c.row == "tls") == 1


@pytest.mark.parametrize(
    ("name", "words"),
    [("tls.chain.vaild", "tls.chain.valid"), ("monitoring", "no check in row"), ("xyzzy", "launch checks")],
)
def test_an_unknown_choice_is_bad_input_with_a_hint(name: str, words: str) -> None:
    some = Registry({check.id: check for check in checklist.load() if check.row != "monitoring"})
    with pytest.raises(InputError) as caught:
        select(some, name)
    assert words in str(caught.value)


def test_a_choice_that_leaves_no_check_is_bad_input_and_no_verdict() -> None:
    with pytest.raises(InputError, match="without a client file"):
        select(checklist.load(), "dns.record.served", public=True)


def test_without_a_client_file_only_public_checks_run() -> None:
    checks = checklist.load()
    chosen = {c.id for c in select(checks, None, public=True)}
    assert "tls.chain.valid" in chosen
    assert "dns.record.served" not in chosen

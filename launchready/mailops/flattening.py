"""What a client's SPF includes resolve to now, compared with what its file has of them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from launchready.client_file.mail_options_model import SpfFlattened
from launchready.client_file.model import ClientFile
from launchready.client_file.spf_record import Composed, compose, to_flatten
from launchready.declared.types import Declared
from launchready.errors import LaunchreadyError
from launchready.evidence.collector import Collector
from launchready.evidence.limits import Limits
from launchready.evidence.types import Cause, DnsProbe
from launchready.mailauth import spf
from launchready.mailauth.dns import Answer
from launchready.mailauth.quotas import SPF_LOOKUPS
from launchready.mailauth.spf.addresses import NOBODY
from launchready.mailauth.spf.flatten import Flat, NotFlattenedError, flatten, kept_lookups, read
from launchready.verify.world import world

SCHEMA = "launchready.spf-flatten/1"
Question = tuple[str, str]


class _NotKnownYet(Exception):  # noqa: N818 - a signal, caught in this module
    def __init__(self, question: Question) -> None:
        super().__init__(*question)
        self.question = question


@dataclass(frozen=True, slots=True)
class Include:
    """One include. ``stored`` None: the file has nothing of it yet. ``lookups``: its cost as an include."""

    domain: str
    senders: tuple[str, ...]
    now: Flat
    lookups: int
    stored: Flat | None
    kept: Mapping[str, int]
    """Kept include → its look-ups."""

    @property
    def lost(self) -> tuple[str, ...]:
        """What it admits now and the file doesn't."""
        had = self.stored or Flat(NOBODY)
        return (*(self.now.passing - had.passing).terms(), *(t for t in self.now.kept if t not in had.kept))

    @property
    def extra(self) -> tuple[str, ...]:
        """What the file admits and it doesn't any more."""
        had = self.stored or Flat(NOBODY)
        return (*(had.passing - self.now.passing).terms(), *(t for t in had.kept if t not in self.now.kept))


@dataclass(frozen=True, slots=True)
class Flattening:
    """The comparison of a whole client. ``dropped``: includes in the file that nobody needs any more."""

    client: ClientFile
    today: date
    includes: tuple[Include, ...]
    dropped: tuple[str, ...]

    @property
    def changed(self) -> bool:
        """Is anything else to be published than the file says?"""
        return bool(self.dropped) or any(i.stored is None or i.lost or i.extra for i in self.includes)

    @property
    def old(self) -> bool:
        """Is what the file has older than ``email.spf.max_age``?"""
        taken = self.client.spf_flattened
        limit = timedelta(seconds=self.client.email.spf.max_age)
        return taken is not None and bool(self.includes) and self.today - taken.taken > limit

    @property
    def to_write(self) -> bool:
        """Does the file need to be written: is it stale, or does what is kept cost something else now?"""
        taken, snapshot = self.client.spf_flattened, self.snapshot
        costs = taken is not None and snapshot is not None and taken.lookups != snapshot.lookups
        return self.changed or self.old or costs or (snapshot is None and taken is not None)

    @property
    def snapshot(self) -> SpfFlattened | None:
        """What the file should have; None when nothing is flattened."""
        if not self.includes:
            return None
        found = {include.domain: include.now.terms() for include in self.includes}
        costs = {term: cost for include in self.includes for term, cost in include.kept.items()}
        return SpfFlattened(taken=self.today, includes=found, lookups=costs)

    @property
    def renewed(self) -> ClientFile:
        """The client file as it will be."""
        return self.client.model_copy(update={"spf_flattened": self.snapshot})

    @property
    def composed(self) -> Composed:
        return compose(self.renewed) or Composed((), ())

    @property
    def unflattened(self) -> int:
        """Look-ups of the apex's record with every include as it is."""
        known = {include.domain: include.lookups for include in self.includes}
        return sum(known.get(term.include or "", term.lookups) for term in self.composed.terms)

    def document(self, target: str, written: bool) -> dict[str, Any]:
        """The ``launchready.spf-flatten/1`` document."""
        taken = self.client.spf_flattened
        return {
            "schema": SCHEMA,
            "client": self.client.client,
            "domain": self.client.domain,
            "target": target,
            "taken": str(taken.taken) if taken is not None else None,
            "today": str(self.today),
            "fresh": not self.changed and not self.old,
            "written": written,
            "lookups": {
                "unflattened": self.unflattened, "flattened": self.composed.lookups, "limit": SPF_LOOKUPS,
            },
            "includes": [_entry(include) for include in self.includes],
            "dropped": list(self.dropped),
            "records": [
                {"name": record.name, "characters": len(record.text)} for record in self.composed.records
            ],
        }  # fmt: skip


def _entry(include: Include) -> dict[str, Any]:
    return {
        "include": include.domain,
        "senders": list(include.senders),
        "lookups": include.lookups,
        "terms": len(include.now.terms()),
        "kept": list(include.now.kept),
        "stored": include.stored is not None,
        "lost": list(include.lost),
        "extra": list(include.extra),
    }


async def compare(
    client: ClientFile,
    *,
    edge: Mapping[str, Any] | None,
    today: date,
    limits: Limits | None = None,
    resolver: str | None = None,
) -> Flattening:
    """Resolve every include that is to be flattened, and compare.

    Raises LaunchreadyError (exit 3) when DNS could not tell, or told what receivers can't use either.
    """
    wanted = to_flatten(client)
    nothing = Declared(client.domain, client.plan.value, (), (), (), False, False)
    answers: dict[Question, Answer] = {}
    found = []

    def known(name: str, rdtype: str) -> Answer:
        return answers.get((name, rdtype), Answer())

    async with Collector(world(nothing, edge, resolver), limits or Limits()) as collector:
        for domain, senders in wanted.items():
            now = await _flatten(domain, answers, collector)
            lookups = 1 + spf.tree(domain, known).lookups
            kept = kept_lookups(now, known)
            found.append(Include(domain, senders, now, lookups, _stored(client, domain), kept))
    taken = client.spf_flattened.includes if client.spf_flattened is not None else {}
    return Flattening(client, today, tuple(found), tuple(name for name in taken if name not in wanted))


def _stored(client: ClientFile, domain: str) -> Flat | None:
    taken = client.spf_flattened.includes if client.spf_flattened is not None else {}
    try:
        return read(taken[domain]) if domain in taken else None
    except ValueError:
        return None


async def _flatten(domain: str, answers: dict[Question, Answer], collector: Collector) -> Flat:
    """Ask DNS round by round until the include is whole."""

    def lookup(name: str, rdtype: str) -> Answer:
        if (name, rdtype) not in answers:
            raise _NotKnownYet((name, rdtype))
        return answers[name, rdtype]

    async def ask(questions: set[Question]) -> None:
        found = await asyncio.gather(*(_ask(collector, *question) for question in questions))
        answers.update(zip(questions, found, strict=True))

    def open_() -> set[Question]:
        return spf.wanted(domain, lambda *question: answers.get(question))

    while True:
        try:
            flat = flatten(domain, lookup)
            break
        except _NotKnownYet as missing:
            await ask({missing.question} | open_())
        except NotFlattenedError as error:
            what = f"include:{domain} can't be flattened: {error}"
            fix = "try again later" if error.failure else "receivers can't use it either: ask the sender"
            raise LaunchreadyError(what, fix=fix) from None
    while questions := open_():  # what is kept costs look-ups that flattening itself needed no answer to
        await ask(questions)
    return flat


async def _ask(collector: Collector, name: str, rdtype: str) -> Answer:
    result = await collector.resolve(DnsProbe(name, rdtype))
    if not result.answered:
        return Answer(failure=str(result.cause))
    return Answer(result.data, nxdomain=result.cause is Cause.NXDOMAIN)

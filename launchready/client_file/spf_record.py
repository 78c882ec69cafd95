"""The SPF records that ``email`` amounts to: one at the apex, and more where flattened addresses need room.

Nothing is reordered that could change a verdict: terms keep their order; the addresses of flattened
includes are gathered at the first of each run of terms with the same qualifier.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from launchready.client_file.model import ClientFile
from launchready.client_file.senders import ResolvedSender, resolved, term_lookups
from launchready.mailauth.dns import normal
from launchready.mailauth.quotas import SPF_LOOKUPS, SPF_SIZES
from launchready.mailauth.spf.addresses import NOBODY
from launchready.mailauth.spf.flatten import Flat, read
from launchready.mailauth.spf.syntax import VERSION


@dataclass(frozen=True, slots=True)
class SpfRecord:
    """One record: full name, text, and the key that declares it."""

    name: str
    text: str
    key: str


@dataclass(frozen=True, slots=True)
class Term:
    """One term of the apex's record. ``flat``: what stands for it, when it is flattened.

    ``lookups``: its cost as it is; ``kept``: the cost of what stands for it, addresses aside.
    """

    text: str
    sender: str
    lookups: int
    flat: Flat | None = None
    kept: int = 0

    @property
    def published(self) -> int:
        """Look-ups that it costs as it is published, further records aside."""
        return self.lookups if self.flat is None else self.kept

    @property
    def qualifier(self) -> str:
        return self.text[0] if self.text[:1] in ("+", "-", "~", "?") else ""

    @property
    def include(self) -> str | None:
        """The domain of a plain include; None for another term, or one that depends on the message."""
        return included(self.text)


@dataclass(frozen=True, slots=True)
class Composed:
    """``records``: the apex's first. ``terms``: what it is made of, senders' terms once each."""

    records: tuple[SpfRecord, ...]
    terms: tuple[Term, ...]

    @property
    def lookups(self) -> int:
        """DNS look-ups of the apex's record, as far as the file can tell."""
        return sum(term.published for term in self.terms) + len(self.records) - 1

    @property
    def unflattened(self) -> int:
        """What it would cost with the includes as they are."""
        return sum(term.lookups for term in self.terms)


def included(term: str) -> str | None:
    """The domain of an SPF term ``include:domain`` without macros; None for anything else."""
    word = term.lstrip("+-~?")
    name, _, domain = word.partition(":")
    return normal(domain) if name.lower() == "include" and domain and "%" not in domain else None


def flattens(client: ClientFile, sender: ResolvedSender) -> bool:
    """Does ``email.spf.flatten`` name this sender?"""
    chosen = client.email.spf.flatten
    return chosen if isinstance(chosen, bool) else sender.name.lower() in {name.lower() for name in chosen}


def to_flatten(client: ClientFile) -> dict[str, tuple[str, ...]]:
    """Include → the senders that need it at the apex, for every include that is to be flattened."""
    wanted: dict[str, tuple[str, ...]] = {}
    for sender in resolved(client):
        if not sender.at_apex or not flattens(client, sender):
            continue
        for term in sender.terms:
            domain = included(term)
            if domain is not None and sender.name not in wanted.get(domain, ()):
                wanted[domain] = (*wanted.get(domain, ()), sender.name)
    return wanted


def compose(client: ClientFile) -> Composed | None:
    """The SPF records of ``email``; None when it declares none."""
    if not client.email.managed:
        return None
    terms = tuple(_terms(client))
    return Composed(tuple(_records(client, terms)), terms)


def _terms(client: ClientFile) -> Iterator[Term]:
    snapshot = client.spf_flattened
    taken, costs = (snapshot.includes, snapshot.lookups) if snapshot is not None else ({}, {})
    wanted = to_flatten(client)
    seen: set[str] = set()
    for sender in resolved(client):
        for term in sender.terms if sender.at_apex else ():
            if term in seen:
                continue
            seen.add(term)
            domain = included(term)
            flat = _flat(taken[domain]) if domain in wanted and domain in taken else None
            cost = sender.lookups if sender.preset is not None else term_lookups(term)
            kept = sum(costs.get(part, 1) for part in flat.kept) if flat is not None else 0
            yield Term(term, sender.name, cost, flat, kept)


def _flat(terms: tuple[str, ...]) -> Flat | None:
    try:
        return read(terms)
    except ValueError:
        return None


def _records(client: ClientFile, terms: tuple[Term, ...]) -> Iterator[SpfRecord]:
    apex, end = client.domain, client.email.spf_all
    flat = any(term.flat is not None for term in terms)
    whole = [VERSION, *_in_order(terms, {}), end]
    if not flat or len(" ".join(whole)) <= SPF_SIZES[0]:
        yield SpfRecord(apex, " ".join(whole), "email.senders")
        return
    chunks = _chunks(terms)
    names = {
        run: [f"_spf{n}.{apex}" for n, owner in enumerate(chunks, 1) if owner[0] == run] for run, _ in chunks
    }
    yield SpfRecord(apex, " ".join((VERSION, *_in_order(terms, names), end)), "email.senders")
    for number, (_, addresses) in enumerate(chunks, 1):
        # an include takes no notice of how a record ends that doesn't pass
        yield SpfRecord(f"_spf{number}.{apex}", " ".join((VERSION, *addresses, "-all")), "email.spf")


def _runs(terms: tuple[Term, ...]) -> Iterator[tuple[int, str, list[Term]]]:
    for number, (qualifier, run) in enumerate(groupby(terms, key=lambda term: term.qualifier)):
        yield number, qualifier, list(run)


def _addresses(run: list[Term]) -> tuple[str, ...]:
    passing = NOBODY
    for term in run:
        passing |= term.flat.passing if term.flat is not None else NOBODY
    return passing.terms()


def _in_order(terms: tuple[Term, ...], names: dict[int, list[str]]) -> Iterator[str]:
    """The apex's terms; ``names``: the records that hold a run's addresses instead."""
    for number, qualifier, run in _runs(terms):
        addresses = _addresses(run)
        if number in names:
            yield from (f"{qualifier}include:{name}" for name in names[number])
        else:
            yield from (f"{qualifier}{address}" for address in addresses)
        for term in run:
            if term.flat is None:
                yield term.text
            else:
                yield from (f"{qualifier}{kept}" for kept in term.flat.kept)


def _chunks(terms: tuple[Term, ...]) -> list[tuple[int, list[str]]]:
    """(run, addresses) of each further record: as small as the look-ups that are left allow."""
    kept = sum(term.published for term in terms)
    chunks: list[tuple[int, list[str]]] = []
    for size in SPF_SIZES:
        chunks = [
            (number, chunk) for number, _, run in _runs(terms) for chunk in _split(_addresses(run), size)
        ]
        if kept + len(chunks) <= SPF_LOOKUPS:
            return chunks
    return chunks


def _split(addresses: tuple[str, ...], size: int) -> Iterator[list[str]]:
    chunk: list[str] = []
    length = len(VERSION) + len(" -all")
    used = length
    for address in addresses:
        if chunk and used + len(address) + 1 > size:
            yield chunk
            chunk, used = [], length
        chunk.append(address)
        used += len(address) + 1
    if chunk:
        yield chunk

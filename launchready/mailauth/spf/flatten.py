"""What an include stands for, without asking DNS: the addresses that it lets pass.

An include matches only when the included record gives *pass* (RFC 7208 §5.2), so what counts is which
addresses reach a ``+`` term: a ``-`` in front of it takes its addresses away, and how the record ends
is of no account, unless it ends in ``+all``. That is set arithmetic, and exact. What depends on the
message (macros of the sender or the client, ``exists``, ``ptr``) has no addresses: such terms are kept as
they are where that says the same, else the whole include is.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field

from launchready.mailauth.dns import Lookup, is_name, mx_hosts, normal, texts
from launchready.mailauth.quotas import SPF_MX_HOSTS
from launchready.mailauth.spf import macros
from launchready.mailauth.spf.addresses import EVERYONE, NOBODY, AddressSet
from launchready.mailauth.spf.lookup_tree import tree
from launchready.mailauth.spf.syntax import Mechanism, Qualifier, Record, parse, select

MAX_DEPTH = 20
MAX_QUESTIONS = 500
"""DNS questions for one include; real ones need a handful."""


class NotFlattenedError(Exception):
    """An include can't be flattened: ``domain`` is where, ``detail`` what is wrong there.

    ``failure``: why DNS could not tell (SERVFAIL, TIMEOUT …); None when it told something unusable,
    which receivers answer with a permanent error.
    """

    def __init__(self, domain: str, detail: str, failure: str | None = None) -> None:
        super().__init__(f"{domain}: {detail}")
        self.domain = domain
        self.detail = detail
        self.failure = failure


@dataclass(frozen=True, slots=True)
class Flat:
    """What one include stands for. ``kept``: SPF terms that have no addresses beforehand."""

    passing: AddressSet
    kept: tuple[str, ...] = ()

    def terms(self) -> tuple[str, ...]:
        """As SPF terms: addresses first, then what is kept."""
        return (*self.passing.terms(), *self.kept)


def flatten(domain: str, lookup: Lookup) -> Flat:
    """What ``include:domain`` stands for now.

    Raises NotFlattenedError; what ``lookup`` raises passes through.
    """
    return _Flattener(lookup).include(normal(domain), ())


def read(terms: tuple[str, ...]) -> Flat:
    """The inverse of ``Flat.terms``. Raises ValueError for a term that breaks the grammar."""
    record = parse(" ".join(("v=spf1", *terms)))
    problem = next(iter(record.problems), None)
    if problem is not None or record.modifiers:
        raise ValueError(
            str(problem) if problem is not None else f"{record.modifiers[0].text} is no mechanism"
        )
    networks = [m.network for m in record.mechanisms if m.network is not None]
    kept = tuple(m.text for m in record.mechanisms if m.network is None)
    return Flat(AddressSet.of(networks), kept)


def kept_lookups(flat: Flat, lookup: Lookup) -> dict[str, int]:
    """What each kept include costs with all that it includes; another kept term costs one look-up."""
    costs = {}
    for term in flat.kept:
        kind, _, domain = term.partition(":")
        if kind.lower() == "include" and "%" not in domain:
            costs[term] = 1 + tree(domain, lookup).lookups
    return {term: cost for term, cost in costs.items() if cost > 1}


@dataclass(slots=True)
class _Flattener:
    lookup: Lookup
    questions: int = 0
    records: dict[str, Record] = field(default_factory=dict)
    passing: dict[str, AddressSet | None] = field(default_factory=dict)

    # --- DNS -----------------------------------------------------------------------------------

    def ask(self, name: str, rdtype: str) -> tuple[str, ...]:
        if not is_name(name):
            return ()
        self.questions += 1
        if self.questions > MAX_QUESTIONS:
            raise NotFlattenedError(name, f"more than {MAX_QUESTIONS} DNS questions")
        answer = self.lookup(normal(name), rdtype)
        if answer.failure is not None:
            raise NotFlattenedError(name, f"{rdtype}: {answer.failure}", answer.failure)
        return answer.data

    def record(self, domain: str, path: tuple[str, ...]) -> Record:
        if domain in path or len(path) > MAX_DEPTH:
            raise NotFlattenedError(domain, "the includes lead back to themselves")
        if domain not in self.records:
            found = select(texts(self.ask(domain, "TXT")))
            if len(found) != 1:
                raise NotFlattenedError(
                    domain, f"{len(found) or 'no'} SPF records" if found else "no SPF record"
                )
            record = parse(found[0])
            if record.problems:
                raise NotFlattenedError(domain, str(record.problems[0]))
            self.records[domain] = record
        return self.records[domain]

    # --- what passes whoever asks ----------------------------------------------------------------

    def passes(self, domain: str, path: tuple[str, ...]) -> AddressSet | None:
        """The addresses that get *pass*; None when that depends on the message."""
        if domain not in self.passing:
            self.passing[domain] = self._passes(domain, path)
        return self.passing[domain]

    def _passes(self, domain: str, path: tuple[str, ...]) -> AddressSet | None:
        record = self.record(domain, path)
        passing, undecided = NOBODY, EVERYONE
        for mechanism in record.reached:
            matched = self.matched(mechanism, domain, (*path, domain))
            if matched is None:
                return None
            if mechanism.qualifier is Qualifier.PASS:
                passing |= matched & undecided
            undecided -= matched
            if not undecided:
                return passing
        if record.redirect is None:
            return passing
        target = _static(record.redirect, domain)
        redirected = None if target is None else self.passes(target, (*path, domain))
        return None if redirected is None else passing | (redirected & undecided)

    def matched(self, mechanism: Mechanism, domain: str, path: tuple[str, ...]) -> AddressSet | None:
        """The addresses that a mechanism matches; None when that depends on the message."""
        if mechanism.network is not None:
            return AddressSet.of([mechanism.network])
        if mechanism.name == "all":
            return EVERYONE
        target = domain if mechanism.domain is None else _static(mechanism.domain, domain)
        if target is None or mechanism.name in ("exists", "ptr"):
            return None
        if mechanism.name == "include":
            return self.passes(target, path)
        hosts = [target] if mechanism.name == "a" else self.exchanges(target)
        return AddressSet.of(
            ipaddress.ip_network((address, length), strict=False)
            for host in hosts
            for rdtype, length in (("A", mechanism.cidr4), ("AAAA", mechanism.cidr6))
            for address in self.ask(host, rdtype)
        )

    def exchanges(self, target: str) -> list[str]:
        hosts = [host for _, host in mx_hosts(self.ask(target, "MX")) if host]
        if len(hosts) > SPF_MX_HOSTS:
            raise NotFlattenedError(target, f"{len(hosts)} MX hosts, {SPF_MX_HOSTS} allowed")
        return hosts

    # --- what is kept ----------------------------------------------------------------------------

    def include(self, domain: str, path: tuple[str, ...]) -> Flat:
        """What ``include:domain`` stands for."""
        passing = self.passes(domain, path)
        if passing is not None:
            return Flat(passing)
        record = self.record(domain, path)
        whole = Flat(NOBODY, (f"include:{domain}",))
        terms = [m for m in record.reached if m.name != "all"]
        ends_in_pass = record.all is not None and record.all.qualifier is Qualifier.PASS
        if ends_in_pass or any(m.qualifier is not Qualifier.PASS for m in terms):
            # an earlier term can take from a later one what it lets pass: only the whole says the same
            return whole
        parts = [self.part(mechanism, domain, (*path, domain)) for mechanism in terms]
        if record.redirect is not None:
            parts.append(self.included(record.redirect, domain, (*path, domain)))
        flat = Flat(NOBODY)
        for part in parts:
            if part is None:
                return whole
            flat = Flat(flat.passing | part.passing, tuple(dict.fromkeys((*flat.kept, *part.kept))))
        return flat

    def part(self, mechanism: Mechanism, domain: str, path: tuple[str, ...]) -> Flat | None:
        """What one passing term stands for elsewhere; None when it means something only here."""
        matched = self.matched(mechanism, domain, path)
        if matched is not None:
            return Flat(matched)
        if mechanism.name == "include":
            return self.included(mechanism.domain or domain, domain, path)
        if mechanism.domain is None:
            return Flat(NOBODY, (f"{mechanism.name}:{domain}",))
        return Flat(NOBODY, (mechanism.text.lstrip("+"),)) if _moves(mechanism.domain) else None

    def included(self, spec: str, domain: str, path: tuple[str, ...]) -> Flat | None:
        target = _static(spec, domain)
        if target is not None:
            return self.include(target, path)
        return Flat(NOBODY, (f"include:{spec}",)) if _moves(spec) else None


def _static(spec: str, domain: str) -> str | None:
    """The name that a domain-spec stands for in ``domain``; None when that depends on the message."""
    if macros.letters(spec) - {"d"}:
        return None
    return macros.expand_domain(spec, lambda _: domain)


def _moves(spec: str) -> bool:
    """Does it mean the same in another domain's record? ``%{d}`` and ``%{p}`` depend on where they stand."""
    return not macros.letters(spec) & {"d", "p"}

"""What a record costs whoever evaluates it: the tree of look-ups behind it, for no match at all.

The worst case is a client that nothing matches: every term up to ``all`` is evaluated, every include
to its end, and ``redirect=`` is followed where there is no ``all``. Known miscounts of other tools are
right here: qualifiers don't hide a term's cost, ``all`` is free, terms after ``all`` cost nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from launchready.mailauth.dns import Answer, Lookup, PartialLookup, is_name, mx_hosts, normal, texts
from launchready.mailauth.spf import macros
from launchready.mailauth.spf.evaluate import MAX_LOOKUPS, MAX_MX, MAX_VOID, Fault
from launchready.mailauth.spf.syntax import Mechanism, Qualifier, Record, parse, select

WALK_LIMIT = 20
"""Look-ups after which the tree is no longer walked: it is long past ten, and may be endless.

A chain that deep still fits the rounds of a verification, each of which brings one level.
"""
_STATIC_LETTERS = {"d", "o"}


@dataclass(frozen=True, slots=True)
class Trouble:
    """A fault, at the domain whose record or name shows it."""

    fault: Fault
    domain: str
    detail: str
    position: int | None = None
    """For SYNTAX: where in that domain's record."""
    failure: str | None = None
    """For DNS: why (SERVFAIL, TIMEOUT …)."""

    def __str__(self) -> str:
        return f"{self.domain}: {self.detail}" if self.domain else self.detail


@dataclass(frozen=True, slots=True)
class Node:
    """One term that costs look-ups, or the root.

    ``domain``: the name it leads to, "" when that depends on the sender. ``cost``: its own look-up
    (0 for the root). ``void4``/``void6``: empty answers that an IPv4 or IPv6 client would meet here.
    """

    term: str
    domain: str
    cost: int
    record: Record | None = None
    children: tuple[Node, ...] = ()
    troubles: tuple[Trouble, ...] = ()
    void4: int = 0
    void6: int = 0
    note: str = ""

    @property
    def total(self) -> int:
        return self.cost + sum(child.total for child in self.children)

    @property
    def matches_everyone(self) -> bool:
        """Does its record let everyone through, so that nothing after it is reached?"""
        if self.record is None:
            return False
        end = self.record.all
        if end is not None:
            return end.qualifier is Qualifier.PASS
        redirected = [c for c in self.children if c.term.startswith("redirect=")]
        return bool(redirected) and redirected[0].matches_everyone

    def walk(self) -> Iterator[Node]:
        yield self
        for child in self.children:
            yield from child.walk()


@dataclass(frozen=True, slots=True)
class Tree:
    """The whole tree of one domain, and what is wrong with it."""

    root: Node

    @property
    def domain(self) -> str:
        return self.root.domain

    @property
    def record(self) -> Record | None:
        return self.root.record

    @property
    def lookups(self) -> int:
        """DNS look-ups that RFC 7208 §4.6.4 counts, in the worst case."""
        return self.root.total

    @property
    def void4(self) -> int:
        return sum(node.void4 for node in self.root.walk())

    @property
    def void6(self) -> int:
        return sum(node.void6 for node in self.root.walk())

    @property
    def voids(self) -> int:
        """Void look-ups in the worst case: the greater of IPv4's and IPv6's."""
        return max(self.void4, self.void6)

    @property
    def troubles(self) -> tuple[Trouble, ...]:
        """Everything that ends an evaluation, the limits of the whole included."""
        found = [trouble for node in self.root.walk() for trouble in node.troubles]
        if self.lookups > MAX_LOOKUPS:
            found.append(Trouble(Fault.LOOKUPS, "", f"{self.lookups} look-ups, {MAX_LOOKUPS} allowed"))
        if self.voids > MAX_VOID:
            found.append(Trouble(Fault.VOID, "", f"{self.voids} void look-ups, {MAX_VOID} allowed"))
        return tuple(found)

    def having(self, *faults: Fault) -> tuple[Trouble, ...]:
        return tuple(trouble for trouble in self.troubles if trouble.fault in faults)

    @property
    def unknown(self) -> tuple[Trouble, ...]:
        """What DNS failed to tell: with any of these, counts are lower bounds."""
        return self.having(Fault.DNS)

    def explain(self) -> str:
        """The tree as indented text, one term a line with its look-ups."""
        lines = [f"{self.domain}: {self.lookups} of {MAX_LOOKUPS} look-ups, {self.voids} of {MAX_VOID} void"]
        lines += _lines(self.root, "  ")
        return "\n".join(lines)


def _lines(node: Node, indent: str) -> list[str]:
    lines = []
    for child in node.children:
        parts = [f"{indent}{child.term} ({child.total})"]
        if child.record is not None:
            networks = sum(1 for m in child.record.reached if m.network is not None)
            end = child.record.all
            parts.append(f"{networks} networks" + (f", {end.text}" if end else ""))
        parts += [child.note] if child.note else []
        parts += [f"! {trouble.detail}" for trouble in child.troubles]
        lines.append("  ".join(parts))
        lines += _lines(child, indent + "  ")
    return lines


def tree(domain: str, lookup: Lookup) -> Tree:
    """The look-up tree of a domain's SPF record. What ``lookup`` raises passes through."""
    return Tree(_Walker(lookup, normal(domain)).domain("v=spf1", normal(domain), (), cost=0))


def wanted(domain: str, lookup: PartialLookup) -> set[tuple[str, str]]:
    """The (name, type) questions that the tree needs and ``lookup`` doesn't know yet (None).

    As many as can be told now: ask again when they are answered, until the set is empty.
    """
    missing: set[tuple[str, str]] = set()

    def known(name: str, rdtype: str) -> Answer:
        answer = lookup(name, rdtype)
        if answer is None:
            missing.add((name, rdtype))
            return Answer()
        return answer

    tree(domain, known)
    return missing


class _Walker:
    def __init__(self, lookup: Lookup, sender_domain: str) -> None:
        self.lookup = lookup
        self.sender_domain = sender_domain
        self.spent = 0

    def domain(self, term: str, name: str, path: tuple[str, ...], *, cost: int) -> Node:
        """The node of a record: the root, an include, a redirect."""
        if name in path:
            return Node(
                term, name, cost, troubles=(Trouble(Fault.LOOP, name, f"{term} leads back to itself"),)
            )
        if self.spent > WALK_LIMIT:
            return Node(term, name, cost, note="not walked any further")
        answer = self.lookup(name, "TXT") if is_name(name) else Answer()
        if answer.failure is not None:
            return Node(term, name, cost, troubles=(_failed(name, "TXT", answer.failure),))
        found = select(texts(answer.data))
        void = int(not answer.data and cost > 0)
        if len(found) != 1:
            return Node(term, name, cost, None, (), (_not_one(term, name, len(found), cost),), void, void)
        record = parse(found[0])
        troubles = tuple(Trouble(Fault.SYNTAX, name, str(p), p.position) for p in record.problems)
        children = self.children(record, name, (*path, name))
        return Node(term, name, cost, record, children, troubles)

    def children(self, record: Record, name: str, path: tuple[str, ...]) -> tuple[Node, ...]:
        nodes = []
        for mechanism in record.reached:
            if not mechanism.queries:
                continue
            node = self.mechanism(mechanism, name, path)
            nodes.append(node)
            if node.matches_everyone:
                return tuple(nodes)
        if record.redirect is not None:
            self.spent += 1
            target = self.static(record.redirect, name)
            term = "redirect=" + record.redirect
            nodes.append(self.domain(term, target, path, cost=1) if target else _dynamic(term))
        return tuple(nodes)

    def static(self, spec: str | None, name: str) -> str:
        """The name that a domain-spec stands for, or "" when it depends on the sender."""
        if spec is None:
            return name
        if macros.letters(spec) - _STATIC_LETTERS:
            return ""
        values = {"d": name, "o": self.sender_domain}
        return macros.expand_domain(spec, values.__getitem__)

    def mechanism(self, mechanism: Mechanism, name: str, path: tuple[str, ...]) -> Node:
        self.spent += 1
        if mechanism.name == "ptr":
            return Node(mechanism.text, name, 1, note="depends on the client's address")
        target = self.static(mechanism.domain, name)
        if not target:
            return _dynamic(mechanism.text)
        if mechanism.name == "include":
            return self.domain(mechanism.text, target, path, cost=1)
        if mechanism.name == "mx":
            return self.exchanges(mechanism.text, target)
        types = ("A",) if mechanism.name == "exists" else ("A", "AAAA")
        void4, void6, troubles = self.addresses(target, types)
        return Node(mechanism.text, target, 1, None, (), troubles, void4, void6)

    def exchanges(self, term: str, target: str) -> Node:
        answer = self.lookup(target, "MX") if is_name(target) else Answer()
        if answer.failure is not None:
            return Node(term, target, 1, troubles=(_failed(target, "MX", answer.failure),))
        hosts = [host for _, host in mx_hosts(answer.data) if host]
        if len(hosts) > MAX_MX:
            detail = f"{len(hosts)} MX hosts, {MAX_MX} allowed"
            return Node(term, target, 1, troubles=(Trouble(Fault.MX_FANOUT, target, detail),))
        void4 = void6 = int(not answer.data)
        troubles: tuple[Trouble, ...] = ()
        for host in hosts:
            host4, host6, more = self.addresses(host, ("A", "AAAA"))
            void4, void6, troubles = void4 + host4, void6 + host6, troubles + more
        return Node(term, target, 1, None, (), troubles, void4, void6, f"{len(hosts)} hosts")

    def addresses(self, name: str, types: tuple[str, ...]) -> tuple[int, int, tuple[Trouble, ...]]:
        """(void for IPv4 clients, void for IPv6 clients, failures); ``exists`` asks A of both."""
        if not is_name(name):
            return 0, 0, ()
        answers = [(rdtype, self.lookup(name, rdtype)) for rdtype in types]
        troubles = tuple(
            _failed(name, rdtype, answer.failure) for rdtype, answer in answers if answer.failure
        )
        voids = [int(answer.failure is None and not answer.data) for _, answer in answers]
        return voids[0], voids[-1], troubles


def _not_one(term: str, name: str, count: int, cost: int) -> Trouble:
    if count > 1:
        return Trouble(Fault.MANY_RECORDS, name, f"{count} SPF records")
    if cost and not term.startswith("redirect="):
        return Trouble(Fault.INCLUDE_NONE, name, f"{term}, but {name} has no SPF record")
    return Trouble(
        Fault.NO_RECORD, name, "no SPF record" if not cost else f"{term}, but {name} has no SPF record"
    )


def _failed(name: str, rdtype: str, failure: str) -> Trouble:
    return Trouble(Fault.DNS, name, f"{rdtype}: {failure}", failure=failure)


def _dynamic(term: str) -> Node:
    return Node(term, "", 1, note="depends on the sender: what lies behind it is not counted")

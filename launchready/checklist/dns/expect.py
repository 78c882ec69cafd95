"""What the name servers must answer for the declared records, as Cloudflare serves them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from launchready.checklist.dns.memo import once_per_declaration
from launchready.declared.types import SERVED_AUTOMATIC_TTL, Declared, Record


class Kind(Enum):
    """How an RRset reaches the world."""

    DIRECT = "as declared"
    PROXIED = "as addresses of the edge"
    FLATTENED = "as the addresses of its target"
    DELEGATION = "as a referral"
    OCCLUDED = "hidden behind a delegation"


@dataclass(frozen=True, slots=True)
class Expected:
    """One question and its answer. ``data``: presentations, sorted; ``ttls``: the TTLs that are right."""

    name: str
    type: str
    kind: Kind
    data: tuple[str, ...]
    ttls: frozenset[int]
    keys: tuple[str, ...]
    """The client-file keys that declare it."""

    @property
    def subject(self) -> str:
        return f"{self.name} {self.type}"


@once_per_declaration
def expected(declared: Declared) -> tuple[Expected, ...]:
    """Every question that declared records answer, in the order of their declaration."""
    groups: dict[tuple[str, str], list[Record]] = {}
    cuts = {record.name for record in declared.records if record.type == "NS"} - {declared.domain}
    for record in declared.records:
        groups.setdefault((record.name, record.type), []).append(record)
    found: dict[tuple[str, str], Expected] = {}
    for (name, rdtype), records in groups.items():
        for item in _answers(declared, name, rdtype, records, cuts):
            found.setdefault((item.name, item.type), item)
    return tuple(found.values())


def _answers(
    declared: Declared, name: str, rdtype: str, records: list[Record], cuts: set[str]
) -> Iterable[Expected]:
    keys = tuple(dict.fromkeys(record.key for record in records))
    texts = tuple(sorted(record.presentation for record in records))
    if name in cuts and rdtype == "NS":
        return (Expected(name, rdtype, Kind.DELEGATION, texts, _ttls(records), keys),)
    if _below(name, cuts) and not (name in cuts and rdtype == "DS"):
        return (Expected(name, rdtype, Kind.OCCLUDED, texts, _ttls(records), keys),)
    if any(record.proxied for record in records):
        automatic = frozenset({SERVED_AUTOMATIC_TTL})
        return tuple(Expected(name, kind, Kind.PROXIED, (), automatic, keys) for kind in ("A", "AAAA"))
    if rdtype == "CNAME" and name == declared.domain:
        return tuple(
            Expected(name, kind, Kind.FLATTENED, texts, _ttls(records), keys) for kind in ("A", "AAAA")
        )
    return (Expected(name, rdtype, Kind.DIRECT, texts, _ttls(records), keys),)


def _ttls(records: list[Record]) -> frozenset[int]:
    return frozenset(record.served_ttl for record in records)


def _below(name: str, cuts: set[str]) -> bool:
    while name:
        if name in cuts:
            return True
        name = name.partition(".")[2]
    return False


@once_per_declaration
def by_question(declared: Declared) -> dict[tuple[str, str], Expected]:
    return {(item.name, item.type): item for item in expected(declared)}


@once_per_declaration
def names(declared: Declared) -> dict[str, None]:
    """Every declared owner name, in order, for looping and for look-up."""
    return dict.fromkeys(record.name for record in declared.records)


def wildcard_for(declared: Declared, name: str) -> str | None:
    """The declared wildcard that answers for a name which nothing declares (RFC 4592 §3.3.1)."""
    known = names(declared)
    if name in known:
        return None
    parent = name.partition(".")[2]
    while parent:
        if f"*.{parent}" in known:
            return f"*.{parent}"
        if parent in known or parent == declared.domain:
            return None
        parent = parent.partition(".")[2]
    return None

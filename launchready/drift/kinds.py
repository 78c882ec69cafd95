"""The registry of drift kinds: what each catches, how it is classed, and what becomes of it unmended.

A difference becomes an item by the first kind, in the order of registration, that recognises it: the special
ones of an area come before its general one. The tables are in ``kinds_dns``, ``kinds_edge``, ``kinds_aws``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from launchready.drift.types import Class, Difference, Item, Risk

Coarse = Literal["dns", "tls", "redirect", "cache", "header", "monitor", "secret"]
"""The document's kinds. ``header``: everything that the edge does to requests and answers beside caching."""
When = Callable[[Difference], bool]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of drift. ``area``: the differences that it looks at; ``why``: what becomes of it, the reason
    of its risk; ``when``: does it recognise this one?"""

    id: str
    kind: Coarse
    area: str
    presence: Class
    risk: Risk
    catches: str
    why: str
    when: When

    def recognises(self, difference: Difference) -> bool:
        return difference.area == self.area and difference.presence is self.presence and self.when(difference)

    def item(self, difference: Difference) -> Item:
        return Item(
            self.id,
            self.kind,
            difference.subject,
            difference.declared,
            difference.state,
            difference.live,
            difference.presence,
            self.risk,
            self.why,
            difference.origin,
            difference.fix,
            str(difference.fact("key") or ""),
        )


class Kinds:
    """Kinds in order. ``without`` is for the mutant runner."""

    def __init__(self, kinds: Iterable[Kind] = ()) -> None:
        self._kinds: dict[str, Kind] = {}
        for kind in kinds:
            self.add(kind)

    def add(self, kind: Kind) -> None:
        """Raises ValueError when the id is taken."""
        if kind.id in self._kinds:
            raise ValueError(f"drift kind {kind.id} is registered twice")
        self._kinds[kind.id] = kind

    def __iter__(self) -> Iterator[Kind]:
        return iter(self._kinds.values())

    def __len__(self) -> int:
        return len(self._kinds)

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(self._kinds)

    @property
    def by_id(self) -> Mapping[str, Kind]:
        return self._kinds

    def without(self, kind_id: str) -> Kinds:
        """The registry with one kind taken away. Raises KeyError when there is no such kind."""
        if kind_id not in self._kinds:
            raise KeyError(kind_id)
        return Kinds(kind for kind in self if kind.id != kind_id)

    def judge(self, differences: Iterable[Difference]) -> list[Item]:
        """The items: the worst first, then by subject. What no kind recognises is no item."""
        found = []
        for difference in differences:
            kind = next((kind for kind in self if kind.recognises(difference)), None)
            if kind is not None:
                found.append(kind.item(difference))
        order = list(Risk)
        return sorted(found, key=lambda item: (order.index(item.risk), item.kind, item.subject, item.id))


def always(_: Difference) -> bool:
    return True


def parts(*names: str) -> When:
    """Does any of these parts differ?"""
    wanted = frozenset(names)
    return lambda difference: bool(wanted & difference.what)


def of_type(*types: str) -> When:
    """Is it a record of one of these types?"""
    return lambda difference: difference.fact("type") in types


def tagged(*tags: str) -> When:
    """Is it a TXT record that begins so?"""
    return lambda d: d.fact("type") == "TXT" and str(d.fact("value")).lower().startswith(tags)


def named(*labels: str) -> When:
    """Is one of these labels in the record's name?"""
    return lambda d: any(label in str(d.fact("name")).split(".") for label in labels)


def phase(name: str) -> When:
    return lambda difference: difference.fact("phase") == name


def setting(setting_id: str) -> When:
    return lambda difference: difference.fact("id") == setting_id


def all_of(*tests: When) -> When:
    return lambda difference: all(test(difference) for test in tests)


def load() -> Kinds:
    """Every kind, in order."""
    from launchready.drift import kinds_aws, kinds_dns, kinds_edge

    return Kinds((*kinds_dns.TABLE, *kinds_edge.TABLE, *kinds_aws.TABLE))


KINDS: Kinds = load()
"""The registry."""

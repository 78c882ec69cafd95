"""Sets of IP addresses, of both versions, with exact union, difference and intersection."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Range = tuple[int, int]
"""First and last address, as numbers."""


@dataclass(frozen=True, slots=True)
class AddressSet:
    """Immutable. Ranges are sorted, disjoint and not adjacent, so that equal sets are equal values."""

    ranges4: tuple[Range, ...] = ()
    ranges6: tuple[Range, ...] = ()

    @classmethod
    def of(cls, networks: Iterable[Network]) -> AddressSet:
        found: dict[int, list[Range]] = {4: [], 6: []}
        for network in networks:
            found[network.version].append((int(network[0]), int(network[-1])))
        return cls(_normal(found[4]), _normal(found[6]))

    def __bool__(self) -> bool:
        return bool(self.ranges4 or self.ranges6)

    def __or__(self, other: AddressSet) -> AddressSet:
        return AddressSet(_normal([*self.ranges4, *other.ranges4]), _normal([*self.ranges6, *other.ranges6]))

    def __sub__(self, other: AddressSet) -> AddressSet:
        return AddressSet(
            tuple(_without(self.ranges4, other.ranges4)), tuple(_without(self.ranges6, other.ranges6))
        )

    def __and__(self, other: AddressSet) -> AddressSet:
        return self - (self - other)

    def __contains__(self, address: Address) -> bool:
        number = int(address)
        ranges = self.ranges4 if address.version == 4 else self.ranges6
        return any(first <= number <= last for first, last in ranges)

    def networks(self) -> list[Network]:
        """The fewest networks that make up the set: IPv4 first, each version in order."""
        found: list[Network] = []
        for first, last in self.ranges4:
            found += ipaddress.summarize_address_range(
                ipaddress.IPv4Address(first), ipaddress.IPv4Address(last)
            )
        for first, last in self.ranges6:
            found += ipaddress.summarize_address_range(
                ipaddress.IPv6Address(first), ipaddress.IPv6Address(last)
            )
        return found

    def terms(self) -> tuple[str, ...]:
        """The set as SPF terms, a single address without its length."""
        return tuple(_term(network) for network in self.networks())


def _term(network: Network) -> str:
    whole = network.prefixlen == network.max_prefixlen
    return f"ip{network.version}:{network.network_address if whole else network}"


def _normal(ranges: list[Range]) -> tuple[Range, ...]:
    merged: list[Range] = []
    for first, last in sorted(ranges):
        if merged and first <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(merged[-1][1], last))
        else:
            merged.append((first, last))
    return tuple(merged)


def _without(ranges: tuple[Range, ...], taken: tuple[Range, ...]) -> Iterator[Range]:
    """Both are sorted and disjoint; ``position`` never moves back."""
    position = 0
    for first, last in ranges:
        while position < len(taken) and taken[position][1] < first:
            position += 1
        start, index = first, position
        while index < len(taken) and taken[index][0] <= last:
            if start < taken[index][0]:
                yield start, taken[index][0] - 1
            start = taken[index][1] + 1
            index += 1
        if start <= last:
            yield start, last


EVERYONE = AddressSet.of([ipaddress.IPv4Network("0.0.0.0/0"), ipaddress.IPv6Network("::/0")])
NOBODY = AddressSet()

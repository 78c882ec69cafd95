"""A and AAAA: addresses in their canonical text (RFC 5952 for IPv6)."""

from __future__ import annotations

from ipaddress import AddressValueError, IPv4Address, IPv6Address

from launchready.declared.rdata.value import Canonicaliser, Given, Rdata, only_content


def a(given: Given) -> Rdata:
    """An IPv4 address."""
    content = only_content(given)
    try:
        return Rdata(str(IPv4Address(content)))
    except AddressValueError as error:
        raise ValueError(f"no IPv4 address: {error}") from None


def aaaa(given: Given) -> Rdata:
    """An IPv6 address, compressed and in lower case."""
    content = only_content(given)
    try:
        address = IPv6Address(content)
    except AddressValueError as error:
        raise ValueError(f"no IPv6 address: {error}") from None
    if address.scope_id is not None:
        raise ValueError(f"an address with a zone index ({content}) has no place in DNS")
    return Rdata(address.compressed)


def address_type(address: str) -> str:
    """The record type that holds an address."""
    return "AAAA" if ":" in address else "A"


TYPES: dict[str, Canonicaliser] = {"A": a, "AAAA": aaaa}

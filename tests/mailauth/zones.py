"""A zone in memory as a look-up function, for the mail libraries' tests."""

from __future__ import annotations

from launchready.mailauth.dns import Answer, Lookup


def lookup_in(zone: dict[str, dict[str, list[str] | str]]) -> Lookup:
    """name → type → rdata; a string instead of a list is a failure's cause."""

    def lookup(name: str, rdtype: str) -> Answer:
        if name not in zone:
            return Answer(nxdomain=True)
        found = zone[name].get(rdtype, [])
        return Answer(failure=found) if isinstance(found, str) else Answer(tuple(found))

    return lookup


def txt(**records: str) -> dict[str, dict[str, list[str] | str]]:
    """One TXT record for each name; ``_`` in keyword names stands for a dot."""
    return {name.replace("_", "."): {"TXT": [text]} for name, text in records.items()}

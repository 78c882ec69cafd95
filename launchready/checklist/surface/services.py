"""The services of ``takeovers.json``: which one a host is at, and what says that nobody claimed it there."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files

from launchready.evidence.types import HttpResult

FORM_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class Service:
    """One service. ``absent``: what is unclaimed there is NXDOMAIN; ``text``: or the front page says so."""

    service: str
    names: tuple[str, ...]
    addresses: frozenset[str]
    absent: bool
    status: int | None
    text: bytes
    source: str

    def says_unclaimed(self, result: HttpResult) -> bool:
        """Is the answer the service's own "there is no such site"?"""
        if not self.text or (self.status is not None and result.status != self.status):
            return False
        return self.text.lower() in result.body[:FORM_BYTES].lower()


@cache
def services() -> tuple[Service, ...]:
    """The table, read once."""
    text = files(__package__).joinpath("takeovers.json").read_text(encoding="utf-8")
    return tuple(
        Service(
            entry["service"],
            tuple(entry["names"]),
            frozenset(entry.get("addresses", ())),
            bool(entry.get("absent", False)),
            entry.get("status"),
            str(entry.get("text", "")).encode(),
            entry["source"],
        )
        for entry in json.loads(text)["services"]
    )


def service_of(name: str) -> Service | None:
    """The service that a target's name belongs to."""
    name = name.rstrip(".").lower()
    return next((one for one in services() if any(fnmatchcase(name, form) for form in one.names)), None)


def service_at(addresses: Iterable[str]) -> Service | None:
    """The service that has its customers' hosts point at one of these addresses."""
    found = set(addresses)
    return next((one for one in services() if found & one.addresses), None)

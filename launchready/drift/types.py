"""What a comparison finds and what a reader gets: a difference, the item made of it, the whole drift.

A side's text is for a reader. ``None`` means that it is not there; ``UNKNOWN`` that it could not be found out
(the state, without an engine or a backend). No side ever holds a secret.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

SCHEMA = "launchready.drift/1"
UNKNOWN = "unknown"
"""The state's text where the state could not be read."""


class Class(StrEnum):
    """How declared and live differ. ``read_only``: it is there, and only its owner can change it."""

    CHANGED = "changed"
    MISSING = "missing"
    UNMANAGED = "unmanaged"
    READ_ONLY = "read_only"


class Risk(StrEnum):
    """What becomes of it if nobody mends it."""

    OUTAGE = "outage"
    SECURITY = "security"
    BENIGN = "benign"


class Origin(StrEnum):
    """Where the difference comes from, as far as the state tells."""

    OUTSIDE = "outside"
    """Somebody changed what is live: the state still has what is declared."""
    NOT_APPLIED = "not_applied"
    """The client file was edited, and not launched since: the state has what is live."""
    STATE = "state"
    """Live is as declared; only the state is not."""
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not the same on all sides, before anybody judges it.

    ``area``: what sort of thing (record, rule, setting …); ``presence``: as of ``Class``; ``what``: the parts
    that differ, for ``changed``; ``facts``: what a kind looks at (type, phase, both sides' values …).
    """

    area: str
    subject: str
    presence: Class
    declared: str | None
    state: str | None
    live: str | None
    origin: Origin
    fix: str
    what: frozenset[str] = frozenset()
    facts: Mapping[str, Any] = field(default_factory=dict)

    def fact(self, name: str) -> Any:
        return self.facts.get(name)


@dataclass(frozen=True, slots=True)
class Item:
    """One drift, judged. ``id``: its kind in the registry; ``kind``: the document's coarse kind."""

    id: str
    kind: str
    subject: str
    declared: str | None
    state: str | None
    live: str | None
    presence: Class
    risk: Risk
    why: str
    origin: Origin
    fix: str
    key: str = ""
    """The client-file key that declares it; "" where nothing does."""

    @property
    def counts(self) -> bool:
        """Is it drift? What only its owner can change, and does no harm, is listed and no more."""
        return self.presence is not Class.READ_ONLY or self.risk is not Risk.BENIGN

    def to_json(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "subject": self.subject,
            "declared": self.declared,
            "state": self.state,
            "live": self.live,
            "class": self.presence.value,
            "risk": self.risk.value,
            "fix": self.fix,
            "id": self.id,
            "why": self.why,
            "origin": self.origin.value,
            "key": self.key or None,
        }


@dataclass(frozen=True, slots=True)
class Unfound:
    """Something that could not be found out: never a pass, never a "missing"."""

    subject: str
    cause: str
    detail: str

    def to_json(self) -> dict[str, str]:
        return {"subject": self.subject, "cause": self.cause, "detail": self.detail}


@dataclass(frozen=True, slots=True)
class Drift:
    """The whole comparison. ``state_reason``: why the state is unknown, "" when it was read."""

    client: str
    domain: str
    target: str
    started: datetime
    seconds: float
    api_calls: int
    items: tuple[Item, ...]
    unfound: tuple[Unfound, ...] = ()
    notes: tuple[str, ...] = ()
    state_reason: str = ""

    @property
    def drifted(self) -> bool:
        return any(item.counts for item in self.items)

    @property
    def exit_code(self) -> int:
        """0 no drift, 1 drift, 3 it could not all be found out."""
        return 1 if self.drifted else 3 if self.unfound else 0

    def to_json(self) -> dict[str, Any]:
        """The document (schema ``launchready.drift/1``)."""
        return {
            "schema": SCHEMA,
            "client": self.client,
            "domain": self.domain,
            "target": self.target,
            "started": self.started.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "seconds": round(self.seconds, 3),
            "api_calls": self.api_calls,
            "state": {"known": not self.state_reason, "reason": self.state_reason or None},
            "items": [item.to_json() for item in self.items],
            "unfound": [one.to_json() for one in self.unfound],
            "notes": list(self.notes),
        }

"""What a look at a step brought: a state, the evidence for it, and what a person has to do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from launchready.evidence.types import Cause


class State(StrEnum):
    """How a step stands. ``PENDING``: not come to yet; ``UNKNOWN``: it could not be found out."""

    PENDING = "pending"
    DONE = "done"
    WAITING = "waiting"
    PERSON = "person"
    UNKNOWN = "unknown"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Look:
    """One look. ``evidence``: what was seen, one sentence each; ``todo``: what a person does, in order.

    ``cause``: why it could not be found out, with ``UNKNOWN`` only.
    """

    state: State
    evidence: tuple[str, ...]
    todo: tuple[str, ...] = ()
    cause: Cause | None = None


def done(*evidence: str) -> Look:
    return Look(State.DONE, evidence)


def waiting(*evidence: str, todo: tuple[str, ...] = ()) -> Look:
    """Time will do it."""
    return Look(State.WAITING, evidence, todo)


def person(*evidence: str, todo: tuple[str, ...]) -> Look:
    """Nothing happens until somebody has acted."""
    return Look(State.PERSON, evidence, todo)


def failed(*evidence: str, todo: tuple[str, ...]) -> Look:
    return Look(State.FAILED, evidence, todo)


def unknown(cause: Cause, *evidence: str, todo: tuple[str, ...] = ()) -> Look:
    """Nothing is known: neither that it is done, nor that it is missing."""
    return Look(State.UNKNOWN, evidence, todo, cause)

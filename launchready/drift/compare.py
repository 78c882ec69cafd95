"""What the comparisons share: the three sides of one run, and how one thing is compared over them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from launchready.client_file.model import ClientFile
from launchready.declared.types import Declared
from launchready.drift.canonical import short
from launchready.drift.fixes import Fixes
from launchready.drift.live import Live
from launchready.drift.outside import Outside
from launchready.drift.state import State
from launchready.drift.types import UNKNOWN, Class, Difference, Origin, Unfound
from launchready.errors import ApiError
from launchready.evidence.types import AwsProbe, AwsResult

Sides = Mapping[str, Any]


@dataclass(slots=True)
class Run:
    """One run: what is declared, in the state and live, how it is mended, and what could not be found out."""

    client: ClientFile
    declared: Declared
    state: State
    live: Live
    outside: Outside
    fixes: Fixes
    now: datetime
    unfound: list[Unfound] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def known(self, part: str, subject: str) -> bool:
        """Was this part of the API read? Where it wasn't, it is written down once."""
        error = self.live.failed.get(part)
        if error is not None:
            self.not_found(subject, "API", error)
        return error is None

    def not_found(self, subject: str, cause: str, why: ApiError | str) -> None:
        detail = why.what if isinstance(why, ApiError) else why
        entry = Unfound(subject, cause, detail)
        if entry not in self.unfound:
            self.unfound.append(entry)

    def aws(self, probe: AwsProbe, subject: str) -> AwsResult | None:
        """AWS's answer to a read; None, and written down, where there is none."""
        result = self.outside.aws.get(probe.id)
        if result is None or result.cause is not None:
            cause = result.cause.value if result is not None and result.cause else "NOT_PROBED"
            self.not_found(subject, cause, result.detail if result is not None else "AWS was not asked")
            return None
        return result


@dataclass(frozen=True, slots=True)
class Thing:
    """One thing to compare. Sides are canonical: key → value; None is not there.

    ``state`` is None when it is not in the state, whether the state is known or not. ``fix``: for what is
    mended by launching again, None. ``show``: a side as text.
    """

    area: str
    subject: str
    declared: Sides | None
    live: Sides | None
    state: Sides | None
    fix: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    show: Callable[[Sides], str] | None = None
    presence: Class | None = None
    """Given where it is not the usual one for such sides."""
    lost_fix: str | None = None
    """What takes it into the state, where launching again would not."""
    stateless: bool = False
    """The state knows nothing of such things."""

    def text(self, side: Sides | None) -> str | None:
        if side is None:
            return None
        if self.show is not None:
            return self.show(side)
        return ", ".join(f"{key} {short(value)}" for key, value in side.items())


def compare(run: Run, thing: Thing) -> Difference | None:
    """The difference of one thing, or None where it is the same on every side that is known.

    Only keys that the declared side has are looked at: what the file does not say is not its business.
    """
    declared, live = thing.declared, thing.live
    if declared is None and live is None:
        return None
    if declared is not None and live is not None:
        what = _differing(declared, live)
        if not what:
            return _only_in_state(run, thing)
        return _difference(run, thing, Class.CHANGED, what)
    presence = Class.MISSING if live is None else Class.UNMANAGED
    return _difference(run, thing, presence, frozenset())


def _differing(one: Sides, other: Sides) -> frozenset[str]:
    return frozenset(key for key, value in one.items() if other.get(key) != value)


def _difference(run: Run, thing: Thing, presence: Class, what: frozenset[str]) -> Difference:
    origin = _origin(run, thing)
    if thing.fix is not None:
        fix = thing.fix
    else:
        fix = run.fixes.apply() if origin is Origin.NOT_APPLIED else run.fixes.up()
    return Difference(
        thing.area,
        thing.subject,
        thing.presence or presence,
        thing.text(thing.declared),
        None if thing.stateless else thing.text(thing.state) if run.state.known else UNKNOWN,
        thing.text(thing.live),
        origin,
        fix,
        what,
        {"d": thing.declared or {}, "l": thing.live or {}, **thing.facts},
    )


def _origin(run: Run, thing: Thing) -> Origin:
    """Who moved: the world, or the client file?"""
    if thing.stateless:
        return Origin.OUTSIDE
    if not run.state.known:
        return Origin.UNKNOWN
    state, live = thing.state, thing.live
    same = state is None and live is None
    if state is not None and live is not None:
        same = not _common(state, live)
    return Origin.NOT_APPLIED if same else Origin.OUTSIDE


def _common(one: Sides, other: Sides) -> frozenset[str]:
    """Keys that both have, and that differ."""
    return frozenset(key for key, value in one.items() if key in other and other[key] != value)


def _only_in_state(run: Run, thing: Thing) -> Difference | None:
    """Declared and live are one; the state may still know something else."""
    if not run.state.known or thing.declared is None or thing.stateless:
        return None
    if thing.state is not None and not _common(thing.declared, thing.state):
        return None
    presence = Class.MISSING if thing.state is None else Class.CHANGED
    fix = (thing.lost_fix or run.fixes.apply()) if thing.state is None else run.fixes.refresh()
    return Difference(
        "state",
        thing.subject,
        presence,
        thing.text(thing.declared),
        thing.text(thing.state),
        thing.text(thing.live),
        Origin.STATE,
        fix,
        facts={"of": thing.area},
    )


def compared(run: Run, things: Iterable[Thing]) -> Iterable[Difference]:
    for thing in things:
        found = compare(run, thing)
        if found is not None:
            yield found

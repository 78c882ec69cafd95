"""What a plan would lose of the guarded things.

A guarded thing is lost when fewer of its resources are left after the run than before (a record that
takes another's place is no loss), when it is away for a moment (a replacement that deletes first), or
when it is still there and empty (a null MX, ``p=none``, a disabled monitor).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from launchready.guard.plan import Action, Plan, Step
from launchready.guard.subjects import (
    RECORD,
    VARIABLES,
    ZONE,
    Guarded,
    described,
    empty,
    guarded,
    guarded_record,
    host,
)


@dataclass(frozen=True, slots=True)
class Loss:
    """A guarded thing that would be lost: its name, what it is, how, and what it was.

    ``names``: everything that a person may type for it, the name first.
    """

    name: str
    what: str
    how: str
    was: tuple[str, ...]
    names: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.name}: {self.what} {self.how} (was: {'; '.join(self.was)})"


def losses(plan: Plan, apex: str) -> tuple[Loss, ...]:
    """The guarded things that ``plan`` would lose, by name."""
    gone: dict[Guarded, list[Step]] = {}
    come: dict[Guarded, int] = {}
    away: dict[Guarded, list[Step]] = {}
    emptied: dict[Guarded, list[Step]] = {}
    for step in plan.steps:
        before, after = _sides(step, apex)
        if before is not None and before != after:
            gone.setdefault(before, []).append(step)
        if after is not None and after != before:
            come[after] = come.get(after, 0) + 1
        if before is None or before != after:
            continue
        if step.gap or (step.type == ZONE and step.action is Action.REPLACE):
            away.setdefault(before, []).append(step)
        elif step.new and empty(step.type, step.new, apex) and not empty(step.type, step.old, apex):
            emptied.setdefault(before, []).append(step)
    fewer = {thing: steps for thing, steps in gone.items() if len(steps) > come.get(thing, 0)}
    found = [_loss(thing, "is deleted", steps) for thing, steps in fewer.items()]
    found += [_loss(thing, "is away until it is made anew", steps) for thing, steps in away.items()]
    found += [_loss(thing, "is emptied", steps) for thing, steps in emptied.items()]
    return tuple(sorted(_unique(found), key=lambda loss: loss.name))


def record_losses(
    removed: Iterable[Mapping[str, Any]], left: Iterable[Mapping[str, Any]], apex: str
) -> tuple[Loss, ...]:
    """The guarded things of bare records, which no resource owns, of which nothing is ``left`` afterwards."""
    stays = {guarded_record(record, apex) for record in left}
    gone: dict[Guarded, list[Mapping[str, Any]]] = {}
    for record in removed:
        thing = guarded_record(record, apex)
        if thing is not None and thing not in stays:
            gone.setdefault(thing, []).append(record)
    return tuple(
        Loss(
            thing.name,
            thing.what,
            "is deleted",
            tuple(described(RECORD, record, "") for record in records),
            _names(thing, [host(records[0])]),
        )
        for thing, records in sorted(gone.items(), key=lambda one: one[0].name)
    )


def _sides(step: Step, apex: str) -> tuple[Guarded | None, Guarded | None]:
    """The guarded thing before and after; what is released stays in the world."""
    new = step.action in (Action.CREATE, Action.ADOPT)
    before = None if new else guarded(step.type, step.old, step.name, apex)
    if step.action is Action.RELEASE:
        return before, before
    gone = step.action is Action.DELETE
    return before, None if gone else guarded(step.type, step.new, step.name, apex)


def _loss(thing: Guarded, how: str, steps: list[Step]) -> Loss:
    was = tuple(described(step.type, step.old, step.name) for step in steps)
    other = [step.name for step in steps] + [host(step.old) for step in steps if step.type == RECORD]
    other += [thing.name.rpartition("/")[2] for step in steps if step.type in VARIABLES]
    return Loss(thing.name, thing.what, how, was, _names(thing, other))


def _names(thing: Guarded, other: list[str]) -> tuple[str, ...]:
    name, _, last = thing.name.rpartition(" ")
    turned = [f"{last} {name}", f"{name}/{last}"] if name else []
    return tuple(dict.fromkeys([thing.name, *turned, *other]))


def _unique(found: list[Loss]) -> list[Loss]:
    """One loss for each name: the gravest, which comes first."""
    return list({loss.name: loss for loss in reversed(found)}.values())

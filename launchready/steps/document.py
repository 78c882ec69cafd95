"""The steps as one JSON document: what is kept, and what ``launch steps --json`` prints."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from launchready.steps.outcome import State
from launchready.steps.plan import PLAN
from launchready.steps.store import SCHEMA, Progress

EXIT_CODES = {
    State.DONE: 0, State.WAITING: 1, State.PERSON: 1, State.FAILED: 1, State.UNKNOWN: 3, State.PENDING: 1,
}  # fmt: skip


def to_document(progress: Progress) -> dict[str, Any]:
    """Every step of the plan, in order; ``at``: the first that is not done, None when all are."""
    at = standing(progress)
    steps = []
    for step in PLAN:
        entry = progress.entry(step.name)
        look = entry.look
        deadline = None if entry.began is None else entry.began + step.deadline
        steps.append(
            {
                "name": step.name,
                "title": step.title,
                "state": look.state.value,
                "evidence": list(look.evidence),
                "todo": list(look.todo),
                "cause": None if look.cause is None else look.cause.value,
                "began": _text(entry.began),
                "looked": _text(entry.looked),
                "done": _text(entry.done),
                "deadline": _text(deadline),
                "notes": dict(entry.notes),
            }
        )
    state = State.DONE if at is None else progress.entry(at).look.state
    return {
        "schema": SCHEMA, "client": progress.client, "domain": progress.domain, "world": progress.world,
        "state": state.value, "at": at, "steps": steps,
    }  # fmt: skip


def exit_code(progress: Progress) -> int:
    """0 all done, 3 it can't be told, else 1."""
    at = standing(progress)
    return 0 if at is None else EXIT_CODES[progress.entry(at).look.state]


def standing(progress: Progress) -> str | None:
    """The first step that is not done; None when all are."""
    return next((s.name for s in PLAN if progress.entry(s.name).look.state is not State.DONE), None)


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(timespec="seconds")

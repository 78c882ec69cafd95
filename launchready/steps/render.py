"""The steps in words, for a person."""

from __future__ import annotations

from datetime import datetime

from launchready.steps.document import standing
from launchready.steps.outcome import Look, State
from launchready.steps.plan import PLAN
from launchready.steps.store import Progress

WORDS = {
    State.PENDING: "not yet come to",
    State.DONE: "done",
    State.WAITING: "waiting",
    State.PERSON: "needs a person",
    State.UNKNOWN: "can't tell yet",
    State.FAILED: "failed",
}


def told(head: str, look: Look, since: datetime | None = None) -> str:
    """One look: state, evidence, and what to do. ``since``: when it was done in an earlier run."""
    word = WORDS[look.state]
    if look.state is State.DONE and since is not None:
        word = f"already done (since {since:%Y-%m-%d %H:%M} UTC), and still so"
    first, *more = look.evidence or ("",)
    lines = [f"{head}: {word}{': ' if first else ''}{first}"]
    lines += [f"    {line}" for line in more]
    lines += [f"    → {line}" for line in look.todo]
    return "\n".join(lines)


def render(progress: Progress) -> str:
    """Every step with its state, and where it stands."""
    lines = [f"launch of {progress.domain} ({progress.world})"]
    for number, step in enumerate(PLAN):
        look = progress.entry(step.name).look
        lines.append(told(f"{number + 1}/{len(PLAN)} {step.name}", look))
    stopped = standing(progress)
    if stopped is None:
        lines.append("every step is done")
    else:
        lines.append(f"it stands at {stopped}; `launch up {progress.client}` goes on from there")
    return "\n".join(lines)

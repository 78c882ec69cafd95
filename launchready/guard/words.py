"""What a plan would do, for a person to read: what goes first, what is only made last."""

from __future__ import annotations

from launchready.guard.losses import Loss
from launchready.guard.plan import Action, Plan, Step
from launchready.guard.subjects import SECRET, VARIABLES, described, shown

HEADINGS = {
    Action.DELETE: "Deletes",
    Action.REPLACE: "Replaces",
    Action.CHANGE: "Changes",
    Action.CREATE: "Creates",
    Action.ADOPT: "Adopts",
    Action.GIVE_BACK: "Gives back (as before the launch)",
    Action.RELEASE: "Lets go of (it stays as it is)",
}
MOST = 40
"""Lines of one heading; what is deleted or replaced is always told whole."""


def render(plan: Plan, found: tuple[Loss, ...] = ()) -> str:
    """The plan in plain words, and what it would lose."""
    if not plan.steps:
        return "Changes nothing in the world." if plan.state else "Changes nothing."
    lines: list[str] = []
    for action, heading in HEADINGS.items():
        steps = [step for step in plan.steps if step.action is action]
        if steps:
            lines.append(f"{heading} {len(steps)}:")
            told = steps if action in (Action.DELETE, Action.REPLACE) else steps[:MOST]
            lines += [f"  {_line(step)}" for step in told]
            if len(told) < len(steps):
                lines.append(f"  … and {len(steps) - len(told)} more")
    if found:
        lines.append(f"Loses {len(found)}, which must be named:")
        lines += [f"  ! {loss}" for loss in found]
    lines.append(f"plan {plan.hash[:12]}")
    return "\n".join(lines)


def _line(step: Step) -> str:
    if step.action is Action.CREATE or step.action is Action.ADOPT:
        return f"+ {described(step.type, step.new, step.name)}"
    old = described(step.type, step.old, step.name)
    if step.action is Action.DELETE:
        return f"- {old}"
    if step.action in (Action.RELEASE, Action.GIVE_BACK):
        return f"  {old}"
    mark = "±" if step.action is Action.REPLACE else "~"
    gap = " (away in between)" if step.gap else ""
    return f"{mark} {old}{gap}{_difference(step)}"


def _difference(step: Step) -> str:
    """Which inputs change, from what to what; values of variables are never told."""
    if step.type in VARIABLES:
        return f": {', '.join(step.differs)}" if step.differs else ""
    told = []
    for key in step.differs:
        old, new = step.old.get(key), step.new.get(key)
        plain = all(not isinstance(value, list | dict) and value != SECRET for value in (old, new))
        told.append(f"{key} {shown(old)} → {shown(new)}" if plain and old != new else key)
    return f": {', '.join(told)}" if told else ""

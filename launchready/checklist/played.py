"""What checks share that read scenarios of the portal: planning them, and being undecided about them."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from launchready.checklist.registry import (
    CheckFunction,
    Outcome,
    Planner,
    Subject,
    inconclusive,
    not_applicable,
)
from launchready.client_file.portal_model import Portal
from launchready.evidence.types import Cause, PortalProbe, PortalResult, Probe, Step

Judge = Callable[[Subject, Portal, PortalResult], "Outcome | Iterable[Outcome]"]


def scenario(name: str) -> Planner:
    """A planner that has a scenario played, when a portal is declared."""

    def plan(subject: Subject) -> Iterable[Probe]:
        if isinstance(subject.client.portal, Portal):
            yield PortalProbe(name)

    return plan


def judged_by(name: str) -> Callable[[Judge], CheckFunction]:
    """A check function out of one that judges a scenario: without a portal it does not apply.

    The judge sees what was played even where the play was stopped; ``step_of`` tells why a step is missing.
    """

    def wrap(judge: Judge) -> CheckFunction:
        def run(subject: Subject) -> Outcome | Iterable[Outcome]:
            portal = subject.client.portal
            if not isinstance(portal, Portal):
                return not_applicable(subject.client.domain, "portal: none")
            return judge(subject, portal, subject.evidence.portal(name))

        run.__doc__, run.__name__ = judge.__doc__, judge.__name__
        return run

    return wrap


def place(portal: Portal, path: str = "") -> str:
    """The subject of an outcome: the portal's URL, with a path."""
    return portal.base.rstrip("/") + path


def missing(portal: Portal, result: PortalResult, label: str, path: str = "") -> Outcome:
    """Inconclusive, since the play never came to the step of that label; says why."""
    step = result.step(label)
    cause = (step.cause if step is not None else None) or result.cause or Cause.NOT_PROBED
    answered = f"{step.request} answered {step.status}" if step is not None and step.status else ""
    told = (step.detail if step is not None else "") or result.detail or answered
    why = told or f"the step {label!r} was not played"
    return inconclusive(place(portal, path), cause, why, evidence=(result.probe.id,))


def alive(step: Step | None) -> bool | None:
    """Whether a step found a live session; None when it could not be found out.

    A refusal (401, 403, or a redirect to the log-in page) is a no; an error of the server is no answer.
    """
    if step is None or step.cause is not None or step.status is None:
        return None
    if step.matched:
        return True
    return False if step.status in (301, 302, 303, 307, 401, 403, 404, 419, 440) else None

"""External systems that onboarding needs: when one is away, customers are told, and nothing stays broken."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from launchready.checklist.played import judged_by, missing, place, scenario
from launchready.checklist.registry import (
    Fix,
    Outcome,
    Severity,
    Subject,
    check,
    failed,
    inconclusive,
    not_applicable,
    passed,
)
from launchready.client_file.portal_model import Call, Portal
from launchready.evidence.types import Cause, PortalResult, Step

PLAY = "dependencies"
KEY = "launchready:portal.dependencies"
LIVE = "an external system can be taken away in a rehearsal only"

Judge = Callable[[str, Step, Step], Outcome]


def _each(portal: Portal, seen: PortalResult, judge: Judge) -> Iterable[Outcome]:
    """One outcome for each dependency and endpoint: the step while it was away, and the one afterwards."""
    if not portal.dependencies or not portal.onboarding:
        yield not_applicable(place(portal), "portal.dependencies or portal.onboarding is not declared")
        return
    if seen.cause is Cause.WAITING or seen.facts.get("switchable") is False:
        yield inconclusive(place(portal), Cause.NOT_PROBED, LIVE, evidence=(seen.probe.id,))
        return
    for name in portal.dependencies:
        for number in range(int(seen.facts.get("endpoints", 1))):
            call: Call = portal.onboarding[number]
            away, back = seen.step(f"away {name} {number}"), seen.step(f"back {name} {number}")
            if away is None or back is None:
                yield missing(
                    portal, seen, f"away {name} {number}" if away is None else f"back {name} {number}"
                )
            elif away.matched:
                why = f"{name} was taken away, and nothing changed: what answers does not know of it"
                yield inconclusive(place(portal, call.path), Cause.NOT_PROBED, why, evidence=(seen.probe.id,))
            else:
                yield judge(f"{place(portal, call.path)} without {name}", away, back)


@check(
    "deployment.dependency.handled",
    severity=Severity.MEDIUM,
    needs=[scenario(PLAY)],
    reference="launch checklist: failures of external systems are mapped; RFC 9110 §15.6.4 (503)",
    defect="when an external system is away, customers meet an error that nobody thought of",
    fix=Fix(KEY, "catch the failure: answer 503 with Retry-After and a sentence, or go on without it"),
    public=False,
)
@judged_by(PLAY)
def failures_of_others_are_handled(_: Subject, portal: Portal, seen: PortalResult) -> Iterable[Outcome]:
    """With a declared external system away, onboarding answers in time, and with more than a bare 5xx."""

    def judge(where: str, away: Step, back: Step) -> Outcome:
        expected = "an answer below 500, or 503 with Retry-After or a sentence"
        if away.cause is not None:
            return failed(where, f"no answer: {away.detail or away.cause}", expected=expected)
        told = away.header("retry-after") is not None or len(away.body.strip()) > 2
        handled = (away.status or 500) < 500 or (away.status == 503 and told)
        return (passed if handled else failed)(where, f"answers {away.status}", expected=expected)

    return _each(portal, seen, judge)


@check(
    "deployment.dependency.recovers",
    severity=Severity.MEDIUM,
    needs=[scenario(PLAY)],
    reference="launch checklist: failures of external systems are mapped; RFC 9110 §10.2.3 (Retry-After)",
    defect="once an external system was away, onboarding stays broken after it is back",
    fix=Fix(KEY, "try again instead of remembering the failure; reconnect, and close circuit breakers"),
    public=False,
)
@judged_by(PLAY)
def onboarding_recovers(_: Subject, portal: Portal, seen: PortalResult) -> Iterable[Outcome]:
    """After the external system is back, the same step of onboarding succeeds."""

    def judge(where: str, away: Step, back: Step) -> Outcome:
        if back.cause is not None:
            return failed(where, f"no answer afterwards: {back.detail or back.cause}", expected="success")
        verdict = passed if back.matched else failed
        return verdict(where, f"answers {back.status} afterwards", expected="success")

    return _each(portal, seen, judge)

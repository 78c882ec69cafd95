"""What checks share that read the scenario ``fuzz``: when it is played, and what its report proves."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from launchready.checklist.played import place
from launchready.checklist.registry import Outcome, Subject, failed, inconclusive, not_applicable, passed
from launchready.client_file.portal_model import Portal
from launchready.evidence.types import Cause, PortalProbe, PortalResult, Probe

SCENARIO = "fuzz"
MOST_LOST = 0.05
"""Share of requests without any answer beyond which a run proves nothing."""


def fuzzing(subject: Subject) -> Iterable[Probe]:
    """Planner: only when it was asked for, and where a description is declared."""
    if not _unasked(subject):
        yield PortalProbe(SCENARIO)


def _unasked(subject: Subject) -> str:
    portal = subject.client.portal
    if not isinstance(portal, Portal):
        return "portal: none"
    if portal.openapi is None:
        return "portal.openapi is not declared"
    return "" if subject.evidence.facts.get("fuzz") else "not asked for: launch verify CLIENT --fuzz"


def judged(
    subject: Subject, check: str, tell: Callable[[int | None, str], str], *, let_in: bool = False
) -> Iterator[Outcome]:
    """Outcomes of one of schemathesis's checks. ``let_in``: does it prove nothing unless some request was?"""
    why = _unasked(subject)
    portal = subject.client.portal
    if why or not isinstance(portal, Portal):
        yield not_applicable(subject.client.domain, why)
        return
    result = subject.evidence.portal(SCENARIO)
    found: Sequence[Sequence[object]] = result.facts.get("failures", ())
    mine = [one for one in found if one[0] == check]
    for _, operation, status, part in mine:
        method, _, path = str(operation).partition(" ")
        told = f"{method} {tell(status if isinstance(status, int) else None, str(part))}"
        yield failed(place(portal, path), told, evidence=(result.probe.id,))
    if mine:
        return
    open_ = _open(result, let_in=let_in)
    if open_ is not None:
        yield inconclusive(
            place(portal, portal.openapi or ""), open_[0], open_[1], evidence=(result.probe.id,)
        )
        return
    facts = result.facts
    seen = f"{facts['sent']} requests to {len(facts['operations'])} operations (seed {facts['seed']})"
    yield passed(place(portal, portal.openapi or ""), seen, evidence=(result.probe.id,))


def _open(result: PortalResult, *, let_in: bool) -> tuple[Cause, str] | None:
    """Why a run without failures proves nothing, None when it does."""
    facts = result.facts
    if result.cause is not None:
        return result.cause, result.detail
    untried = [one for one in facts["operations"] if not facts["cases"].get(one)]
    if facts["spent"]:
        return (
            Cause.NOT_PROBED,
            f"its share of portal.budget was spent after {facts['sent']} requests: raise it",
        )
    if facts["lost"] > MOST_LOST * max(1, facts["sent"]):
        return (
            Cause.NOT_PROBED,
            f"{facts['lost']} of {facts['sent']} requests got no answer: {facts['causes']}",
        )
    if not facts["finished"] or untried:
        told = "; ".join(facts["errors"]) or "it did not come to its end"
        return Cause.NOT_PROBED, f"{len(untried)} operations were not tried: {told}"
    if facts["alive"] is False:
        return Cause.NOT_PROBED, "the session ended on the way, so that refusals prove nothing"
    if let_in and not any(status.startswith("2") for status in facts["statuses"]):
        return Cause.NOT_PROBED, "no request at all was let in"
    return None

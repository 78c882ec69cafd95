"""Onboarding under a steady load: how long it takes, and whether everyone gets an answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from launchready.checklist.played import place
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
    undecided,
)
from launchready.client_file.portal_model import Call, Portal
from launchready.client_file.rate_limits import limits
from launchready.evidence.types import Cause, LoadProbe, LoadResult, Probe

TARGET = 500.0
"""Milliseconds: p95 of the core onboarding endpoints (launch checklist)."""
TAIL = 3.0
"""p99 may be so many times the target: one visitor in a hundred waits, and none for seconds on end."""
LEAST = 20
"""Successes without which a percentile means nothing."""
USUAL_LIMIT = 20
"""Requests in ten seconds that are made of one user where the file names no limit."""
WINDOW = 10
KEY = "launchready:portal.onboarding"


def load_of(subject: Subject, portal: Portal, number: int, call: Call) -> LoadProbe:
    """The load on one endpoint, below every limit that the file declares for it."""
    allowed = [call.limit or USUAL_LIMIT]
    path = call.path.partition("?")[0]
    allowed += [
        max(1, limit.requests * WINDOW // limit.period)
        for limit in limits(subject.client)
        if limit.covers(path) and (not limit.methods or call.method in limit.methods)
    ]
    return LoadProbe(number, call.path, limit=min(allowed), target=TARGET)


def loads(subject: Subject) -> Iterator[Probe]:
    portal = subject.client.portal
    if isinstance(portal, Portal):
        for number, call in enumerate(portal.onboarding):
            yield load_of(subject, portal, number, call)


Judge = Callable[[str, LoadResult], Outcome]


def _each(subject: Subject, judge: Judge) -> Iterable[Outcome]:
    """One outcome an endpoint; a load that could not be run, or by too busy a client, tells nothing."""
    portal = subject.client.portal
    if not isinstance(portal, Portal):
        return [not_applicable(subject.client.domain, "portal: none")]
    if not portal.onboarding:
        return [not_applicable(place(portal), "portal.onboarding is not declared")]
    outcomes = []
    for number, call in enumerate(portal.onboarding):
        result = subject.evidence.load(load_of(subject, portal, number, call))
        where = place(portal, call.path)
        outcomes.append(undecided(where, result) if result.cause is not None else judge(where, result))
    return outcomes


def _shown(result: LoadResult) -> str:
    return (
        f"p50 {result.p50:.0f} ms, p95 {result.p95:.0f} ms, p99 {result.p99:.0f} ms of {result.matched} "
        f"requests at {result.probe.per_second:g}/s (the client itself: {result.floor:.1f} ms)"
    )


def _percentile(share: str, limit: float, take: Callable[[LoadResult], float]) -> Judge:
    def judge(where: str, result: LoadResult) -> Outcome:
        evidence, expected = [result.probe.id], f"{share} below {limit:.0f} ms"
        if result.matched < LEAST:
            why = (
                f"{result.matched} of {result.sent} requests succeeded; {LEAST} are needed ({_came(result)})"
            )
            return inconclusive(where, Cause.NOT_PROBED, why, expected=expected, evidence=evidence)
        verdict = passed if take(result) < limit else failed
        return verdict(where, _shown(result), expected=expected, evidence=evidence)

    return judge


def _came(result: LoadResult) -> str:
    parts = [f"{times}× {status}" for status, times in result.statuses]
    return ", ".join(parts + [f"{times}× {cause}" for cause, times in result.failures]) or "nothing came"


@check(
    "performance.onboarding.p95",
    severity=Severity.HIGH,
    needs=[loads],
    reference="launch checklist: p95 under 500 ms on the core onboarding endpoints",
    defect="one in twenty customers waits for half a second or longer at a step of onboarding",
    fix=Fix(KEY, "find what the endpoint waits for: a query, an external system, a cold start"),
    public=False,
)
def onboarding_answers_in_time(subject: Subject) -> Iterable[Outcome]:
    """The p95 of each onboarding endpoint under a steady load is below 500 ms, from when it is due."""
    return _each(subject, _percentile("p95", TARGET, lambda result: result.p95))


@check(
    "performance.onboarding.tail",
    severity=Severity.LOW,
    needs=[loads],
    reference="HdrHistogram; coordinated omission (latency from the due time): the tail of an open-loop load",
    defect="a few customers wait for seconds at a step of onboarding",
    fix=Fix(KEY, "look for locks, retries and pools that run out: they show in the tail first"),
    public=False,
)
def onboarding_has_a_short_tail(subject: Subject) -> Iterable[Outcome]:
    """The p99 of each onboarding endpoint under a steady load is below three times the target."""
    return _each(subject, _percentile("p99", TAIL * TARGET, lambda result: result.p99))


@check(
    "performance.onboarding.errors",
    severity=Severity.HIGH,
    needs=[loads],
    reference="OWASP API4:2023 Unrestricted Resource Consumption; RFC 9110 §15.6",
    defect="under a load that its own limits allow, onboarding fails for some",
    fix=Fix(KEY, "give the endpoint the connections, workers and time that this load needs"),
    public=False,
)
def onboarding_bears_its_load(subject: Subject) -> Iterable[Outcome]:
    """No request of a steady load ends in a server error or without an answer."""

    def judge(where: str, result: LoadResult) -> Outcome:
        evidence, expected = [result.probe.id], "an answer below 500 to each"
        broken = sum(times for status, times in result.statuses if status >= 500)
        silent = sum(times for _, times in result.failures)
        if broken or silent:
            return failed(
                where, f"{result.sent} requests: {_came(result)}", expected=expected, evidence=evidence
            )
        if result.sent < LEAST:
            why = f"{result.sent} requests were sent"
            return inconclusive(where, Cause.NOT_PROBED, why, expected=expected, evidence=evidence)
        return passed(where, f"{result.sent} requests: {_came(result)}", expected=expected, evidence=evidence)

    return _each(subject, judge)


@check(
    "performance.onboarding.limit",
    severity=Severity.LOW,
    needs=[loads],
    reference="RFC 6585 §4; client file: portal.onboarding.limit (live = declared)",
    defect="customers are refused within the limit that the client file declares",
    fix=Fix(f"{KEY}.limit", "declare the limit that the application has, or raise it"),
    public=False,
)
def nobody_is_refused_within_the_limit(subject: Subject) -> Iterable[Outcome]:
    """A load within the declared limit is not answered 429."""

    def judge(where: str, result: LoadResult) -> Outcome:
        shown = f"{result.count(429)} of {result.sent} requests got 429"
        verdict = failed if result.count(429) else passed
        expected = f"none within {result.probe.limit} requests in {WINDOW} s"
        return verdict(where, shown, expected=expected, evidence=[result.probe.id])

    return _each(subject, judge)

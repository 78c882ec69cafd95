"""Row ``rate_limiting``: declared limits act, say when to come back, and cover what a portal must guard."""

from __future__ import annotations

from collections.abc import Iterator

from launchready.checklist.rate_limiting.bursts import Trial, bursts, trials
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
from launchready.client_file import rate_limits
from launchready.client_file.model import Portal
from launchready.evidence.types import BurstResult, Cause

_KEY = "launchready:rate_limits"
_DOCS = "developers.cloudflare.com/waf/rate-limiting-rules"


@check(
    "rate_limiting.rule.declared",
    severity=Severity.HIGH,
    needs=[bursts],
    reference="OWASP API4:2023; " + _DOCS,
    defect="a declared rate limit does not act, or acts on other requests than it declares",
    fix=Fix(_KEY, "launch up CLIENT brings the declared rule back; launch drift CLIENT shows what differs"),
    public=False,
)
def declared_limits_act(subject: Subject) -> Iterator[Outcome]:
    """From one address, a request too many is refused with 429 on every declared path, and none before it."""
    for trial in trials(subject):
        if trial.probe is None:
            yield inconclusive(trial.subject, Cause.NOT_PROBED, trial.reason, expected=_expected(trial))
        else:
            yield _judged(subject, trial, subject.evidence.burst(trial.probe))
    if not rate_limits.limits(subject.client):
        yield not_applicable(subject.client.domain, "no rate limit is declared")


def _expected(trial: Trial) -> str:
    return f"429 after {trial.limit.requests} requests in {trial.limit.period} s"


def _judged(subject: Subject, trial: Trial, result: BurstResult) -> Outcome:
    limit, evidence = trial.limit, (result.probe.id,)
    expected, place = _expected(trial), trial.subject
    if result.cause is not None:
        why = result.detail or result.cause.value
        return inconclusive(place, result.cause, why, expected=expected, evidence=evidence)
    at = result.refused_at
    if at is None:
        seen = ", ".join(dict.fromkeys(map(str, result.statuses)))
        observed = f"{len(result.statuses)} requests from one address, none refused ({seen})"
        return failed(place, observed, expected=expected, evidence=evidence)
    if at <= limit.requests and not subject.evidence.on_edge:
        observed = f"already request {at} was refused: others ask from this address, or the rule is stricter"
        cause = Cause.WAITING if at == 1 else Cause.DISAGREE
        return inconclusive(place, cause, observed, expected=expected, evidence=evidence)
    if at <= limit.requests:
        return failed(place, f"already request {at} was refused", expected=expected, evidence=evidence)
    open_ = [f"{url} ({status})" for url, status in result.others if status != 429]
    if open_:
        observed = f"request {at} was refused, yet the same limit does not cover {', '.join(open_)}"
        return failed(place, observed, expected=expected, evidence=evidence)
    return passed(place, f"request {at} was refused with 429", expected=expected, evidence=evidence)


@check(
    "rate_limiting.refusal.retry_after",
    severity=Severity.LOW,
    needs=[bursts],
    reference="RFC 6585 §4, RFC 9110 §10.2.3",
    defect="a refused visitor is not told when to come back",
    fix=Fix(_KEY, "let nothing between the edge and the visitor take Retry-After away (headers)"),
    public=False,
)
def refusals_say_when_to_come_back(subject: Subject) -> Iterator[Outcome]:
    """A 429 of the edge carries Retry-After."""
    for trial in trials(subject):
        if trial.probe is None:
            yield inconclusive(trial.subject, Cause.NOT_PROBED, trial.reason)
            continue
        result = subject.evidence.burst(trial.probe)
        evidence = (result.probe.id,)
        if result.refused_at is None:
            why = result.detail or "no request was refused"
            yield inconclusive(trial.subject, result.cause or Cause.NODATA, why, evidence=evidence)
        elif result.retry_after is None:
            yield failed(trial.subject, "429 without Retry-After", evidence=evidence)
        else:
            yield passed(trial.subject, f"Retry-After: {result.retry_after}", evidence=evidence)
    if not rate_limits.limits(subject.client):
        yield not_applicable(subject.client.domain, "no rate limit is declared")


@check(
    "rate_limiting.portal.covered",
    severity=Severity.LOW,
    reference="OWASP API4:2023 Unrestricted Resource Consumption, API2:2023 Broken Authentication",
    defect="a portal's log-in, reset, invite, sign-up or onboarding has no limit at the edge, only its own",
    fix=Fix(_KEY, "add its path, or take rate_limits out: the portal's doors are limited by default"),
    public=False,
)
def the_portals_doors_are_limited(subject: Subject) -> Iterator[Outcome]:
    """Every door of the portal (log-in, reset, invite, sign-up, onboarding) is covered by a rate limit."""
    client, host = subject.client, rate_limits.portal_host(subject.client)
    if not isinstance(client.portal, Portal):
        yield not_applicable(client.domain, "portal: none")
        return
    if host is None or not rate_limits.behind_edge(client, host):
        yield not_applicable(client.portal.base, "the portal is not behind this zone's edge")
        return
    entries = rate_limits.declared_entries(client)
    for name, paths in rate_limits.portal_paths(client.portal).items():
        bare = [
            path
            for path in paths
            if not any(entry.covers(path) and entry.host in (None, host) for entry in entries)
        ]
        place = f"https://{host}{(bare or paths)[0]}"
        if bare:
            yield failed(place, f"{name}: no rate limit covers {', '.join(bare)}", expected="a rate limit")
        else:
            yield passed(place, f"{name}: limited")

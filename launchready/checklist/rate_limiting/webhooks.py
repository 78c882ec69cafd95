"""Webhooks count only when their signature is there, right, fresh and new."""

from __future__ import annotations

from collections.abc import Iterator

from launchready.checklist.played import judged_by, missing, place, scenario
from launchready.checklist.registry import (
    Fix,
    Outcome,
    Severity,
    Subject,
    check,
    failed,
    not_applicable,
    passed,
)
from launchready.client_file.portal_model import Portal
from launchready.evidence.portal.signatures import has_time
from launchready.evidence.types import PortalResult, Step

WEBHOOKS = "webhooks"
KEY = "launchready:portal.webhooks"
API10 = "OWASP API10:2023 Unsafe Consumption of APIs"


def _taken(step: Step) -> bool:
    return step.status is not None and 200 <= step.status < 300


def _refused(portal: Portal, seen: PortalResult, label: str, *, timed: bool = False) -> Iterator[Outcome]:
    if not portal.webhooks:
        yield not_applicable(place(portal), "portal.webhooks is not declared")
    for number, hook in enumerate(portal.webhooks):
        subject = place(portal, hook.path)
        if timed and not has_time(hook.scheme):
            yield not_applicable(subject, f"{hook.scheme} signatures carry no time")
            continue
        step = seen.step(f"{label} {number}")
        if step is None or step.cause is not None or step.status is None or step.status >= 500:
            yield missing(portal, seen, f"{label} {number}", hook.path)
        elif _taken(step):
            yield failed(subject, f"answered {step.status}", expected="401")
        else:
            yield passed(subject, f"answered {step.status}")


@check(
    "rate_limiting.webhook.accepted",
    severity=Severity.HIGH,
    needs=[scenario(WEBHOOKS)],
    reference=API10,
    defect="a webhook with a right signature is refused",
    fix=Fix(KEY, "give the secret and the scheme that the sender signs with"),
    public=False,
)
@judged_by(WEBHOOKS)
def a_right_webhook_is_taken(_: Subject, portal: Portal, seen: PortalResult) -> Iterator[Outcome]:
    """A call with a right and fresh signature is taken: the control for every refusal."""
    if not portal.webhooks:
        yield not_applicable(place(portal), "portal.webhooks is not declared")
    for number, hook in enumerate(portal.webhooks):
        step = seen.step(f"right {number}")
        if step is None or step.cause is not None or (step.status or 500) >= 500:
            yield missing(portal, seen, f"right {number}", hook.path)
        elif _taken(step):
            yield passed(place(portal, hook.path), f"answered {step.status}")
        else:
            yield failed(place(portal, hook.path), f"answered {step.status}", expected="2xx")


@check(
    "rate_limiting.webhook.unsigned",
    severity=Severity.CRITICAL,
    needs=[scenario(WEBHOOKS)],
    reference=API10,
    defect="a webhook without a signature is taken",
    fix=Fix(KEY, "refuse calls without a signature"),
    public=False,
)
@judged_by(WEBHOOKS)
def an_unsigned_webhook_is_refused(_: Subject, portal: Portal, seen: PortalResult) -> Iterator[Outcome]:
    """A call without a signature is refused."""
    return _refused(portal, seen, "unsigned")


@check(
    "rate_limiting.webhook.signature",
    severity=Severity.CRITICAL,
    needs=[scenario(WEBHOOKS)],
    reference=f"{API10}; RFC 2104",
    defect="a webhook with a wrong signature is taken",
    fix=Fix(KEY, "compare the signature, in constant time"),
    public=False,
)
@judged_by(WEBHOOKS)
def a_wrongly_signed_webhook_is_refused(_: Subject, portal: Portal, seen: PortalResult) -> Iterator[Outcome]:
    """A call signed with another secret is refused."""
    return _refused(portal, seen, "wrong")


@check(
    "rate_limiting.webhook.stale",
    severity=Severity.HIGH,
    needs=[scenario(WEBHOOKS)],
    reference="docs.stripe.com/webhooks/signature (replay attacks: tolerance of 5 minutes)",
    defect="an old webhook is taken",
    fix=Fix(KEY, "refuse signatures that are older than five minutes"),
    public=False,
)
@judged_by(WEBHOOKS)
def an_old_webhook_is_refused(_: Subject, portal: Portal, seen: PortalResult) -> Iterator[Outcome]:
    """A call whose signature is an hour old is refused."""
    return _refused(portal, seen, "stale", timed=True)


@check(
    "rate_limiting.webhook.replay",
    severity=Severity.HIGH,
    needs=[scenario(WEBHOOKS)],
    reference="standardwebhooks.com (replay attacks: remember ids)",
    defect="a webhook is taken twice",
    fix=Fix(KEY, "remember each call's id or signature while it is fresh"),
    public=False,
)
@judged_by(WEBHOOKS)
def a_repeated_webhook_is_refused(_: Subject, portal: Portal, seen: PortalResult) -> Iterator[Outcome]:
    """The same signed call is refused the second time."""
    taken = [seen.step(f"right {number}") for number in range(len(portal.webhooks))]
    if portal.webhooks and not any(step is not None and _taken(step) for step in taken):
        yield missing(portal, seen, "right 0", portal.webhooks[0].path)
        return
    yield from _refused(portal, seen, "replayed")

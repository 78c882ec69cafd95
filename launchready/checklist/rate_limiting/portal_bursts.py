"""Log-ins, mails and forms of the portal are limited by address, by account and by user."""

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
    inconclusive,
    not_applicable,
    passed,
)
from launchready.client_file.portal_model import Portal
from launchready.evidence.types import Cause, PortalResult

LOGIN, MAIL, ONBOARDING = "log-in limits", "mail limits", "onboarding limits"
KEY = "launchready:portal"
API4 = "OWASP API4:2023 Unrestricted Resource Consumption"
API2 = "OWASP API2:2023 Broken Authentication"


def _burst(portal: Portal, seen: PortalResult, kind: str, path: str) -> Outcome:
    fact = seen.facts.get(kind)
    if not isinstance(fact, dict) or not fact.get("shots"):
        return missing(portal, seen, f"{kind} 1", path)
    subject, shots, status = place(portal, path), fact["shots"], fact["status"]
    if fact["refused"]:
        return passed(subject, f"{status} at request {shots}")
    if status is None or status >= 500 or status in (404, 405):
        why = f"answered {status}" if status else "no answer"
        return inconclusive(subject, Cause.NOT_PROBED, why, evidence=(seen.probe.id,))
    return failed(subject, f"{shots} requests, none refused", expected="429 before that")


def _declared(portal: Portal, call: str) -> Outcome | None:
    if getattr(portal, call) is None:
        return not_applicable(place(portal), f"portal.{call} is not declared")
    return None


@check(
    "rate_limiting.login.address",
    severity=Severity.HIGH,
    needs=[scenario(LOGIN)],
    reference=f"{API2}; OWASP ASVS 5.0 §6.3.1",
    defect="one address may try any number of log-ins",
    fix=Fix("launchready:rate_limits", "limit log-ins by address, at the edge or in the application"),
    public=False,
)
@judged_by(LOGIN)
def log_ins_of_one_address_are_limited(_: Subject, portal: Portal, seen: PortalResult) -> Outcome:
    """A burst of log-ins from one address is refused."""
    return _burst(portal, seen, "address", portal.login.path)


@check(
    "rate_limiting.login.spoofed",
    severity=Severity.HIGH,
    needs=[scenario(LOGIN)],
    reference=f"{API2}; RFC 7239 §8.1 (forwarded headers can be forged)",
    defect="a made-up address in a header gets around the limit",
    fix=Fix("launchready:rate_limits", "count the address that Cloudflare names (CF-Connecting-IP)"),
    public=False,
)
@judged_by(LOGIN)
def a_made_up_address_does_not_help(_: Subject, portal: Portal, seen: PortalResult) -> Outcome:
    """Another address in a header at each request changes nothing."""
    first = seen.facts.get("address")
    if isinstance(first, dict) and not first.get("refused"):
        return not_applicable(place(portal, portal.login.path), "there is no limit to get around")
    return _burst(portal, seen, "spoofed", portal.login.path)


@check(
    "rate_limiting.reset.address",
    severity=Severity.HIGH,
    needs=[scenario(MAIL)],
    reference=API4,
    defect="one address may ask for any number of resets",
    fix=Fix(f"{KEY}.reset", "limit reset requests by address"),
    public=False,
)
@judged_by(MAIL)
def resets_of_one_address_are_limited(_: Subject, portal: Portal, seen: PortalResult) -> Outcome:
    """A burst of reset requests from one address is refused."""
    if absent := _declared(portal, "reset"):
        return absent
    return _burst(portal, seen, "reset address", portal.reset.path if portal.reset else "")


@check(
    "rate_limiting.reset.account",
    severity=Severity.MEDIUM,
    needs=[scenario(MAIL)],
    reference=f"{API4}; OWASP WSTG-ATHN-09",
    defect="one account's mailbox can be filled with resets",
    fix=Fix(f"{KEY}.reset", "limit reset mails by account too"),
    public=False,
)
@judged_by(MAIL)
def resets_of_one_account_are_limited(_: Subject, portal: Portal, seen: PortalResult) -> Outcome:
    """A burst of resets for one account, from many addresses, is refused."""
    if absent := _declared(portal, "reset"):
        return absent
    return _burst(portal, seen, "reset account", portal.reset.path if portal.reset else "")


@check(
    "rate_limiting.signup.address",
    severity=Severity.MEDIUM,
    needs=[scenario(MAIL)],
    reference=f"OWASP API6:2023 Unrestricted Access to Sensitive Business Flows; {API4}",
    defect="one address may sign up any number of accounts",
    fix=Fix(f"{KEY}.signup", "limit sign-ups by address"),
    public=False,
)
@judged_by(MAIL)
def sign_ups_of_one_address_are_limited(_: Subject, portal: Portal, seen: PortalResult) -> Outcome:
    """A burst of sign-ups from one address is refused."""
    if absent := _declared(portal, "signup"):
        return absent
    return _burst(portal, seen, "signup", portal.signup.path if portal.signup else "")


@check(
    "rate_limiting.invite.sender",
    severity=Severity.MEDIUM,
    needs=[scenario(MAIL)],
    reference="OWASP API6:2023 Unrestricted Access to Sensitive Business Flows",
    defect="one user may send any number of invitations",
    fix=Fix(f"{KEY}.invite", "limit invitations by their sender"),
    public=False,
)
@judged_by(MAIL)
def invitations_of_one_sender_are_limited(_: Subject, portal: Portal, seen: PortalResult) -> Outcome:
    """A burst of invitations by one user is refused."""
    if absent := _declared(portal, "invite"):
        return absent
    return _burst(portal, seen, "invite", portal.invite.path if portal.invite else "")


@check(
    "rate_limiting.onboarding.user",
    severity=Severity.HIGH,
    needs=[scenario(ONBOARDING)],
    reference=f"{API4}; launch checklist: onboarding forms limited by user",
    defect="one user may send an onboarding form any number of times",
    fix=Fix(f"{KEY}.onboarding", "limit each form by user"),
    public=False,
)
@judged_by(ONBOARDING)
def onboarding_forms_are_limited_by_user(_: Subject, portal: Portal, seen: PortalResult) -> Iterator[Outcome]:
    """A burst of one form by one user is refused."""
    if not portal.onboarding:
        yield not_applicable(place(portal), "portal.onboarding is not declared")
    for number, call in enumerate(portal.onboarding):
        yield _burst(portal, seen, f"onboarding {number}", call.path)

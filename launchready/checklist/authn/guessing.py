"""What a guesser learns and how often he may try."""

from __future__ import annotations

from launchready.checklist.played import alive, judged_by, missing, place, scenario
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
from launchready.evidence.types import PortalResult

GUESSING = "guessing"
KEY = "launchready:portal.login"
ENOUGH = 12
"""Guesses from as many addresses that one account need not bear."""


@check(
    "authn.login.uniform",
    severity=Severity.MEDIUM,
    needs=[scenario(GUESSING)],
    reference="OWASP WSTG-IDNT-04 (account enumeration)",
    defect="a wrong password and an unknown user are answered differently",
    fix=Fix(KEY, "answer alike, whether the user exists or not"),
    public=False,
)
@judged_by(GUESSING)
def log_in_does_not_tell_who_exists(_: Subject, portal: Portal, seen: PortalResult) -> Outcome:
    """A wrong password is answered alike for a known and an unknown user."""
    known, unknown = seen.step("known"), seen.step("unknown")
    if known is None or unknown is None or not (known.status and unknown.status):
        return missing(portal, seen, "unknown", portal.login.path)
    told = f"known {known.status} ({len(known.body)} B), unknown {unknown.status} ({len(unknown.body)} B)"
    subject = place(portal, portal.login.path)
    if (known.status, len(known.body)) == (unknown.status, len(unknown.body)):
        return passed(subject, told)
    return failed(subject, told, expected="the same answer")


@check(
    "authn.login.query",
    severity=Severity.MEDIUM,
    needs=[scenario(GUESSING)],
    reference="CWE-598 (sensitive query strings); RFC 9110 §9.3.1",
    defect="log-in takes credentials from the URL, which logs and browsers keep",
    fix=Fix(KEY, "take credentials from the body of a POST only"),
    public=False,
)
@judged_by(GUESSING)
def credentials_in_the_url_are_not_taken(_: Subject, portal: Portal, seen: PortalResult) -> Outcome:
    """A GET with credentials in its query logs nobody in."""
    if portal.session is None:
        return not_applicable(place(portal), "portal.session is not declared")
    known = alive(seen.step("after log-in by query"))
    if known is None:
        return missing(portal, seen, "after log-in by query", portal.login.path)
    subject = place(portal, portal.login.path)
    return failed(subject, "logged in by GET", expected="refused") if known else passed(subject, "not taken")


@check(
    "authn.login.lockout",
    severity=Severity.HIGH,
    needs=[scenario(GUESSING)],
    reference="OWASP API2:2023 Broken Authentication; OWASP ASVS 5.0 §6.3.1",
    defect="an account bears any number of guesses, if they come from many addresses",
    fix=Fix(KEY, "slow down or lock an account after a handful of wrong passwords"),
    public=False,
)
@judged_by(GUESSING)
def guesses_at_one_account_are_limited(_: Subject, portal: Portal, seen: PortalResult) -> Outcome:
    """After a handful of wrong passwords an account takes no more, wherever they come from."""
    guesses = list(seen.under("guess "))
    subject = place(portal, portal.login.path)
    if "guesses" not in seen.facts or not guesses or guesses[-1].cause is not None:
        return missing(portal, seen, "guess 1", portal.login.path)
    last = guesses[-1]
    if last.status in (404, 405) or (last.status or 500) >= 500:
        return missing(portal, seen, "guess 1", portal.login.path)
    if last.status in (423, 429):
        return passed(subject, f"answered {last.status} at guess {len(guesses)}")
    return failed(subject, f"{len(guesses)} guesses, none refused", expected=f"429 within {ENOUGH}")

"""Log-in works, its session is guarded, gets an id of its own, and ends when it is told to."""

from __future__ import annotations

from collections.abc import Iterator

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
from launchready.evidence.types import PortalResult, Step

SESSION, EVERYWHERE = "session", "sessions everywhere"
APP = "launchready:portal"


@check(
    "authn.login.works",
    severity=Severity.CRITICAL,
    needs=[scenario(SESSION)],
    reference="OWASP API2:2023 Broken Authentication",
    defect="nobody can log in with a right password",
    fix=Fix(f"{APP}.login", "make log-in work, or describe it as it is"),
    public=False,
)
@judged_by(SESSION)
def a_right_password_logs_in(_: Subject, portal: Portal, seen: PortalResult) -> Outcome:
    """A test account logs in and is then known to be logged in."""
    if "login" not in seen.facts:
        return missing(portal, seen, "log in", portal.login.path)
    step = seen.step("log in")
    told = f"answered {step.status}" if step is not None else ""
    if not seen.facts["login"]:
        return failed(place(portal, portal.login.path), told, expected="log-in succeeds")
    if portal.session is None:
        return passed(place(portal, portal.login.path), told)
    known = alive(seen.step("logged in"))
    if known is None:
        return missing(portal, seen, "logged in", portal.session.path)
    if not known:
        return failed(place(portal, portal.session.path), "not logged in after log-in", expected="logged in")
    return passed(place(portal, portal.login.path), told)


@check(
    "authn.session.required",
    severity=Severity.CRITICAL,
    needs=[scenario(SESSION)],
    reference="OWASP API2:2023 Broken Authentication",
    defect="what only a user may see is shown to anyone",
    fix=Fix(f"{APP}.session", "refuse requests without a session with 401"),
    public=False,
)
@judged_by(SESSION)
def a_session_is_required(_: Subject, portal: Portal, seen: PortalResult) -> Outcome:
    """Without a session the portal refuses."""
    if portal.session is None:
        return not_applicable(place(portal), "portal.session is not declared")
    known = alive(seen.step("anonymous"))
    if known is None:
        return missing(portal, seen, "anonymous", portal.session.path)
    subject = place(portal, portal.session.path)
    return (
        failed(subject, "answers without a session", expected="401") if known else passed(subject, "refused")
    )


@check(
    "authn.session.rotates",
    severity=Severity.HIGH,
    needs=[scenario(SESSION)],
    reference="OWASP ASVS 5.0 §7.2.4 (a new session token on authentication)",
    defect="log-in keeps the session id that the visitor brought (fixation)",
    fix=Fix(f"{APP}.login", "give a fresh session id at log-in, and drop the one that was sent"),
    public=False,
)
@judged_by(SESSION)
def log_in_gives_a_new_session_id(_: Subject, portal: Portal, seen: PortalResult) -> Iterator[Outcome]:
    """The session id after log-in is not the one that the visitor came with."""
    if portal.login.bearer:
        yield not_applicable(place(portal), "sessions are bearer tokens")
        return
    if not seen.facts.get("login"):
        yield missing(portal, seen, "log in", portal.login.path)
        return
    brought = str(seen.facts["brought"])
    lines = [line for step in seen.under("log in") for line in step.cookies]
    named = [line for line in lines if line.partition("=")[0] in portal.cookies]
    kept = [line for line in named if line.partition("=")[2].startswith(brought)]
    subject = place(portal, portal.login.path)
    if kept or not named:
        yield failed(subject, "the id that was brought stays valid", expected="a fresh session id")
    else:
        yield passed(subject, "a fresh id")


def _cookies(portal: Portal, seen: PortalResult) -> list[tuple[str, set[str]]]:
    """(name, attributes in lower case) of the session cookies that log-in set."""
    found = []
    for step in seen.under("log in"):
        for line in step.cookies:
            pair, *attributes = line.split(";")
            if pair.partition("=")[0] in portal.cookies:
                found.append((pair.partition("=")[0], {part.strip().lower() for part in attributes}))
    return found


def _guarded(portal: Portal, seen: PortalResult, wanted: str) -> Iterator[Outcome]:
    if not portal.cookies:
        yield not_applicable(place(portal), "portal.cookies names none")
        return
    if not seen.facts.get("login"):
        yield missing(portal, seen, "log in", portal.login.path)
        return
    for name, attributes in _cookies(portal, seen):
        good = (
            wanted in attributes
            if wanted != "samesite"
            else bool({"samesite=lax", "samesite=strict"} & attributes)
        )
        subject = f"{place(portal, portal.login.path)} cookie {name}"
        shown = "; ".join(sorted(attributes)) or "no attributes"
        yield passed(subject, shown) if good else failed(subject, shown, expected=wanted)


_COOKIE_RULE = "RFC 6265 §4.1.2; OWASP ASVS 5.0 §3.3"


@check(
    "authn.cookie.secure",
    severity=Severity.HIGH,
    needs=[scenario(SESSION)],
    reference=f"{_COOKIE_RULE}.1",
    defect="the session cookie travels over http too",
    fix=Fix(f"{APP}.cookies", "set Secure on the session cookie"),
    public=False,
)
@judged_by(SESSION)
def session_cookies_are_secure(_: Subject, portal: Portal, seen: PortalResult) -> Iterator[Outcome]:
    """The session cookie is Secure."""
    return _guarded(portal, seen, "secure")


@check(
    "authn.cookie.httponly",
    severity=Severity.HIGH,
    needs=[scenario(SESSION)],
    reference=f"{_COOKIE_RULE}.4",
    defect="scripts can read the session cookie",
    fix=Fix(f"{APP}.cookies", "set HttpOnly on the session cookie"),
    public=False,
)
@judged_by(SESSION)
def session_cookies_are_http_only(_: Subject, portal: Portal, seen: PortalResult) -> Iterator[Outcome]:
    """The session cookie is HttpOnly."""
    return _guarded(portal, seen, "httponly")


@check(
    "authn.cookie.samesite",
    severity=Severity.MEDIUM,
    needs=[scenario(SESSION)],
    reference=f"{_COOKIE_RULE}.2",
    defect="other sites' requests carry the session cookie",
    fix=Fix(f"{APP}.cookies", "set SameSite=Lax or Strict on the session cookie"),
    public=False,
)
@judged_by(SESSION)
def session_cookies_stay_on_their_site(_: Subject, portal: Portal, seen: PortalResult) -> Iterator[Outcome]:
    """The session cookie is SameSite=Lax or Strict."""
    return _guarded(portal, seen, "samesite")


@check(
    "authn.logout.ends",
    severity=Severity.HIGH,
    needs=[scenario(SESSION)],
    reference="OWASP ASVS 5.0 §7.4.1 (log-out ends the session)",
    defect="log-out only forgets the cookie; the session lives on",
    fix=Fix(f"{APP}.logout", "end the session on the server at log-out"),
    public=False,
)
@judged_by(SESSION)
def log_out_ends_the_session(_: Subject, portal: Portal, seen: PortalResult) -> Outcome:
    """A cookie kept from before log-out is worth nothing after it."""
    if portal.logout is None or portal.session is None:
        return not_applicable(place(portal), "portal.logout or portal.session is not declared")
    return _ended(portal, seen, "logged in", "after log-out", portal.logout.path)


@check(
    "authn.logout.everywhere",
    severity=Severity.HIGH,
    needs=[scenario(EVERYWHERE)],
    reference="OWASP ASVS 5.0 §7.4.3 (all sessions can be ended)",
    defect="log-out everywhere leaves other sessions alive",
    fix=Fix(f"{APP}.logout_all", "end every session of the account on the server"),
    public=False,
)
@judged_by(EVERYWHERE)
def log_out_everywhere_ends_every_session(_: Subject, portal: Portal, seen: PortalResult) -> Outcome:
    """Log-out everywhere in one browser ends the session of another."""
    if portal.logout_all is None:
        return not_applicable(place(portal), "portal.logout_all is not declared")
    return _ended(portal, seen, "second before", "second after", portal.logout_all.path)


def _ended(portal: Portal, seen: PortalResult, before: str, after: str, path: str) -> Outcome:
    """Alive before and dead after; only the contrast counts."""
    first: Step | None = seen.step(before)
    if alive(first) is not True:
        return missing(portal, seen, before, path)
    late = alive(seen.step(after))
    if late is None:
        return missing(portal, seen, after, path)
    subject = place(portal, path)
    return (
        failed(subject, "the session lives on", expected="401")
        if late
        else passed(subject, "the session ended")
    )

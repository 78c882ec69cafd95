"""Administrators have a second factor, it can't be got around, and its codes work once."""

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
from launchready.evidence.types import PortalResult

FACTOR = "second factor"
KEY = "launchready:portal.login.mfa"


@check(
    "authn.factor.declared",
    severity=Severity.HIGH,
    reference="OWASP API2:2023 Broken Authentication; OWASP ASVS 5.0 §6.3",
    defect="there is neither a second factor nor a secure reset",
    fix=Fix(KEY, "add a second factor, or a reset by one-time token"),
    public=False,
)
def there_is_a_second_factor_or_a_secure_reset(subject: Subject) -> Outcome:
    """The portal has a second factor, or a reset by one-time token."""
    portal = subject.client.portal
    if not isinstance(portal, Portal):
        return not_applicable(subject.client.domain, "portal: none")
    safe_reset = portal.reset is not None and portal.reset.confirm is not None
    found = [word for word, there in (("second factor", portal.login.mfa), ("reset", safe_reset)) if there]
    if not found:
        return failed(place(portal), "neither", expected="a second factor, or a reset by one-time token")
    return passed(place(portal), " and ".join(found))


def _admins(portal: Portal, seen: PortalResult) -> list[str]:
    return [str(name) for name in seen.facts.get("admins", ())]


def _nobody(portal: Portal, seen: PortalResult) -> Outcome:
    if seen.cause is not None:
        return missing(portal, seen, "password of an administrator", portal.login.path)
    return not_applicable(place(portal), "no identity has an administrator's role")


@check(
    "authn.mfa.admin",
    severity=Severity.CRITICAL,
    needs=[scenario(FACTOR)],
    reference="OWASP ASVS 5.0 §6.3.3 (multi-factor authentication)",
    defect="an administrator logs in with a password alone",
    fix=Fix(KEY, "require a second factor of administrators"),
    public=False,
)
@judged_by(FACTOR)
def administrators_need_a_second_factor(_: Subject, portal: Portal, seen: PortalResult) -> Iterator[Outcome]:
    """An administrator's password alone opens nothing."""
    names = _admins(portal, seen)
    if not names:
        yield _nobody(portal, seen)
    for name in names:
        subject = f"{place(portal, portal.login.path)} as {name}"
        if seen.facts.get(f"asked {name}"):
            yield passed(subject, "a second factor is asked for")
        elif seen.facts.get(f"password alone {name}"):
            yield failed(subject, "logged in by the password alone", expected="a second factor")
        else:
            yield missing(portal, seen, f"password of {name}", portal.login.path)


@check(
    "authn.mfa.complete",
    severity=Severity.CRITICAL,
    needs=[scenario(FACTOR)],
    reference="OWASP API2:2023 Broken Authentication",
    defect="the session is open before the second factor was given",
    fix=Fix(KEY, "open the session after the second factor, and not before"),
    public=False,
)
@judged_by(FACTOR)
def the_session_waits_for_the_second_factor(
    _: Subject, portal: Portal, seen: PortalResult
) -> Iterator[Outcome]:
    """Between password and code there is no session."""
    names = [name for name in _admins(portal, seen) if seen.facts.get(f"asked {name}")]
    if not names:
        yield _nobody(portal, seen)
    for name in names:
        subject = f"{place(portal, portal.login.path)} as {name}"
        known = alive(seen.step(f"before the code of {name}"))
        if known is None:
            yield missing(portal, seen, f"before the code of {name}", portal.login.path)
        elif known:
            yield failed(subject, "logged in before the code", expected="no session yet")
        else:
            yield passed(subject, "no session before the code")


@check(
    "authn.mfa.once",
    severity=Severity.MEDIUM,
    needs=[scenario(FACTOR)],
    reference="RFC 6238 §5.2 (a code is accepted once)",
    defect="a one-time code works twice",
    fix=Fix(KEY, "remember the last accepted time step of each account"),
    public=False,
)
@judged_by(FACTOR)
def a_code_works_once(_: Subject, portal: Portal, seen: PortalResult) -> Iterator[Outcome]:
    """A one-time code that was taken is refused the second time."""
    names = [name for name in _admins(portal, seen) if seen.facts.get(f"asked {name}")]
    if not names:
        yield _nobody(portal, seen)
    for name in names:
        subject = f"{place(portal, portal.login.path)} as {name}"
        if not seen.facts.get(f"code {name}"):
            yield missing(portal, seen, f"code of {name}", portal.login.path)
        elif f"code again {name}" not in seen.facts:
            yield missing(portal, seen, f"code again of {name}", portal.login.path)
        elif seen.facts[f"code again {name}"]:
            yield failed(subject, "the same code was taken again", expected="refused")
        else:
            yield passed(subject, "refused the second time")

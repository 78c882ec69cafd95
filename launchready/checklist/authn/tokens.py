"""One-time tokens of resets and invitations: once, for 15 to 60 minutes, hard to guess, leading home."""

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

RESET, INVITATION = "reset", "invitation"
KEY, INVITE = "launchready:portal.reset", "launchready:portal.invite"
ASVS = "OWASP ASVS 5.0 §6.4 (authentication factor lifecycle and recovery)"
MIN_BITS = 100.0
"""A token of fewer bits could be guessed (ASVS asks for 128 of a session; a base64 text of 20 has 120)."""


def _without(portal: Portal, call: str) -> Outcome | None:
    if getattr(portal, call) is None:
        return not_applicable(place(portal), f"portal.{call} is not declared")
    return None


def _path(portal: Portal, call: str) -> str:
    found = getattr(portal, call)
    return str(found.path) if found is not None else ""


def _spent(portal: Portal, seen: PortalResult, call: str, first: str, second: str, bad: str) -> Outcome:
    """The first step must have worked, the second must not."""
    if absent := _without(portal, call):
        return absent
    path = _path(portal, call)
    one, two = seen.step(first), seen.step(second)
    if one is None or not one.matched:
        return missing(portal, seen, first, path)
    if two is None or two.cause is not None or (two.status or 500) >= 500:
        return missing(portal, seen, second, path)
    if two.matched:
        return failed(place(portal, path), bad, expected="refused")
    return passed(place(portal, path), f"answered {two.status}")


@check(
    "authn.reset.works",
    severity=Severity.HIGH,
    needs=[scenario(RESET)],
    reference=ASVS,
    defect="a reset by mail does not lead to a new password",
    fix=Fix(KEY, "make the reset work from mail to log-in"),
    public=False,
)
@judged_by(RESET)
def a_reset_leads_to_a_new_password(_: Subject, portal: Portal, seen: PortalResult) -> Outcome:
    """A token from the mail sets a password, and that password logs in."""
    if absent := _without(portal, RESET):
        return absent
    path = _path(portal, RESET)
    asked, spent = seen.step("reset"), seen.step("spend")
    if asked is not None and asked.matched is False:
        return failed(place(portal, path), f"answered {asked.status}", expected="taken")
    if spent is None or spent.cause is not None or not seen.facts.get("logged in"):
        return missing(portal, seen, "spend", path)
    if not spent.matched or not seen.facts.get("log in after"):
        return failed(place(portal, path), f"answered {spent.status}", expected="a new password that logs in")
    return passed(place(portal, path), "from mail to log-in")


@check(
    "authn.reset.once",
    severity=Severity.HIGH,
    needs=[scenario(RESET)],
    reference=f"{ASVS}; OWASP API2:2023",
    defect="a reset token works twice",
    fix=Fix(KEY, "spend the token with its first use"),
    public=False,
)
@judged_by(RESET)
def a_reset_token_works_once(_: Subject, portal: Portal, seen: PortalResult) -> Outcome:
    """A reset token that was used is refused."""
    return _spent(portal, seen, RESET, "spend", "spend again", "the token worked again")


@check(
    "authn.reset.ends",
    severity=Severity.HIGH,
    needs=[scenario(RESET)],
    reference="launch checklist: tokens live 15–60 minutes; " + ASVS,
    defect="a reset token lives longer than an hour",
    fix=Fix(KEY, "let the token end after 15 to 60 minutes"),
    public=False,
)
@judged_by(RESET)
def a_reset_token_ends_within_an_hour(_: Subject, portal: Portal, seen: PortalResult) -> Outcome:
    """An hour later the token is worth nothing."""
    return _spent(portal, seen, RESET, "spend", "spend late", "the token worked after 61 minutes")


@check(
    "authn.reset.patient",
    severity=Severity.MEDIUM,
    needs=[scenario(RESET)],
    reference="launch checklist: tokens live 15–60 minutes",
    defect="a reset token ends before the mail is read",
    fix=Fix(KEY, "let the token live 15 to 60 minutes"),
    public=False,
)
@judged_by(RESET)
def a_reset_token_lives_a_quarter_of_an_hour(_: Subject, portal: Portal, seen: PortalResult) -> Outcome:
    """Fourteen minutes later the token still works."""
    if absent := _without(portal, RESET):
        return absent
    path, step = _path(portal, RESET), seen.step("spend early")
    first = seen.step("spend")
    if first is None or not first.matched or step is None or step.cause is not None:
        return missing(portal, seen, "spend early", path)
    if step.matched:
        return passed(place(portal, path), "works after 14 minutes")
    return failed(place(portal, path), f"answered {step.status} after 14 minutes", expected="taken")


@check(
    "authn.reset.sessions",
    severity=Severity.HIGH,
    needs=[scenario(RESET)],
    reference="OWASP ASVS 5.0 §7.4.3 (sessions end when an authentication factor changes)",
    defect="a reset leaves old sessions alive",
    fix=Fix(KEY, "end every session of the account when its password changes"),
    public=False,
)
@judged_by(RESET)
def a_reset_ends_every_session(_: Subject, portal: Portal, seen: PortalResult) -> Outcome:
    """A session from before the reset is dead after it."""
    if absent := _without(portal, RESET):
        return absent
    path = _path(portal, RESET)
    spent = seen.step("spend")
    if alive(seen.step("session before")) is not True or spent is None or not spent.matched:
        return missing(portal, seen, "spend", path)
    late = alive(seen.step("session after"))
    if late is None:
        return missing(portal, seen, "session after", path)
    if late:
        return failed(place(portal, path), "the old session lives on", expected="ended")
    return passed(place(portal, path), "the old session ended")


@check(
    "authn.reset.host",
    severity=Severity.HIGH,
    needs=[scenario(RESET)],
    reference="OWASP WSTG-INPV-17 (host header injection)",
    defect="the link in the mail follows a header that anyone can send",
    fix=Fix(KEY, "build links from the configured address, never from the request's"),
    public=False,
)
@judged_by(RESET)
def the_mails_link_leads_home(_: Subject, portal: Portal, seen: PortalResult) -> Outcome:
    """A foreign X-Forwarded-Host does not get into the mail."""
    if absent := _without(portal, RESET):
        return absent
    path = _path(portal, RESET)
    if "poisoned" not in seen.facts:
        return missing(portal, seen, "reset", path)
    if seen.facts["poisoned"]:
        return failed(place(portal, path), "the mail links to the host of the header", expected=portal.base)
    return passed(place(portal, path), "the header had no effect")


@check(
    "authn.reset.secret",
    severity=Severity.CRITICAL,
    needs=[scenario(RESET)],
    reference="OWASP API2:2023 Broken Authentication",
    defect="the answer to a reset request contains the token",
    fix=Fix(KEY, "send the token by mail and nowhere else"),
    public=False,
)
@judged_by(RESET)
def the_token_goes_by_mail_only(_: Subject, portal: Portal, seen: PortalResult) -> Outcome:
    """The one who asks for a reset is not shown its token."""
    if absent := _without(portal, RESET):
        return absent
    path, step = _path(portal, RESET), seen.step("reset")
    if step is None or step.cause is not None or "bits" not in seen.facts:
        return missing(portal, seen, "reset", path)
    if "a one-time token" in step.leaks:
        return failed(place(portal, path), "the answer has the token", expected="nothing of it")
    return passed(place(portal, path), "nothing of it in the answer")


@check(
    "authn.reset.entropy",
    severity=Severity.HIGH,
    needs=[scenario(RESET)],
    reference="OWASP ASVS 5.0 §6.5.2, §11.5.1 (unguessable random values)",
    defect="reset tokens are short enough to be guessed",
    fix=Fix(KEY, "take 16 random bytes or more"),
    public=False,
)
@judged_by(RESET)
def a_reset_token_is_long(_: Subject, portal: Portal, seen: PortalResult) -> Outcome:
    """A token's length and alphabet allow for 100 bits or more."""
    if absent := _without(portal, RESET):
        return absent
    path = _path(portal, RESET)
    if "bits" not in seen.facts:
        return missing(portal, seen, "reset", path)
    bits = float(seen.facts["bits"])
    told = f"at most {bits:g} bits"
    if bits < MIN_BITS:
        return failed(place(portal, path), told, expected=f"{MIN_BITS:g} bits or more")
    return passed(place(portal, path), told)


@check(
    "authn.reset.uniform",
    severity=Severity.MEDIUM,
    needs=[scenario(RESET)],
    reference="OWASP WSTG-IDNT-04 (account enumeration)",
    defect="asking for a reset tells whether the account exists",
    fix=Fix(KEY, "answer alike, whether the account exists or not"),
    public=False,
)
@judged_by(RESET)
def a_reset_does_not_tell_who_exists(_: Subject, portal: Portal, seen: PortalResult) -> Outcome:
    """A reset is answered alike for a known and an unknown user."""
    if absent := _without(portal, RESET):
        return absent
    path = _path(portal, RESET)
    known, unknown = seen.step("reset"), seen.step("reset of nobody")
    if known is None or unknown is None or not (known.status and unknown.status):
        return missing(portal, seen, "reset", path)
    same = (known.status, len(known.body)) == (unknown.status, len(unknown.body))
    told = f"known {known.status} ({len(known.body)} B), unknown {unknown.status} ({len(unknown.body)} B)"
    if same or "a one-time token" in known.leaks:
        return passed(place(portal, path), told)
    return failed(place(portal, path), told, expected="the same answer")


@check(
    "authn.password.weak",
    severity=Severity.MEDIUM,
    needs=[scenario(RESET)],
    reference="NIST SP 800-63B-4 §3.1.1.2; OWASP ASVS 5.0 §6.2.4",
    defect="the commonest password is accepted",
    fix=Fix(KEY, "refuse passwords that are short or on a list of common ones"),
    public=False,
)
@judged_by(RESET)
def common_passwords_are_refused(_: Subject, portal: Portal, seen: PortalResult) -> Outcome:
    """ "password" can't be anybody's password."""
    if absent := _without(portal, RESET):
        return absent
    path, step = _path(portal, RESET), seen.step("weak password")
    if step is None or step.cause is not None or (step.status or 500) >= 500:
        return missing(portal, seen, "weak password", path)
    if step.matched:
        return failed(place(portal, path), "took the password “password”", expected="refused")
    return passed(place(portal, path), f"answered {step.status}")


@check(
    "authn.invite.once",
    severity=Severity.HIGH,
    needs=[scenario(INVITATION)],
    reference=f"{ASVS}; OWASP API2:2023",
    defect="an invitation works twice",
    fix=Fix(INVITE, "spend the invitation with its first use"),
    public=False,
)
@judged_by(INVITATION)
def an_invitation_works_once(_: Subject, portal: Portal, seen: PortalResult) -> Outcome:
    """An invitation that was taken is refused."""
    return _spent(portal, seen, "invite", "accept now", "accept again", "the invitation worked again")


@check(
    "authn.invite.ends",
    severity=Severity.HIGH,
    needs=[scenario(INVITATION)],
    reference="launch checklist: tokens live 15–60 minutes; " + ASVS,
    defect="an invitation lives longer than an hour",
    fix=Fix(INVITE, "let the invitation end after 15 to 60 minutes"),
    public=False,
)
@judged_by(INVITATION)
def an_invitation_ends_within_an_hour(_: Subject, portal: Portal, seen: PortalResult) -> Outcome:
    """An hour later the invitation is worth nothing."""
    return _spent(
        portal, seen, "invite", "accept now", "accept late", "the invitation worked after 61 minutes"
    )

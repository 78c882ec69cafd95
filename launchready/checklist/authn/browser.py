"""The forms around log-in work in a real browser, on a phone and on a desk."""

from __future__ import annotations

from collections.abc import Iterator

from launchready.checklist.browsed import browsing, each_form
from launchready.checklist.registry import Fix, Outcome, Severity, Subject, check

REFERENCE = (
    "launch checklist: a customer can sign up, prove who they are and enter; flows work on mobile and desktop"
)
_FLOWS = (
    ("login", "authn.browser.login", Severity.CRITICAL, "nobody can log in with a browser",
     "Log-in works in a browser at 390 and 1440 pixels.", "no identity is declared to log in with"),
    ("signup", "authn.browser.signup", Severity.HIGH, "nobody can sign up with a browser",
     "Sign-up works in a browser at 390 and 1440 pixels.", "portal.signup is not declared"),
    ("reset", "authn.browser.reset", Severity.HIGH, "nobody can ask for a new password with a browser",
     "A reset can be asked for in a browser at 390 and 1440 pixels.", "portal.reset is not declared"),
    ("invite", "authn.browser.invite", Severity.MEDIUM, "nobody can be invited with a browser",
     "An invitation can be sent in a browser at 390 and 1440 pixels.", "portal.invite is not declared"),
)  # fmt: skip


def _register(flow: str, id_: str, severity: Severity, defect: str, proves: str, nothing: str) -> None:
    def works(subject: Subject) -> Iterator[Outcome]:
        return each_form(subject, flow, nothing)

    works.__doc__ = proves
    fix = Fix(
        f"launchready:portal.pages.{flow}",
        "open the page in a browser, press the button, and mend what fails",
    )
    check(
        id_,
        severity=severity,
        needs=[browsing],
        reference=f"{REFERENCE} ({flow})",
        defect=defect,
        fix=fix,
        public=False,
    )(works)


for _flow in _FLOWS:
    _register(*_flow)

"""The onboarding endpoints refuse what is malformed, of another type, missing or too large."""

from __future__ import annotations

from collections.abc import Callable, Iterator

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
from launchready.client_file.portal_model import Call, Portal
from launchready.evidence.portal.scenarios.bad_input import SCRIPT
from launchready.evidence.types import Cause, PortalResult, Step
from launchready.websec import errors

INPUT = "bad input"
KEY = "launchready:portal.onboarding"
API8 = "OWASP API8:2023 Security Misconfiguration"
MALFORMED = ("malformed", "empty", "no object", "no text", "deep")


def _targets(portal: Portal) -> Iterator[tuple[str, Call]]:
    for number, call in enumerate(portal.onboarding):
        if call.body is not None and call.method not in ("GET", "HEAD"):
            yield f"onboarding {number}", call


def _each(
    wanted: Callable[[str], bool], bad: Callable[[Step], str]
) -> Callable[[Subject, Portal, PortalResult], Iterator[Outcome]]:
    """A judge of the wanted shots at each endpoint; ``bad`` says what is wrong with one, or ""."""

    def judge(_: Subject, portal: Portal, seen: PortalResult) -> Iterator[Outcome]:
        found = False
        for name, call in _targets(portal):
            found = True
            yield _endpoint(portal, seen, name, call, wanted, bad)
        if not found:
            yield not_applicable(place(portal), "no onboarding endpoint takes a body")

    return judge


def _endpoint(
    portal: Portal, seen: PortalResult, name: str, call: Call, wanted: Callable[[str], bool],
    bad: Callable[[Step], str],
) -> Outcome:  # fmt: skip
    subject = f"{call.method} {place(portal, call.path)}"
    if not seen.facts.get(f"good {name}"):
        return missing(portal, seen, f"{name}: good", call.path)
    shots = [step for step in seen.under(f"{name}: ") if wanted(step.label.removeprefix(f"{name}: "))]
    judged = [step for step in shots if step.cause is None and step.status != 429]
    if not judged:
        return inconclusive(
            subject, Cause.NOT_PROBED, "no such input was answered", evidence=(seen.probe.id,)
        )
    wrong = [f"{step.label.removeprefix(f'{name}: ')}: {told}" for step in judged if (told := bad(step))]
    if wrong:
        more = f" and {len(wrong) - 1} more" if len(wrong) > 1 else ""
        return failed(subject, wrong[0] + more, expected="4xx")
    return passed(subject, f"{len(judged)} refused or handled")


def _accepted(step: Step) -> str:
    return f"answered {step.status}" if 200 <= (step.status or 0) < 300 else ""


def _crashed(step: Step) -> str:
    return f"answered {step.status}" if (step.status or 0) >= 500 and step.status != 503 else ""


def _database(step: Step) -> str:
    names = [name for name in errors.found(errors.INTERNALS, step.body) if "database" in name]
    return f"answered {step.status} with {names[0]}" if names else ""


def _reflected(step: Step) -> str:
    html = (step.header("content-type") or "").lower().startswith("text/html")
    return "the script comes back as HTML" if html and SCRIPT.encode() in step.body else ""


_CHECKS: tuple[
    tuple[str, Severity, str, str, str, Callable[[str], bool], Callable[[Step], str], str], ...
] = (
    ("input_validation.malformed", Severity.HIGH, f"{API8}; RFC 9110 §15.5.1",
     "a body that can't be read is taken",
     "refuse bodies that are no JSON object with 400", lambda label: label in MALFORMED, _accepted,
     "A body that can't be read is refused."),
    ("input_validation.types", Severity.MEDIUM, "OWASP ASVS 5.0 §2.2.1 (positive validation)",
     "a field of another type is taken", "check every field's type",
     lambda label: label.startswith("type of "), _accepted, "A field of another type is refused."),
    ("input_validation.missing", Severity.MEDIUM, "OWASP ASVS 5.0 §2.2.3; RFC 9110 §15.5.21",
     "a form without a needed field is taken", "require every needed field",
     lambda label: label.startswith("missing "), _accepted, "A form without a needed field is refused."),
    ("input_validation.oversized", Severity.MEDIUM, "OWASP API4:2023; RFC 9110 §15.5.14",
     "bodies of any size are read", "refuse bodies larger than any form with 413",
     lambda label: label == "oversized", _accepted, "A body a hundred times too large is refused."),
    ("input_validation.server_error", Severity.HIGH, "CWE-20; launch checklist: 4xx and never 5xx",
     "bad input ends in a server error", "validate before anything else, and answer with 4xx",
     lambda label: label != "good", _crashed, "No bad input ends in a 5xx."),
    ("input_validation.injection", Severity.CRITICAL, "CWE-89; OWASP WSTG-INPV-05",
     "a quote in a field reaches the database", "bind parameters, never put values into statements",
     lambda label: label.startswith("hostile "), _database, "No input brings up an error of the database."),
    ("input_validation.markup", Severity.HIGH, "CWE-79; OWASP WSTG-INPV-01",
     "markup in a field comes back as HTML", "encode values when they are written into a page",
     lambda label: label == "hostile markup", _reflected, "Markup in a field does not come back as HTML."),
)  # fmt: skip

for _id, _severity, _reference, _defect, _advice, _wanted, _bad, _doc in _CHECKS:
    _judge = _each(_wanted, _bad)
    _judge.__doc__ = _doc
    check(
        _id, severity=_severity, needs=[scenario(INPUT)], reference=_reference, defect=_defect,
        fix=Fix(KEY, _advice), public=False,
    )(judged_by(INPUT)(_judge))  # fmt: skip

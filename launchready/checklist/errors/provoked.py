"""Errors that were provoked tell nothing of the inside."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

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
from launchready.evidence.portal.scenarios.bad_input import FOREIGN_TOKEN
from launchready.evidence.types import PortalResult, Step
from launchready.websec import errors

INPUT = "bad input"
FIX = Fix("launchready:portal", "answer errors with a word and a sentence, and log the rest")
API8 = "OWASP API8:2023 Security Misconfiguration"


def refusals(seen: PortalResult) -> list[Step]:
    """Every answer of the scenario that is an error."""
    return [step for step in seen.steps if step.cause is None and (step.status or 0) >= 400]


def _clean(table: Mapping[str, str]) -> Callable[[Subject, Portal, PortalResult], Iterator[Outcome]]:
    def judge(_: Subject, portal: Portal, seen: PortalResult) -> Iterator[Outcome]:
        steps = refusals(seen)
        if not steps:
            yield missing(portal, seen, "absent page")
            return
        shown: dict[str, list[str]] = {}
        for step in steps:
            for name in errors.found(table, step.body):
                shown.setdefault(name, []).append(f"{step.label} ({step.request}, {step.status})")
        for name, places in shown.items():
            more = f" and {len(places) - 1} more" if len(places) > 1 else ""
            yield failed(place(portal), f"{name} at {places[0]}{more}", expected="nothing of the inside")
        if not shown:
            yield passed(place(portal), f"{len(steps)} errors tell nothing")

    return judge


for _id, _severity, _table, _reference, _defect, _doc in (
    ("errors.trace", Severity.HIGH, errors.TRACES, f"CWE-209; {API8}", "an error shows a stack trace",
     "No error shows a stack trace."),
    ("errors.framework", Severity.MEDIUM, errors.FRAMEWORKS, "OWASP WSTG-ERRH-01; CWE-756",
     "an error shows the framework's own page", "No error shows a framework's own or debugging page."),
    ("errors.internals", Severity.MEDIUM, errors.INTERNALS, "CWE-209; OWASP ASVS 5.0 §16.5.1",
     "an error names internal ids, hosts, paths or the database",
     "No error names internal ids, hosts or paths."),
):  # fmt: skip
    _judge = _clean(_table)
    _judge.__doc__ = _doc
    check(
        _id,
        severity=_severity,
        needs=[scenario(INPUT)],
        reference=_reference,
        defect=_defect,
        fix=FIX,
        public=False,
    )(judged_by(INPUT)(_judge))


@check(
    "errors.token",
    severity=Severity.MEDIUM,
    needs=[scenario(INPUT)],
    reference="CWE-209; launch checklist: errors leak no tokens",
    defect="an error repeats the token that was sent",
    fix=Fix("launchready:portal.reset", "name no values in errors"),
    public=False,
)
@judged_by(INPUT)
def errors_do_not_repeat_tokens(_: Subject, portal: Portal, seen: PortalResult) -> Outcome:
    """A token that is refused is not repeated in the answer."""
    if portal.reset is None or portal.reset.confirm is None:
        return not_applicable(place(portal), "portal.reset.confirm is not declared")
    path, step = portal.reset.confirm.path, seen.step("reset: foreign token")
    if step is None or step.cause is not None:
        return missing(portal, seen, "reset: foreign token", path)
    if FOREIGN_TOKEN.encode() in step.body:
        return failed(place(portal, path), "the token is in the answer", expected="not repeated")
    return passed(place(portal, path), f"answered {step.status}")

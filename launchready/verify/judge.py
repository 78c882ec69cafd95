"""From outcomes to a verdict: waivers, rows, score. Pure; see design.md, "Verification document"."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date

from launchready.checklist.registry import ROWS, Check, Outcome, Severity, Status
from launchready.client_file.model import Waiver
from launchready.verify.document import Finding, Row, RowStatus, Verdict, WaiverNote

COUNTS = frozenset({Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM})
"""A fail of these makes a launch not ready."""
BLOCKS = frozenset({Severity.CRITICAL, Severity.HIGH})
"""What could not be found out about these leaves a row unproven."""


def finding(check: Check, outcome: Outcome) -> Finding:
    """A check's outcome as the report shows it. Advice only where something is wrong."""
    fix = (outcome.fix or check.fix) if outcome.status is Status.FAIL else None
    return Finding(
        check.id, check.row, outcome.status, check.severity, outcome.subject, outcome.expected,
        outcome.observed, outcome.cause, check.reference, check.defect, fix, outcome.evidence,
    )  # fmt: skip


def waive(findings: Iterable[Finding], waivers: Sequence[Waiver], today: date) -> tuple[Finding, ...]:
    """Findings with those waived that a waiver covers today; an expired waiver changes nothing."""
    valid = {waiver.check: waiver for waiver in waivers if today <= waiver.until}
    return tuple(_waived(found, valid.get(found.check)) for found in findings)


def _waived(found: Finding, waiver: Waiver | None) -> Finding:
    if waiver is None or found.status not in (Status.FAIL, Status.INCONCLUSIVE):
        return found
    return replace(found, status=Status.WAIVED, waiver=WaiverNote(waiver.reason, waiver.until))


def waiver_notes(waivers: Sequence[Waiver], known: Mapping[str, Check], today: date) -> list[str]:
    """Sentences about waivers that do nothing: expired, or for a check that does not exist."""
    notes = []
    for waiver in waivers:
        if waiver.check not in known:
            notes.append(f"waiver of {waiver.check}: there is no such check")
        elif today > waiver.until:
            notes.append(f"waiver of {waiver.check} expired on {waiver.until.isoformat()}: it counts again")
    return notes


def rows(findings: Sequence[Finding]) -> tuple[Row, ...]:
    """One row for each area that has findings, in the scorecard's order."""
    return tuple(
        _row(row, [found for found in findings if found.row == row])
        for row in ROWS
        if any(found.row == row for found in findings)
    )


def _row(row: str, findings: Sequence[Finding]) -> Row:
    def count(status: Status) -> int:
        return sum(1 for found in findings if found.status is status)

    return Row(
        row, _row_status(findings), count(Status.PASS), count(Status.FAIL), count(Status.INCONCLUSIVE),
        count(Status.WAIVED),
    )  # fmt: skip


def _row_status(findings: Sequence[Finding]) -> RowStatus:
    if any(found.status is Status.FAIL and found.severity in COUNTS for found in findings):
        return "fail"
    if any(found.status is Status.INCONCLUSIVE and found.severity in BLOCKS for found in findings):
        return "unproven"
    if all(found.status is Status.NOT_APPLICABLE for found in findings):
        return "not_applicable"
    return "pass"


def verdict(rows: Iterable[Row]) -> Verdict:
    statuses = {row.status for row in rows}
    if "fail" in statuses:
        return "not_ready"
    return "unproven" if "unproven" in statuses else "ready"


def score(findings: Iterable[Finding]) -> int:
    """Severity-weighted passes over applicable findings, 0–100, rounded down: 100 is everything."""
    won = total = 0
    for found in findings:
        if found.status in (Status.NOT_APPLICABLE, Status.WAIVED):
            continue
        total += found.severity.weight
        won += found.severity.weight if found.status is Status.PASS else 0
    return 100 if total == 0 else 100 * won // total

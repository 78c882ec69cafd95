"""The report for a terminal: the verdict first, a line per row, then each failure with its fix."""

from __future__ import annotations

import io
import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from launchready.checklist.registry import Severity, Status
from launchready.report.safe import safe

if TYPE_CHECKING:
    from launchready.report.changes import Change, Changes
    from launchready.verify.document import Finding, Row, Verification

WIDTH = 80
VERDICTS = {
    "ready": ("READY", "bold green", "nothing stands in the way of the launch"),
    "not_ready": ("NOT READY", "bold red", "something must be mended before launch"),
    "unproven": ("UNPROVEN", "bold yellow", "something could not be found out; nothing is known to be wrong"),
}
ROW_STYLES = {"pass": "green", "fail": "red", "unproven": "yellow", "not_applicable": "dim"}
SEVERITY_ORDER = list(Severity)
SHOWN_PER_CHECK = 5
"""Failures of one check that are shown whole; the rest are counted."""


def render_text(
    verification: Verification, *, color: bool = False, width: int = WIDTH, changes: Changes | None = None
) -> str:
    """The report as text of ``width`` columns; ANSI colours only when asked for and NO_COLOR is unset."""
    buffer = io.StringIO()
    colored = color and "NO_COLOR" not in os.environ
    console = Console(
        file=buffer, width=width, force_terminal=colored, no_color=not colored, highlight=False, emoji=False
    )
    print_report(console, verification, changes)
    return buffer.getvalue()


def print_report(console: Console, verification: Verification, changes: Changes | None = None) -> None:
    """Write the report to a rich console."""
    _verdict(console, verification)
    _rows(console, verification.rows)
    _changes(console, changes)
    _findings(console, "Failed", _with(verification, Status.FAIL))
    _findings(console, "Could not be found out", _with(verification, Status.INCONCLUSIVE))
    _waived(console, _with(verification, Status.WAIVED))
    _notes(console, verification)


def _verdict(console: Console, verification: Verification) -> None:
    word, style, meaning = VERDICTS[verification.verdict]
    where = "rehearsed on a local edge" if verification.target == "edge" else "live"
    who = f"{verification.client}: " if verification.client else ""
    console.print(Text.assemble((word, style), f"  {who}{verification.domain} ({where})"))
    findings = verification.findings
    console.print(
        f"{meaning}; score {verification.score} of 100, {len(findings)} findings "
        f"in {verification.seconds:.1f} s",
        markup=False,
    )


def _rows(console: Console, rows: Iterable[Row]) -> None:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("row", no_wrap=True)
    table.add_column("status", no_wrap=True)
    for column in ("passed", "failed", "unknown", "waived"):
        table.add_column(column, justify="right")
    for row in rows:
        status = Text(row.status.replace("_", " "), style=ROW_STYLES[row.status])
        counts = (row.passed, row.failed, row.inconclusive, row.waived)
        table.add_row(row.row, status, *(str(count) if count else "·" for count in counts))
    console.print()
    console.print(table)


def _changes(console: Console, changes: Changes | None) -> None:
    if changes is None:
        return
    console.print()
    before = VERDICTS[changes.verdict_before][0]
    since = f"Since {changes.since:%Y-%m-%d %H:%M} UTC ({before}, {changes.score_before} of 100)"
    console.print(Text(since, style="bold"))
    if changes.nothing:
        console.print("  nothing changed")
    told: list[tuple[str, str, tuple[Change, ...]]] = [
        ("broke", "red", changes.broken),
        ("unknown", "yellow", changes.unknown),
        ("mended", "green", changes.mended),
        ("waiver", "dim", changes.waived),
    ]
    for word, style, found in told:
        for change in found:
            console.print(Text.assemble("  ", (word, style), f"  {change.check}  {safe(change.subject)}"))
    if changes.new or changes.gone:
        console.print(f"  {changes.new} findings new, {changes.gone} gone")


def _with(verification: Verification, status: Status) -> list[Finding]:
    chosen = [finding for finding in verification.findings if finding.status is status]
    return sorted(chosen, key=lambda f: (SEVERITY_ORDER.index(f.severity), f.check, f.subject))


def _findings(console: Console, title: str, findings: list[Finding]) -> None:
    if not findings:
        return
    console.print()
    console.print(Text(f"{title} ({len(findings)})", style="bold"))
    shown: dict[str, int] = {}
    for finding in findings:
        shown[finding.check] = shown.get(finding.check, 0) + 1
        if shown[finding.check] <= SHOWN_PER_CHECK:
            _finding(console, finding)
    for check, count in shown.items():
        if count > SHOWN_PER_CHECK:
            console.print(f"  … and {count - SHOWN_PER_CHECK} more of {check} (all in --json)", markup=False)


def _finding(console: Console, finding: Finding) -> None:
    console.print()
    style = "red" if finding.status is Status.FAIL else "yellow"
    head = Text.assemble(
        "  ", (finding.severity.value, style), f"  {finding.check}  ", (safe(finding.subject), "bold")
    )
    console.print(head)
    cause = f"{finding.cause.value}: " if finding.cause is not None else ""
    _line(console, "expected", finding.expected)
    _line(console, "observed", cause + finding.observed)
    if finding.fix is not None:
        _line(console, "fix", f"{finding.fix.key}: {finding.fix.text}")
    _line(console, "see", finding.reference)


def _line(console: Console, label: str, value: str) -> None:
    if value.strip():
        table = Table.grid(padding=(0, 1, 0, 0))
        table.add_column(width=8, style="dim")
        table.add_column(overflow="fold")
        table.add_row(label, Text(safe(value)))
        console.print(Padding(table, (0, 0, 0, 4)))


def _waived(console: Console, findings: list[Finding]) -> None:
    if not findings:
        return
    console.print()
    console.print(Text(f"Waived ({len(findings)})", style="bold"))
    for finding in findings:
        waiver = finding.waiver
        why = f"until {waiver.until.isoformat()}: {safe(waiver.reason)}" if waiver is not None else ""
        console.print(Text(f"  {finding.check}  {safe(finding.subject)}  {why}"))


def _notes(console: Console, verification: Verification) -> None:
    console.print()
    if verification.only:
        console.print(Text(f"Only {', '.join(verification.only)} was checked."))
    if verification.not_checked:
        console.print(Text(f"Not checked by this version: {', '.join(verification.not_checked)}."))
    for note in verification.notes:
        console.print(Text(f"Note: {safe(note)}"))

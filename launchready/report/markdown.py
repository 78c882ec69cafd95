"""Markdown for a comment on a pull request: the verdict, the scorecard, failures first, the rest folded.

GitHub takes 65,536 characters; what does not fit is counted. The first line is a mark by which a pipeline
finds its own comment again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from launchready.checklist.registry import Status
from launchready.report.changes import Change, Changes
from launchready.report.context import NOTHING, Context
from launchready.report.safe import markdown_code as code
from launchready.report.safe import markdown_text as plain
from launchready.report.words import (
    SCORECARD,
    STATUS_WORDS,
    VERDICTS,
    counted,
    problem_text,
    title,
    with_status,
)

if TYPE_CHECKING:
    from launchready.verify.document import Finding, Verification

MOST = 65_536
"""Characters of a comment that GitHub takes."""
SHORT = 240
"""Characters of one value."""
_SIGNS = {"pass": "✅", "fail": "❌", "unproven": "❓", "not_applicable": "➖", "not_checked": "➖"}
_VERDICT_SIGNS = {"ready": "✅", "not_ready": "❌", "unproven": "❓"}
_RESERVE = 400
"""Characters kept for saying what was left out, and for the end."""


class _Page:
    """Lines up to a limit. A block is written whole or not at all."""

    def __init__(self, most: int) -> None:
        self.lines: list[str] = []
        self._left = most - _RESERVE

    def put(self, *lines: str) -> bool:
        size = sum(len(line) + 1 for line in lines)
        if size > self._left:
            return False
        self._left -= size
        self.lines.extend(lines)
        return True

    def items(self, items: Iterable[tuple[str, ...]], what: str) -> None:
        """As many as fit; the rest are counted."""
        blocks = list(items)
        for number, block in enumerate(blocks):
            if not self.put(*block):
                self.lines.append(
                    f"\n… and {counted(len(blocks) - number, what)} more: see the other reports.\n"
                )
                return


def render_markdown(verification: Verification, context: Context = NOTHING, *, most: int = MOST) -> str:
    """The comment, of ``most`` characters at most."""
    page = _Page(most)
    page.put(*_head(verification))
    page.put(*_scorecard(verification))
    changes = context.changes(verification)
    if changes is not None:
        page.items(_changes(changes), "change")
    failed = with_status(verification.findings, Status.FAIL)
    if failed:
        page.put(f"### Failed ({len(failed)})", "")
        page.items((_problem(finding, context) for finding in failed), "failure")
    unknown = with_status(verification.findings, Status.INCONCLUSIVE)
    if unknown:
        page.put("", f"### Could not be found out ({len(unknown)})", "")
        page.items((_problem(finding, context) for finding in unknown), "finding")
    waived = with_status(verification.findings, Status.WAIVED)
    if waived:
        page.put("", f"### Waived ({len(waived)})", "")
        page.items((_waived(finding) for finding in waived), "waiver")
    _folded(page, f"Notes ({len(verification.notes)})", [f"- {plain(n)}" for n in verification.notes])
    passed = list(_passes(verification.findings))
    count = sum(1 for finding in verification.findings if finding.status is Status.PASS)
    _folded(page, f"{counted(count, 'pass', 'passes')}", passed)
    return "\n".join(page.lines).rstrip() + "\n"


def _head(verification: Verification) -> Iterator[str]:
    word, sentence = VERDICTS[verification.verdict]
    who = plain(verification.client or verification.domain)
    where = "rehearsed on a local edge" if verification.target == "edge" else "live"
    started = verification.started.strftime("%Y-%m-%d %H:%M UTC")
    yield f"<!-- launchready:{plain(verification.client or verification.domain).replace('--', '')} -->"
    yield f"## {_VERDICT_SIGNS[verification.verdict]} {word}: {who}"
    yield ""
    yield (
        f"{sentence} {code(verification.domain)}, {where}, {started}. "
        f"Score **{verification.score}** of 100, {counted(len(verification.findings), 'finding')}."
    )
    if verification.only:
        yield f"Only {', '.join(code(name) for name in verification.only)} was checked."
    yield ""


def _scorecard(verification: Verification) -> Iterator[str]:
    rows = {row.row: row for row in verification.rows}
    others = [row for row in rows if row not in SCORECARD]
    yield "| Row | Status | Passed | Failed | Unknown | Waived |"
    yield "| --- | --- | ---: | ---: | ---: | ---: |"
    for name in (*SCORECARD, *others):
        row = rows.get(name)
        if row is None:
            if name in verification.not_checked:
                yield f"| {title(name)} | {_SIGNS['not_checked']} {STATUS_WORDS['not_checked']} | | | | |"
            continue
        counts = (row.passed, row.failed, row.inconclusive, row.waived)
        cells = " | ".join(str(count or "·") for count in counts)
        yield f"| {title(name)} | {_SIGNS[row.status]} {STATUS_WORDS[row.status]} | {cells} |"
    yield ""


def _changes(changes: Changes) -> Iterator[tuple[str, ...]]:
    since = changes.since.strftime("%Y-%m-%d %H:%M UTC")
    before = VERDICTS[changes.verdict_before][0].lower()
    yield (f"### Since {since} ({before}, {changes.score_before} of 100)", "")
    if changes.nothing:
        yield ("Nothing changed.", "")
    for words, found in (
        ("broke", changes.broken),
        ("can no longer be found out", changes.unknown),
        ("mended", changes.mended),
        ("waived, or no longer", changes.waived),
    ):
        for change in found:
            yield (f"- **{words}**: {_change(change)}",)
    if changes.new or changes.gone:
        yield (f"- {counted(changes.new, 'finding')} new, {changes.gone} gone",)
    yield ("",)


def _change(change: Change) -> str:
    return f"{code(change.check)} {code(change.subject, SHORT)}"


def _problem(finding: Finding, context: Context) -> tuple[str, ...]:
    place = context.place(finding) if finding.fix is not None else None
    lines = [
        f"- **{finding.severity.value}** {code(finding.check)} {code(finding.subject, SHORT)}<br>",
        f"  {code(problem_text(finding), SHORT)}",
    ]
    if finding.expected:
        lines[-1] += "<br>"
        lines.append(f"  expected {code(finding.expected, SHORT)}")
    if finding.fix is not None:
        lines[-1] += "<br>"
        where = f" ({code(str(place))})" if place is not None else ""
        lines.append(f"  fix {code(finding.fix.key)}{where}: {plain(finding.fix.text, SHORT)}")
    lines[-1] += f"<br>\n  see {plain(finding.reference, SHORT)}"
    return tuple(lines)


def _waived(finding: Finding) -> tuple[str, ...]:
    waiver = finding.waiver
    why = f" until {waiver.until.isoformat()}: {plain(waiver.reason, SHORT)}" if waiver is not None else ""
    return (f"- {code(finding.check)} {code(finding.subject, SHORT)}{why}",)


def _passes(findings: Iterable[Finding]) -> Iterator[str]:
    counts = Counter(finding.check for finding in findings if finding.status is Status.PASS)
    if counts:
        yield "| Check | Passed |"
        yield "| --- | ---: |"
    for check, count in counts.items():
        yield f"| {code(check)} | {count} |"


def _folded(page: _Page, summary: str, lines: list[str]) -> None:
    """A folded part, left out where it does not fit."""
    if lines:
        page.put("", f"<details><summary>{summary}</summary>", "", *lines, "", "</details>")

"""What the page shows, gathered from a verification: its parts as values for the template."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from launchready import __version__
from launchready.checklist.registry import ROWS, Status
from launchready.evidence.types import Evidence
from launchready.report.context import NOTHING, Context, Place, proves
from launchready.report.html.pictures.certificates import Lifetime, lifetimes
from launchready.report.html.pictures.latency import latency_histogram, loads
from launchready.report.html.pictures.redirect_map import redirect_map
from launchready.report.html.pictures.spf_tree import spf_tree
from launchready.report.html.pictures.svg import Picture
from launchready.report.html.templating import environment
from launchready.report.paste import to_paste
from launchready.report.words import SCORECARD, VERDICTS, with_status

if TYPE_CHECKING:
    from launchready.verify.document import Finding, Row, Verification

MOST_HISTOGRAMS = 8
MOST_TOLD = 25
"""Entries of the lists at the beginning: what comes after is told row by row."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Findings of one check that one change mends. ``paste``: YAML for the client file, if any."""

    findings: tuple[Finding, ...]
    place: Place | None
    paste: str | None

    @property
    def first(self) -> Finding:
        return self.findings[0]

    @property
    def title(self) -> str:
        """What is wrong; of what is not known, what was to be proved: nothing is known to be wrong."""
        first = self.first
        wrong = first.defect or first.check
        return wrong if first.status is Status.FAIL else proves(first.check) or wrong

    @property
    def evidence(self) -> tuple[str, ...]:
        """What all of them rest on, each once."""
        return tuple(dict.fromkeys(id_ for finding in self.findings for id_ in finding.evidence))


@dataclass(frozen=True, slots=True)
class Group:
    """The findings of one check: ``proves`` says what it looks at."""

    check: str
    proves: str
    reference: str
    findings: tuple[Finding, ...]

    @property
    def evidence(self) -> tuple[str, ...]:
        """What all of them rest on, each once."""
        return tuple(dict.fromkeys(id_ for finding in self.findings for id_ in finding.evidence))


@dataclass(frozen=True, slots=True)
class Section:
    """One row. ``status``: of the row, or not_checked."""

    row: str
    status: str
    counts: Row | None
    failed: tuple[Problem, ...] = ()
    unknown: tuple[Problem, ...] = ()
    waived: tuple[Finding, ...] = ()
    passed: tuple[Group, ...] = ()
    outside: tuple[Group, ...] = ()
    """What does not apply."""
    pictures: tuple[Picture, ...] = ()
    certificates: tuple[Lifetime, ...] = ()

    @property
    def has_more(self) -> bool:
        """Is there anything to show beside the status?"""
        return bool(self.failed or self.unknown or self.waived or self.passed or self.pictures)

    @property
    def why_not(self) -> str:
        """Why a row does not apply, when its checks agree on it."""
        reasons = {finding.observed for group in self.outside for finding in group.findings}
        return reasons.pop() if len(reasons) == 1 else ""


def render_html(verification: Verification, context: Context = NOTHING) -> str:
    """The page. Raises InputError when ``context.previous`` is about another domain."""
    sections = [_section(row, verification, context) for row in ROWS]
    told = [section for section in sections if section is not None]
    word, sentence = VERDICTS[verification.verdict]
    return environment().get_template("report.html.j2").render(
        v=verification,
        word=word,
        sentence=sentence,
        ten=[section for section in told if section.row in SCORECARD],
        others=[section for section in told if section.row not in SCORECARD],
        sections=[section for section in told if section.has_more],
        problems=with_status(verification.findings, Status.FAIL),
        to_mend=_problems(verification.findings, Status.FAIL, context),
        to_find_out=_problems(verification.findings, Status.INCONCLUSIVE, context),
        unknown=with_status(verification.findings, Status.INCONCLUSIVE),
        waived=with_status(verification.findings, Status.WAIVED),
        changes=context.changes(verification),
        most=MOST_TOLD,
        file=context.file,
        version=__version__,
    )  # fmt: skip


def _section(row: str, verification: Verification, context: Context) -> Section | None:
    """A row; None where the run was limited to others."""
    counts = next((found for found in verification.rows if found.row == row), None)
    if counts is None:
        return Section(row, "not_checked", None) if row in verification.not_checked else None
    found = [finding for finding in verification.findings if finding.row == row]
    return Section(
        row,
        counts.status,
        counts,
        _problems(found, Status.FAIL, context),
        _problems(found, Status.INCONCLUSIVE, context),
        tuple(with_status(found, Status.WAIVED)),
        _groups(found, Status.PASS),
        _groups(found, Status.NOT_APPLICABLE),
        _pictures(row, verification.evidence, verification.domain),
        lifetimes(verification.evidence) if row == "tls" else (),
    )


def _problems(findings: Iterable[Finding], status: Status, context: Context) -> tuple[Problem, ...]:
    """Those of one status, the most severe first; what one change mends stands together."""
    together: dict[tuple[object, ...], list[Finding]] = {}
    for finding in with_status(findings, status):
        together.setdefault((finding.check, finding.fix, finding.expected), []).append(finding)
    return tuple(
        Problem(
            tuple(found),
            context.place(found[0]) if found[0].fix is not None else None,
            to_paste(found[0].fix.key) if found[0].fix is not None else None,
        )
        for found in together.values()
    )


def _groups(findings: Iterable[Finding], status: Status) -> tuple[Group, ...]:
    """Findings check by check, in the registry's order."""
    groups: dict[str, list[Finding]] = {}
    for finding in findings:
        if finding.status is status:
            groups.setdefault(finding.check, []).append(finding)
    return tuple(
        Group(check, proves(check), found[0].reference, tuple(found)) for check, found in groups.items()
    )


def _pictures(row: str, evidence: Evidence, domain: str) -> tuple[Picture, ...]:
    drawn: list[Picture | None] = []
    if row == "redirects":
        drawn = [redirect_map(evidence)]
    elif row == "email_auth":
        drawn = [spf_tree(evidence, domain)]
    elif row == "performance":
        drawn = [latency_histogram(load) for load in list(loads(evidence))[:MOST_HISTOGRAMS]]
    return tuple(picture for picture in drawn if picture is not None)

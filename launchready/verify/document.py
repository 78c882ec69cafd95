"""The verification document: what a run found, as values and as plain JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from typing import Any, Literal

from launchready.checklist.registry import Fix, Severity, Status
from launchready.evidence.types import Cause, Evidence

SCHEMA = "launchready.verification/1"
Verdict = Literal["ready", "not_ready", "unproven"]
RowStatus = Literal["pass", "fail", "unproven", "not_applicable"]
EXIT_CODES: Mapping[str, int] = {"ready": 0, "not_ready": 1, "unproven": 3}


@dataclass(frozen=True, slots=True)
class WaiverNote:
    """Why a finding does not count, and until when (that day included)."""

    reason: str
    until: date


@dataclass(frozen=True, slots=True)
class Finding:
    """One outcome of one check. ``fix`` only where something is known to be wrong."""

    check: str
    row: str
    status: Status
    severity: Severity
    subject: str
    expected: str
    observed: str
    cause: Cause | None
    reference: str
    defect: str
    fix: Fix | None
    evidence: tuple[str, ...]
    waiver: WaiverNote | None = None

    def to_json(self) -> dict[str, Any]:
        waiver = self.waiver
        return {
            "check": self.check,
            "row": self.row,
            "status": self.status.value,
            "severity": self.severity.value,
            "subject": self.subject,
            "expected": self.expected,
            "observed": self.observed,
            "cause": None if self.cause is None else self.cause.value,
            "reference": self.reference,
            "defect": self.defect,
            "fix": None if self.fix is None else {"key": self.fix.key, "text": self.fix.text},
            "evidence": list(self.evidence),
            "waiver": None
            if waiver is None
            else {"reason": waiver.reason, "until": waiver.until.isoformat()},
        }


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the scorecard: its status and how many findings it has of each kind."""

    row: str
    status: RowStatus
    passed: int
    failed: int
    inconclusive: int
    waived: int


@dataclass(frozen=True, slots=True)
class Verification:
    """A whole run. ``evidence`` is what it was judged by; it is saved apart from the document."""

    client: str | None
    domain: str
    target: Literal["live", "edge"]
    started: datetime
    seconds: float
    verdict: Verdict
    score: int
    rows: tuple[Row, ...]
    findings: tuple[Finding, ...]
    not_checked: tuple[str, ...]
    """Rows for which this version has no check."""
    only: tuple[str, ...] = ()
    """What the run was limited to; empty when everything was checked."""
    notes: tuple[str, ...] = ()
    evidence: Evidence = field(default_factory=Evidence, repr=False)

    @property
    def exit_code(self) -> int:
        return EXIT_CODES[self.verdict]

    @property
    def failures(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.status is Status.FAIL)

    def to_json(self) -> dict[str, Any]:
        return {
            "schema": SCHEMA,
            "client": self.client,
            "domain": self.domain,
            "target": self.target,
            "started": self.started.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
            "seconds": round(self.seconds, 3),
            "verdict": self.verdict,
            "score": self.score,
            "rows": [asdict(row) for row in self.rows],
            "findings": [finding.to_json() for finding in self.findings],
            "not_checked": list(self.not_checked),
            "only": list(self.only),
            "notes": list(self.notes),
        }

"""The registry of checks. A check is one pure function from (client, declared, evidence) to outcomes.

```python
@check(
    "email_auth.spf.lookups",
    severity=Severity.HIGH,
    needs=[spf_tree],
    reference="RFC 7208 §4.6.4",
    defect="SPF evaluation needs more than ten DNS look-ups",
    fix=Fix("launchready:email.senders", "drop a sender or flatten its include"),
)
def spf_stays_within_ten_lookups(subject: Subject) -> Outcome:
    ...
```
``needs`` are planners: functions from the subject to the probes that the check will read. They are
asked again after each round, so that what one answer leads to (an SPF include, a redirect's target)
is probed in the next. What a planner forgot is collected when the check asks for it (NotCollected).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from launchready.client_file.model import ClientFile
from launchready.declared.types import Declared
from launchready.evidence.types import Cause, Evidence, Probe, Result


class Severity(StrEnum):
    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"

    @property
    def weight(self) -> int:
        return {"critical": 8, "high": 4, "medium": 2, "low": 1}[self.value]


class Status(StrEnum):
    PASS = "pass"  # noqa: S105 - a verdict, not a password
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"
    NOT_APPLICABLE = "not_applicable"
    WAIVED = "waived"


@dataclass(frozen=True, slots=True)
class Fix:
    """The client-file key to change, and what to do, in one sentence."""

    key: str
    text: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a check found about one subject."""

    status: Status
    subject: str
    expected: str = ""
    observed: str = ""
    cause: Cause | None = None
    evidence: tuple[str, ...] = ()
    fix: Fix | None = None
    """Overrides the check's own fix when the outcome knows better."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What a check looks at."""

    client: ClientFile
    declared: Declared
    evidence: Evidence


def passed(subject: str, observed: str = "", *, expected: str = "", evidence: Iterable[str] = ()) -> Outcome:
    return Outcome(Status.PASS, subject, expected, observed, evidence=tuple(evidence))


def failed(
    subject: str, observed: str, *, expected: str = "", evidence: Iterable[str] = (), fix: Fix | None = None
) -> Outcome:
    return Outcome(Status.FAIL, subject, expected, observed, evidence=tuple(evidence), fix=fix)


def inconclusive(
    subject: str, cause: Cause, observed: str = "", *, expected: str = "", evidence: Iterable[str] = ()
) -> Outcome:
    """Could not find out: blocks a launch but never advises a fix."""
    return Outcome(Status.INCONCLUSIVE, subject, expected, observed, cause, tuple(evidence))


def undecided(subject: str, result: Result, *, expected: str = "") -> Outcome:
    """Inconclusive for the reason that a probe's result carries."""
    cause = result.cause or Cause.MALFORMED
    return inconclusive(
        subject, cause, result.detail or cause.value, expected=expected, evidence=(result.probe.id,)
    )


def not_applicable(subject: str, observed: str = "") -> Outcome:
    return Outcome(Status.NOT_APPLICABLE, subject, "", observed)


CheckFunction = Callable[[Subject], "Outcome | Iterable[Outcome]"]
Planner = Callable[[Subject], Iterable[Probe]]

ROWS = (
    "authn", "authz", "secrets", "input_validation", "rate_limiting", "cors_csp", "email_auth", "tls",
    "monitoring", "performance", "dns", "redirects", "caching", "errors", "surface", "deployment",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Check:
    """A registered check and everything that a reader wants to know of it."""

    id: str
    severity: Severity
    reference: str
    defect: str
    fix: Fix
    run: CheckFunction
    needs: tuple[Planner, ...] = ()
    public: bool = True
    """Can it run without a client file (``launch verify --domain``)?"""

    @property
    def row(self) -> str:
        return self.id.split(".", 1)[0]

    @property
    def proves(self) -> str:
        """The first line of the function's docstring."""
        return (self.run.__doc__ or "").strip().splitlines()[0]


@dataclass(slots=True, eq=False)
class Registry:
    """Checks by id, in the order in which they were declared; compared by identity (a default value)."""

    checks: dict[str, Check] = field(default_factory=dict)

    def add(self, check: Check) -> None:
        if check.id in self.checks:
            raise ValueError(f"check {check.id} is registered twice")
        if check.row not in ROWS:
            raise ValueError(f"check {check.id}: no row {check.row!r}")
        self.checks[check.id] = check

    def without(self, check_id: str) -> Registry:
        """A copy that lacks one check (the mutant runner's tool)."""
        return Registry({k: v for k, v in self.checks.items() if k != check_id})

    def __iter__(self) -> Iterator[Check]:
        return iter(self.checks.values())

    def __len__(self) -> int:
        return len(self.checks)


REGISTRY = Registry()


def check(
    id: str,
    *,
    severity: Severity,
    reference: str,
    defect: str,
    fix: Fix,
    needs: Iterable[Planner] = (),
    public: bool = True,
    registry: Registry = REGISTRY,
) -> Callable[[CheckFunction], CheckFunction]:
    """Register a check under its id ``row.subject.property``."""

    def register(function: CheckFunction) -> CheckFunction:
        registry.add(Check(id, severity, reference, defect, fix, function, tuple(needs), public))
        return function

    return register

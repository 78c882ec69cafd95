"""What the portal's description says needs a session, needs one."""

from __future__ import annotations

from collections.abc import Iterator

from launchready.checklist.fuzzed import fuzzing, judged
from launchready.checklist.registry import Fix, Outcome, Severity, Subject, check


@check(
    "authz.fuzz.auth",
    severity=Severity.CRITICAL,
    needs=[fuzzing],
    reference="OWASP API2:2023 Broken Authentication; OpenAPI 3.1 §4.8.30 (security requirement)",
    defect="an operation whose description demands a session answers without one, or with a made-up one",
    fix=Fix("launchready:portal.openapi", "refuse with 401 before anything is read"),
    public=False,
)
def described_authentication_is_enforced(subject: Subject) -> Iterator[Outcome]:
    """Each operation that the OpenAPI description secures refuses nobody's and a wrong session."""
    return judged(
        subject, "ignored_auth", lambda status, _: f"answered {status} without a valid session", let_in=True
    )

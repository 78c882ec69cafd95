"""Invalid data made from the portal's own description: refused, and never an error of the server."""

from __future__ import annotations

from collections.abc import Iterator

from launchready.checklist.fuzzed import fuzzing, judged
from launchready.checklist.registry import Fix, Outcome, Severity, Subject, check


@check(
    "input_validation.fuzz.errors",
    severity=Severity.HIGH,
    needs=[fuzzing],
    reference="OWASP API8:2023 Security Misconfiguration; CWE-755",
    defect="some input that the portal's own description allows or forbids ends in an error of the server",
    fix=Fix(
        "launchready:portal.openapi", "find the request in the application's log, and answer it with 4xx"
    ),
    public=False,
)
def no_described_input_breaks_the_server(subject: Subject) -> Iterator[Outcome]:
    """No request made from the OpenAPI description, valid or not, is answered with 5xx."""
    return judged(subject, "not_a_server_error", lambda status, _: f"answered {status}")


@check(
    "input_validation.fuzz.rejection",
    severity=Severity.MEDIUM,
    needs=[fuzzing],
    reference="OWASP ASVS 5.0 §2.2.1 (input is validated against what is expected); OpenAPI 3.1 §4.8.24",
    defect="data that the portal's own description forbids is taken",
    fix=Fix(
        "launchready:portal.openapi", "validate against the description, or describe what is really taken"
    ),
    public=False,
)
def forbidden_data_is_refused(subject: Subject) -> Iterator[Outcome]:
    """Every request that breaks the OpenAPI description is answered with 4xx."""

    def tell(status: int | None, part: str) -> str:
        return f"answered {status} to invalid data" + (f" ({part})" if part else "")

    return judged(subject, "negative_data_rejection", tell, let_in=True)

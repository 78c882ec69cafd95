"""The report for people and for programs, over verifications made by hand."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import jsonschema
import pytest

from launchready.checklist.registry import Fix, Severity, Status
from launchready.evidence.types import Cause
from launchready.report import render_json, render_text, schema
from launchready.report.safe import safe
from launchready.verify import judge
from launchready.verify.document import Finding, Verification, WaiverNote

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def finding(status: Status, **changes: Any) -> Finding:
    fix = Fix("launchready:tls.always_https", "set it to true") if status is Status.FAIL else None
    found = Finding(
        "tls.https.forced", "tls", status, Severity.HIGH, "acme.example", "a redirect to https",
        "200 over http", None, "OWASP ASVS 5.0 V12.2.1", "http is served", fix, ("http:GET:http://acme.example/",),
    )  # fmt: skip
    return replace(found, **changes)


def verification(*findings: Finding, **changes: Any) -> Verification:
    rows = judge.rows(findings)
    made = Verification(
        "acme", "acme.example", "live", NOW, 1.25, judge.verdict(rows), judge.score(findings), rows, findings,
        not_checked=("authn", "monitoring"), notes=("portal: none – nothing behind a login was checked",),
    )  # fmt: skip
    return replace(made, **changes)


def test_the_verdict_comes_first_and_then_a_line_for_each_row() -> None:
    lines = render_text(verification(finding(Status.FAIL), finding(Status.PASS))).splitlines()
    assert lines[0].startswith("NOT READY")
    assert "acme.example" in lines[0]
    assert [line.split() for line in lines if line.startswith("tls ")] == [
        ["tls", "fail", "1", "1", "·", "·"]
    ]


def test_a_failure_is_told_whole() -> None:
    text = render_text(verification(finding(Status.FAIL)))
    for words in (
        "tls.https.forced", "acme.example", "a redirect to https", "200 over http",
        "launchready:tls.always_https", "set it to true", "OWASP ASVS",
    ):  # fmt: skip
        assert words in text


def test_what_could_not_be_found_out_names_its_cause_and_advises_nothing() -> None:
    text = render_text(
        verification(finding(Status.INCONCLUSIVE, cause=Cause.SERVFAIL, observed="from 192.0.2.1"))
    )
    assert text.startswith("UNPROVEN")
    assert "SERVFAIL: from 192.0.2.1" in text
    assert "fix " not in text


def test_rows_without_checks_and_notes_are_listed() -> None:
    text = render_text(verification(finding(Status.PASS)))
    assert "Not checked by this version: authn, monitoring" in text
    assert "portal: none" in text


def test_a_waiver_is_shown_with_its_reason_and_date() -> None:
    waived = finding(Status.WAIVED, waiver=WaiverNote("moves next week", date(2027, 1, 31)))
    text = render_text(verification(waived))
    assert text.startswith("READY")
    assert "until 2027-01-31: moves next week" in text


def test_a_limited_run_says_so() -> None:
    assert "Only tls was checked" in render_text(verification(finding(Status.PASS), only=("tls",)))


def test_many_failures_of_one_check_are_counted_and_not_all_told() -> None:
    text = render_text(verification(*(finding(Status.FAIL, subject=f"h{n}.acme.example") for n in range(40))))
    assert text.count("200 over http") == 5
    assert "35 more of tls.https.forced" in text


def test_lines_stay_within_eighty_columns() -> None:
    long = finding(Status.FAIL, observed="x" * 500, expected="word " * 60, subject="a" * 60 + ".acme.example")
    assert max(len(line) for line in render_text(verification(long)).splitlines()) <= 80


HOSTILE = "\x1b[2J\x1b]0;owned\x07\nREADY\r\u202eevil\x9b31m\u2028"


@pytest.mark.parametrize("field", ["subject", "observed", "expected"])
@pytest.mark.parametrize("color", [False, True])
def test_evidence_cannot_move_the_cursor_or_forge_a_line(field: str, color: bool) -> None:
    plain = render_text(verification(finding(Status.FAIL, **{field: HOSTILE})))
    for character in "\x1b\x07\x9b\r\u202e\u2028":
        assert character not in plain
    assert not any(line.startswith("READY") for line in plain.splitlines()[1:])
    colored = render_text(verification(finding(Status.FAIL, **{field: HOSTILE})), color=color)
    assert "\x1b[2J" not in colored
    assert "\x1b]0" not in colored


def test_markup_in_evidence_is_only_text() -> None:
    assert "[bold]x[/bold]" in render_text(verification(finding(Status.FAIL, observed="[bold]x[/bold]")))


def test_text_that_is_shown_is_bounded() -> None:
    assert len(safe("x" * 10_000)) == 601
    assert safe("ä\tb") == "ä b"


def test_colour_is_for_terminals_and_no_color_is_heeded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert "\x1b[" in render_text(verification(finding(Status.FAIL)), color=True)
    assert "\x1b[" not in render_text(verification(finding(Status.FAIL)))
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" not in render_text(verification(finding(Status.FAIL)), color=True)


def test_the_json_report_is_one_document_that_keeps_its_schema() -> None:
    waived = finding(Status.WAIVED, waiver=WaiverNote("r", date(2027, 1, 31)))
    unknown = finding(Status.INCONCLUSIVE, cause=Cause.TIMEOUT, observed=HOSTILE)
    text = render_json(verification(finding(Status.FAIL), waived, unknown, finding(Status.NOT_APPLICABLE)))
    document = json.loads(text)
    jsonschema.validate(document, schema())
    assert document["started"] == "2026-11-24T12:00:00Z"
    assert document["findings"][2]["observed"] == HOSTILE
    assert document["findings"][2]["fix"] is None


def test_the_schema_is_a_schema_and_refuses_strangers() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())
    document = json.loads(render_json(verification(finding(Status.FAIL))))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document | {"surprise": 1}, schema())
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document | {"verdict": "fine"}, schema())

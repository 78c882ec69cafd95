"""The verdict: what counts, what blocks, what is waived, and the score."""

from __future__ import annotations

from datetime import date

import pytest

from launchready.checklist.registry import (
    Check,
    Fix,
    Outcome,
    Severity,
    Status,
    failed,
    inconclusive,
    not_applicable,
    passed,
)
from launchready.client_file.model import Waiver
from launchready.evidence.types import Cause
from launchready.verify import judge

TODAY = date(2026, 11, 24)


def finding(outcome: Outcome, severity: str = "high", check_id: str = "tls.x.y") -> judge.Finding:
    fix = Fix("launchready:tls", "mend it")
    check = Check(check_id, Severity(severity), "RFC 0", "a defect", fix, lambda subject: outcome)
    return judge.finding(check, outcome)


GOOD, BAD, UNKNOWN, NONE = (
    passed("h"),
    failed("h", "bad"),
    inconclusive("h", Cause.TIMEOUT),
    not_applicable("h"),
)


@pytest.mark.parametrize(
    ("found", "row", "verdict"),
    [
        ([(GOOD, "high")], "pass", "ready"),
        ([(BAD, "critical"), (GOOD, "high")], "fail", "not_ready"),
        ([(BAD, "medium")], "fail", "not_ready"),
        ([(BAD, "low"), (GOOD, "high")], "pass", "ready"),
        ([(UNKNOWN, "critical")], "unproven", "unproven"),
        ([(UNKNOWN, "high"), (GOOD, "high")], "unproven", "unproven"),
        ([(UNKNOWN, "medium"), (GOOD, "high")], "pass", "ready"),
        ([(UNKNOWN, "high"), (BAD, "medium")], "fail", "not_ready"),
        ([(NONE, "high")], "not_applicable", "ready"),
        ([(NONE, "high"), (GOOD, "low")], "pass", "ready"),
    ],
)
def test_rows_and_verdict(found: list[tuple[Outcome, str]], row: str, verdict: str) -> None:
    rows = judge.rows([finding(outcome, severity) for outcome, severity in found])
    assert [r.status for r in rows] == [row]
    assert judge.verdict(rows) == verdict


def test_a_failing_row_outweighs_an_unproven_one() -> None:
    findings = [finding(UNKNOWN, check_id="dns.x.y"), finding(BAD)]
    assert [r.row for r in judge.rows(findings)] == ["tls", "dns"]
    assert judge.verdict(judge.rows(findings)) == "not_ready"


def test_the_score_weighs_by_severity_and_leaves_out_what_does_not_apply() -> None:
    findings = [
        finding(GOOD, "critical"),
        finding(BAD, "medium"),
        finding(UNKNOWN, "low"),
        finding(NONE, "high"),
    ]
    assert judge.score(findings) == 100 * 8 // (8 + 2 + 1)
    assert judge.score([finding(NONE)]) == 100
    assert judge.score([finding(GOOD, "critical")] * 200 + [finding(BAD, "low")]) == 99


def test_advice_is_given_only_where_something_is_wrong() -> None:
    assert finding(BAD).fix == Fix("launchready:tls", "mend it")
    assert [finding(outcome).fix for outcome in (GOOD, UNKNOWN, NONE)] == [None, None, None]


def waiver(check_id: str, until: date) -> Waiver:
    return Waiver(check=check_id, reason="agreed with the client", until=until)


@pytest.mark.parametrize(("until", "status"), [(TODAY, Status.WAIVED), (date(2026, 11, 23), Status.FAIL)])
def test_a_waiver_holds_through_its_last_day(until: date, status: Status) -> None:
    (found,) = judge.waive([finding(BAD)], [waiver("tls.x.y", until)], TODAY)
    assert found.status is status
    assert (found.waiver is not None) == (status is Status.WAIVED)


def test_a_waiver_is_for_one_check_and_for_what_does_not_pass() -> None:
    findings = [finding(BAD, check_id="tls.other.y"), finding(UNKNOWN), finding(GOOD), finding(NONE)]
    statuses = [f.status.value for f in judge.waive(findings, [waiver("tls.x.y", TODAY)], TODAY)]
    assert statuses == ["fail", "waived", "pass", "not_applicable"]


def test_a_waived_finding_makes_a_row_pass_and_leaves_the_score() -> None:
    findings = judge.waive([finding(BAD), finding(GOOD)], [waiver("tls.x.y", TODAY)], TODAY)
    (row,) = judge.rows(findings)
    assert (row.status, row.waived, judge.score(findings)) == ("pass", 1, 100)


def test_waivers_that_do_nothing_are_told() -> None:
    known = {"tls.x.y": finding(BAD)}
    notes = judge.waiver_notes([waiver("tls.x.y", date(2026, 1, 1)), waiver("tls.z", TODAY)], known, TODAY)  # type: ignore[arg-type]
    assert "expired on 2026-01-01" in notes[0]
    assert "no such check" in notes[1]

"""JUnit XML as junitparser reads it."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

from junitparser import JUnitXml, TestCase, TestSuite

from launchready.checklist.registry import Status
from launchready.report import render_junit
from tests.report.report_kit import client_file, everything, finding, hostile, verification


def suites(text: str) -> dict[str, TestSuite]:
    read = JUnitXml.fromstring(text.encode())
    return {suite.name: suite for suite in read}


def cases(text: str) -> list[TestCase]:
    return [case for suite in suites(text).values() for case in suite]


def test_there_is_a_suite_for_each_row_and_a_case_for_each_finding() -> None:
    text = render_junit(verification(*everything()))
    found = suites(text)
    assert list(found) == ["authn", "email_auth", "tls", "dns"], "in the scorecard's order"
    assert len(cases(text)) == 7
    tls = found["tls"]
    assert (tls.tests, tls.failures, tls.errors, tls.skipped) == (4, 2, 0, 1)
    assert (found["dns"].tests, found["dns"].errors) == (1, 1)
    whole = JUnitXml.fromstring(text.encode())
    assert (whole.tests, whole.failures, whole.errors, whole.skipped) == (7, 3, 1, 2)


def test_a_failure_is_told_whole_with_the_line_that_mends_it(tmp_path: Path) -> None:
    text = render_junit(verification(finding(Status.FAIL)), client_file(tmp_path))
    (case,) = cases(text)
    assert case.classname == "launchready.tls"
    assert case.name == "tls.version.minimum [www.acme.example]"
    (failure,) = case.result
    assert (failure.type, failure.message) == ("high", "accepts TLS 1.0")
    for words in ("launchready:tls.min_version", "RFC 8996", "stacks/Pulumi.acme.yaml:4", "tls1.0"):
        assert words in failure.text
    element = ET.fromstring(text).find(".//testcase")
    assert element is not None
    assert (element.get("file"), element.get("line")) == ("stacks/Pulumi.acme.yaml", "4")


def test_what_could_not_be_found_out_is_an_error_by_its_cause() -> None:
    (case,) = [
        c for c in cases(render_junit(verification(*everything()))) if c.classname == "launchready.dns"
    ]
    (error,) = case.result
    assert error.type == "SERVFAIL"
    assert error.message.startswith("SERVFAIL: ")


def test_what_is_waived_or_does_not_apply_is_skipped_with_its_reason() -> None:
    skipped = {
        case.name: case.result[0].message
        for case in cases(render_junit(verification(*everything())))
        if case.is_skipped
    }
    assert skipped["tls.hsts.preload [acme.example]"] == "waived until 2027-01-31: moves next week"
    assert skipped["authn.cookies.secure [www.acme.example]"] == "does not apply: portal: none"


def test_no_two_cases_have_one_name() -> None:
    names = [
        case.name for case in cases(render_junit(verification(finding(Status.FAIL), finding(Status.FAIL))))
    ]
    assert names == ["tls.version.minimum [www.acme.example]", "tls.version.minimum [www.acme.example] #2"]


def test_hostile_findings_make_well_formed_xml_without_forbidden_characters() -> None:
    text = render_junit(verification(*hostile(), notes=(hostile()[0].observed,)))
    assert len(cases(text)) == 5
    assert not [c for c in text if (ord(c) < 32 and c not in "\n\t") or c in "\ufffe\uffff\u202e\u2028"]
    texts = [element.text or "" for element in ET.fromstring(text).iter()]
    assert any("<script>alert(1)</script>" in told for told in texts), "it is told, as text"
    assert "<script" not in text


def test_a_run_without_findings_is_an_empty_document() -> None:
    assert cases(render_junit(verification())) == []

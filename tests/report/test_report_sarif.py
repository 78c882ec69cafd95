"""SARIF as the standard (its objects, closed) and GitHub's code scanning want it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from launchready.checklist import load
from launchready.checklist.registry import Severity, Status
from launchready.report import Context, render_sarif
from launchready.report.words import web_address
from tests.report.report_kit import client_file, everything, finding, hostile, verification, waived

SUBSET = json.loads(Path(__file__).with_name("sarif_subset.schema.json").read_text())


def run_of(*findings: Any, context: Context | None = None) -> dict[str, Any]:
    log = json.loads(render_sarif(verification(*findings), context or Context()))
    jsonschema.Draft202012Validator(
        SUBSET, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
    ).validate(log)
    return dict(log["runs"][0])


def test_a_log_of_every_kind_of_finding_keeps_the_standards_schema(tmp_path: Path) -> None:
    run = run_of(*everything(), context=client_file(tmp_path))
    assert [result["ruleId"] for result in run["results"]].count("tls.version.minimum") == 2
    assert "tls.chain.valid" not in str(run["results"]), "a pass is no alert"
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert len(set(rules)) == len(rules)
    for result in run["results"]:
        assert rules[result["ruleIndex"]] == result["ruleId"]


def test_the_region_is_the_line_that_mends_it(tmp_path: Path) -> None:
    run = run_of(finding(Status.FAIL), waived(), context=client_file(tmp_path))
    places = [result["locations"][0]["physicalLocation"] for result in run["results"]]
    assert places[0]["artifactLocation"]["uri"] == "stacks/Pulumi.acme.yaml"
    assert places[0]["region"] == {"startLine": 4}
    assert places[1]["region"] == {"startLine": 3}, "the nearest key above, where the file lacks the key"


def test_without_a_client_file_there_is_no_artifact_and_never_an_address_of_the_web() -> None:
    run = run_of(*everything())
    assert all("physicalLocation" not in result["locations"][0] for result in run["results"])
    odd = client_file_at("stacks/a b%ä.yaml")
    location = run_of(finding(Status.FAIL), context=odd)["results"][0]["locations"][0]["physicalLocation"]
    assert location["artifactLocation"]["uri"] == "stacks/a%20b%25%C3%A4.yaml"


def client_file_at(name: str) -> Context:
    return Context(name)


@pytest.mark.parametrize(
    ("severity", "level", "score"),
    [
        (Severity.CRITICAL, "error", "9.5"),
        (Severity.HIGH, "error", "8.0"),
        (Severity.MEDIUM, "warning", "5.5"),
        (Severity.LOW, "note", "2.0"),
    ],
)
def test_the_level_follows_the_severity(severity: Severity, level: str, score: str) -> None:
    run = run_of(finding(Status.FAIL, severity=severity))
    assert run["results"][0]["level"] == level
    assert run["tool"]["driver"]["rules"][0]["properties"]["security-severity"] == score


def test_what_could_not_be_found_out_is_open_and_what_is_waived_suppressed() -> None:
    results = {result["ruleId"]: result for result in run_of(*everything())["results"]}
    assert (results["dns.record.served"]["kind"], results["dns.record.served"]["level"]) == ("open", "none")
    assert "could not be found out (SERVFAIL)" in results["dns.record.served"]["message"]["text"]
    (suppression,) = results["tls.hsts.preload"]["suppressions"]
    assert suppression["justification"] == "until 2027-01-31: moves next week"
    assert "suppressions" not in results["tls.version.minimum"]


def test_fingerprints_tell_findings_apart_and_stay_the_same_when_the_observation_changes() -> None:
    def prints(*findings: Any) -> list[str]:
        return [r["partialFingerprints"]["primaryLocationLineHash"] for r in run_of(*findings)["results"]]

    first = prints(finding(Status.FAIL), finding(Status.FAIL), finding(Status.FAIL, subject="x.acme.example"))
    assert len(set(first)) == 3
    assert prints(finding(Status.FAIL, observed="accepts TLS 1.1"))[0] == first[0]


def test_a_rule_has_a_help_address_only_where_its_reference_is_one() -> None:
    rules = {rule["id"]: rule for rule in run_of(*everything())["tool"]["driver"]["rules"]}
    assert rules["tls.hsts.preload"]["helpUri"] == "https://hstspreload.org/#submission"
    assert "helpUri" not in rules["tls.version.minimum"]


def test_every_reference_of_the_registry_is_read_without_inventing_addresses() -> None:
    addresses = [web_address(check.reference) for check in load()]
    assert sum(address is not None for address in addresses) > 10
    for check in load():
        if check.reference.startswith(("RFC ", "OWASP ", "CWE-", "client file")):
            assert web_address(check.reference) is None


def test_hostile_findings_keep_the_schema_and_are_ascii() -> None:
    text = render_sarif(verification(*hostile(), notes=(hostile()[0].observed,)))
    assert text.isascii()
    message = run_of(*hostile())["results"][0]["message"]["text"]
    assert "\\[z\\](javascript" in message, "no link comes of it"
    assert "{{0}}" in message, "no placeholder comes of it"
    assert not [c for c in message if ord(c) < 32]


def test_times_and_the_exit_code_are_told() -> None:
    (invocation,) = run_of(finding(Status.FAIL))["invocations"]
    assert invocation["startTimeUtc"] == "2026-11-24T12:00:00.000Z"
    assert invocation["endTimeUtc"] == "2026-11-24T12:00:01.250Z"
    assert invocation["exitCode"] == 1

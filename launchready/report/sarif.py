"""SARIF 2.1.0 (OASIS), as GitHub's code scanning takes it.

The artifact is the client file, the region the line that mends the finding. Fails are results; what could
not be found out is a result of kind ``open`` (§3.27.9: not enough information to decide); what is waived is
suppressed with its reason. Passes are no alerts, and are left out: the JSON document has them.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from launchready import __version__
from launchready.checklist.registry import Severity, Status
from launchready.report.context import NOTHING, Context, proves
from launchready.report.safe import safe
from launchready.report.words import title, web_address

if TYPE_CHECKING:
    from launchready.verify.document import Finding, Verification

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
LEVELS = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "note",
}
SECURITY_SEVERITY = {
    Severity.CRITICAL: "9.5",
    Severity.HIGH: "8.0",
    Severity.MEDIUM: "5.5",
    Severity.LOW: "2.0",
}
"""GitHub's bands: above 9.0 critical, 7.0 high, 4.0 medium, 0.1 low."""
SECURITY_ROWS = frozenset(
    {"authn", "authz", "secrets", "input_validation", "rate_limiting", "cors_csp", "email_auth", "tls",
     "errors", "surface"}
)  # fmt: skip
MOST_RESULTS = 25_000
"""Results of one run that GitHub takes."""
LONGEST = 1_000
Json = dict[str, Any]


def render_sarif(verification: Verification, context: Context = NOTHING) -> str:
    """One SARIF log of one run, as JSON."""
    return json.dumps(to_sarif(verification, context), ensure_ascii=True, indent=1)


def to_sarif(verification: Verification, context: Context = NOTHING) -> Json:
    """The log as plain data."""
    shown = [
        finding
        for finding in verification.findings
        if finding.status in (Status.FAIL, Status.INCONCLUSIVE, Status.WAIVED)
    ][:MOST_RESULTS]
    rules: dict[str, Finding] = {}
    for finding in shown:
        rules.setdefault(finding.check, finding)
    index = {check: number for number, check in enumerate(rules)}
    driver = {
        "name": "launchready",
        "version": __version__,
        "semanticVersion": __version__,
        "rules": [_rule(finding) for finding in rules.values()],
    }
    seen: Counter[str] = Counter()
    run: Json = {
        "tool": {"driver": driver},
        "automationDetails": {"id": f"launchready/{verification.domain}/"},
        "invocations": [_invocation(verification)],
        "columnKind": "utf16CodeUnits",
        "results": [_result(finding, index, context, seen) for finding in shown],
        "properties": {
            "verdict": verification.verdict,
            "score": verification.score,
            "target": verification.target,
        },
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _invocation(verification: Verification) -> Json:
    start = verification.started.astimezone(UTC)
    end = start + timedelta(seconds=verification.seconds)
    notes = [
        {"level": "note", "message": {"text": safe(note, LONGEST)}}
        for note in verification.notes
        if note.strip()
    ]
    return {
        "executionSuccessful": True,
        "exitCode": verification.exit_code,
        "startTimeUtc": start.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "endTimeUtc": end.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z",
        "toolExecutionNotifications": notes,
    }


def _rule(finding: Finding) -> Json:
    tags = [finding.row, "launch"] + (["security"] if finding.row in SECURITY_ROWS else [])
    properties: Json = {"tags": tags, "precision": "very-high"}
    if finding.row in SECURITY_ROWS:
        properties["security-severity"] = SECURITY_SEVERITY[finding.severity]
    else:
        properties["problem.severity"] = {"note": "recommendation"}.get(
            LEVELS[finding.severity], LEVELS[finding.severity]
        )
    words = proves(finding.check) or finding.defect or finding.check
    rule: Json = {
        "id": finding.check,
        "name": _camel(finding.check),
        "shortDescription": {"text": safe(finding.defect or words, LONGEST)},
        "fullDescription": {"text": safe(words, LONGEST)},
        "defaultConfiguration": {"level": LEVELS[finding.severity]},
        "help": {"text": safe(f"{title(finding.row)}: {words} Reference: {finding.reference}", LONGEST)},
        "properties": properties,
    }
    address = web_address(finding.reference)
    if address is not None:
        rule["helpUri"] = address
    return rule


def _camel(check: str) -> str:
    return "".join(part.capitalize() for part in check.replace("_", ".").split("."))


def _result(finding: Finding, index: dict[str, int], context: Context, seen: Counter[str]) -> Json:
    own = f"{finding.check}\n{finding.subject}"
    seen[own] += 1
    digest = hashlib.sha256(f"{own}\n{seen[own]}".encode("utf-8", "backslashreplace")).hexdigest()[:32]
    unknown = finding.status is Status.INCONCLUSIVE
    result: Json = {
        "ruleId": finding.check,
        "ruleIndex": index[finding.check],
        "kind": "open" if unknown else "fail",
        # Only what fails has a level other than none (§3.27.10).
        "level": "none" if unknown else LEVELS[finding.severity],
        "message": {"text": _message(finding)},
        "locations": [_location(finding, context)],
        "partialFingerprints": {"primaryLocationLineHash": f"{digest[:16]}:1", "launchready/v1": digest},
        "properties": {
            "severity": finding.severity.value,
            "evidence": [safe(e) for e in finding.evidence],
            "cause": finding.cause.value if finding.cause is not None else None,
        },
    }
    if finding.status is Status.WAIVED:
        waiver = finding.waiver
        why = f"until {waiver.until.isoformat()}: {waiver.reason}" if waiver is not None else "waived"
        result["suppressions"] = [
            {"kind": "external", "status": "accepted", "justification": safe(why, LONGEST)}
        ]
    return result


def _message(finding: Finding) -> str:
    """What is wrong and what to do. Brackets would make links of it (§3.11.6)."""
    cause = f" could not be found out ({finding.cause.value})" if finding.cause is not None else ""
    sentences = [f"{finding.subject}{cause}: {finding.observed or finding.defect}."]
    if finding.expected:
        sentences.append(f"Expected: {finding.expected}.")
    if finding.fix is not None:
        sentences.append(f"Fix ({finding.fix.key}): {finding.fix.text}.")
    text = safe(" ".join(sentences), LONGEST)
    return (
        text.replace("\\", "\\\\")
        .replace("[", "\\[")
        .replace("]", "\\]")
        .replace("{", "{{")
        .replace("}", "}}")
    )


def _location(finding: Finding, context: Context) -> Json:
    location: Json = {
        "logicalLocations": [{"name": safe(finding.subject) or finding.check, "kind": "resource"}]
    }
    place = context.place(finding)
    if place is not None:
        location["physicalLocation"] = {
            "artifactLocation": {"uri": quote(place.file), "uriBaseId": "%SRCROOT%"},
            "region": {"startLine": place.line},
        }
    return location

"""JUnit XML: a test suite for each row, a test case for each finding.

A fail is a failure; what could not be found out is an error, with its cause; what is waived or does not
apply is skipped. Attributes as the de-facto schema of Jenkins and GitLab has them.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from launchready.checklist.registry import ROWS, Status
from launchready.report.context import NOTHING, Context
from launchready.report.safe import xml_text

if TYPE_CHECKING:
    from launchready.verify.document import Finding, Verification

LONGEST = 2_000
"""Characters of one text."""


def render_junit(verification: Verification, context: Context = NOTHING) -> str:
    """One XML document."""
    name = f"launchready {verification.client or verification.domain}"
    root = ET.Element("testsuites", {"name": xml_text(name)})
    seen: Counter[str] = Counter()
    for row in ROWS:
        found = [finding for finding in verification.findings if finding.row == row]
        if found:
            root.append(_suite(row, found, verification, context, seen))
    _count(root, verification.findings)
    root.set("time", f"{verification.seconds:.3f}")
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _suite(
    row: str, findings: list[Finding], verification: Verification, context: Context, seen: Counter[str]
) -> ET.Element:
    suite = ET.Element("testsuite", {"name": row})
    _count(suite, findings)
    suite.set("time", "0")
    suite.set("timestamp", verification.started.strftime("%Y-%m-%dT%H:%M:%S"))
    suite.set("hostname", xml_text(verification.domain))
    properties = ET.SubElement(suite, "properties")
    for key, value in (("target", verification.target), ("verdict", verification.verdict)):
        ET.SubElement(properties, "property", {"name": key, "value": value})
    suite.extend(_case(finding, context, seen) for finding in findings)
    return suite


def _count(element: ET.Element, findings: list[Finding] | tuple[Finding, ...]) -> None:
    statuses = Counter(finding.status for finding in findings)
    element.set("tests", str(len(findings)))
    element.set("failures", str(statuses[Status.FAIL]))
    element.set("errors", str(statuses[Status.INCONCLUSIVE]))
    element.set("skipped", str(statuses[Status.WAIVED] + statuses[Status.NOT_APPLICABLE]))


def _case(finding: Finding, context: Context, seen: Counter[str]) -> ET.Element:
    name = f"{finding.check} [{xml_text(finding.subject)}]"
    seen[name] += 1
    numbered = name if seen[name] == 1 else f"{name} #{seen[name]}"
    case = ET.Element("testcase", {"classname": f"launchready.{finding.row}", "name": numbered, "time": "0"})
    if finding.status is Status.FAIL:
        failure = ET.SubElement(case, "failure", {"type": finding.severity.value, "message": _short(finding)})
        failure.text = _whole(finding, context)
    elif finding.status is Status.INCONCLUSIVE:
        cause = finding.cause.value if finding.cause is not None else "UNKNOWN"
        error = ET.SubElement(case, "error", {"type": cause, "message": f"{cause}: {_short(finding)}"})
        error.text = _whole(finding, context)
    elif finding.status is Status.WAIVED:
        why = f"waived until {finding.waiver.until}: {finding.waiver.reason}" if finding.waiver else "waived"
        ET.SubElement(case, "skipped", {"type": "waived", "message": xml_text(why, LONGEST)})
    elif finding.status is Status.NOT_APPLICABLE:
        why = f"does not apply: {finding.observed}"
        ET.SubElement(case, "skipped", {"type": "not_applicable", "message": xml_text(why, LONGEST)})
    place = context.place(finding) if finding.status in (Status.FAIL, Status.WAIVED) else None
    if place is not None:
        case.set("file", xml_text(place.file))
        case.set("line", str(place.line))
    return case


def _short(finding: Finding) -> str:
    return xml_text(finding.observed or finding.defect, LONGEST)


def _whole(finding: Finding, context: Context) -> str:
    """What is wrong, line by line; each line's text stays on its line."""
    place = context.place(finding) if finding.fix is not None else None
    lines = [
        ("what", finding.defect),
        ("where", finding.subject),
        ("severity", finding.severity.value),
        ("expected", finding.expected),
        ("observed", finding.observed),
        ("fix", f"{finding.fix.key}: {finding.fix.text}" if finding.fix is not None else ""),
        ("file", str(place) if place is not None else ""),
        ("see", finding.reference),
        ("evidence", ", ".join(finding.evidence)),
    ]
    told = [f"{label}: {xml_text(value, LONGEST)}" for label, value in lines if value.strip()]
    return "\n" + "\n".join(told) + "\n"

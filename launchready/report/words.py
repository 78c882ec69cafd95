"""What rows, verdicts and statuses are called in reports, and in which order they come."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from launchready.checklist.registry import ROWS, Severity, Status

if TYPE_CHECKING:
    from launchready.verify.document import Finding

SCORECARD = ROWS[:10]
"""The ten rows that a launch is judged by; the rest follows."""
ROW_WORDS: Mapping[str, tuple[str, str]] = {
    "authn": ("Signing in", "a second factor or a safe reset, one-time tokens, protected cookies"),
    "authz": ("Access rights", "nobody sees another customer's data"),
    "secrets": ("Secrets", "no key or password reaches a browser, a page or a log"),
    "input_validation": ("Input", "malformed input is refused, and corrupts nothing"),
    "rate_limiting": ("Rate limits", "guessing and flooding are slowed down; webhooks are verified"),
    "cors_csp": ("Browser policies", "only named sites may call in; pages run only their own scripts"),
    "email_auth": ("Mail", "SPF, DKIM and DMARC pass, so that mail arrives and can't be forged"),
    "tls": ("Encryption", "HTTPS is valid and enforced on every host"),
    "monitoring": ("Monitoring", "somebody is told within minutes when it breaks"),
    "performance": ("Speed", "19 of 20 answers come within half a second"),
    "dns": ("DNS", "every name server answers what was declared, and nothing else"),
    "redirects": ("Redirects", "old addresses lead where they should, in one step"),
    "caching": ("Caching", "static files are kept, private pages never"),
    "errors": ("Errors", "error pages tell nothing about the inside"),
    "surface": ("Exposed surface", "nothing lies about on the servers; private hosts are closed"),
    "deployment": ("Deployment", "a release can be told, and taken back"),
}
"""Row → what it is called, and when it passes, in plain words."""
VERDICTS: Mapping[str, tuple[str, str]] = {
    "ready": ("Ready", "Nothing stands in the way of the launch."),
    "not_ready": ("Not ready", "Something must be mended before launch."),
    "unproven": ("Unproven", "Something could not be found out; nothing is known to be wrong."),
}
STATUS_WORDS: Mapping[str, str] = {
    "pass": "Pass",
    "fail": "Fail",
    "unproven": "Unproven",
    "not_applicable": "Does not apply",
    "not_checked": "Not checked",
}
PROBLEMS = (Status.FAIL, Status.INCONCLUSIVE)
_SEVERITIES = list(Severity)
_WEB = re.compile(r"(?:https://)?((?:[a-z0-9-]+\.)+[a-z]{2,}/[^\s;,()]+)")
_RFC = re.compile(r"RFC (\d+)(?: §\s?([0-9]+(?:\.[0-9]+)*))?")


def title(row: str) -> str:
    """What a row is called; its id where it has no other name."""
    return ROW_WORDS.get(row, (row, ""))[0]


def meaning(row: str) -> str:
    """When a row passes."""
    return ROW_WORDS.get(row, ("", ""))[1]


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """The most severe first, then by row, check and subject."""
    return sorted(
        findings, key=lambda f: (_SEVERITIES.index(f.severity), ROWS.index(f.row), f.check, f.subject)
    )


def with_status(findings: Iterable[Finding], *statuses: Status) -> list[Finding]:
    """Those of some statuses, in order."""
    return in_order(finding for finding in findings if finding.status in statuses)


def problem_text(finding: Finding) -> str:
    """What is wrong, or why it could not be found out, in one sentence."""
    return f"{finding.cause.value}: {finding.observed}" if finding.cause is not None else finding.observed


def plain_key(key: str) -> str:
    """A fix's key without the namespace."""
    return key.removeprefix("launchready:")


def web_address(reference: str) -> str | None:
    """The URL that a reference is, if it begins with one (its ``https://`` may be left out)."""
    match = _WEB.match(reference.strip())
    return f"https://{match[1]}" if match else None


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a reference, and where it can be read."""

    text: str
    href: str | None = None


def linked(reference: str) -> tuple[Part, ...]:
    """A reference in pieces: RFCs lead to their section, web addresses to themselves."""
    parts: list[Part] = []
    for number, piece in enumerate(reference.split(";")):
        text = piece.strip()
        if number:
            parts.append(Part("; "))
        match = _RFC.match(text)
        if match:
            section = f"#section-{match[2]}" if match[2] else ""
            parts.append(Part(match[0], f"https://www.rfc-editor.org/rfc/rfc{match[1]}{section}"))
            parts.append(Part(text[match.end() :]))
        else:
            parts.append(Part(text, web_address(text)))
    return tuple(part for part in parts if part.text)


def counted(number: int, one: str, many: str | None = None) -> str:
    """``1 finding``, ``3 findings``."""
    return f"{number} {one if number == 1 else many or one + 's'}"

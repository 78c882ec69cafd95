"""No secret lies in the repository's history or in the logs, where the user said where they are.

What was found there comes as facts (``launchready/leaks``): kinds and places, never the text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from launchready.checklist.registry import (
    Fix,
    Outcome,
    Severity,
    Subject,
    check,
    failed,
    inconclusive,
    not_applicable,
    passed,
)
from launchready.evidence.types import Cause

_EXPECTED = "no secret"


def _judged(subject: Subject, part: str, option: str) -> Iterator[Outcome]:
    facts = subject.evidence.facts.get(part)
    if not isinstance(facts, Mapping):
        yield not_applicable(subject.client.domain, f"none was named: launch verify CLIENT {option}")
        return
    for one in facts["found"]:
        yield failed(_place(facts, one), _told(one), expected=_EXPECTED)
    if facts["more"]:
        yield failed(str(facts["place"]), f"{facts['more']} more secrets", expected=_EXPECTED)
    if facts["incomplete"]:
        seen = f"{facts['incomplete']} ({_size(facts)} were looked at)"
        yield inconclusive(str(facts["place"]), Cause.NOT_PROBED, seen, expected=_EXPECTED)
    elif not facts["found"]:
        yield passed(str(facts["place"]), f"{_size(facts)}, nothing of a secret's form{_allowed(facts)}")


def _place(facts: Mapping[str, Any], one: Mapping[str, Any]) -> str:
    commit = f"{one['commit']}:" if one["commit"] else ""
    return f"{facts['place']}: {commit}{one['path']}:{one['line']}"


def _told(one: Mapping[str, Any]) -> str:
    return str(one["kind"]) + (f", {one['times']} times" if one["times"] > 1 else "")


def _size(facts: Mapping[str, Any]) -> str:
    return f"{facts['texts']} texts, {facts['bytes']} bytes"


def _allowed(facts: Mapping[str, Any]) -> str:
    allowed = f"; {facts['allowed']} allowed by the allow-list" if facts["allowed"] else ""
    ended = ", ".join(str(line) for line in facts["ended"])
    return allowed + (f"; the allow-list's entries on line {ended} have ended" if ended else "")


@check(
    "secrets.history.clean",
    severity=Severity.CRITICAL,
    reference="CWE-540, CWE-798; OWASP Secrets Management Cheat Sheet §2.1 (rotation)",
    defect="a key lies in the repository's history, where whoever clones it finds it, removed or not",
    fix=Fix(
        "launchready:environment.variables",
        "rotate it at once (taking it out of the history reaches no clone), and keep it on the server",
    ),
    public=False,
)
def history_holds_no_secret(subject: Subject) -> Iterator[Outcome]:
    """Nothing that any ref of the repository reaches has a secret in it, removed later or not."""
    return _judged(subject, "repository", "--repository DIR")


@check(
    "secrets.logs.clean",
    severity=Severity.HIGH,
    reference="CWE-532; OWASP ASVS 5.0 §16.2.5 (sensitive data in logs)",
    defect="a key, a password or a token is written to the logs",
    fix=Fix("launchready:environment.variables", "rotate it, mask it in the logger, and delete the old logs"),
    public=False,
)
def logs_hold_no_secret(subject: Subject) -> Iterator[Outcome]:
    """No log has a key, a password or a session's token in it."""
    return _judged(subject, "logs", "--logs PATH")

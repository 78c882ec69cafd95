"""Lints of client files for people, editors and pipelines: text, JSON, SARIF, GitHub's annotations.

A file that can't be read or typed has problems without a lint's id; they are errors like any other.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from launchready import __version__
from launchready.client_file.lint import LINTS, Problem
from launchready.errors import LaunchreadyError
from launchready.report.safe import safe
from launchready.report.sarif import SCHEMA as SARIF_SCHEMA
from launchready.report.words import web_address

SCHEMA = "launchready.lint/1"
UNREADABLE = "client_file.valid"
"""SARIF's rule for problems that no lint found: broken YAML, unknown keys, values of a wrong type."""
VALID = "The client file can be read, and has known keys with values of the right type."
LONGEST = 1_000


@dataclass(frozen=True, slots=True)
class Trouble:
    """One problem of one file. ``line``: 1-based, None where there is none."""

    file: str
    line: int | None
    level: str
    """"error" or "warning"."""
    what: str
    fix: str = ""
    key: str | None = None
    lint: str | None = None
    reference: str | None = None

    @classmethod
    def of_lint(cls, file: str, problem: Problem) -> Trouble:
        """What a lint dislikes."""
        where = problem.where
        return cls(
            file, where.line, problem.level.value, problem.what, problem.fix, where.key, problem.lint,
            problem.reference,
        )  # fmt: skip

    @classmethod
    def of_error(cls, file: str, error: LaunchreadyError) -> Trouble:
        """Why a file could not be read, or what of it has no place in the model."""
        where = error.where
        line, key = (where.line, where.key) if where is not None else (None, None)
        return cls(file, line, "error", error.what, error.fix or "", key)

    def to_json(self) -> dict[str, Any]:
        """The problem as the document has it."""
        return {
            "file": self.file,
            "line": self.line,
            "level": self.level,
            "lint": self.lint,
            "key": self.key,
            "what": self.what,
            "fix": self.fix,
            "reference": self.reference,
        }


@dataclass(frozen=True, slots=True)
class Linted:
    """What was found in ``files``."""

    files: tuple[str, ...]
    problems: tuple[Trouble, ...]

    def count(self, level: str) -> int:
        """How many problems of a level there are."""
        return sum(1 for problem in self.problems if problem.level == level)


def summary(found: Linted) -> str:
    """The result in one line."""
    files = f"{len(found.files)} file{'' if len(found.files) == 1 else 's'}"
    return f"{files}: {found.count('error')} errors, {found.count('warning')} warnings"


def render_text(found: Linted) -> str:
    """``file:line: level: key: what [lint]`` and the fix below it: editors and people jump to it."""
    lines = []
    for one in found.problems:
        place = safe(one.file) + (f":{one.line}" if one.line is not None else "")
        key = f"{safe(one.key)}: " if one.key else ""
        source = f" [{'; '.join(filter(None, (one.reference, one.lint)))}]" if one.lint else ""
        lines.append(f"{place}: {one.level}: {key}{safe(one.what, LONGEST)}{source}")
        if one.fix:
            lines.append(f"  fix: {safe(one.fix, LONGEST)}")
    return "\n".join((*lines, summary(found)))


def render_json(found: Linted) -> str:
    """One document, schema ``launchready.lint/1``."""
    document = {
        "schema": SCHEMA,
        "files": list(found.files),
        "errors": found.count("error"),
        "warnings": found.count("warning"),
        "problems": [problem.to_json() for problem in found.problems],
    }
    return json.dumps(document, ensure_ascii=False)


def render_github(found: Linted) -> str:
    """GitHub's workflow commands: each problem becomes a note at its line of the pull request."""
    lines = []
    for one in found.problems:
        properties = [f"file={_property(one.file)}"]
        if one.line is not None:
            properties.append(f"line={one.line}")
        properties.append(f"title={_property(one.lint or UNREADABLE)}")
        fix = f"\nfix: {safe(one.fix, LONGEST)}" if one.fix else ""
        key = f"{safe(one.key)}: " if one.key else ""
        message = _message(f"{key}{safe(one.what, LONGEST)}{fix}")
        lines.append(f"::{one.level} {','.join(properties)}::{message}")
    return "\n".join((*lines, summary(found)))


def _message(text: str) -> str:
    """A workflow command's message: what would end the line, or begin an escape, is escaped."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _message(safe(text)).replace(":", "%3A").replace(",", "%2C")


def render_sarif(found: Linted) -> str:
    """One SARIF 2.1.0 log of one run; an alert at the line of the client file."""
    ids = list(dict.fromkeys(one.lint or UNREADABLE for one in found.problems))
    seen: Counter[str] = Counter()
    run = {
        "tool": {
            "driver": {
                "name": "launchready lint",
                "version": __version__,
                "semanticVersion": __version__,
                "rules": [_rule(name) for name in ids],
            }
        },
        "automationDetails": {"id": "launchready-lint/"},
        "columnKind": "utf16CodeUnits",
        "results": [_result(one, ids, seen) for one in found.problems],
    }
    return json.dumps({"$schema": SARIF_SCHEMA, "version": "2.1.0", "runs": [run]}, indent=1)


def _rule(name: str) -> dict[str, Any]:
    lint = LINTS.by_id.get(name)
    words = lint.proves if lint is not None else VALID
    advice = f"{lint.fix}. Reference: {lint.reference}" if lint is not None else "See `launch schema`."
    rule: dict[str, Any] = {
        "id": name,
        "name": "".join(part.capitalize() for part in name.replace("_", ".").split(".")),
        "shortDescription": {"text": safe(words, LONGEST)},
        "fullDescription": {"text": safe(words, LONGEST)},
        "help": {"text": safe(advice, LONGEST)},
        "defaultConfiguration": {"level": lint.level.value if lint is not None else "error"},
        "properties": {"tags": ["launch", "lint"], "precision": "very-high"},
    }
    if lint is None:
        return rule
    address = web_address(lint.reference)
    if address is not None:
        rule["helpUri"] = address
    return rule


def _result(one: Trouble, ids: Sequence[str], seen: Counter[str]) -> dict[str, Any]:
    rule = one.lint or UNREADABLE
    own = f"{one.file}\n{rule}\n{one.key}\n{one.what}"
    seen[own] += 1
    digest = hashlib.sha256(f"{own}\n{seen[own]}".encode("utf-8", "backslashreplace")).hexdigest()[:32]
    location: dict[str, Any] = {"artifactLocation": {"uri": quote(one.file), "uriBaseId": "%SRCROOT%"}}
    location["region"] = {"startLine": one.line or 1}
    text = safe(f"{one.what}. Fix: {one.fix}" if one.fix else one.what, LONGEST)
    for sign, escaped in (("\\", "\\\\"), ("[", "\\["), ("]", "\\]"), ("{", "{{"), ("}", "}}")):
        text = text.replace(sign, escaped)
    return {
        "ruleId": rule,
        "ruleIndex": ids.index(rule),
        "level": one.level,
        "message": {"text": text},
        "locations": [{"physicalLocation": location}],
        "partialFingerprints": {"launchready/v1": digest},
    }


FORMATS: Mapping[str, Callable[[Linted], str]] = {
    "text": render_text,
    "json": render_json,
    "sarif": render_sarif,
    "github": render_github,
}


def linted(files: Iterable[str], problems: Iterable[Trouble]) -> Linted:
    """The problems of files, in the order of the files and their lines."""
    names = tuple(files)
    order = {name: number for number, name in enumerate(names)}
    return Linted(names, tuple(sorted(problems, key=lambda one: (order[one.file], one.line or 0))))

"""What an adoption brought: the file, and every line that it could not take over."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from launchready.client_file.lint import Problem

SCHEMA = "launchready.adopt/1"


@dataclass(frozen=True, slots=True)
class Refusal:
    """One line that is not taken over. ``reason`` is a word for counting, ``text`` the sentence.

    ``what``: ``record`` or ``redirect``, of a live zone also ``rule``, ``setting`` …;
    ``name`` and ``type`` as far as the line has them.
    """

    what: str
    file: str
    line: int
    name: str
    type: str
    value: str
    reason: str
    text: str
    fix: str

    def __str__(self) -> str:
        return (
            f"{self.file}:{self.line}: {self.name} {self.type} {self.value}: {self.text}\n  fix: {self.fix}"
        )


@dataclass(frozen=True, slots=True)
class LiveResult:
    """What came of a live zone: ``imports``: resource → import id; ``changes``: what the preview would do.

    ``imported``: is it all in the state; ``changes`` None: no preview was run.
    """

    zone: str
    imports: Mapping[str, str]
    api_calls: int
    imported: bool = False
    changes: tuple[str, ...] | None = None

    def document(self) -> dict[str, Any]:
        changes = None if self.changes is None else list(self.changes)
        return {
            "zone": self.zone,
            "imports": dict(self.imports),
            "imported": self.imported,
            "changes": changes,
            "api_calls": self.api_calls,
        }


@dataclass(frozen=True, slots=True)
class AdoptResult:
    """An adoption. For records and redirects alike: read = accepted + refused."""

    client: str
    domain: str
    plan: str
    path: Path
    report: Path
    records_read: int
    records_accepted: int
    redirects_read: int
    redirects_accepted: int
    refused: tuple[Refusal, ...]
    notes: tuple[str, ...]
    """Sentences on what was decided, and what the zone file can't tell."""
    warnings: tuple[Problem, ...]
    """The lint's warnings about the file that was written."""
    live: LiveResult | None = None
    """Of `--live` only."""

    @property
    def refused_by_reason(self) -> dict[str, int]:
        """Reason → lines, the most frequent first."""
        return dict(Counter(r.reason for r in self.refused).most_common())

    def text(self) -> str:
        """The result for a person: totals, notes, and every line that is not taken over."""
        refused = len(self.refused)
        lines = [
            f"{self.path}",
            f"records:   {self.records_accepted} of {self.records_read} taken over",
            f"redirects: {self.redirects_accepted} of {self.redirects_read} taken over",
            *(f"note: {note}" for note in self.notes),
        ]
        if refused:
            reasons = ", ".join(f"{count} {reason}" for reason, count in self.refused_by_reason.items())
            lines += [f"not taken over ({reasons}), also in {self.report}:", *map(str, self.refused)]
        if self.warnings:
            lines.append(
                f"{len(self.warnings)} warnings of the lint, in {self.report} and by `launch rehearse`"
            )
        return "\n".join(lines)

    def document(self) -> dict[str, Any]:
        """The JSON document, schema ``launchready.adopt/1``."""
        return {
            "schema": SCHEMA,
            "client": self.client,
            "domain": self.domain,
            "plan": self.plan,
            "file": str(self.path),
            "records": _totals("record", self.records_read, self.records_accepted, self.refused),
            "redirects": _totals("redirect", self.redirects_read, self.redirects_accepted, self.refused),
            "refused_by_reason": self.refused_by_reason,
            "refused": [asdict(refusal) for refusal in self.refused],
            **({} if self.live is None else {"live": self.live.document()}),
            "notes": list(self.notes),
            "warnings": [
                {
                    "lint": p.lint,
                    "line": p.where.line,
                    "key": p.key,
                    "what": p.what,
                    "fix": p.fix,
                    "reference": p.reference,
                }
                for p in self.warnings
            ],
        }


def _totals(what: str, read: int, accepted: int, refused: tuple[Refusal, ...]) -> dict[str, int]:
    return {"read": read, "accepted": accepted, "refused": sum(1 for r in refused if r.what == what)}

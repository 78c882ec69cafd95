"""What changed since an earlier run: what broke, what was mended, what is new or gone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from launchready.report.saved import Saved, SavedFinding

_BAD = ("fail", "inconclusive")
_RANK = {"critical": 0, "high": 1, "medium": 2, "low": 3}


@dataclass(frozen=True, slots=True)
class Change:
    """One finding whose status is another one. ``before`` None: the earlier run had none such."""

    check: str
    subject: str
    severity: str
    before: str | None
    after: str | None
    observed: str


@dataclass(frozen=True, slots=True)
class Changes:
    """Everything that changed. ``waived`` are findings that were waived, or no longer are."""

    since: datetime
    verdict_before: Literal["ready", "not_ready", "unproven"]
    score_before: int
    broken: tuple[Change, ...]
    unknown: tuple[Change, ...]
    mended: tuple[Change, ...]
    waived: tuple[Change, ...]
    gone: int
    """Findings of the earlier run that this one does not have (a host or a check less)."""
    new: int
    """Findings that the earlier run did not have."""

    @property
    def nothing(self) -> bool:
        return not (self.broken or self.unknown or self.mended or self.waived or self.gone or self.new)


def since(before: Saved, after: Saved) -> Changes:
    """Compare two runs of one client, finding by finding (check and subject)."""
    old, new = _worst(before.findings), _worst(after.findings)
    changed = [
        _change(old.get(key), found)
        for key, found in new.items()
        if (old[key].status if key in old else None) != found.status
    ]
    lost = [
        _change(found, None)
        for key, found in old.items()
        if key not in new and found.status in _BAD and not _left_out(after, found)
    ]
    return Changes(
        before.started,
        before.verdict,
        before.score,
        _those(c for c in changed if c.after == "fail"),
        _those(c for c in changed if c.after == "inconclusive"),
        _those(
            c for c in (*changed, *lost) if c.before in _BAD and c.after in ("pass", "not_applicable", None)
        ),
        _those(c for c in changed if c.after == "waived" or (c.before == "waived" and c.after == "pass")),
        sum(1 for key, found in old.items() if key not in new and not _left_out(after, found)),
        sum(1 for key in new if key not in old),
    )


def _left_out(after: Saved, found: SavedFinding) -> bool:
    """Was a finding's check not run this time?"""
    return bool(after.only) and not {found.row, found.check} & set(after.only)


def _worst(findings: Iterable[SavedFinding]) -> dict[tuple[str, str], SavedFinding]:
    """One finding for each check and subject: the worst, where a check has several about one subject."""
    order = ("not_applicable", "pass", "waived", "inconclusive", "fail")
    found: dict[tuple[str, str], SavedFinding] = {}
    for finding in findings:
        known = found.get(finding.key)
        if known is None or order.index(finding.status) > order.index(known.status):
            found[finding.key] = finding
    return found


def _change(before: SavedFinding | None, after: SavedFinding | None) -> Change:
    shown = after or before
    if shown is None:
        raise ValueError("a change needs a finding")
    return Change(
        shown.check,
        shown.subject,
        shown.severity,
        before.status if before else None,
        after.status if after else None,
        after.observed if after else "",
    )


def _those(changes: Iterable[Change]) -> tuple[Change, ...]:
    return tuple(sorted(changes, key=lambda c: (_RANK[c.severity], c.check, c.subject)))

"""Can this launch be gone back to? What the machine that keeps the snapshots tells (facts ``snapshots``).

Elsewhere nothing is known, which is inconclusive and stops nobody. On a rehearsal's edge, whose launch
ends with it, there is nothing to keep, unless snapshots were taken there.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
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

FACTS = "snapshots"
REHEARSED = timedelta(days=90)
"""How long a rehearsed rollback proves that the next one works."""


def _facts(subject: Subject) -> Mapping[str, Any] | None:
    found = subject.evidence.facts.get(FACTS)
    return found if isinstance(found, Mapping) else None


def _unknown(subject: Subject) -> Outcome:
    if subject.evidence.on_edge:
        return not_applicable(subject.declared.domain, "a rehearsal's launch ends with its edge")
    told = "no snapshots are kept where the verifier runs"
    return inconclusive(subject.declared.domain, Cause.NOT_PROBED, told)


@check(
    "deployment.snapshot.exists",
    severity=Severity.MEDIUM,
    reference="NIST SP 800-128 §3.3 (baselines can be restored); docs/rollback.md",
    defect="the launch that is live has no intact snapshot: what is lost of it can't be brought back",
    fix=Fix("launchready:guard", "run `launch up`, which takes a snapshot of what is live"),
    public=False,
)
def the_launch_that_is_live_has_an_intact_snapshot(subject: Subject) -> Outcome:
    """A snapshot of this very launch exists, and every checksum in it is right."""
    facts, domain = _facts(subject), subject.declared.domain
    if facts is None:
        return _unknown(subject)
    launch, expected = facts.get("launch"), "an intact snapshot of this launch"
    if not isinstance(launch, Mapping):
        return failed(domain, f"none in {facts.get('place')}", expected=expected)
    if launch.get("damage"):
        return failed(domain, f"{launch['id']}: {'; '.join(launch['damage'])}", expected=expected)
    if not launch.get("same"):
        return failed(
            domain, f"the newest, {launch['id']}, is of another version of the client file", expected=expected
        )
    return passed(domain, f"{launch['id']}, intact", expected=expected)


@check(
    "deployment.rollback.rehearsed",
    severity=Severity.LOW,
    reference="NIST SP 800-34 Rev. 1 §3.5.2 (recovery is exercised); docs/rollback.md",
    defect="nobody has tried to go back: the first time will be during an outage",
    fix=Fix("launchready:guard", "rehearse it: launch edge, launch up --edge twice, launch rollback --edge"),
    public=False,
)
def a_rollback_was_rehearsed_within_ninety_days(subject: Subject) -> Outcome:
    """A rollback was done in an edge within 90 days, and gave back the same zone."""
    facts, domain = _facts(subject), subject.declared.domain
    if facts is None:
        return _unknown(subject)
    done, expected = facts.get("rehearsed"), f"within {REHEARSED.days} days"
    if not isinstance(done, Mapping):
        return failed(domain, "never", expected=expected)
    if done.get("damage"):
        return failed(domain, f"{done['id']}: {'; '.join(done['damage'])}", expected=expected)
    if done.get("zone_equal") is not True:
        return failed(domain, f"{done['id']}: the zone was not the same as before", expected=expected)
    at = _time(done.get("at"))
    if at is None or at.tzinfo is None:
        return inconclusive(domain, Cause.MALFORMED, f"{done.get('id')} does not say when", expected=expected)
    if subject.evidence.now - at > REHEARSED:
        return failed(domain, f"last on {at.date().isoformat()}", expected=expected)
    return passed(domain, f"on {at.date().isoformat()} ({done['id']})", expected=expected)


def _time(value: object) -> datetime | None:
    try:
        return datetime.fromisoformat(str(value))
    except ValueError:
        return None

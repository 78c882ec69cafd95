"""Which DMARC stage comes next, and what must be true before it is published."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from launchready.checklist.registry import Status
from launchready.client_file.mail_options_model import DmarcStage
from launchready.client_file.model import ClientFile
from launchready.client_file.names import within
from launchready.client_file.senders import ResolvedSender, resolved
from launchready.mailauth.dmarc import Policy
from launchready.mailops.aggregate_reports import Report, Row
from launchready.verify import Verification, verify

SCHEMA = "launchready.dmarc-next/1"
LEAST_DAYS = 14
"""Days that reports must cover: two weeks show weekly and most monthly mailings."""
MAX_SOURCES = 20

CONDITIONS = {
    "email_auth.dmarc.declared": "the present stage is what DNS serves",
    "email_auth.dmarc.single": "there is one DMARC record",
    "email_auth.dmarc.reports": "aggregate reports have an address",
    "email_auth.dmarc.reports_allowed": "who gets the reports has agreed to it",
    "email_auth.spf.single": "there is one SPF record",
    "email_auth.spf.lookups": "SPF needs at most ten look-ups",
    "email_auth.spf.includes": "every SPF include leads to a record",
    "email_auth.spf.senders": "SPF admits every sender",
    "email_auth.spf.flattened.fresh": "flattened SPF admits what the senders use now",
    "email_auth.dkim.key": "every DKIM selector serves a key",
    "email_auth.dmarc.senders": "every sender passes by SPF or by DKIM",
}
"""Checks that must pass before the policy grows stronger, and what each means here."""


class Met(StrEnum):
    YES = "met"
    NO = "not met"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Condition:
    """One thing that must be true first. ``source``: the check's id, or ``reports``."""

    source: str
    what: str
    met: Met
    observed: str


@dataclass(frozen=True, slots=True)
class Advice:
    """Where the client is on its way. ``stages``: the plan, made up where the file has none.

    ``due``: has the present stage passed its last day?
    """

    client: ClientFile
    today: date
    present: DmarcStage
    following: DmarcStage | None
    planned: bool
    conditions: tuple[Condition, ...] = ()

    @property
    def due(self) -> bool:
        return self.present.until is not None and self.today > self.present.until

    @property
    def verdict(self) -> Met:
        """Is all that must be true known to be?"""
        found = {condition.met for condition in self.conditions}
        return Met.NO if Met.NO in found else Met.UNKNOWN if Met.UNKNOWN in found else Met.YES

    def document(self) -> dict[str, Any]:
        """The ``launchready.dmarc-next/1`` document."""
        return {
            "schema": SCHEMA,
            "client": self.client.client,
            "domain": self.client.domain,
            "today": str(self.today),
            "present": _stage(self.present),
            "next": _stage(self.following) if self.following is not None else None,
            "planned": self.planned,
            "due": self.due,
            "ready": self.verdict.value,
            "conditions": [
                {"source": c.source, "what": c.what, "met": c.met.value, "observed": c.observed}
                for c in self.conditions
            ],
        }


def _stage(stage: DmarcStage) -> dict[str, Any]:
    return {"policy": stage.policy, "until": str(stage.until) if stage.until is not None else None}


def stages(client: ClientFile) -> tuple[DmarcStage, DmarcStage | None, bool]:
    """(present stage, the one after it, are they the file's own plan?). Pure."""
    dmarc = client.email.dmarc
    policies = [stage.policy for stage in dmarc.stages]
    if dmarc.policy in policies:
        number = policies.index(dmarc.policy)
        following = dmarc.stages[number + 1] if number + 1 < len(dmarc.stages) else None
        return dmarc.stages[number], following, True
    rest = list(Policy)[Policy(dmarc.policy).strength + 1 :]
    return DmarcStage(policy=dmarc.policy), DmarcStage(policy=rest[0].value) if rest else None, False


async def advise(
    client: ClientFile,
    *,
    edge: Mapping[str, Any] | None,
    now: datetime,
    reports: Iterable[Report] | None = None,
) -> Advice:
    """Look at what is served, and at the reports if there are any. Changes nothing.

    Raises what ``verify`` raises.
    """
    present, following, planned = stages(client)
    if following is None:
        return Advice(client, now.date(), present, None, planned)
    verification = await verify(client, edge=edge, only=CONDITIONS, now=now)
    conditions = (*_checked(verification), judge_reports(client, reports))
    return Advice(client, now.date(), present, following, planned, conditions)


def _checked(verification: Verification) -> Iterable[Condition]:
    for check, what in CONDITIONS.items():
        found = [f for f in verification.findings if f.check == check]
        # a waiver lets a launch go on; it makes no mail pass
        bad = [f for f in found if f.status in (Status.FAIL, Status.WAIVED)]
        open_ = [f for f in found if f.status == Status.INCONCLUSIVE]
        applies = [f for f in found if f.status != Status.NOT_APPLICABLE]
        if not applies:
            continue
        met = Met.NO if bad else Met.UNKNOWN if open_ else Met.YES
        shown = bad or open_ or applies
        yield Condition(check, what, met, "; ".join(f.observed.splitlines()[0] for f in shown if f.observed))


def judge_reports(client: ClientFile, reports: Iterable[Report] | None) -> Condition:
    """Do the aggregate reports of enough days show that every own sender passes?"""
    what = f"the aggregate reports of {LEAST_DAYS} days show no own sender that fails"
    found = list(reports or ())
    if not found:
        return Condition("reports", what, Met.UNKNOWN, "no report was given (--reports FILE_OR_DIRECTORY)")
    rows = [row for report in found for row in report.rows]
    days = len(
        {day for report in found for day in range(report.first.toordinal(), report.last.toordinal() + 1)}
    )
    total = sum(row.count for row in rows)
    failing = [row for row in rows if not row.passes]
    own = [(row, name) for row in failing if (name := _own(client, row)) is not None]
    summary = f"{total} messages in {days} days, {sum(row.count for row in failing)} fail"
    if own:
        named = "; ".join(f"{row.count} from {row.source} ({name})" for row, name in own[:MAX_SOURCES])
        return Condition("reports", what, Met.NO, f"{summary}; of own senders {named}")
    if days < LEAST_DAYS:
        return Condition("reports", what, Met.UNKNOWN, f"{summary}; {LEAST_DAYS} days are wanted")
    others = sorted({row.source for row in failing})
    tail = f"; not of own senders: {', '.join(others[:MAX_SOURCES])}" if others else ""
    return Condition("reports", what, Met.YES, summary + tail)


def _own(client: ClientFile, row: Row) -> str | None:
    """The sender that a failing row is evidently of: what passed is its return path, or its signature."""
    matches = [
        (len(name), sender.name)
        for sender in resolved(client)
        for name in _domains(sender)
        if any(within(domain, name) for domain in (*row.spf, *row.dkim))
    ]
    return max(matches, key=lambda match: match[0])[1] if matches else None


def _domains(sender: ResolvedSender) -> tuple[str, ...]:
    """Domains in whose name a sender's mail passes, aligned or not."""
    preset = sender.preset
    provider = (preset.spf_include, preset.return_path) if preset is not None else ()
    return tuple(dict.fromkeys(n for n in (sender.return_path, *provider) if n and "." in n))

"""Was it ever proved that an alert arrives? A drill writes its proof onto the alarm (docs/decisions/0011)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

from launchready.checklist.registry import (
    Fix,
    Outcome,
    Severity,
    Subject,
    check,
    failed,
    not_applicable,
    passed,
    undecided,
)
from launchready.client_file.monitors_model import watches
from launchready.declared.monitors import REGION, Monitoring
from launchready.evidence.types import AwsProbe, AwsResult, Probe

DRILLED, CHANNELS = "launchready:drilled", "launchready:drilled-channels"
"""Tags that `launch monitors drill` leaves: when it proved, and for which kinds of channels."""
VALID = timedelta(days=90)
"""People, numbers and webhooks change: a proof is good for a quarter."""


def _declared(subject: Subject) -> Monitoring | None:
    """The monitors that can be drilled: those on AWS."""
    monitoring = subject.declared.monitoring
    if monitoring is None or monitoring.provider != "aws" or not monitoring.monitors:
        return None
    return monitoring


def _alarms_probe(monitoring: Monitoring) -> AwsProbe:
    return AwsProbe.of("cloudwatch", "describe_alarms", REGION, AlarmNamePrefix=monitoring.prefix)


def _tags_probe(arn: str) -> AwsProbe:
    return AwsProbe.of("cloudwatch", "list_tags_for_resource", REGION, ResourceARN=arn)


def _arns(monitoring: Monitoring, result: AwsResult) -> list[str]:
    """Those of the declared health alarms that exist."""
    names = {alarm.name for alarm in monitoring.alarms if alarm.kind == "health"}
    alarms = result.data.get("MetricAlarms") or []
    return [str(alarm["AlarmArn"]) for alarm in alarms if alarm.get("AlarmName") in names]


def _questions(subject: Subject) -> Iterator[Probe]:
    monitoring = _declared(subject)
    if monitoring is None:
        return
    yield (listing := _alarms_probe(monitoring))
    for result in subject.evidence.results.get(listing.id, ()):
        if isinstance(result, AwsResult) and result.cause is None:
            yield from (_tags_probe(arn) for arn in _arns(monitoring, result))


def _when(tags: Mapping[str, str]) -> datetime | None:
    """The time of the proof; None for none, and for what is no time."""
    try:
        found = datetime.fromisoformat(tags.get(DRILLED, ""))
    except ValueError:
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


@check(
    "monitoring.drill.proved",
    severity=Severity.MEDIUM,
    needs=[_questions],
    reference="Scorecard: Monitoring (the owner is told within minutes); docs/decisions/0011-drill.md",
    defect="nobody has proved in the last 90 days that an alert reaches its owners",
    fix=Fix("launchready:monitors", "run launch monitors drill CLIENT, and act on what did not arrive"),
    public=False,
)
def alert_was_proved_to_arrive(subject: Subject) -> Outcome:
    """A drill of the last 90 days proved that an alert reaches every declared kind of owner."""
    monitoring = _declared(subject)
    domain = subject.client.domain
    if monitoring is None:
        return not_applicable(domain, "no monitors on AWS are declared")
    listing = subject.evidence.aws("cloudwatch", "describe_alarms", REGION, AlarmNamePrefix=monitoring.prefix)
    if listing.cause is not None:
        return undecided(domain, listing)
    expected = f"an alert proved to arrive within {VALID.days} days"
    proofs: list[tuple[datetime, str, AwsProbe]] = []
    for arn in _arns(monitoring, listing):
        result = subject.evidence.aws("cloudwatch", "list_tags_for_resource", REGION, ResourceARN=arn)
        if result.cause is not None:
            return undecided(domain, result, expected=expected)
        tags = {str(tag["Key"]): str(tag["Value"]) for tag in result.data.get("Tags") or []}
        if (at := _when(tags)) is not None:
            proofs.append((at, tags.get(CHANNELS, ""), result.probe))
    if not proofs:
        return failed(domain, "no alarm carries the proof of a drill", expected=expected)
    at, kinds, probe = max(proofs, key=lambda proof: proof[0])
    missing = sorted(_kinds(subject) - set(kinds.split()))
    if subject.evidence.now - at > VALID:
        return failed(domain, f"the last drill was on {at:%Y-%m-%d}", expected=expected, evidence=[probe.id])
    if missing:
        told = f"the drill of {at:%Y-%m-%d} proved nothing for {', '.join(missing)}"
        return failed(domain, told, expected=expected, evidence=[probe.id])
    return passed(domain, f"drilled on {at:%Y-%m-%d}: {kinds}", expected=expected, evidence=[probe.id])


def _kinds(subject: Subject) -> set[str]:
    """The kinds of owners that the file declares."""
    monitors = watches(subject.client.monitors)
    if monitors is None:
        return set()
    notify = monitors.notify
    told = {"email": bool(notify.email), "sms": bool(notify.sms), "slack": notify.slack is not None}
    return {kind for kind, declared in told.items() if declared}

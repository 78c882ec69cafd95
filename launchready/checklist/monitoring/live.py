"""What AWS has of a launch's monitors, read from the evidence; and what is said when it can't be told."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from launchready.checklist.registry import Outcome, Subject, inconclusive, not_applicable, undecided
from launchready.declared.monitors import REGION, Alarm, Monitor, Monitoring
from launchready.evidence.types import AwsProbe, AwsResult, Cause, Probe

Json = Mapping[str, Any]
NOBODY = "monitors: none"
HEALTH_CHECKS = AwsProbe.of("route53", "list_health_checks")


class Unknown(Exception):  # noqa: N818 - not an error of ours: AWS did not say
    """A read that a check depends on brought nothing."""

    def __init__(self, result: AwsResult) -> None:
        super().__init__(result.detail)
        self.result = result


def alarms_probe(declared: Monitoring, region: str) -> AwsProbe:
    return AwsProbe.of("cloudwatch", "describe_alarms", region, AlarmNamePrefix=declared.prefix)


def topics_probe(region: str) -> AwsProbe:
    return AwsProbe.of("sns", "list_topics", region)


def basics(subject: Subject) -> Iterator[Probe]:
    """Planner: what most checks of this row read."""
    declared = subject.declared.monitoring
    if declared is None or declared.provider != "aws":
        return
    yield HEALTH_CHECKS
    for topic in declared.topics:
        yield alarms_probe(declared, topic.region)
        yield topics_probe(topic.region)


def judged(subject: Subject, judge: Callable[[Monitoring], Iterable[Outcome]]) -> Iterator[Outcome]:
    """The outcomes over what AWS has; without monitors on AWS there are none, without an answer unknown."""
    declared = subject.declared.monitoring
    if declared is None:
        yield not_applicable(subject.declared.domain, NOBODY)
    elif declared.provider != "aws":
        yield not_applicable(subject.declared.domain, f"provider: {declared.provider}")
    else:
        try:
            yield from judge(declared)
        except Unknown as unknown:
            yield undecided(subject.declared.domain, unknown.result)


def answer(result: AwsResult) -> Json:
    """What AWS answered, {} when there is no such thing. Raises Unknown."""
    if result.cause is not None:
        raise Unknown(result)
    return {} if result.missing else result.data


def ask(subject: Subject, probe: AwsProbe) -> Json:
    return answer(subject.evidence.aws_probe(probe))


def health_check(subject: Subject, monitor: Monitor) -> Json | None:
    """The health check of a URL: an enabled one before others."""
    found = [
        check
        for check in ask(subject, HEALTH_CHECKS).get("HealthChecks", [])
        if _watches(check["HealthCheckConfig"], monitor)
    ]
    return min(found, key=lambda check: bool(check["HealthCheckConfig"].get("Disabled")), default=None)


def _watches(config: Json, monitor: Monitor) -> bool:
    return (
        config.get("Type") in ("HTTPS", "HTTPS_STR_MATCH")
        and str(config.get("FullyQualifiedDomainName", "")).lower().rstrip(".") == monitor.host
        and (config.get("ResourcePath") or "/") == monitor.path
    )


def alarm(subject: Subject, declared: Monitoring, wanted: Alarm) -> Json | None:
    """The alarm of a name."""
    found = ask(subject, alarms_probe(declared, wanted.region)).get("MetricAlarms", [])
    return next((one for one in found if one["AlarmName"] == wanted.name), None)


def topic_arn(subject: Subject, declared: Monitoring, region: str = REGION) -> str | None:
    """The ARN of a region's topic, where it exists."""
    found = ask(subject, topics_probe(region)).get("Topics", [])
    return next((t["TopicArn"] for t in found if t["TopicArn"].rpartition(":")[2] == declared.name), None)


def subscriptions(subject: Subject, declared: Monitoring, region: str) -> list[Json]:
    """Who is subscribed to a region's topic; nobody when there is no topic."""
    arn = topic_arn(subject, declared, region)
    if arn is None:
        return []
    probe = AwsProbe.of("sns", "list_subscriptions_by_topic", region, TopicArn=arn)
    return list(ask(subject, probe).get("Subscriptions", []))


def elsewhere(subject: Subject, provider: str) -> Outcome:
    """Someone else watches, whom this version can't ask."""
    said = f"{provider} is not asked by this version: look into it, and waive this with a date"
    return inconclusive(subject.declared.domain, Cause.NOT_PROBED, said)

"""``monitors`` → health checks, alarms, topics, owners and the way to Slack, as plain values.

Alarms and topics live in us-east-1, where Route 53's metrics are; an error-rate metric of another region
has its alarm there, with a topic of its own, since an alarm reaches no topic of another region.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from launchready.client_file.base import Secret
from launchready.client_file.model import ClientFile
from launchready.client_file.monitors_model import ErrorMetric, Monitors, watches
from launchready.client_file.plans import HEALTH_CHECK_INTERVALS
from launchready.client_file.watched import Watched, watched

REGION = "us-east-1"
EXPIRY_NAMESPACE, EXPIRY_METRIC, EXPIRY_DIMENSION = "launchready", "DaysToExpiry", "Client"
"""What ``launch verify`` publishes: the fewest days that any certificate of the launch has left."""
DAY = 86_400
_COMPARISONS = {
    "greater": "GreaterThanThreshold",
    "greater_or_equal": "GreaterThanOrEqualToThreshold",
    "less": "LessThanThreshold",
    "less_or_equal": "LessThanOrEqualToThreshold",
}
LONGEST_ALARM = 255
SLACK_PATHS: Mapping[str, str] = {
    "alarm": "$.detail.alarmName",
    "state": "$.detail.state.value",
    "reason": "$.detail.state.reason",
    "about": "$.detail.configuration.description",
}
SLACK_TEMPLATE = '{"text": "<state>: <about> (<alarm>) <reason>"}'
"""Slack's incoming webhooks take ``{"text": …}``; EventBridge fills in what is between < and >."""


@dataclass(frozen=True, slots=True)
class Monitor:
    """One watched URL. ``name``: host and path, which is unique; ``expect``: the exact status, if any."""

    name: str
    host: str
    path: str
    key: str
    interval: int
    failure_threshold: int
    regions: tuple[str, ...] = ()
    expect: int | None = None
    contains: str | None = None

    @property
    def url(self) -> str:
        return f"https://{self.host}{self.path}"


@dataclass(frozen=True, slots=True)
class Alarm:
    """One CloudWatch alarm. ``kind``: health, errors or expiry; ``monitor``: a health alarm's monitor.

    A health alarm's dimension is the health check's id, known after creation.
    """

    name: str
    resource: str
    kind: str
    region: str
    description: str
    key: str
    namespace: str
    metric: str
    statistic: str
    comparison: str
    threshold: float
    period: int
    evaluation_periods: int
    treat_missing: str
    dimensions: Mapping[str, str] = field(default_factory=dict)
    monitor: str | None = None


@dataclass(frozen=True, slots=True)
class Topic:
    """Where the alarms of one region meet. ``resource``: the Pulumi name."""

    name: str
    resource: str
    region: str


@dataclass(frozen=True, slots=True)
class Subscription:
    """One owner at one region's topic. ``protocol``: email or sms."""

    resource: str
    region: str
    protocol: str
    endpoint: str
    key: str


@dataclass(frozen=True, slots=True)
class Slack:
    """The way from one region's alarms to Slack. ``name``: of connection, destination, rule and role."""

    name: str
    role: str
    resource: str
    region: str
    pattern: str
    secret: Secret = field(repr=False)


@dataclass(frozen=True, slots=True)
class EdgeCheck:
    """One of Cloudflare's health checks. ``name``: letters, digits, - and _ only."""

    name: str
    monitor: str
    host: str
    path: str
    interval: int
    failure_threshold: int
    codes: tuple[str, ...]
    contains: str | None


@dataclass(frozen=True, slots=True)
class Monitoring:
    """Everything that watches one launch. ``prefix``: how the names of its alarms begin."""

    provider: str
    name: str
    prefix: str
    monitors: tuple[Monitor, ...]
    expiry_days: int
    alarms: tuple[Alarm, ...] = ()
    topics: tuple[Topic, ...] = ()
    subscriptions: tuple[Subscription, ...] = ()
    slack: tuple[Slack, ...] = ()
    edge_checks: tuple[EdgeCheck, ...] = ()
    emails: tuple[str, ...] = ()
    webhook: Secret | None = field(default=None, repr=False)
    tags: Mapping[str, str] = field(default_factory=dict)

    def topic(self, region: str) -> Topic:
        """The topic of a region that has one."""
        return next(topic for topic in self.topics if topic.region == region)


def monitoring(client: ClientFile) -> Monitoring | None:
    """What the file's monitors declare; None for ``none`` and for nothing."""
    declared = watches(client.monitors)
    if declared is None:
        return None
    owner = client.client or client.domain
    name, prefix = f"launchready-{slug(owner)}", f"launchready/{owner}/"
    monitors = tuple(_monitor(one, declared) for one in watched(client))
    notify = declared.notify
    edge_checks = tuple(_edge_check(one, client) for one in monitors) if declared.cloudflare else ()
    basis = Monitoring(
        declared.provider, name, prefix, monitors, declared.expiry_days,
        edge_checks=edge_checks, emails=notify.email, webhook=notify.slack,
    )  # fmt: skip
    return basis if declared.provider != "aws" else _on_aws(client, declared, basis, owner)


def _on_aws(client: ClientFile, declared: Monitors, basis: Monitoring, owner: str) -> Monitoring:
    regions = tuple(dict.fromkeys((REGION, declared.errors.region if declared.errors else REGION)))
    return Monitoring(
        basis.provider, basis.name, basis.prefix, basis.monitors, basis.expiry_days,
        alarms=tuple(_alarms(declared, basis, client, owner)),
        topics=tuple(Topic(basis.name, _in(region, "alarms"), region) for region in regions),
        subscriptions=tuple(_subscriptions(declared, regions)),
        slack=tuple(_slack(declared, basis, regions)),
        edge_checks=basis.edge_checks, emails=basis.emails, webhook=basis.webhook,
        tags={"launchready:client": owner, "launchready:domain": client.domain, **declared.tags},
    )  # fmt: skip


def notes(client: ClientFile) -> tuple[str, ...]:
    """Sentences for the report."""
    declared = watches(client.monitors)
    if declared is None:
        return ("monitors: none – nobody is told when the site is down, and nothing of it is proved",)
    found = []
    if declared.cloudflare:
        least = HEALTH_CHECK_INTERVALS.get(client.plan, declared.interval)
        if least > declared.interval:
            found.append(f"monitors: Cloudflare looks every {least} s, the least on {client.plan.value}")
    if declared.provider == "gatus":
        found.append("monitors: provider gatus – your own Gatus watches; its work is not proved from here")
    return tuple(found)


def slug(name: str) -> str:
    """Letters, digits, hyphen and underscore, 40 at most; what had to be changed gets a digest of it."""
    plain = re.sub(r"[^A-Za-z0-9_-]", "-", name)
    if plain == name and len(name) <= 40:
        return name
    return f"{plain[:33]}-{_digest(name)}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:6]


def _in(region: str, name: str) -> str:
    """A resource's name: a region other than the usual one is part of it."""
    return name if region == REGION else f"{name}@{region}"


def _monitor(one: Watched, declared: Monitors) -> Monitor:
    return Monitor(
        one.name, one.host, one.path, one.key, declared.interval, declared.failure_threshold,
        declared.regions, one.expect, one.contains,
    )  # fmt: skip


def _edge_check(monitor: Monitor, client: ClientFile) -> EdgeCheck:
    interval = max(monitor.interval, HEALTH_CHECK_INTERVALS.get(client.plan, monitor.interval))
    codes = ("2xx", "3xx") if monitor.expect is None else (str(monitor.expect),)
    return EdgeCheck(
        slug(monitor.name), monitor.name, monitor.host, monitor.path, interval, monitor.failure_threshold,
        codes, monitor.contains,
    )  # fmt: skip


def _alarms(declared: Monitors, basis: Monitoring, client: ClientFile, owner: str) -> Iterator[Alarm]:
    for monitor in basis.monitors:
        yield Alarm(
            name=_alarm_name(basis.prefix + monitor.name), resource=monitor.name, kind="health",
            region=REGION, description=f"{monitor.url} does not answer as it must", key=monitor.key,
            namespace="AWS/Route53", metric="HealthCheckStatus", statistic="Minimum",
            comparison="LessThanThreshold", threshold=1, period=60, evaluation_periods=1,
            treat_missing="missing", monitor=monitor.name,
        )  # fmt: skip
    yield Alarm(
        name=f"{basis.prefix}certificates", resource="certificates", kind="expiry", region=REGION,
        description=f"a certificate of {client.domain} ends within {declared.expiry_days} days, or launch "
        "verify has not run for two",
        key="monitors.expiry_days", namespace=EXPIRY_NAMESPACE, metric=EXPIRY_METRIC, statistic="Minimum",
        comparison="LessThanThreshold", threshold=declared.expiry_days, period=DAY, evaluation_periods=2,
        treat_missing="breaching", dimensions={EXPIRY_DIMENSION: owner},
    )  # fmt: skip
    if declared.errors is not None:
        yield _error_alarm(declared.errors, basis, client)


def _error_alarm(metric: ErrorMetric, basis: Monitoring, client: ClientFile) -> Alarm:
    return Alarm(
        name=f"{basis.prefix}errors", resource="errors", kind="errors", region=metric.region,
        description=f"the error rate of {client.domain} is too high", key="monitors.errors",
        namespace=metric.namespace, metric=metric.metric, statistic=metric.statistic,
        comparison=_COMPARISONS[metric.comparison], threshold=metric.threshold, period=metric.period,
        evaluation_periods=metric.periods, treat_missing="notBreaching", dimensions=metric.dimensions,
    )  # fmt: skip


def _alarm_name(name: str) -> str:
    if len(name) <= LONGEST_ALARM:
        return name
    return f"{name[: LONGEST_ALARM - 7]}-{_digest(name)}"


def _subscriptions(declared: Monitors, regions: tuple[str, ...]) -> Iterator[Subscription]:
    notify = declared.notify
    for region in regions:
        for protocol, owners in (("email", notify.email), ("sms", notify.sms)):
            for endpoint in dict.fromkeys(owners):
                number = owners.index(endpoint)
                key = f"monitors.notify.{protocol}[{number}]"
                resource = _in(region, f"{protocol}:{endpoint}")
                yield Subscription(resource, region, protocol, endpoint, key)


def _slack(declared: Monitors, basis: Monitoring, regions: tuple[str, ...]) -> Iterator[Slack]:
    if declared.notify.slack is None:
        return
    pattern = {
        "source": ["aws.cloudwatch"],
        "detail-type": ["CloudWatch Alarm State Change"],
        "detail": {"alarmName": [{"prefix": basis.prefix}], "state": {"value": ["ALARM", "OK"]}},
    }
    for region in regions:
        role = basis.name if region == REGION else f"{basis.name}-{region}"
        text = json.dumps(pattern, sort_keys=True)
        yield Slack(basis.name, role, _in(region, "slack"), region, text, declared.notify.slack)

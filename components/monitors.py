"""Monitors: health checks, alarms, topics and owners on AWS; Cloudflare's own checks where asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pulumi

from components import cloudflare
from components.aws import monitoring as aws
from components.base import Component
from launchready.aws.monitoring import role, topic
from launchready.client_file.base import Secret
from launchready.declared.monitors import (
    REGION,
    SLACK_PATHS,
    SLACK_TEMPLATE,
    Alarm,
    Monitoring,
    Slack,
)

MADE_BY = "made by launchready"


@dataclass(frozen=True, slots=True)
class MonitorsArgs:
    """``account``: Cloudflare's, for its notifications; ``seal``: makes a secret's input (a Sealer)."""

    zone_id: pulumi.Input[str]
    account: str | None
    monitoring: Monitoring
    seal: Callable[[Secret], str]


class Monitors(Component):
    """Outputs: ``monitors`` (name, url, health_check_id, alarm_arn), ``topics`` (region, arn), ``owners``
    (protocol, endpoint, region, confirmed)."""

    def __init__(self, name: str, args: MonitorsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        self._declared = args.monitoring
        self._child = pulumi.ResourceOptions(parent=self)
        self._first = pulumi.ResourceOptions(parent=self, delete_before_replace=True)
        self._topics = {
            one.region: self._topic(one.resource, one.name, one.region) for one in self._declared.topics
        }
        for way in self._declared.slack:
            self._slack(way, args.seal)
        if self._declared.edge_checks:
            self._cloudflare(args)
        self.monitors = self._watch()
        self.topics: list[dict[str, pulumi.Input[str]]] = [
            {"region": region, "arn": made.output("arn")} for region, made in self._topics.items()
        ]
        self.owners = self._owners()
        self.register_outputs({"monitors": self.monitors, "topics": self.topics, "owners": self.owners})

    def _topic(self, resource: str, name: str, region: str) -> aws.Topic:
        props = {
            "region": region,
            "name": name,
            "display_name": "launchready",
            "publisher": topic.CLOUDWATCH,
            "tags": dict(self._declared.tags),
        }
        return aws.Topic(resource, props, self._first)

    def _owners(self) -> list[dict[str, pulumi.Input[Any]]]:
        found: list[dict[str, pulumi.Input[Any]]] = []
        for owner in self._declared.subscriptions:
            props = {
                "region": owner.region,
                "topic_arn": self._topics[owner.region].output("arn"),
                "protocol": owner.protocol,
                "endpoint": owner.endpoint,
            }
            made = aws.Subscription(owner.resource, props, self._child)
            shown = {"protocol": owner.protocol, "endpoint": owner.endpoint, "region": owner.region}
            found.append({**shown, "confirmed": made.output("confirmed")})
        return found

    def _watch(self) -> list[dict[str, pulumi.Input[Any]]]:
        """A health check and an alarm for each URL; the other alarms."""
        health = {alarm.monitor: alarm for alarm in self._declared.alarms if alarm.monitor is not None}
        found: list[dict[str, pulumi.Input[Any]]] = []
        for one in self._declared.monitors:
            shown: dict[str, pulumi.Input[Any]] = {"name": one.name, "url": one.url}
            alarm = health.get(one.name)
            if alarm is not None:
                props = {
                    "region": REGION,
                    "name": alarm.name,
                    "host": one.host,
                    "path": one.path,
                    "search": one.contains,
                    "interval": one.interval,
                    "failure_threshold": one.failure_threshold,
                    "regions": list(one.regions),
                    "disabled": False,
                    "inverted": False,
                    "tags": dict(self._declared.tags),
                }
                check = aws.HealthCheck(one.name, props, self._child)
                made = self._alarm(alarm, {"HealthCheckId": check.id})
                shown |= {"health_check_id": check.id, "alarm_arn": made.output("arn")}
            found.append(shown)
        for alarm in self._declared.alarms:
            if alarm.monitor is None:
                self._alarm(alarm, dict(alarm.dimensions))
        return found

    def _alarm(self, alarm: Alarm, dimensions: dict[str, pulumi.Input[str]]) -> aws.Alarm:
        """Who is told when it alarms is told when it is over; and when a health check is gone."""
        told = [self._topics[alarm.region].output("arn")]
        props = {
            "region": alarm.region,
            "name": alarm.name,
            "description": alarm.description,
            "namespace": alarm.namespace,
            "metric": alarm.metric,
            "dimensions": dimensions,
            "statistic": alarm.statistic,
            "comparison": alarm.comparison,
            "threshold": alarm.threshold,
            "period": alarm.period,
            "evaluation_periods": alarm.evaluation_periods,
            "datapoints": alarm.evaluation_periods,
            "treat_missing": alarm.treat_missing,
            "actions": told,
            "missing_actions": told if alarm.kind == "health" else [],
            "enabled": True,
            "tags": dict(self._declared.tags),
        }
        return aws.Alarm(alarm.resource, props, self._first)

    def _slack(self, way: Slack, seal: Callable[[Secret], str]) -> None:
        """Connection → destination → role → rule: each needs the one before."""
        common = {"region": way.region, "name": way.name, "description": MADE_BY}
        connection = aws.Connection(way.resource, common, self._first)
        destination = aws.ApiDestination(
            way.resource,
            {
                **common,
                "connection_arn": connection.output("arn"),
                "endpoint": pulumi.Output.secret(seal(way.secret)),
            },
            self._first,
        )
        arn = destination.output("arn")
        taken = aws.Role(
            way.resource,
            {
                **common,
                "name": way.role,
                "trust": arn.apply(lambda arn: role.trust(arn, way.name)),
                "permissions": arn.apply(role.permissions),
                "tags": dict(self._declared.tags),
            },
            self._first,
        )
        rule = {
            **common,
            "pattern": way.pattern,
            "target_arn": arn,
            "role_arn": taken.output("arn"),
            "paths": dict(SLACK_PATHS),
            "template": SLACK_TEMPLATE,
            "enabled": True,
            "tags": dict(self._declared.tags),
        }
        aws.Rule(way.resource, rule, self._first)

    def _cloudflare(self, args: MonitorsArgs) -> None:
        """Health checks of the zone, and one notification for them all."""
        declared = self._declared
        checks = [
            cloudflare.Healthcheck(
                one.monitor,
                {
                    "zoneId": args.zone_id,
                    "name": one.name,
                    "description": MADE_BY,
                    "address": one.host,
                    "type": "HTTPS",
                    "interval": one.interval,
                    "consecutiveFails": one.failure_threshold,
                    "httpConfig": {
                        "method": "GET",
                        "path": one.path,
                        "port": 443,
                        "expectedCodes": list(one.codes),
                        **({"expectedBody": one.contains} if one.contains else {}),
                    },
                },
                self._child,
            )
            for one in declared.edge_checks
        ]
        mechanisms: dict[str, Any] = {"emails": [{"id": address} for address in declared.emails]}
        if declared.webhook is not None:
            hook = cloudflare.NotificationPolicyWebhooks(
                "slack",
                {
                    "accountId": args.account,
                    "name": declared.name,
                    "url": pulumi.Output.secret(declared.webhook.reveal()),
                },
                self._child,
            )
            mechanisms["webhooks"] = [{"id": hook.id}]
        cloudflare.NotificationPolicy(
            "health",
            {
                "accountId": args.account,
                "name": declared.name,
                "description": MADE_BY,
                "alertType": "health_check_status_notification",
                "enabled": True,
                "mechanisms": {kind: told for kind, told in mechanisms.items() if told},
                "filters": {"healthCheckIds": [check.id for check in checks]},
            },
            self._child,
        )

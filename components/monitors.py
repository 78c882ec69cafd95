"""Monitors: health checks, alarms, topics and owners on AWS; Cloudflare's own checks where asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pulumi

from components import cloudflare
from components import monitor_props as props
from components.aws import monitoring as aws
from components.base import Component
from launchready.aws.monitoring import role
from launchready.client_file.base import Secret
from launchready.declared.monitors import Alarm, Monitoring, Slack


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
            one.region: aws.Topic(one.resource, props.topic_props(self._declared, one), self._first)
            for one in self._declared.topics
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

    def _owners(self) -> list[dict[str, pulumi.Input[Any]]]:
        found: list[dict[str, pulumi.Input[Any]]] = []
        for owner in self._declared.subscriptions:
            arn = self._topics[owner.region].output("arn")
            made = aws.Subscription(owner.resource, props.owner_props(owner, arn), self._child)
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
                given = props.check_props(self._declared, one, alarm.name)
                check = aws.HealthCheck(one.name, given, self._child)
                made = self._alarm(alarm, {"HealthCheckId": check.id})
                shown |= {"health_check_id": check.id, "alarm_arn": made.output("arn")}
            found.append(shown)
        for alarm in self._declared.alarms:
            if alarm.monitor is None:
                self._alarm(alarm, dict(alarm.dimensions))
        return found

    def _alarm(self, alarm: Alarm, dimensions: dict[str, pulumi.Input[str]]) -> aws.Alarm:
        arn = self._topics[alarm.region].output("arn")
        given = props.alarm_props(self._declared, alarm, arn, dimensions)
        return aws.Alarm(alarm.resource, given, self._first)

    def _slack(self, way: Slack, seal: Callable[[Secret], str]) -> None:
        """Connection → destination → role → rule: each needs the one before."""
        connection = aws.Connection(way.resource, props.named(way), self._first)
        url = pulumi.Output.secret(seal(way.secret))
        destination = aws.ApiDestination(
            way.resource, props.destination_props(way, connection.output("arn"), url), self._first
        )
        arn = destination.output("arn")
        trust = arn.apply(lambda arn: role.trust(arn, way.name))
        taken = aws.Role(
            way.resource,
            props.role_props(self._declared, way, trust, arn.apply(role.permissions)),
            self._first,
        )
        aws.Rule(way.resource, props.rule_props(self._declared, way, arn, taken.output("arn")), self._first)

    def _cloudflare(self, args: MonitorsArgs) -> None:
        """Health checks of the zone, and one notification for them all."""
        declared = self._declared
        checks = [
            cloudflare.Healthcheck(
                one.monitor,
                {
                    "zoneId": args.zone_id,
                    "name": one.name,
                    "description": props.MADE_BY,
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
                "description": props.MADE_BY,
                "alertType": "health_check_status_notification",
                "enabled": True,
                "mechanisms": {kind: told for kind, told in mechanisms.items() if told},
                "filters": {"healthCheckIds": [check.id for check in checks]},
            },
            self._child,
        )

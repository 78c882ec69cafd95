"""A client with monitors as `pulumi up` would leave them on an edge's AWS."""

from __future__ import annotations

import asyncio
from typing import Any

from launchready.aws import reader
from launchready.client_file.model import ClientFile
from launchready.declared import Declared, declare
from launchready.declared.monitors import SLACK_PATHS, SLACK_TEMPLATE, Monitoring

SLACK_URL = "https://hooks.slack.com/services/T000/B000/notarealsecret"


def client(**monitors: Any) -> ClientFile:
    given = {
        "paths": ["/", "/login"],
        "interval": 30,
        "failure_threshold": 2,
        "notify": {"email": ["ops@acme.example"], "sms": ["+14155550100"], "slack": {"secure": "v1:sealed"}},
        **monitors,
    }
    return ClientFile.model_validate(
        {
            "client": "acme",
            "domain": "acme.example",
            "hosts": {"@": {"address": "203.0.113.10", "proxied": True}},
            "email": {"senders": []},
            "monitors": given,
        }
    )


def made(declared: Declared) -> Monitoring:
    assert declared.monitoring is not None
    return declared.monitoring


async def provision(document: dict[str, Any], declared: Declared) -> None:
    """Topics, owners, health checks, alarms and the way to Slack."""
    await asyncio.to_thread(_provision, document["aws"], made(declared))


def _provision(endpoint: str, monitoring: Monitoring) -> None:
    def aws(service: str) -> Any:
        return reader.client(service, "us-east-1", endpoint, 30.0)

    topic = aws("sns").create_topic(Name=monitoring.name)["TopicArn"]
    for owner in monitoring.subscriptions:
        aws("sns").subscribe(TopicArn=topic, Protocol=owner.protocol, Endpoint=owner.endpoint)
    checks = {one.name: _check(aws("route53"), one) for one in monitoring.monitors}
    for alarm in monitoring.alarms:
        dimensions = dict(alarm.dimensions)
        if alarm.monitor is not None:
            dimensions = {"HealthCheckId": checks[alarm.monitor]}
        aws("cloudwatch").put_metric_alarm(
            AlarmName=alarm.name,
            AlarmDescription=alarm.description,
            Namespace=alarm.namespace,
            MetricName=alarm.metric,
            Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
            Statistic=alarm.statistic,
            ComparisonOperator=alarm.comparison,
            Threshold=float(alarm.threshold),
            Period=alarm.period,
            EvaluationPeriods=alarm.evaluation_periods,
            TreatMissingData=alarm.treat_missing,
            AlarmActions=[topic],
            OKActions=[topic],
        )
    for way in monitoring.slack:
        _slack(aws("events"), way.name, way.pattern)


def _check(route53: Any, monitor: Any) -> str:
    config = {
        "Type": "HTTPS",
        "FullyQualifiedDomainName": monitor.host,
        "Port": 443,
        "ResourcePath": monitor.path,
        "RequestInterval": monitor.interval,
        "FailureThreshold": monitor.failure_threshold,
        "EnableSNI": True,
    }
    made = route53.create_health_check(CallerReference=monitor.name, HealthCheckConfig=config)
    return str(made["HealthCheck"]["Id"])


def _slack(events: Any, name: str, pattern: str) -> None:
    connection = events.create_connection(
        Name=name,
        AuthorizationType="API_KEY",
        AuthParameters={"ApiKeyAuthParameters": {"ApiKeyName": "X-Token", "ApiKeyValue": "not-to-be-kept"}},
    )["ConnectionArn"]
    destination = events.create_api_destination(
        Name=name, ConnectionArn=connection, InvocationEndpoint=SLACK_URL, HttpMethod="POST"
    )["ApiDestinationArn"]
    events.put_rule(Name=name, EventPattern=pattern, State="ENABLED")
    transformer = {"InputPathsMap": dict(SLACK_PATHS), "InputTemplate": SLACK_TEMPLATE}
    target = {
        "Id": "slack",
        "Arn": destination,
        "RoleArn": "arn:aws:iam::123456789012:role/r",
        "InputTransformer": transformer,
    }
    events.put_targets(Rule=name, Targets=[target])


def declared_of(client_file: ClientFile) -> Declared:
    return declare(client_file)

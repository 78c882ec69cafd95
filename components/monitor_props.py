"""What each of the monitors' AWS resources is given: declared values in the words of its functions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from launchready.aws.monitoring import topic
from launchready.declared.monitors import (
    REGION,
    SLACK_PATHS,
    SLACK_TEMPLATE,
    Alarm,
    Monitor,
    Monitoring,
    Slack,
    Subscription,
    Topic,
)

MADE_BY = "made by launchready"
Props = dict[str, Any]


def topic_props(declared: Monitoring, one: Topic) -> Props:
    return {
        "region": one.region,
        "name": one.name,
        "display_name": "launchready",
        "publisher": topic.CLOUDWATCH,
        "tags": dict(declared.tags),
    }


def owner_props(owner: Subscription, topic_arn: Any) -> Props:
    return {
        "region": owner.region,
        "topic_arn": topic_arn,
        "protocol": owner.protocol,
        "endpoint": owner.endpoint,
    }


def check_props(declared: Monitoring, one: Monitor, name: str) -> Props:
    """``name``: its alarm's, under which the console shows it too."""
    return {
        "region": REGION,
        "name": name,
        "host": one.host,
        "path": one.path,
        "search": one.contains,
        "interval": one.interval,
        "failure_threshold": one.failure_threshold,
        "regions": list(one.regions),
        "disabled": False,
        "inverted": False,
        "tags": dict(declared.tags),
    }


def alarm_props(declared: Monitoring, alarm: Alarm, topic_arn: Any, dimensions: Mapping[str, Any]) -> Props:
    """Who is told when it alarms is told when it is over; and when a health check is gone."""
    return {
        "region": alarm.region,
        "name": alarm.name,
        "description": alarm.description,
        "namespace": alarm.namespace,
        "metric": alarm.metric,
        "dimensions": dict(dimensions),
        "statistic": alarm.statistic,
        "comparison": alarm.comparison,
        "threshold": alarm.threshold,
        "period": alarm.period,
        "evaluation_periods": alarm.evaluation_periods,
        "datapoints": alarm.evaluation_periods,
        "treat_missing": alarm.treat_missing,
        "actions": [topic_arn],
        "missing_actions": [topic_arn] if alarm.kind == "health" else [],
        "enabled": True,
        "tags": dict(declared.tags),
    }


def named(way: Slack) -> Props:
    """What connection, destination, role and rule have in common."""
    return {"region": way.region, "name": way.name, "description": MADE_BY}


def destination_props(way: Slack, connection_arn: Any, endpoint: Any) -> Props:
    return {**named(way), "connection_arn": connection_arn, "endpoint": endpoint}


def role_props(declared: Monitoring, way: Slack, trust: Any, permissions: Any) -> Props:
    return {
        **named(way),
        "name": way.role,
        "trust": trust,
        "permissions": permissions,
        "tags": dict(declared.tags),
    }


def rule_props(declared: Monitoring, way: Slack, target_arn: Any, role_arn: Any) -> Props:
    return {
        **named(way),
        "pattern": way.pattern,
        "target_arn": target_arn,
        "role_arn": role_arn,
        "paths": dict(SLACK_PATHS),
        "template": SLACK_TEMPLATE,
        "enabled": True,
        "tags": dict(declared.tags),
    }

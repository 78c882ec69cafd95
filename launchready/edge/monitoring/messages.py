"""The texts that owners get: an alarm's JSON, its mail, its SMS, the request to confirm a subscription.

The JSON has the fields that CloudWatch sends; the mails say the same in words of our own.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from launchready.edge.monitoring.alarms import comparison_words

REGION_NAMES = {
    "us-east-1": "US East (N. Virginia)",
    "us-east-2": "US East (Ohio)",
    "us-west-1": "US West (N. California)",
    "us-west-2": "US West (Oregon)",
    "eu-west-1": "EU (Ireland)",
    "eu-central-1": "EU (Frankfurt)",
}
MAX_SUBJECT = 100
"""SNS takes no longer subject."""


@dataclass(frozen=True, slots=True)
class Change:
    """An alarm went from one state to another."""

    account: str
    region: str
    name: str
    arn: str
    description: str
    old: str
    new: str
    reason: str
    reason_data: str
    at: datetime
    updated: datetime
    """When the alarm's configuration was last written."""
    since: datetime
    """When it had entered the old state."""
    metric: Mapping[str, Any]
    """namespace, name, dimensions [(name, value)], period, statistic, threshold, comparison, periods, needed,
    missing, unit."""
    actions: Mapping[str, Sequence[str]]
    """OK, ALARM, INSUFFICIENT_DATA → ARNs."""

    @property
    def region_name(self) -> str:
        return REGION_NAMES.get(self.region, self.region)


def subject(change: Change) -> str:
    """``ALARM: "name" in US East (N. Virginia)``, cut to what SNS takes."""
    return f'{change.new}: "{change.name}" in {change.region_name}'[:MAX_SUBJECT]


def alarm_json(change: Change) -> str:
    """The message that CloudWatch publishes."""
    metric = change.metric
    trigger = {
        "MetricName": metric["name"],
        "Namespace": metric["namespace"],
        "StatisticType": "Statistic",
        "Statistic": str(metric["statistic"]).upper(),
        "Unit": metric["unit"],
        "Dimensions": [{"value": value, "name": name} for name, value in metric["dimensions"]],
        "Period": metric["period"],
        "EvaluationPeriods": metric["periods"],
        "DatapointsToAlarm": metric["needed"],
        "ComparisonOperator": metric["comparison"],
        "Threshold": metric["threshold"],
        "TreatMissingData": metric["missing"],
        "EvaluateLowSampleCountPercentile": "",
    }
    return json.dumps(
        {
            "AlarmName": change.name,
            "AlarmDescription": change.description or None,
            "AWSAccountId": change.account,
            "AlarmConfigurationUpdatedTimestamp": _stamp(change.updated),
            "NewStateValue": change.new,
            "NewStateReason": change.reason,
            "StateChangeTime": _stamp(change.at),
            "Region": change.region_name,
            "AlarmArn": change.arn,
            "OldStateValue": change.old,
            "OKActions": list(change.actions["OK"]),
            "AlarmActions": list(change.actions["ALARM"]),
            "InsufficientDataActions": list(change.actions["INSUFFICIENT_DATA"]),
            "Trigger": trigger,
        }
    )


def alarm_mail(change: Change) -> str:
    """The same for a person."""
    metric = change.metric
    listed = "\n".join(
        f"- {state}: {', '.join(arns) or 'nothing'}" for state, arns in sorted(change.actions.items())
    )
    dimensions = ", ".join(f"{name} = {value}" for name, value in metric["dimensions"]) or "none"
    return f"""Your Amazon CloudWatch alarm "{change.name}" in the {change.region_name} region is now in the \
state {change.new}, because "{change.reason}" at "{change.at:%A %d %B, %Y %H:%M:%S} UTC".

Alarm details:
- Name: {change.name}
- Description: {change.description}
- State change: {change.old} -> {change.new}
- Reason for the change: {change.reason}
- Time: {change.at:%A %d %B, %Y %H:%M:%S} UTC
- AWS account: {change.account}
- ARN: {change.arn}

Threshold:
- In the state ALARM when the metric is {comparison_words(metric["comparison"])} {metric["threshold"]:g} \
for at least {metric["needed"]} of the last {metric["periods"]} period(s) of {metric["period"]} seconds.

Monitored metric:
- Namespace: {metric["namespace"]}
- Name: {metric["name"]}
- Dimensions: {dimensions}
- Statistic: {metric["statistic"]}
- Unit: {metric["unit"] or "not specified"}
- Missing data: {metric["missing"]}

Actions by state:
{listed}
"""


def alarm_event(change: Change, event_id: str) -> dict[str, Any]:
    """The event that CloudWatch puts on the default event bus."""
    metric = change.metric
    return {
        "version": "0",
        "id": event_id,
        "detail-type": "CloudWatch Alarm State Change",
        "source": "aws.cloudwatch",
        "account": change.account,
        "time": f"{change.at:%Y-%m-%dT%H:%M:%SZ}",
        "region": change.region,
        "resources": [change.arn],
        "detail": {
            "alarmName": change.name,
            "state": {
                "value": change.new,
                "reason": change.reason,
                "reasonData": change.reason_data,
                "timestamp": _stamp(change.at),
            },
            "previousState": {"value": change.old, "timestamp": _stamp(change.since)},
            "configuration": {
                "description": change.description,
                "metrics": [
                    {
                        "id": "m1",
                        "metricStat": {
                            "metric": {
                                "namespace": metric["namespace"],
                                "name": metric["name"],
                                "dimensions": dict(metric["dimensions"]),
                            },
                            "period": metric["period"],
                            "stat": metric["statistic"],
                        },
                        "returnData": True,
                    }
                ],
            },
        },
    }


def with_unsubscribe(text: str, base: str, arn: str, endpoint: str) -> str:
    """A mail's text with the way out that every SNS mail has."""
    link = (
        f"{base}/unsubscribe.html?SubscriptionArn={quote(arn, safe='')}&Endpoint={quote(endpoint, safe='')}"
    )
    return f"""{text}
--
To get no more messages from this topic, open this link to unsubscribe:
{link}

Nobody reads answers to this mail. (Sent by a local edge, which plays Amazon SNS.)
"""


def confirmation_link(base: str, topic: str, token: str, endpoint: str) -> str:
    """Where an owner says yes."""
    return (
        f"{base}/confirmation.html?TopicArn={quote(topic, safe='')}&Token={token}"
        f"&Endpoint={quote(endpoint, safe='')}"
    )


def confirmation_mail(topic: str, link: str) -> str:
    """What somebody gets whose address was subscribed."""
    return f"""Someone has asked that this address be subscribed to the topic:
{topic}

Open this link to confirm the subscription (if this comes unasked, do nothing):
{link}

Nobody reads answers to this mail. (Sent by a local edge, which plays Amazon SNS.)
"""


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "+0000"

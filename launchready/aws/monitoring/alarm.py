"""CloudWatch alarms on one metric. An alarm is known by its name in its region.

Source: docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from launchready.aws.monitoring.kind import Json, Kind
from launchready.aws.pool import client
from launchready.aws.session import errors


class Alarm(Kind):
    """``actions``: topics told when it alarms and when it is over; ``missing_actions``: when data ends."""

    inputs = (
        "region", "name", "description", "namespace", "metric", "dimensions", "statistic", "comparison",
        "threshold", "period", "evaluation_periods", "datapoints", "treat_missing", "actions",
        "missing_actions", "enabled", "tags",
    )  # fmt: skip
    replaces = frozenset({"region", "name"})

    def make(self, props: Json) -> tuple[str, Json]:
        computed = self.change("", props)
        return str(computed["arn"]), computed

    def look(self, id_: str, props: Json) -> Json | None:
        cloudwatch = client("cloudwatch", props["region"])
        with errors(f"alarm {props['name']}"):
            found = _find(cloudwatch, props["name"])
            if found is None:
                return None
            tags = cloudwatch.list_tags_for_resource(ResourceARN=found["AlarmArn"])["Tags"]
        actions = found.get("AlarmActions") or []
        return {
            "name": found["AlarmName"],
            "description": found.get("AlarmDescription"),
            "namespace": found.get("Namespace"),
            "metric": found.get("MetricName"),
            "dimensions": {one["Name"]: one["Value"] for one in found.get("Dimensions") or []},
            "statistic": found.get("Statistic"),
            "comparison": found.get("ComparisonOperator"),
            "threshold": found.get("Threshold"),
            "period": found.get("Period"),
            "evaluation_periods": found.get("EvaluationPeriods"),
            "datapoints": found.get("DatapointsToAlarm"),
            "treat_missing": found.get("TreatMissingData"),
            "actions": actions if set(actions) == set(found.get("OKActions") or []) else [],
            "missing_actions": found.get("InsufficientDataActions") or [],
            "enabled": bool(found.get("ActionsEnabled")),
            "tags": {tag["Key"]: tag["Value"] for tag in tags if not _of_a_drill(tag["Key"])},
            "arn": found["AlarmArn"],
        }

    def change(self, id_: str, props: Json) -> Json:
        """PutMetricAlarm makes and changes alike; tags of an alarm that exists it leaves alone."""
        cloudwatch = client("cloudwatch", props["region"])
        tags = [{"Key": key, "Value": value} for key, value in (props.get("tags") or {}).items()]
        with errors(f"alarm {props['name']}"):
            cloudwatch.put_metric_alarm(**_wanted(props))
            found = _find(cloudwatch, props["name"])
            arn = str(found["AlarmArn"]) if found is not None else ""
            if arn and tags:
                cloudwatch.tag_resource(ResourceARN=arn, Tags=tags)
            held = cloudwatch.list_tags_for_resource(ResourceARN=arn)["Tags"] if arn else []
            known = props.get("tags") or {}
            gone = [tag["Key"] for tag in held if tag["Key"] not in known and not _of_a_drill(tag["Key"])]
            if gone:
                cloudwatch.untag_resource(ResourceARN=arn, TagKeys=gone)
        return {"arn": arn}

    def remove(self, id_: str, props: Json) -> None:
        """AWS says nothing when there is no such alarm."""
        with errors(f"alarm {props['name']}"):
            client("cloudwatch", props["region"]).delete_alarms(AlarmNames=[props["name"]])


def _of_a_drill(tag: str) -> bool:
    """Tags by which a drill writes down what it proved are no part of what is declared."""
    return tag.startswith("launchready:drill")


def _find(cloudwatch: Any, name: str) -> Mapping[str, Any] | None:
    found = cloudwatch.describe_alarms(AlarmNames=[name], AlarmTypes=["MetricAlarm"])["MetricAlarms"]
    return found[0] if found else None


def _wanted(props: Mapping[str, Any]) -> Json:
    actions = list(props.get("actions") or [])
    return {
        "AlarmName": props["name"],
        "AlarmDescription": props.get("description") or "",
        "Namespace": props["namespace"],
        "MetricName": props["metric"],
        "Dimensions": [{"Name": key, "Value": value} for key, value in (props["dimensions"] or {}).items()],
        "Statistic": props["statistic"],
        "ComparisonOperator": props["comparison"],
        "Threshold": float(props["threshold"]),
        "Period": int(props["period"]),
        "EvaluationPeriods": int(props["evaluation_periods"]),
        "DatapointsToAlarm": int(props["datapoints"]),
        "TreatMissingData": props["treat_missing"],
        "ActionsEnabled": bool(props["enabled"]),
        "AlarmActions": actions,
        "OKActions": actions,
        "InsufficientDataActions": list(props.get("missing_actions") or []),
    }


_KIND = Alarm()
create, read, update, delete, diff = _KIND.create, _KIND.read, _KIND.update, _KIND.delete, _KIND.diff

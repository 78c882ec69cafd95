"""Bad twins of row ``monitoring``: monitors made as `launch up` makes them, then broken behind its back."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

from tests.bad_twins.clients import client
from tests.bad_twins.harness import Scene, Twin
from tests.bad_twins.monitors_on_aws import Aws, watched

ORIGIN = "203.0.113.10"
ONCALL, PAGER = "oncall@acme.example", "+14155550100"
ERRORS = {"namespace": "AWS/ApplicationELB", "metric": "HTTPCode_Target_5XX_Count", "threshold": 10}
NAME = "launchready-twin"
HEALTH, ERROR_ALARM, EXPIRY = (
    f"launchready/twin/{name}" for name in ("acme.example/", "errors", "certificates")
)


def monitored(**changes: Any) -> dict[str, Any]:
    """The usual client, watched, its owners by mail, SMS and Slack."""
    monitors: dict[str, Any] = {
        "notify": {
            "email": [ONCALL],
            "sms": [PAGER],
            "slack": {"secure": "https://hooks.slack.example/services/T/B/x"},
        },
        "errors": ERRORS,
    }
    values = {key: value for key, value in {**monitors, **changes}.items() if value is not None}
    return client(monitors=values)


async def _good(scene: Scene) -> None:
    await watched(scene)


def _twin(*trips: str, breaks: Callable[[Aws, Scene], Awaitable[None]] | None = None, **changes: Any) -> Twin:
    async def broken(scene: Scene) -> None:
        aws = await watched(scene)
        if breaks is not None:
            await breaks(aws, scene)

    return Twin(
        monitored(**changes), frozenset(f"monitoring.{name}" for name in trips), broken, ("monitoring",)
    )


async def _disabled(aws: Aws, _: Scene) -> None:
    await aws.call("route53", "update_health_check", HealthCheckId=aws.checks["acme.example/"], Disabled=True)


async def _no_check(aws: Aws, _: Scene) -> None:
    await aws.call("route53", "delete_health_check", HealthCheckId=aws.checks["acme.example/"])


async def _slow(aws: Aws, _: Scene) -> None:
    await aws.call(
        "route53", "update_health_check", HealthCheckId=aws.checks["acme.example/"], FailureThreshold=10
    )


async def _other_page(_: Aws, scene: Scene) -> None:
    page = {"status": 200, "body": "fine"}
    scene.pages(ORIGIN, {"/": page, "/health": page})


async def _gone(_: Aws, scene: Scene) -> None:
    scene.pages(ORIGIN, {"/": {"status": 200, "body": "hello"}, "/health": {"status": 404, "body": "no"}})


async def _no_text(_: Aws, scene: Scene) -> None:
    scene.pages(ORIGIN, {"/": {"status": 200, "body": "something else"}})


async def _no_alarm(aws: Aws, _: Scene) -> None:
    await aws.call("cloudwatch", "delete_alarms", AlarmNames=[ERROR_ALARM])


async def _no_expiry(aws: Aws, _: Scene) -> None:
    await aws.call("cloudwatch", "delete_alarms", AlarmNames=[EXPIRY])


async def _put(aws: Aws, name: str, **changes: Any) -> None:
    """An alarm's settings with some of them changed."""
    (found,) = (await aws.call("cloudwatch", "describe_alarms", AlarmNames=[name]))["MetricAlarms"]
    kept = {
        key: found[key]
        for key in (
            "AlarmName", "Namespace", "MetricName", "Dimensions", "Statistic", "ComparisonOperator",
            "Threshold", "Period", "EvaluationPeriods", "TreatMissingData", "AlarmActions", "OKActions",
        )
    }  # fmt: skip
    await aws.call("cloudwatch", "put_metric_alarm", **{**kept, **changes})


async def _deaf(aws: Aws, _: Scene) -> None:
    await _put(aws, ERROR_ALARM, Threshold=1000.0)


async def _other_check(aws: Aws, _: Scene) -> None:
    await _put(aws, HEALTH, Dimensions=[{"Name": "HealthCheckId", "Value": "0" * 36}])
    await aws.drilled()


async def _silence(aws: Aws, _: Scene) -> None:
    await _put(aws, EXPIRY, TreatMissingData="notBreaching")


async def _mute(aws: Aws, _: Scene) -> None:
    await aws.call("cloudwatch", "disable_alarm_actions", AlarmNames=[ERROR_ALARM])


async def _no_all_clear(aws: Aws, _: Scene) -> None:
    await _put(aws, ERROR_ALARM, OKActions=[])


async def _ringing(aws: Aws, _: Scene) -> None:
    data = [{"MetricName": ERRORS["metric"], "Value": 1000.0}]
    await aws.call("cloudwatch", "put_metric_data", Namespace=ERRORS["namespace"], MetricData=data)
    await aws.call(
        "cloudwatch", "set_alarm_state", AlarmName=ERROR_ALARM, StateValue="ALARM", StateReason="too many"
    )


async def _subscriptions(aws: Aws) -> list[dict[str, Any]]:
    found = await aws.call("sns", "list_subscriptions_by_topic", TopicArn=aws.topics["us-east-1"])
    held: list[dict[str, Any]] = found["Subscriptions"]
    return held


async def _left(aws: Aws, _: Scene) -> None:
    for one in await _subscriptions(aws):
        if one["Protocol"] == "sms":
            await aws.call("sns", "unsubscribe", SubscriptionArn=one["SubscriptionArn"])


async def _unconfirmed(_: Aws, scene: Scene) -> None:
    scene.defect("monitor.unconfirmed", ONCALL)


async def _stranger(aws: Aws, _: Scene) -> None:
    given = {"TopicArn": aws.topics["us-east-1"], "Protocol": "sms", "Endpoint": "+14155550199"}
    await aws.call("sns", "subscribe", **given)


def _policy(principal: object) -> Callable[[Aws, Scene], Awaitable[None]]:
    async def breaks(aws: Aws, _: Scene) -> None:
        arn = aws.topics["us-east-1"]
        statement = {"Effect": "Allow", "Principal": principal, "Action": "SNS:Publish", "Resource": arn}
        await aws.call(
            "sns", "set_topic_attributes", TopicArn=arn, AttributeName="Policy",
            AttributeValue=json.dumps({"Statement": [statement]}),
        )  # fmt: skip

    return breaks


async def _rule_off(aws: Aws, _: Scene) -> None:
    await aws.call("events", "disable_rule", Name=NAME)


async def _untransformed(aws: Aws, _: Scene) -> None:
    (target,) = (await aws.call("events", "list_targets_by_rule", Rule=NAME))["Targets"]
    target.pop("InputTransformer")
    await aws.call("events", "put_targets", Rule=NAME, Targets=[target])


async def _no_destination(aws: Aws, _: Scene) -> None:
    await aws.call("events", "delete_api_destination", Name=NAME)


GOOD: dict[str, Twin] = {"watched, owners by mail, SMS and Slack": Twin(monitored(), frozenset(), _good)}

TWINS: dict[str, Twin] = {
    "a health check is off": _twin("monitor.exists", breaks=_disabled),
    "a health check is gone": _twin("monitor.exists", breaks=_no_check),
    "a health check waits too long": _twin("monitor.declared", breaks=_slow),
    "the home page is not watched": _twin("monitor.covers", breaks=_other_page, paths=["/health"]),
    "a watched page is not there": _twin("monitor.answers", breaks=_gone, paths=["/", "/health"]),
    "a watched page lacks its text": _twin(
        "monitor.answers", breaks=_no_text, endpoints=[{"path": "/", "contains": "all good"}]
    ),
    "an alarm is gone": _twin("alarm.exists", breaks=_no_alarm),
    "the certificates' alarm is gone": _twin("alarm.exists", "expiry", breaks=_no_expiry),
    "an alarm waits for more": _twin("alarm.declared", breaks=_deaf),
    "an alarm watches another health check": _twin("alarm.declared", breaks=_other_check),
    "the certificates' alarm takes silence for health": _twin("alarm.declared", "expiry", breaks=_silence),
    "an alarm is mute": _twin("alarm.actions", breaks=_mute),
    "an alarm gives no all-clear": _twin("alarm.actions", breaks=_no_all_clear),
    "an alarm is going off": _twin("alarm.quiet", breaks=_ringing),
    "an owner is not subscribed": _twin("owner.exists", breaks=_left),
    "an owner has not confirmed": _twin("owner.confirmed", breaks=_unconfirmed),
    "a stranger is told": _twin("owner.undeclared", breaks=_stranger),
    "everyone may raise an alarm": _twin("topic.policy", breaks=_policy("*")),
    "alarms may not publish": _twin("topic.policy", breaks=_policy({"Service": "s3.amazonaws.com"})),
    "the rule to Slack is off": _twin("slack.route", breaks=_rule_off),
    "Slack would get CloudWatch's JSON": _twin("slack.route", breaks=_untransformed),
    "the destination of Slack is gone": _twin("slack.route", breaks=_no_destination),
    "no error rate is watched": _twin("errors", errors=None),
}

"""Drills of what watches a launch, and of where its variables are kept."""

from __future__ import annotations

from typing import Any

from tests.drift.drift_clients import DOMAIN
from tests.drift.drift_kit import Launched
from tests.drift.drills_dns import Act, Drill, state_has, state_loses

PATH = "/launchready/acme"
ALARM = f"launchready/acme/{DOMAIN}/"
TOPIC = "launchready-acme"
OTHER = "lr-drift-somebody-elses-value"
KEY = "alias/launchready/acme"


def _aws(service: str, operation: str, **given: Any) -> Act:
    async def act(launched: Launched) -> None:
        await launched.aws(service, operation, **given)

    return act


async def _check(launched: Launched) -> str:
    found = (await launched.aws("route53", "list_health_checks"))["HealthChecks"]
    return str(found[0]["Id"])


def _check_set(**given: Any) -> Act:
    async def act(launched: Launched) -> None:
        await launched.aws("route53", "update_health_check", HealthCheckId=await _check(launched), **given)

    return act


async def _no_check(launched: Launched) -> None:
    await launched.aws("route53", "delete_health_check", HealthCheckId=await _check(launched))


async def _topic(launched: Launched) -> str:
    found = (await launched.aws("sns", "list_topics"))["Topics"]
    return str(next(t["TopicArn"] for t in found if t["TopicArn"].endswith(f":{TOPIC}")))


async def _no_topic(launched: Launched) -> None:
    await launched.aws("sns", "delete_topic", TopicArn=await _topic(launched))


def _alarm_set(**changes: Any) -> Act:
    async def act(launched: Launched) -> None:
        found = (await launched.aws("cloudwatch", "describe_alarms", AlarmNames=[ALARM]))["MetricAlarms"][0]
        keys = (
            "AlarmName", "AlarmDescription", "Namespace", "MetricName", "Dimensions", "Statistic", "Period",
            "ComparisonOperator", "Threshold", "EvaluationPeriods", "TreatMissingData", "AlarmActions",
            "OKActions", "InsufficientDataActions", "ActionsEnabled", "DatapointsToAlarm",
        )  # fmt: skip
        given = {key: found[key] for key in keys if key in found}
        await launched.aws("cloudwatch", "put_metric_alarm", **{**given, **changes})

    return act


async def _foreign_alarm(launched: Launched) -> None:
    await launched.aws(
        "cloudwatch", "put_metric_alarm", AlarmName="launchready/acme/foreign", Namespace="X", MetricName="Y",
        Statistic="Sum", Period=60, EvaluationPeriods=1, Threshold=1.0,
        ComparisonOperator="GreaterThanThreshold",
    )  # fmt: skip


async def _owner(launched: Launched) -> str:
    found = await launched.aws("sns", "list_subscriptions_by_topic", TopicArn=await _topic(launched))
    return str(next(s["SubscriptionArn"] for s in found["Subscriptions"] if s["Endpoint"] == f"ops@{DOMAIN}"))


async def _no_owner(launched: Launched) -> None:
    await launched.aws("sns", "unsubscribe", SubscriptionArn=await _owner(launched))


async def _unconfirmed(launched: Launched) -> None:
    launched.edge.monitoring.owners(False)
    await _no_owner(launched)
    topic = await _topic(launched)
    await launched.aws("sns", "subscribe", TopicArn=topic, Protocol="email", Endpoint=f"ops@{DOMAIN}")


async def _confirmed(launched: Launched) -> None:
    launched.edge.monitoring.owners(True)
    await launched.stack.refresh()
    await launched.up()


async def _stranger(launched: Launched) -> None:
    topic = await _topic(launched)
    await launched.aws("sns", "subscribe", TopicArn=topic, Protocol="email", Endpoint="spy@elsewhere.example")


async def _no_slack(launched: Launched) -> None:
    await launched.aws("events", "remove_targets", Rule=TOPIC, Ids=["slack"])
    await launched.aws("events", "delete_rule", Name=TOPIC)


async def _edge_check(launched: Launched) -> dict[str, Any]:
    return dict((await launched.call("GET", "/healthchecks"))[0])


def _edge_check_set(**changes: Any) -> Act:
    async def act(launched: Launched) -> None:
        await launched.call("PATCH", f"/healthchecks/{(await _edge_check(launched))['id']}", changes)

    return act


async def _no_edge_check(launched: Launched) -> None:
    await launched.call("DELETE", f"/healthchecks/{(await _edge_check(launched))['id']}")


async def _foreign_edge_check(launched: Launched) -> None:
    await launched.call("POST", "/healthchecks", {"name": "foreign", "address": DOMAIN, "type": "HTTPS"})


def _policies(launched: Launched) -> str:
    return f"//accounts/{launched.edge.state.account_id}/alerting/v3/policies"


async def _no_policy(launched: Launched) -> None:
    policies = await launched.call("GET", _policies(launched))
    await launched.call("DELETE", f"{_policies(launched)}/{policies[0]['id']}")


async def _policy_off(launched: Launched) -> None:
    policy = (await launched.call("GET", _policies(launched)))[0]
    kept = {key: value for key, value in policy.items() if key not in ("id", "created", "modified")}
    await launched.call("PUT", f"{_policies(launched)}/{policy['id']}", {**kept, "enabled": False})


def _put(name: str, **given: Any) -> Act:
    return _aws("ssm", "put_parameter", Name=f"{PATH}/{name}", **given)


async def _in_clear(launched: Launched) -> None:
    await launched.aws("ssm", "delete_parameter", Name=f"{PATH}/STRIPE_SECRET_KEY")
    await _put("STRIPE_SECRET_KEY", Value=OTHER, Type="String")(launched)


async def _sm_waits(launched: Launched) -> None:
    await launched.aws("secretsmanager", "delete_secret", SecretId=f"{PATH}/SESSION_SECRET")


async def _kms(launched: Launched) -> str:
    return str((await launched.aws("kms", "describe_key", KeyId=KEY))["KeyMetadata"]["KeyId"])


async def _kms_off(launched: Launched) -> None:
    await launched.aws("kms", "disable_key", KeyId=await _kms(launched))


async def _kms_going(launched: Launched) -> None:
    await launched.aws("kms", "schedule_key_deletion", KeyId=await _kms(launched))


def _full(change: Act, *shows: str, **more: Any) -> Drill:
    return Drill(change, shows, full=True, **more)


_SECURE = {"Type": "SecureString", "KeyId": KEY, "Overwrite": True}
DRILLS: dict[str, Drill] = {
    "a deleted health check": _full(_no_check, "monitor.check.missing"),
    "a disabled health check": _full(_check_set(Disabled=True), "monitor.check.disabled"),
    "an inverted health check": _full(_check_set(Inverted=True), "monitor.check.inverted"),
    "a slower health check": _full(_check_set(FailureThreshold=9), "monitor.check.changed"),
    "a health check of another path": _full(_check_set(ResourcePath="/health"), "monitor.check.changed"),
    "a deleted topic": _full(_no_topic, "monitor.topic.missing"),
    "a deleted alarm": _full(
        _aws("cloudwatch", "delete_alarms", AlarmNames=[ALARM]), "monitor.alarm.missing"
    ),
    "alarm actions off": _full(
        _aws("cloudwatch", "disable_alarm_actions", AlarmNames=[ALARM]), "monitor.alarm.silent"
    ),
    "an alarm that tells nobody": _full(_alarm_set(AlarmActions=[], OKActions=[]), "monitor.alarm.silent"),
    "an alarm that says nothing when its check is gone": _full(
        _alarm_set(InsufficientDataActions=[]), "monitor.alarm.silent"
    ),
    "an alarm of another threshold": _full(_alarm_set(Threshold=0.0), "monitor.alarm.changed"),
    "a foreign alarm": _full(_foreign_alarm, "monitor.alarm.added"),
    "an owner unsubscribed": _full(_no_owner, "monitor.owner.missing"),
    "an owner who has not confirmed": _full(_unconfirmed, "monitor.owner.unconfirmed", mend=_confirmed),
    "a stranger subscribed": _full(_stranger, "monitor.owner.added"),
    "no way to Slack": _full(_no_slack, "monitor.slack.missing"),
    "the way to Slack off": _full(_aws("events", "disable_rule", Name=TOPIC), "monitor.slack.changed"),
    "no destination in Slack": _full(
        _aws("events", "delete_api_destination", Name=TOPIC), "monitor.slack.missing"
    ),
    "a deleted Cloudflare check": Drill(_no_edge_check, ("monitor.edge.missing",)),
    "a suspended Cloudflare check": Drill(_edge_check_set(suspended=True), ("monitor.edge.suspended",)),
    "a slower Cloudflare check": Drill(_edge_check_set(interval=3600), ("monitor.edge.changed",)),
    "a foreign Cloudflare check": Drill(_foreign_edge_check, ("monitor.edge.added",)),
    "a deleted notification": Drill(_no_policy, ("monitor.notification.missing",)),
    "a notification off": Drill(_policy_off, ("monitor.notification.changed",)),
    "a deleted variable": _full(
        _aws("ssm", "delete_parameter", Name=f"{PATH}/STRIPE_SECRET_KEY"), "secret.missing"
    ),
    "a secret that waits for its deletion": _full(_sm_waits, "secret.missing", second=True),
    "a secret in clear": _full(_in_clear, "secret.plain"),
    "a secret under another key": _full(
        _put("STRIPE_SECRET_KEY", Value=OTHER, **{**_SECURE, "KeyId": "alias/aws/ssm"}), "secret.key"
    ),
    "a secret of Secrets Manager under another key": _full(
        _aws("secretsmanager", "update_secret", SecretId=f"{PATH}/SESSION_SECRET",
             KmsKeyId="alias/aws/secretsmanager"),
        "secret.key", second=True,
    ),
    "a changed secret": _full(_put("STRIPE_SECRET_KEY", Value=OTHER, **_SECURE), "secret.changed"),
    "a changed secret of Secrets Manager": _full(
        _aws("secretsmanager", "put_secret_value", SecretId=f"{PATH}/SESSION_SECRET", SecretString=OTHER),
        "secret.changed", second=True,
    ),
    "a changed variable": _full(
        _put("PUBLIC_API_URL", Value="https://elsewhere.example", Type="String", Overwrite=True),
        "secret.value.changed",
    ),
    "another description": _full(
        _aws("secretsmanager", "update_secret", SecretId=f"{PATH}/SESSION_SECRET", Description="whose?"),
        "secret.note.changed", second=True,
    ),
    "a foreign variable": _full(_put("OLD_TOKEN", Value=OTHER, Type="String"), "secret.added"),
    "a foreign secret": _full(
        _aws("secretsmanager", "create_secret", Name=f"{PATH}/OLD_TOKEN", SecretString=OTHER),
        "secret.added", second=True,
    ),
    "a key without its alias": _full(_aws("kms", "delete_alias", AliasName=KEY), "secret.kms.missing"),
    "a disabled key": _full(_kms_off, "secret.kms.disabled"),
    "a key that waits for its deletion": _full(_kms_going, "secret.kms.disabled"),
    "a state with another threshold": _full(state_has("Alarm", "certificates", threshold=99), "aws.state"),
    "an alarm that the state lost": _full(state_loses("Alarm", "certificates"), "aws.lost"),
}  # fmt: skip

"""The functions behind the resources, against a real moto: adopted, compared, changed, forgiven."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from launchready.aws.monitoring import role
from launchready.aws.monitoring.health_check import reference_prefix
from launchready.errors import ApiError, InputError, LaunchreadyError

REGION = "us-east-1"
WEBHOOK = "https://hooks.slack.example/services/T000/B000/secretsecret"
CHECK = {
    "region": REGION, "name": "launchready/acme/acme.example/", "host": "acme.example", "path": "/",
    "search": None, "interval": 30, "failure_threshold": 3, "regions": [], "disabled": False,
    "inverted": False, "tags": {"launchready:client": "acme"},
}  # fmt: skip
ALARM = {
    "region": REGION, "name": "launchready/acme/acme.example/", "description": "down",
    "namespace": "AWS/Route53", "metric": "HealthCheckStatus", "dimensions": {"HealthCheckId": "abc"},
    "statistic": "Minimum", "comparison": "LessThanThreshold", "threshold": 1.0, "period": 60.0,
    "evaluation_periods": 1.0, "datapoints": 1.0, "treat_missing": "missing",
    "actions": ["arn:aws:sns:us-east-1:123456789012:t"],
    "missing_actions": [], "enabled": True, "tags": {"team": "web"},
}  # fmt: skip
TOPIC = {
    "region": REGION, "name": "launchready-acme", "display_name": "launchready",
    "publisher": "cloudwatch.amazonaws.com", "tags": {"team": "web"},
}  # fmt: skip
NAMED = {"region": REGION, "name": "launchready-acme", "description": "made by launchready"}
DESTINATION_ARN = "arn:aws:events:us-east-1:123456789012:api-destination/launchready-acme/1"
ROLE = {
    **NAMED, "trust": role.trust(DESTINATION_ARN, "launchready-acme"),
    "permissions": role.permissions(DESTINATION_ARN), "tags": {"team": "web"},
}  # fmt: skip
RULE = {
    **NAMED, "pattern": json.dumps({"source": ["aws.cloudwatch"]}), "target_arn": DESTINATION_ARN,
    "role_arn": "arn:aws:iam::123456789012:role/x", "paths": {"alarm": "$.detail.alarmName"},
    "template": '{"text": "<alarm>"}', "enabled": True, "tags": {"team": "web"},
}  # fmt: skip


def kind(name: str) -> Any:
    return importlib.import_module(f"launchready.aws.monitoring.{name}")


def given(name: str) -> Iterator[dict[str, Any]]:
    """Properties of one resource of a kind, what it needs made first."""
    if name == "subscription":
        arn, _ = kind("topic").create(TOPIC)
        yield {"region": REGION, "topic_arn": arn, "protocol": "email", "endpoint": "a@acme.example"}
    elif name == "api_destination":
        _, connection = kind("connection").create(NAMED)
        yield {**NAMED, "connection_arn": connection["arn"], "endpoint": WEBHOOK}
    else:
        yield {
            "health_check": CHECK, "alarm": ALARM, "topic": TOPIC, "connection": NAMED, "role": ROLE,
            "rule": RULE,
        }[name]  # fmt: skip


KINDS = (
    "health_check", "alarm", "topic", "subscription", "connection", "api_destination", "role", "rule",
)  # fmt: skip


@pytest.mark.parametrize("name", KINDS)
def test_what_was_made_reads_back_as_it_was_declared_and_goes_away_twice(aws: str, name: str) -> None:
    module = kind(name)
    props = next(given(name))
    id_, made = module.create(props)
    assert module.diff(id_, made, props)[0] is False
    seen = module.read(id_, made)
    assert seen is not None
    assert seen[0] == id_
    assert module.diff(id_, seen[1], props)[:2] == (False, [])
    assert module.create(props)[0] == id_, "a second creation finds the first"
    module.delete(id_, made)
    assert module.read(id_, made) is None
    module.delete(id_, made)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        (
            "health_check",
            {"path": "/login", "failure_threshold": 2, "tags": {"launchready:client": "acme", "a": "b"}},
        ),
        ("alarm", {"threshold": 5, "actions": [], "tags": {"other": "tag"}}),
        ("topic", {"display_name": "alarms", "tags": {"other": "tag"}}),
        ("connection", {"description": "changed"}),
        ("api_destination", {"endpoint": WEBHOOK + "-rotated"}),
        ("role", {"permissions": role.permissions(DESTINATION_ARN + "2"), "tags": {}}),
        ("rule", {"template": '{"text": "<alarm>!"}', "tags": {}}),
    ],
)
def test_a_change_is_made_in_place(aws: str, name: str, change: dict[str, Any]) -> None:
    module = kind(name)
    props = next(given(name))
    id_, made = module.create(props)
    wanted = {**props, **change}
    changed, replaces, _ = module.diff(id_, made, wanted)
    assert (changed, replaces) == (True, [])
    module.update(id_, made, wanted)
    seen = module.read(id_, {**made, **wanted})
    assert seen is not None
    assert module.diff(id_, seen[1], wanted)[0] is False


@pytest.mark.parametrize(
    ("name", "key", "value"),
    [
        ("health_check", "interval", 10),
        ("health_check", "search", "all good"),
        ("alarm", "name", "other"),
        ("topic", "name", "other"),
        ("subscription", "endpoint", "b@acme.example"),
        ("rule", "name", "other"),
    ],
)
def test_what_can_not_be_changed_is_replaced(aws: str, name: str, key: str, value: object) -> None:
    props = next(given(name))
    assert kind(name).diff("", props, {**props, key: value})[1] == [key]


def test_a_searched_text_changes_in_place(aws: str) -> None:
    searched = {**CHECK, "search": "one"}
    assert kind("health_check").diff("", searched, {**searched, "search": "two"})[:2] == (True, [])


def test_a_health_check_is_https_with_sni_and_finds_itself_by_its_reference(aws: str) -> None:
    id_, _ = kind("health_check").create(
        {**CHECK, "search": "all good", "regions": ["us-east-1", "eu-west-1", "sa-east-1"]}
    )
    route53 = boto3.client("route53")
    (made,) = route53.list_health_checks()["HealthChecks"]
    assert made["Id"] == id_
    assert made["CallerReference"].startswith(reference_prefix(CHECK["name"], 30, "x"))  # type: ignore[arg-type]
    assert len(made["CallerReference"]) <= 64
    config = made["HealthCheckConfig"]
    assert (config["Type"], config["Port"], config["EnableSNI"]) == ("HTTPS_STR_MATCH", 443, True)
    tags = route53.list_tags_for_resource(ResourceType="healthcheck", ResourceId=id_)["ResourceTagSet"][
        "Tags"
    ]
    assert {tag["Key"]: tag["Value"] for tag in tags} == {"Name": CHECK["name"], "launchready:client": "acme"}


def test_a_killed_run_and_a_replacement_do_not_take_each_others_health_checks(aws: str) -> None:
    module = kind("health_check")
    old, _ = module.create(CHECK)
    new, made = module.create({**CHECK, "interval": 10})
    assert new != old
    module.delete(old, CHECK)
    again, _ = module.create({**CHECK, "interval": 10})
    assert again == new
    assert made["interval"] == 10


def test_someone_elses_change_is_seen(aws: str) -> None:
    id_, made = kind("health_check").create(CHECK)
    boto3.client("route53").update_health_check(HealthCheckId=id_, Disabled=True)
    assert kind("health_check").diff(id_, kind("health_check").read(id_, made)[1], CHECK)[0]
    arn, made = kind("topic").create(TOPIC)
    boto3.client("sns").set_topic_attributes(
        TopicArn=arn, AttributeName="Policy", AttributeValue='{"Statement": []}'
    )
    assert kind("topic").diff(arn, kind("topic").read(arn, made)[1], TOPIC)[0]
    arn, made = kind("alarm").create(ALARM)
    boto3.client("cloudwatch").disable_alarm_actions(AlarmNames=[ALARM["name"]])
    assert kind("alarm").diff(arn, kind("alarm").read(arn, made)[1], ALARM)[0]


def test_a_topic_lets_only_the_accounts_own_alarms_publish(aws: str) -> None:
    arn, _ = kind("topic").create(TOPIC)
    policy = json.loads(boto3.client("sns").get_topic_attributes(TopicArn=arn)["Attributes"]["Policy"])
    (service,) = [one for one in policy["Statement"] if "Service" in one["Principal"]]
    assert service["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert service["Condition"]["StringEquals"] == {"aws:SourceAccount": "123456789012"}
    assert "*" not in [one["Principal"] for one in policy["Statement"]]


def test_the_role_may_call_one_destination_for_one_rule(aws: str) -> None:
    trust = json.loads(ROLE["trust"])["Statement"][0]
    assert trust["Condition"]["ArnEquals"]["aws:SourceArn"] == (
        "arn:aws:events:us-east-1:123456789012:rule/launchready-acme"
    )
    allowed = json.loads(ROLE["permissions"])["Statement"][0]
    assert (allowed["Action"], allowed["Resource"]) == ("events:InvokeApiDestination", DESTINATION_ARN)


def test_a_pending_owner_is_known_and_a_vanished_one_is_made_anew(aws: str) -> None:
    props = next(given("subscription"))
    arn, made = kind("subscription").create(props)
    assert made["confirmed"] is True, "moto confirms by itself"
    from moto.sns.models import sns_backends

    held = sns_backends["123456789012"]["us-east-1"].subscriptions[arn]
    held.attributes["PendingConfirmation"] = True
    assert kind("subscription").read(arn, made)[1]["confirmed"] is False
    boto3.client("sns").unsubscribe(SubscriptionArn=arn)
    assert kind("subscription").read(arn, made) is None


def test_no_error_repeats_the_webhook(aws: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from botocore.exceptions import ClientError

    from launchready.aws.monitoring import names

    told = {"Error": {"Code": "ValidationException", "Message": f"Value '{WEBHOOK}' at 'invocationEndpoint'"}}
    with pytest.raises(ApiError) as error, names.hiding(WEBHOOK, "API destination x"):
        raise ClientError(told, "CreateApiDestination")  # type: ignore[arg-type]
    assert WEBHOOK not in str(error.value)
    with pytest.raises(InputError) as refused:
        kind("api_destination").create(
            {**NAMED, "connection_arn": DESTINATION_ARN, "endpoint": "hooks-secret"}
        )
    assert "hooks-secret" not in str(refused.value)


def test_a_changed_webhook_is_drift_and_its_url_is_not_told(aws: str) -> None:
    props = next(given("api_destination"))
    id_, made = kind("api_destination").create(props)
    boto3.client("events").update_api_destination(Name=id_, InvocationEndpoint="https://evil.example/hook")
    seen = kind("api_destination").read(id_, made)[1]
    assert "evil" not in json.dumps(seen)
    assert kind("api_destination").diff(id_, seen, props)[:2] == (True, [])


@pytest.mark.parametrize("name", KINDS)
def test_without_credentials_it_says_what_to_do(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    props = {"topic_arn": "x", "protocol": "email", "connection_arn": "x", "endpoint": WEBHOOK, **CHECK}
    props |= {**RULE, **ROLE, **ALARM}
    with pytest.raises(LaunchreadyError, match="credentials"):
        kind(name).create(props)


def test_a_role_that_is_new_to_aws_is_waited_for_and_other_errors_are_not() -> None:
    from botocore.exceptions import ClientError

    from launchready.aws.monitoring.names import patiently

    told: dict[str, Any] = {"Error": {"Code": "ValidationException", "Message": "Role can not be assumed"}}
    left = [ClientError(told, "PutTargets"), ClientError(told, "PutTargets")]

    def call() -> str:
        if left:
            raise left.pop()
        return "done"

    assert patiently(call, (0.0, 0.0, 0.0)) == "done"
    other = ClientError({"Error": {"Code": "LimitExceededException", "Message": "too many"}}, "PutTargets")
    left.append(other)
    with pytest.raises(ClientError, match="too many"):
        patiently(call, (60.0,))

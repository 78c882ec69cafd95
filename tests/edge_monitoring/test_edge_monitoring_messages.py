"""From a broken path to what lies in the owners' mailboxes, telephones and channels."""

from __future__ import annotations

import asyncio
import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.edge_monitoring import drill_kit
from tests.edge_monitoring.edge_monitoring_kit import DOMAIN, Scene, scene

pytestmark = pytest.mark.asyncio(loop_scope="module")

OPS = "ops@acme.example"
NUMBER = "+14155550100"


async def until(found: Any, seconds: float = 5.0) -> Any:
    """What an async function gives once it gives something."""
    async with asyncio.timeout(seconds):
        while not (value := await found()):  # noqa: ASYNC110 - the edge is asked, nobody tells
            await asyncio.sleep(0.02)
    return value


async def confirmed(stage: Scene, topic: str) -> bool:
    found = await stage.call("sns", "list_subscriptions_by_topic", TopicArn=topic)
    return all(one["SubscriptionArn"] != "PendingConfirmation" for one in found["Subscriptions"])


async def watched(stage: Scene, *owners: tuple[str, str], **alarm: Any) -> str:
    """A topic with owners who have confirmed, a health check, and an alarm that is OK. The topic's ARN."""
    topic = await stage.topic(*owners)
    await until(lambda: confirmed(stage, topic))
    await stage.alarm(await stage.health_check("/", FailureThreshold=2, RequestInterval=30), topic, **alarm)
    await stage.advance(0)
    assert await stage.state() == "OK"
    await stage.forget_messages()
    return topic


async def test_a_broken_path_is_in_every_owners_hands_within_a_minute_of_edge_time(stage: Scene) -> None:
    topic = await watched(stage, ("email", OPS), ("sms", NUMBER))
    clock = datetime.fromisoformat((await stage.control("GET", "clock"))["now"])
    await stage.defect("http.status", DOMAIN, path="/", status=503)
    await stage.advance(60)
    mail, sms = await stage.messages(kind="mail"), await stage.messages(kind="sms")
    assert [m["subject"] for m in mail] == ['ALARM: "acme-home" in US East (N. Virginia)']
    assert mail[0]["to"] == [OPS]
    assert mail[0]["topic"] == topic
    assert (mail[0]["alarm"], mail[0]["state"]) == ("acme-home", "ALARM")
    assert "the home page is down" in mail[0]["text"]
    assert "/unsubscribe.html?" in mail[0]["text"]
    assert [(m["body"]["to"], m["state"]) for m in sms] == [(NUMBER, "ALARM")]
    for message in (*mail, *sms):
        assert 0 < (datetime.fromisoformat(message["at"]) - clock).total_seconds() <= 61


async def test_an_alarm_tells_of_changes_only_and_of_the_all_clear(stage: Scene) -> None:
    await watched(stage, ("email", OPS))
    await stage.defect("http.status", DOMAIN)
    for _ in range(4):
        await stage.advance(60)
    await stage.mend()
    for _ in range(4):
        await stage.advance(60)
    assert [m["state"] for m in await stage.messages(alarm="acme-home")] == ["ALARM", "OK"]


async def test_what_happened_is_in_the_alarms_history(stage: Scene) -> None:
    await watched(stage, ("email", OPS))
    await stage.defect("http.status", DOMAIN)
    await stage.advance(60)
    found = await stage.call("cloudwatch", "describe_alarm_history", AlarmName="acme-home", MaxRecords=2)
    action, change = found["AlarmHistoryItems"]
    assert change["HistorySummary"] == "Alarm updated from OK to ALARM"
    assert action["HistoryItemType"] == "Action"
    assert action["HistorySummary"].startswith("Successfully executed action arn:aws:sns:")


async def test_a_new_alarm_knows_nothing_and_a_changed_one_keeps_its_state(stage: Scene) -> None:
    check = await stage.health_check("/")
    await stage.alarm(check, None)
    assert await stage.state() == "INSUFFICIENT_DATA"
    await stage.advance(0)
    await stage.alarm(check, None, AlarmDescription="changed")
    assert await stage.state() == "OK"


async def test_a_deleted_alarm_takes_its_tags_with_it(stage: Scene) -> None:
    check = await stage.health_check("/")
    await stage.alarm(check, None, Tags=[{"Key": "launchready:drilled", "Value": "2026-01-01"}])
    found = await stage.call("cloudwatch", "describe_alarms")
    arn = found["MetricAlarms"][0]["AlarmArn"]
    await stage.call("cloudwatch", "delete_alarms", AlarmNames=["acme-home"])
    await stage.alarm(check, None)
    assert (await stage.call("cloudwatch", "list_tags_for_resource", ResourceARN=arn))["Tags"] == []


async def test_a_metric_that_nobody_publishes_any_more_alarms_where_missing_data_is_breaching(
    stage: Scene,
) -> None:
    topic = await stage.topic(("sms", NUMBER))
    await stage.alarm(
        "none", topic, Namespace="launchready", MetricName="DaysToExpiry", Period=86_400, Threshold=14.0,
        Dimensions=[{"Name": "Client", "Value": "acme"}], EvaluationPeriods=1,
    )  # fmt: skip
    datum = {"MetricName": "DaysToExpiry", "Dimensions": [{"Name": "Client", "Value": "acme"}], "Value": 60.0}
    await stage.call("cloudwatch", "put_metric_data", Namespace="launchready", MetricData=[datum])
    await stage.advance(0)
    assert await stage.state() == "OK"
    await stage.advance(86_000)
    assert await stage.state() == "OK"
    await stage.advance(1_000)
    assert await stage.state() == "ALARM"
    await stage.call(
        "cloudwatch", "put_metric_data", Namespace="launchready", MetricData=[{**datum, "Value": 9.0}]
    )
    await stage.advance(0)
    assert await stage.state() == "ALARM"
    await stage.call("cloudwatch", "put_metric_data", Namespace="launchready", MetricData=[datum])
    await stage.advance(86_300)
    assert await stage.state() == "ALARM"  # the lower value is still in the window
    await stage.call("cloudwatch", "put_metric_data", Namespace="launchready", MetricData=[datum])
    await stage.advance(200)
    assert await stage.state() == "OK"
    assert [m["state"] for m in await stage.messages(kind="sms")] == ["OK", "ALARM", "OK"]


async def test_an_alarm_set_by_hand_tells_its_owners_too(stage: Scene) -> None:
    await watched(stage, ("email", OPS))
    await stage.call(
        "cloudwatch", "set_alarm_state", AlarmName="acme-home", StateValue="ALARM", StateReason="a test"
    )
    mail = await until(lambda: stage.messages(kind="mail"))
    assert '"a test"' in mail[0]["text"]


# --- confirming ------------------------------------------------------------------------------


async def pending(stage: Scene) -> tuple[str, str]:
    """A topic whose owner does not react, and the link that they were sent."""
    await stage.control("POST", "owners", {"confirm": False})
    topic = await stage.topic(("email", OPS))
    mail = await until(lambda: stage.messages(kind="mail"))
    assert mail[0]["subject"] == "AWS Notification - Subscription Confirmation"
    link = re.search(r"http://127\S+", mail[0]["text"])
    assert link is not None
    return topic, link[0]


async def test_an_address_is_pending_until_its_owner_opens_the_link(stage: Scene) -> None:
    topic, link = await pending(stage)
    listed = (await stage.call("sns", "list_subscriptions_by_topic", TopicArn=topic))["Subscriptions"]
    assert [one["SubscriptionArn"] for one in listed] == ["PendingConfirmation"]
    counts = (await stage.call("sns", "get_topic_attributes", TopicArn=topic))["Attributes"]
    assert (counts["SubscriptionsPending"], counts["SubscriptionsConfirmed"]) == ("1", "0")
    await stage.call("sns", "publish", TopicArn=topic, Message="nobody hears this")
    async with stage.session.get(link) as response:
        assert response.status == 200
    listed = (await stage.call("sns", "list_subscriptions"))["Subscriptions"]
    assert listed[0]["SubscriptionArn"].startswith(topic)
    await stage.call("sns", "publish", TopicArn=topic, Message="heard", Subject="now")
    mails = await until(lambda: _subjects(stage, "now"))
    assert len(mails) == 1
    assert "nobody hears this" not in json.dumps(await stage.messages())


async def _subjects(stage: Scene, subject: str) -> list[dict[str, Any]]:
    return [m for m in await stage.messages(kind="mail") if m["subject"] == subject]


async def test_subscribing_tells_the_truth_about_what_is_pending(stage: Scene) -> None:
    await stage.control("POST", "owners", {"confirm": False})
    topic = (await stage.call("sns", "create_topic", Name="t"))["TopicArn"]
    owner = {"TopicArn": topic, "Protocol": "email", "Endpoint": OPS}
    assert (await stage.call("sns", "subscribe", **owner))["SubscriptionArn"] == "pending confirmation"
    told = await stage.call("sns", "subscribe", ReturnSubscriptionArn=True, **owner)
    arn = {"SubscriptionArn": told["SubscriptionArn"]}
    found = await stage.call("sns", "get_subscription_attributes", **arn)
    assert found["Attributes"]["PendingConfirmation"] == "true"
    await stage.control("POST", "owners", {"confirm": True})
    found = await stage.call("sns", "get_subscription_attributes", **arn)
    assert found["Attributes"]["PendingConfirmation"] == "false"


async def test_a_token_confirms_through_the_api_and_a_wrong_one_does_not(stage: Scene) -> None:
    topic, link = await pending(stage)
    token = re.search(r"Token=([0-9a-f]+)", link)
    assert token is not None
    with pytest.raises(ClientError, match="InvalidParameter"):
        await stage.call("sns", "confirm_subscription", TopicArn=topic, Token="0" * 64)
    async with stage.session.get(link.replace(token[1], "0" * 64)) as response:
        assert response.status == 400
    assert not await confirmed(stage, topic)
    made = await stage.call("sns", "confirm_subscription", TopicArn=topic, Token=token[1])
    assert made["SubscriptionArn"].startswith(f"{topic}:")
    assert await confirmed(stage, topic)


async def test_the_unsubscribe_link_ends_a_subscription(stage: Scene) -> None:
    topic = await watched(stage, ("email", OPS))
    await stage.call("sns", "publish", TopicArn=topic, Message="hello", Subject="hello")
    mail = (await until(lambda: stage.messages(kind="mail")))[0]
    link = re.search(r"http://127\S+unsubscribe\S+", mail["text"])
    assert link is not None
    async with stage.session.get(link[0]) as response:
        assert response.status == 200
    assert (await stage.call("sns", "list_subscriptions_by_topic", TopicArn=topic))["Subscriptions"] == []


async def test_an_https_endpoint_that_never_confirmed_gets_nothing(stage: Scene) -> None:
    topic = await stage.topic(("https", "https://hooks.example.net/x"), ("sms", NUMBER))
    await stage.call("sns", "publish", TopicArn=topic, Message="hello")
    assert await until(lambda: stage.messages(kind="sms"))
    assert await stage.messages(kind="webhook") == []
    assert not await confirmed(stage, topic)


async def test_a_text_message_can_be_sent_directly(stage: Scene) -> None:
    await stage.call("sns", "publish", PhoneNumber=NUMBER, Message="hello")
    sms = await until(lambda: stage.messages(kind="sms"))
    assert sms[0]["body"] == {"to": NUMBER, "message": "hello"}


# --- Slack -----------------------------------------------------------------------------------


async def test_slack_gets_its_own_json_and_the_sink_keeps_no_secret(stage: Scene) -> None:
    declared = drill_kit.declared_of(drill_kit.client(paths=["/"]))
    await drill_kit.provision(stage.document, declared)
    await stage.advance(0)
    await stage.defect("http.status", DOMAIN)
    await stage.advance(60)
    found = [
        m for m in await stage.messages(kind="slack") if m["state"] == "ALARM" and "home" not in m["alarm"]
    ]
    message = next(m for m in found if m["alarm"].endswith("acme.example/"))
    assert set(message["body"]) == {"text"}
    assert message["body"]["text"].startswith("ALARM: https://acme.example/ does not answer")
    assert message["endpoint"] == "https://hooks.slack.com/"
    assert message["secret_headers"] == ["x-token"]
    everything = json.dumps(await stage.messages())
    assert "not-to-be-kept" not in everything
    assert "notarealsecret" not in everything


async def test_a_connections_secret_is_never_read_back(stage: Scene) -> None:
    await drill_kit.provision(stage.document, drill_kit.declared_of(drill_kit.client()))
    found = await stage.call("events", "describe_connection", Name="launchready-acme")
    assert found["AuthParameters"] == {"ApiKeyAuthParameters": {"ApiKeyName": "X-Token"}}


async def test_a_rule_that_does_not_match_or_is_off_sends_nothing(stage: Scene) -> None:
    await drill_kit.provision(stage.document, drill_kit.declared_of(drill_kit.client()))
    await watched(stage)  # an alarm whose name the rule does not match
    await stage.call("events", "disable_rule", Name="launchready-acme")
    await stage.defect("http.status", DOMAIN)
    await stage.advance(120)
    assert await stage.messages(kind="slack") == []


# --- defects ---------------------------------------------------------------------------------


async def test_defects_of_the_monitoring_do_what_they_say(stage: Scene) -> None:
    await watched(stage, ("email", OPS), ("sms", NUMBER))
    await stage.defect("monitor.lost", "sms")
    await stage.defect("http.status", DOMAIN)
    await stage.advance(60)
    assert {m["kind"] for m in await stage.messages(alarm="acme-home")} == {"mail"}
    await stage.control("DELETE", "defects", {"kind": "http.status"})
    await stage.defect("monitor.silent", "acme-home")
    await stage.forget_messages()
    await stage.advance(240)
    assert await stage.state() == "OK"
    assert await stage.messages() == []


async def test_an_owner_who_never_confirms_is_shown_as_pending_and_gets_nothing(stage: Scene) -> None:
    topic = await watched(stage, ("email", OPS), ("email", "boss@acme.example"))
    await stage.defect("monitor.unconfirmed", OPS)
    assert not await confirmed(stage, topic)
    await stage.defect("http.status", DOMAIN)
    await stage.advance(60)
    assert [m["to"] for m in await stage.messages(kind="mail")] == [["boss@acme.example"]]


async def test_a_defect_with_options_is_taken_back_alone(stage: Scene) -> None:
    await stage.defect("http.status", DOMAIN, path="/a", status=500)
    await stage.defect("http.status", DOMAIN, path="/b", status=500)
    body = {"kind": "http.status", "where": DOMAIN, "options": {"path": "/a", "status": 500}}
    assert await stage.control("DELETE", "defects", body) == {"dropped": 1}
    left = (await stage.control("GET", "defects"))["defects"]
    assert [one["options"]["path"] for one in left] == ["/b"]


async def test_two_edges_one_after_another_share_nothing(tmp_path: Path) -> None:
    async with scene(tmp_path) as other:
        assert (await other.call("sns", "list_topics"))["Topics"] == []
        assert await other.messages() == []

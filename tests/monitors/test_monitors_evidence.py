"""AWS as evidence: only listed reads, every page, no secret, and a cause for what could not be read."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from launchready.evidence import store
from launchready.evidence.aws_probe import READS, AwsReader
from launchready.evidence.limits import Limits
from launchready.evidence.types import AwsProbe, AwsResult, Cause, Evidence, NotCollected

LIMITS = Limits(aws_seconds=15.0)
TOPICS = AwsProbe.of("sns", "list_topics")


async def test_a_read_brings_every_page_as_json_or_says_that_they_are_too_many(aws: str) -> None:
    sns = boto3.client("sns")
    for number in range(101):
        sns.create_topic(Name=f"topic-{number}")
    result = await AwsReader(aws, LIMITS).read(TOPICS)
    assert result.cause is None
    assert len(result.data["Topics"]) == 101
    json.dumps(result.data)
    assert (await AwsReader(aws, Limits(aws_pages=1)).read(TOPICS)).cause is Cause.TOO_LARGE


async def test_what_does_not_exist_is_an_answer(aws: str) -> None:
    arn = "arn:aws:sns:us-east-1:123456789012:nothing"
    result = await AwsReader(aws, LIMITS).read(AwsProbe.of("sns", "get_topic_attributes", TopicArn=arn))
    assert (result.cause, result.missing) == (None, True)
    assert result.error == "NotFound"


async def test_a_webhook_is_left_out_of_the_evidence(aws: str) -> None:
    events = boto3.client("events")
    connection = events.create_connection(
        Name="c", AuthorizationType="API_KEY",
        AuthParameters={"ApiKeyAuthParameters": {"ApiKeyName": "x", "ApiKeyValue": "y"}},
    )["ConnectionArn"]  # fmt: skip
    events.create_api_destination(
        Name="d",
        ConnectionArn=connection,
        InvocationEndpoint="https://hooks.example/secret",
        HttpMethod="POST",
    )
    result = await AwsReader(aws, LIMITS).read(AwsProbe.of("events", "describe_api_destination", Name="d"))
    assert result.data["ApiDestinationState"] == "ACTIVE"
    assert "secret" not in json.dumps(result.data)


async def test_nothing_but_the_listed_reads_is_called(aws: str) -> None:
    for service, operation in (
        ("sns", "delete_topic"),
        ("ssm", "get_parameter"),
        ("sts", "get_session_token"),
    ):
        with pytest.raises(ValueError, match="not one of the reads"):
            await AwsReader(aws, LIMITS).read(AwsProbe.of(service, operation))


def test_every_listed_read_exists_and_changes_nothing(aws: str) -> None:
    for service, operation in READS:
        assert hasattr(boto3.client(service), operation), (service, operation)
        assert operation.split("_")[0] in ("describe", "list", "get")


async def test_without_credentials_nothing_was_probed(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, "/dev/null")
    result = await AwsReader(None, LIMITS).read(TOPICS)
    assert result.cause is Cause.NOT_PROBED
    assert "AWS_PROFILE" in result.detail


async def test_an_edge_without_aws_is_never_taken_for_aws_itself() -> None:
    result = await AwsReader("", LIMITS).read(TOPICS)
    assert result.cause is Cause.NOT_PROBED


@pytest.fixture
async def silent() -> AsyncIterator[str]:
    """A server that takes a connection and says nothing."""

    async def hold(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(hold, "127.0.0.1", 0)
    yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    server.close()


async def test_silence_is_a_time_out(silent: str) -> None:
    result = await AwsReader(silent, Limits(aws_seconds=0.3)).read(TOPICS)
    assert result.cause is Cause.TIMEOUT


async def test_a_refused_connection_is_unreachable() -> None:
    result = await AwsReader("http://127.0.0.1:9", LIMITS).read(TOPICS)
    assert result.cause is Cause.UNREACHABLE


@pytest.mark.parametrize(
    ("code", "cause"), [("AccessDenied", Cause.REFUSED), ("InternalFailure", Cause.MALFORMED)]
)
def test_a_refusal_is_told_apart_from_a_failure(code: str, cause: Cause) -> None:
    from launchready.evidence.aws_probe import _refused

    result = _refused(TOPICS, {"Error": {"Code": code, "Message": "m"}})
    assert (result.cause, result.missing) == (cause, False)


def test_results_survive_the_file(tmp_path: Path) -> None:
    data: dict[str, Any] = {"Topics": [{"TopicArn": "arn:x"}], "When": "2026-11-24T00:00:00+00:00"}
    results = {
        TOPICS.id: (AwsResult(TOPICS, None, data),),
        "gone": (
            AwsResult(AwsProbe.of("sns", "get_topic_attributes", TopicArn="x"), None, error="NotFound"),
        ),
        "shut": (AwsResult(AwsProbe.of("sns", "list_topics", "eu-west-1"), Cause.REFUSED, detail="no"),),
    }
    store.save(Evidence(results), tmp_path / "evidence.json")
    assert store.load(tmp_path / "evidence.json").results == results


def test_what_was_not_probed_is_asked_for() -> None:
    with pytest.raises(NotCollected) as asked:
        Evidence().aws("sns", "list_topics")
    assert asked.value.probes == (TOPICS,)

"""AWS on loopback: the edge's own moto, forgotten between tests."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import pytest

from launchready.edge.aws import AwsEndpoint


@pytest.fixture(scope="session")
def endpoint() -> Iterator[str]:
    """The URL of an AWS of this worker's, in a loop and thread of its own."""
    loop, aws = asyncio.new_event_loop(), AwsEndpoint()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    asyncio.run_coroutine_threadsafe(aws.start("127.0.0.1"), loop).result(60)
    yield aws.url
    asyncio.run_coroutine_threadsafe(aws.close(), loop).result(60)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    loop.close()


@pytest.fixture
def aws(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """An empty AWS, and an environment in which boto3 talks to it."""
    import boto3
    from botocore.config import Config

    for name, value in {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "edge",
        "AWS_SECRET_ACCESS_KEY": "edge",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    boto3.client("sts", config=Config(retries={"total_max_attempts": 1})).get_caller_identity()
    from moto.moto_api._internal.models import moto_api_backend

    moto_api_backend.reset()
    return endpoint

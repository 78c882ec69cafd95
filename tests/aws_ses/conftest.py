"""moto's server on loopback, with the edge's addition to SESv2, and an environment that leads to it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest


@pytest.fixture(scope="module")
def moto_url() -> Iterator[str]:
    """A server of its own for the module; backends belong to the process."""
    from moto.moto_server.threaded_moto_server import ThreadedMotoServer

    from launchready.edge.moto_ses import fill_gaps

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    fill_gaps()
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def aws(moto_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The environment of a client of that server, with nothing in it."""
    from moto.moto_api._internal.models import moto_api_backend

    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    values: dict[str, Any] = {
        "AWS_ENDPOINT_URL": moto_url,
        "AWS_ACCESS_KEY_ID": "edge",
        "AWS_SECRET_ACCESS_KEY": "edge",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": "/nonexistent",
        "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent",
    }
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    moto_api_backend.reset()
    return moto_url

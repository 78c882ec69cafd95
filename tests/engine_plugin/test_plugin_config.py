"""Configuration: what is refused, what wins, and that only loopback is ever spoken to."""

from __future__ import annotations

from typing import Any

import grpc
import pytest
from plugin_rig import plugin
from pulumi.runtime.proto import provider_pb2

from launchready.engine.cloudflare_plugin import config
from launchready.engine.cloudflare_plugin.values import UNKNOWN, Secret, from_struct, to_struct

TOKEN = "t" * 40
LOCAL = "http://127.0.0.1:8787/client/v4"

REFUSED = [
    "https://api.cloudflare.com/client/v4",
    "http://192.0.2.1/client/v4",
    "http://127.0.0.1.nip.example/client/v4",
    "http://127.0.0.1@api.cloudflare.com/client/v4",
    "http://localhost@192.0.2.1/",
    "http://user:secret@127.0.0.1/",
    "http://localhost.example/",
    "http://[2001:db8::1]/",
    "http://0.0.0.0/",
    "http://127.1/",
    "http://2130706433/",
    "file:///etc/passwd",
    "127.0.0.1:8787",
    "http://[::1",
    "http://127.0.0.1:port/",
    "",
]
TAKEN = [
    LOCAL,
    "http://127.255.0.3/x",
    "http://[::1]:1/",
    "https://localhost:1/",
    "http://LOCALHOST/",
    "http://[::ffff:127.0.0.1]/",
]


@pytest.mark.parametrize("url", REFUSED)
def test_an_address_that_is_not_loopback_is_refused(url: str) -> None:
    with pytest.raises(config.RefusedAddressError):
        config.refuse_unless_loopback(url)


@pytest.mark.parametrize("url", TAKEN)
def test_a_loopback_address_is_taken(url: str) -> None:
    config.refuse_unless_loopback(url)


def test_a_refusal_never_shows_what_a_url_may_hide() -> None:
    for url in (
        "http://user:hunter2@192.0.2.1/x",
        "http://192.0.2.1/the-gateways-secret/client/v4?t=hunter2",
    ):
        with pytest.raises(config.RefusedAddressError) as caught:
            config.refuse_unless_loopback(url)
        assert "hunter2" not in str(caught.value)
        assert "the-gateways-secret" not in str(caught.value)


async def check_config(news: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    async with plugin() as under_test:
        answer = await under_test.stub.CheckConfig(provider_pb2.CheckRequest(news=to_struct(news)))
        failures = {failure.property: failure.reason for failure in answer.failures}
        return from_struct(answer.inputs), failures


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CLOUDFLARE_BASE_URL", "CLOUDFLARE_API_TOKEN", "CLOUDFLARE_USER_AGENT_OPERATOR_SUFFIX"):
        monkeypatch.delenv(name, raising=False)


async def test_the_real_api_is_refused_with_the_way_out_at_check_and_at_configure() -> None:
    real = {"apiToken": TOKEN, "baseUrl": "https://api.cloudflare.com/client/v4"}
    for news in (real, {"apiToken": TOKEN}):
        _, failures = await check_config(news)
        assert list(failures) == ["baseUrl"]
        assert "local stand-in" in failures["baseUrl"]
        assert "official plugin" in failures["baseUrl"]
        async with plugin() as under_test:
            with pytest.raises(grpc.aio.AioRpcError, match="local stand-in"):
                await under_test.configure(news)
            with pytest.raises(grpc.aio.AioRpcError, match="not configured"):
                await under_test.read("Zone", "1", {"name": "x"})


async def test_the_environment_serves_where_the_configuration_says_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CLOUDFLARE_BASE_URL", LOCAL)
    monkeypatch.setenv("CLOUDFLARE_API_TOKEN", TOKEN)
    assert (await check_config({}))[1] == {}
    assert config.settings({}).base_url == LOCAL
    other = "http://127.0.0.1:1/client/v4"
    assert config.settings({"baseUrl": other, "apiToken": Secret("u" * 40)}).base_url == other
    assert config.settings({"apiToken": Secret("u" * 40)}).token == "u" * 40
    assert (await check_config({"baseUrl": "https://192.0.2.1"}))[1]


async def test_a_token_of_the_wrong_form_and_a_missing_one_are_told() -> None:
    assert list((await check_config({"baseUrl": LOCAL, "apiToken": "short"}))[1]) == ["apiToken"]
    assert list((await check_config({"baseUrl": LOCAL}))[1]) == ["apiToken"]
    assert "short" not in str(await check_config({"baseUrl": LOCAL, "apiToken": "short"}))


async def test_an_unknown_option_is_refused_by_name() -> None:
    assert "tokn" in (await check_config({"baseUrl": LOCAL, "apiToken": TOKEN, "tokn": "x"}))[1]


async def test_a_configuration_that_is_not_known_yet_waits() -> None:
    inputs, failures = await check_config({"baseUrl": UNKNOWN, "apiToken": UNKNOWN})
    assert failures == {}
    assert repr(inputs["baseUrl"]) == "UNKNOWN"


async def test_the_token_comes_back_as_a_secret_and_never_shows() -> None:
    inputs, _ = await check_config({"baseUrl": LOCAL, "apiToken": TOKEN})
    assert inputs["apiToken"] == Secret(TOKEN)
    assert TOKEN not in repr(config.settings({"baseUrl": LOCAL, "apiToken": TOKEN}))


async def test_a_changed_configuration_is_an_update_of_the_provider_and_no_replacement() -> None:
    async with plugin() as under_test:
        old, new = {"baseUrl": LOCAL, "apiToken": TOKEN}, {"baseUrl": LOCAL, "apiToken": Secret("u" * 40)}
        request = provider_pb2.DiffRequest(
            old_inputs=to_struct(old), olds=to_struct(old), news=to_struct(new)
        )
        answer = await under_test.stub.DiffConfig(request)
        assert (answer.changes, list(answer.diffs), list(answer.replaces)) == (2, ["apiToken"], [])
        request.news.CopyFrom(to_struct(old))
        assert (await under_test.stub.DiffConfig(request)).changes == 1

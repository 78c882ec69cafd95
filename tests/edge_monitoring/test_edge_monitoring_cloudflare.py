"""Cloudflare's health checks look, say what they saw, and notify as the policies say."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.edge_monitoring.edge_monitoring_kit import DOMAIN, Scene

pytestmark = pytest.mark.asyncio(loop_scope="module")

SECRET = "hook-secret-not-to-be-kept"


async def check(stage: Scene, **more: Any) -> str:
    http = {"path": "/", "port": 443, "expected_codes": ["2xx"], **more.pop("http_config", {})}
    body = {"name": "home", "address": DOMAIN, "type": "HTTPS", "interval": 15, "retries": 0,
            "consecutive_fails": 2, "http_config": http, **more}  # fmt: skip
    return str((await stage.api("POST", f"zones/{stage.zone}/healthchecks", body))["id"])


async def seen(stage: Scene, number: str) -> tuple[str, str]:
    found = await stage.api("GET", f"zones/{stage.zone}/healthchecks/{number}")
    return found["status"], found["failure_reason"]


async def policy(stage: Scene, mechanisms: dict[str, Any], **filters: Any) -> str:
    account = stage.document["account"]
    body = {"name": "down", "alert_type": "health_check_status_notification", "enabled": True,
            "mechanisms": mechanisms, "filters": filters}  # fmt: skip
    return str((await stage.api("POST", f"accounts/{account}/alerting/v3/policies", body))["id"])


async def webhook(stage: Scene, url: str) -> str:
    account = stage.document["account"]
    body = {"name": "hook", "url": url, "secret": SECRET}
    made = await stage.api("POST", f"accounts/{account}/alerting/v3/destinations/webhooks", body)
    return str(made["id"])


async def test_a_check_finds_its_state_and_says_why_it_fails(stage: Scene) -> None:
    number = await check(stage)
    assert await seen(stage, number) == ("unknown", "")
    await stage.advance(0)
    assert await seen(stage, number) == ("healthy", "")
    await stage.defect("http.status", DOMAIN, status=503)
    await stage.advance(15)
    assert (await seen(stage, number))[0] == "healthy"
    await stage.advance(15)
    status, reason = await seen(stage, number)
    assert (status, reason) == ("unhealthy", "Response code mismatch error: got 503, expected 2xx")
    await stage.mend()
    await stage.advance(15)
    assert await seen(stage, number) == ("healthy", "")


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        ({"http_config": {"expected_body": "never there"}}, "Response body mismatch error"),
        ({"http_config": {"port": 8443}}, "TCP connection failed"),
        ({"address": "nobody.acme.example"}, "TCP connection failed: DNS resolution failed"),
        ({"type": "TCP", "tcp_config": {"port": 25}}, "TCP connection failed"),
    ],
)
async def test_each_failure_has_its_reason(stage: Scene, config: dict[str, Any], reason: str) -> None:
    number = await check(stage, consecutive_fails=1, **config)
    await stage.advance(0)
    status, said = await seen(stage, number)
    assert status == "unhealthy"
    assert said.startswith(reason)


async def test_certificates_count_unless_they_are_to_be_ignored(stage: Scene) -> None:
    await stage.defect("tls.untrusted", DOMAIN)
    strict = await check(stage, consecutive_fails=1)
    lax = await check(stage, name="lax", http_config={"allow_insecure": True})
    await stage.advance(0)
    status, reason = await seen(stage, strict)
    assert status == "unhealthy"
    assert reason.startswith("TLS handshake failed")
    assert (await seen(stage, lax))[0] == "healthy"


async def test_redirects_are_followed_where_asked_for(stage: Scene) -> None:
    pages = {
        "/": {"status": 302, "headers": {"location": "/there"}},
        "/there": {"status": 200, "body": "here"},
    }
    await stage.control("POST", "origin/203.0.113.10", {"pages": pages})
    number = await check(stage, http_config={"follow_redirects": True, "expected_body": "HERE"})
    stays = await check(stage, name="stays", consecutive_fails=1)
    await stage.advance(0)
    assert (await seen(stage, number))[0] == "healthy"
    assert (await seen(stage, stays))[1].startswith("Response code mismatch error: got 302")


async def test_a_suspended_check_does_not_look(stage: Scene) -> None:
    number = await check(stage, suspended=True)
    await stage.advance(120)
    assert (await seen(stage, number))[0] == "suspended"


async def test_owners_are_told_by_mail_and_webhook_with_its_secret(stage: Scene) -> None:
    number = await check(stage)
    hook = await webhook(stage, "https://hooks.example.net/services/secret-path")
    mechanisms = {"email": [{"id": "ops@acme.example"}], "webhooks": [{"id": hook}]}
    await policy(stage, mechanisms, health_check_id=[number])
    await stage.advance(0)
    assert await stage.messages() == []
    await stage.defect("http.status", DOMAIN, status=503)
    await stage.advance(60)
    await stage.mend()
    await stage.advance(60)
    mails = await stage.messages(kind="mail")
    assert [m["state"] for m in mails] == ["Unhealthy", "Healthy"]
    assert "got 503" in mails[0]["text"]
    hooks = await stage.messages(kind="webhook")
    assert [m["body"]["data"]["status"] for m in hooks] == ["Unhealthy", "Healthy"]
    assert hooks[0]["secret_headers"] == ["cf-webhook-auth"]
    assert hooks[0]["endpoint"] == "https://hooks.example.net/"
    everything = json.dumps(await stage.messages())
    assert SECRET not in everything
    assert "secret-path" not in everything


async def test_slack_gets_slacks_form(stage: Scene) -> None:
    await check(stage, consecutive_fails=1)
    hook = await webhook(stage, "https://hooks.slack.com/services/T/B/x")
    await policy(stage, {"webhooks": [{"id": hook}]})
    await stage.defect("http.status", DOMAIN, status=503)
    await stage.advance(0)
    (message,) = await stage.messages(kind="slack")
    assert set(message["body"]) == {"text"}


@pytest.mark.parametrize(
    ("filters", "told"),
    [
        ({"health_check_id": ["0" * 32]}, False),
        ({"status": ["Healthy"]}, False),
        ({"status": ["Unhealthy"]}, True),
    ],
)
async def test_a_policys_filters_hold(stage: Scene, filters: dict[str, Any], told: bool) -> None:
    await check(stage, consecutive_fails=1)
    await policy(stage, {"email": [{"id": "ops@acme.example"}]}, **filters)
    await stage.defect("http.status", DOMAIN, status=503)
    await stage.advance(0)
    assert bool(await stage.messages(kind="mail")) is told


async def test_the_test_of_a_policy_arrives(stage: Scene) -> None:
    number = await policy(stage, {"email": [{"id": "ops@acme.example"}]})
    account = stage.document["account"]
    await stage.api("POST", f"accounts/{account}/alerting/v3/policies/{number}/test")
    await stage.advance(0)
    assert [m["subject"] for m in await stage.messages(kind="mail")] == ["Test of down"]

"""The official Python SDK, validating every answer strictly, works against the edge."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import cloudflare
import pytest
from cloudflare import AsyncCloudflare
from cloudflare.types.rulesets.ruleset_create_response import Ruleset
from edge_api_kit import ACCOUNT, TOKEN, Client

pytestmark = pytest.mark.slow

SETTINGS: dict[str, Any] = {
    "ssl": "strict",
    "min_tls_version": "1.2",
    "tls_1_3": "on",
    "always_use_https": "on",
    "browser_cache_ttl": 14400,
    "security_header": {"strict_transport_security": {"enabled": True, "max_age": 31536000}},
}


@pytest.fixture
async def sdk(pro: Client) -> AsyncIterator[AsyncCloudflare]:
    async with AsyncCloudflare(
        api_token=TOKEN, base_url=pro.url, max_retries=0, _strict_response_validation=True
    ) as client:
        yield client


async def test_zones_settings_and_dnssec(sdk: AsyncCloudflare) -> None:
    zone = await sdk.zones.create(name="acme.example", account={"id": ACCOUNT}, type="full")
    assert zone is not None
    assert [found.id async for found in sdk.zones.list(name="acme.example")] == [zone.id]
    for name, value in SETTINGS.items():
        await sdk.zones.settings.edit(name, zone_id=zone.id, value=value)
        await sdk.zones.settings.get(name, zone_id=zone.id)
    enabled = await sdk.dns.dnssec.edit(zone_id=zone.id, status="active")
    assert enabled is not None
    assert enabled.status == "pending"
    shown = await sdk.dns.dnssec.get(zone_id=zone.id)
    assert shown is not None
    assert (shown.status, shown.flags, shown.algorithm) == ("active", 257, "13")
    await sdk.ssl.universal.settings.edit(zone_id=zone.id, enabled=True)
    await sdk.ssl.universal.settings.get(zone_id=zone.id)
    await sdk.zones.edit(zone_id=zone.id, paused=True)
    await sdk.zones.delete(zone_id=zone.id)
    with pytest.raises(cloudflare.NotFoundError):
        await sdk.zones.get(zone_id=zone.id)


async def test_records_of_several_types_and_a_batch(sdk: AsyncCloudflare, pro: Client) -> None:
    zone = await pro.zone()
    made = await sdk.dns.records.create(
        zone_id=zone, type="A", name="www.acme.example", content="203.0.113.1", ttl=1, proxied=True
    )
    assert made is not None
    await sdk.dns.records.create(
        zone_id=zone,
        type="CAA",
        name="acme.example",
        data={"flags": 0, "tag": "issue", "value": "letsencrypt.org"},
        ttl=300,
    )
    batch = await sdk.dns.records.batch(
        zone_id=zone,
        deletes=[{"id": made.id}],
        posts=[{"type": "TXT", "name": "acme.example", "content": '"x"', "ttl": 60}],
    )
    assert batch is not None
    assert [record.type async for record in sdk.dns.records.list(zone_id=zone)] == ["CAA", "TXT"]
    text = await sdk.dns.records.export(zone_id=zone)
    assert "acme.example.\t60\tIN\tTXT" in text


async def test_rulesets(sdk: AsyncCloudflare, pro: Client) -> None:
    zone = await pro.zone()
    made = await sdk.rulesets.create(
        zone_id=zone,
        kind="zone",
        name="redirects",
        phase="http_request_dynamic_redirect",
        rules=[
            {
                "ref": "www",
                "expression": 'http.host eq "www.acme.example"',
                "action": "redirect",
                "action_parameters": {
                    "from_value": {"status_code": 301, "target_url": {"value": "https://acme.example"}}
                },
            }
        ],
    )
    # The SDK types the answer as "a ruleset or anything", so the ruleset is validated by name.
    number = Ruleset.model_validate(made).id
    read = await sdk.rulesets.get(number, zone_id=zone)
    assert read is not None
    assert read.rules[0].ref == "www"
    await sdk.rulesets.phases.get("http_request_dynamic_redirect", zone_id=zone)
    await sdk.rulesets.delete(number, zone_id=zone)
    with pytest.raises(cloudflare.NotFoundError):
        await sdk.rulesets.phases.get("http_request_dynamic_redirect", zone_id=zone)


async def test_account_alerting_and_health_checks(sdk: AsyncCloudflare, pro: Client) -> None:
    zone = await pro.zone()
    assert [account.id async for account in sdk.accounts.list()] == [ACCOUNT]
    verified = await sdk.user.tokens.verify()
    assert verified is not None
    assert verified.status == "active"
    hook = await sdk.alerting.destinations.webhooks.create(
        account_id=ACCOUNT, name="hook", url="https://hook.example/x", secret="s"
    )
    assert hook is not None
    shown = await sdk.alerting.destinations.webhooks.get(hook.id or "", account_id=ACCOUNT)
    assert shown is not None
    assert "secret" not in shown.to_dict(), "a secret is never read back"
    await sdk.alerting.policies.create(
        account_id=ACCOUNT,
        name="down",
        alert_type="health_check_status_notification",
        enabled=True,
        mechanisms={"webhooks": [{"id": hook.id or ""}]},
    )
    check = await sdk.healthchecks.create(zone_id=zone, name="shop", address="acme.example")
    assert check is not None
    assert check.status == "unknown"
    assert len([one async for one in sdk.healthchecks.list(zone_id=zone)]) == 1
    await sdk.cache.purge(zone_id=zone, purge_everything=True)
    await sdk.cache.smart_tiered_cache.edit(zone_id=zone, value="on")

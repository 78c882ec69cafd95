"""What is wrong with inputs is said by property, before anything is sent."""

from __future__ import annotations

from typing import Any

import pytest
from plugin_rig import plugin, urn

from launchready.engine.cloudflare_plugin.values import UNKNOWN, Secret

ZONE = "z" * 32
A = {"zoneId": ZONE, "name": "a", "type": "A", "content": "192.0.2.1", "ttl": 1}
RULES = {"zoneId": ZONE, "kind": "zone", "name": "r", "phase": "http_ratelimit"}
SETTING = {"zoneId": ZONE, "settingId": "ssl", "value": "strict"}

BAD: list[tuple[str, dict[str, Any], str, str]] = [
    ("DnsRecord", {**A, "ttl": 30}, "ttl", "60 to 86400"),
    ("DnsRecord", {**A, "ttl": 86401}, "ttl", "60 to 86400"),
    ("DnsRecord", {**A, "ttl": 300, "proxied": True}, "ttl", "automatic"),
    ("DnsRecord", {**A, "ttl": "300"}, "ttl", "must be a number, not a string"),
    ("DnsRecord", {**A, "proxied": "yes"}, "proxied", "must be a boolean"),
    ("DnsRecord", {**A, "type": "TXT", "proxied": True}, "proxied", "can't be proxied"),
    ("DnsRecord", {**A, "type": "SPF"}, "type", "not a record type"),
    ("DnsRecord", {**A, "content": None}, "content", "needs content"),
    ("DnsRecord", {**A, "content": "::1"}, "content", "not an IPv4 address"),
    ("DnsRecord", {**A, "type": "AAAA"}, "content", "not an IPv6 address"),
    ("DnsRecord", {**A, "type": "CAA"}, "data", "needs data"),
    ("DnsRecord", {**A, "type": "MX", "content": "mx.example"}, "priority", "needs a priority"),
    ("DnsRecord", {**A, "name": None}, "name", "required"),
    ("DnsRecord", {**A, "contnet": "x"}, "contnet", "nearest is content"),
    ("ZoneSetting", {**SETTING, "value": "strictest"}, "value", "off, flexible, full, strict"),
    ("ZoneSetting", {**SETTING, "settingId": "min_tls_version", "value": 1.2}, "value", "quote it"),
    ("ZoneSetting", {**SETTING, "settingId": "browser_cache_ttl", "value": "14400"}, "value", "a number"),
    ("ZoneSetting", {**SETTING, "settingId": "security_header", "value": "on"}, "value", "an object"),
    ("ZoneSetting", {**SETTING, "settingId": None}, "settingId", "required"),
    ("Ruleset", {**RULES, "phase": "http_nothing"}, "phase", "must be one of"),
    ("Ruleset", {**RULES, "zoneId": None}, "zoneId", "zoneId or accountId"),
    ("Ruleset", {**RULES, "accountId": "a"}, "zoneId", "not both"),
    ("Ruleset", {**RULES, "rules": [{"action": "block"}]}, "rules[0].expression", "needs an expression"),
    ("Ruleset", {**RULES, "rules": ["x"]}, "rules[0]", "must be an object"),
    (
        "Ruleset",
        {**RULES, "rules": [{"action": "block", "expression": "true", "ref": "a"}] * 2},
        "rules[1].ref",
        "also that of rule 0",
    ),
    ("Zone", {"name": "acme.example", "account": {}}, "account.id", "required"),
    ("Zone", {"name": "acme", "account": {"id": "a"}}, "name", "not a domain name"),
    ("ZoneDnssec", {"zoneId": ZONE, "status": "pending"}, "status", "active, disabled"),
    ("TieredCache", {"zoneId": ZONE, "value": True}, "value", "must be a string"),
    ("Healthcheck", {"zoneId": ZONE, "name": "h", "address": "a.b", "interval": 1}, "interval", "at least 5"),
    (
        "NotificationPolicy",
        {"accountId": "a", "name": "n", "alertType": "t", "mechanisms": {}},
        "mechanisms",
        "one",
    ),
    ("PageRule", {"zoneId": ZONE, "target": "a.b/*", "actions": {}}, "actions", "at least one"),
]


@pytest.mark.parametrize(
    ("kind", "inputs", "name", "reason"),
    BAD,
    ids=[f"{kind}-{name}-{i}" for i, (kind, _, name, _) in enumerate(BAD)],
)
async def test_a_bad_input_is_refused_by_its_property(
    kind: str, inputs: dict[str, Any], name: str, reason: str
) -> None:
    async with plugin() as under_test:
        _, failures = await under_test.check(kind, inputs)
        assert list(failures) == [name]
        assert reason in failures[name]


async def test_all_problems_are_told_at_once() -> None:
    async with plugin() as under_test:
        _, failures = await under_test.check("DnsRecord", {"type": "A", "ttl": 5, "content": "x", "y": 1})
        assert set(failures) == {"zoneId", "name", "ttl", "content", "y"}


async def test_what_is_not_known_yet_is_not_refused() -> None:
    async with plugin() as under_test:
        inputs = {"zoneId": UNKNOWN, "name": UNKNOWN, "type": "A", "content": UNKNOWN, "ttl": UNKNOWN}
        checked, failures = await under_test.check("DnsRecord", inputs)
        assert failures == {}
        assert checked == inputs


async def test_no_reason_shows_a_secret() -> None:
    async with plugin() as under_test:
        for kind, inputs in (
            ("DnsRecord", {**A, "content": Secret("hunter-two")}),
            ("ZoneSetting", {**SETTING, "value": Secret("hunter-two")}),
            ("Ruleset", {**RULES, "phase": Secret("hunter-two")}),
            ("DnsRecord", {**A, "type": Secret("hunter-two")}),
        ):
            _, failures = await under_test.check(kind, inputs)
            assert failures
            assert "hunter" not in str(failures)


async def test_secrets_are_still_secret_after_a_check_and_a_webhooks_secret_becomes_one() -> None:
    async with plugin() as under_test:
        inputs = {"accountId": "a", "name": "w", "url": Secret("https://x.example"), "secret": "s3cret"}
        checked, failures = await under_test.check("NotificationPolicyWebhooks", inputs)
        assert failures == {}
        assert checked["url"] == Secret("https://x.example")
        assert checked["secret"] == Secret("s3cret")


async def test_a_type_that_it_does_not_know_is_refused_by_name() -> None:
    async with plugin() as under_test:
        with pytest.raises(Exception, match=r"(?s)has no resource type .*Snippet.*official plugin"):
            await under_test.check("Snippet", {})
    assert urn("Snippet").count("cloudflare:index/snippet:Snippet") == 1

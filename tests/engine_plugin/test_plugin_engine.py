"""The local plugin under the real CLI, with the real pulumi-cloudflare SDK, against the edge's API."""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from plugin_rig import ACCOUNT, Served, served

from launchready.engine import Engine, find_engine
from launchready.engine.operations import OperationResult, run_command, run_operation
from launchready.gateway import Gateway

pytestmark = pytest.mark.engine
PREVIEW = ["preview", "--refresh", "--expect-no-changes", "--run-program"]


@dataclass
class Stack:
    """One stack of a program that a test writes."""

    engine: Engine
    api: Served
    root: Path
    base_url: str = ""
    lines: list[str] = field(default_factory=list)

    @property
    def env(self) -> dict[str, str]:
        kept = {key: value for key, value in os.environ.items() if not key.startswith("CLOUDFLARE_")}
        return {
            **kept,
            "PULUMI_HOME": str(self.root / "home"),
            "PULUMI_BACKEND_URL": f"file://{self.root / 'backend'}",
            "PULUMI_CONFIG_PASSPHRASE": "test",
            "CLOUDFLARE_BASE_URL": self.base_url or self.api.url,
            "CLOUDFLARE_API_TOKEN": self.api.token,
            "LAUNCHREADY_PLUGIN_RETRY": "attempts=3,first=0.01,longest=0.1,total=20",
        }

    def program(self, text: str) -> None:
        head = f"import pulumi\nimport pulumi_cloudflare as cf\nACCOUNT = {ACCOUNT!r}\n"
        (self.root / "__main__.py").write_text(head + text)

    async def run(self, *arguments: str) -> OperationResult:
        self.lines.clear()
        return await run_operation(
            self.engine,
            [*arguments, "-s", "dev"],
            cwd=self.root,
            env=self.env,
            on_line=self.lines.append,
        )

    async def up(self, *more: str) -> OperationResult:
        return await self.run("up", "--yes", "--skip-preview", *more)

    async def export(self) -> str:
        target = self.root / "exported.json"
        arguments = ["stack", "export", "-s", "dev", "--file", str(target)]
        await run_command(self.engine, arguments, cwd=self.root, env=self.env)
        return target.read_text()

    @property
    def said(self) -> str:
        return "\n".join(self.lines)


@pytest.fixture(scope="session")
def engine() -> Engine:
    return find_engine(install=False)


@pytest.fixture
async def stack(engine: Engine, tmp_path: Path) -> AsyncIterator[Stack]:
    (tmp_path / "Pulumi.yaml").write_text("name: small\nruntime: python\n")
    (tmp_path / "backend").mkdir()
    async with served("pro") as api:
        made = Stack(engine, api, tmp_path)
        await run_command(engine, ["stack", "init", "dev"], cwd=tmp_path, env=made.env)
        yield made


LAUNCH = """
zone = cf.Zone("zone", name="acme.example", account={"id": ACCOUNT})
apex = cf.DnsRecord("apex", zone_id=zone.id, name="acme.example", type="A", content="192.0.2.1",
                    ttl=1, proxied=True)
www = cf.DnsRecord("www", zone_id=zone.id, name="www", type="CNAME", content=apex.name, ttl=1, proxied=True)
cf.DnsRecord("txt", zone_id=zone.id, name="@", type="TXT", content="v=spf1 -all", ttl=300)
cf.DnsRecord("dkim", zone_id=zone.id, name="k._domainkey", type="TXT", ttl=300,
             content=pulumi.Output.secret("v=DKIM1; p=c2VjcmV0LWtleQ"))
cf.DnsRecord("v6", zone_id=zone.id, name="six", type="AAAA", content="2001:DB8:0::1", ttl=300)
cf.DnsRecord("caa", zone_id=zone.id, name="acme.example", type="CAA", ttl=3600,
             data={"flags": 0, "tag": "issue", "value": "letsencrypt.org"})
cf.DnsRecord("srv", zone_id=zone.id, name="_sip._tcp", type="SRV", ttl=3600,
             data={"port": 5060, "priority": 10, "weight": 5, "target": "Sip.acme.example."})
cf.DnsRecord("idn", zone_id=zone.id, name="b\\u00fccher.acme.example", type="A", content="192.0.2.2", ttl=60)
cf.DnsRecord("long", zone_id=zone.id, name="long", type="TXT", content="x" * 600, ttl=300)
cf.ZoneSetting("tls", zone_id=zone.id, setting_id="min_tls_version", value="1.2")
cf.ZoneSetting("hsts", zone_id=zone.id, setting_id="security_header",
               value={"strict_transport_security": {"enabled": True, "max_age": 31536000}})
dnssec = cf.ZoneDnssec("dnssec", zone_id=zone.id, status="active")
cf.UniversalSslSetting("ssl", zone_id=zone.id, enabled=True)
cf.TieredCache("tiered", zone_id=zone.id, value="on")
cf.Ruleset("redirects", zone_id=zone.id, name="redirects", kind="zone", phase="http_request_dynamic_redirect",
           rules=[{"ref": "www", "action": "redirect", "expression": 'http.host eq "www.acme.example"',
                   "action_parameters": {"from_value": {
                       "status_code": 301, "preserve_query_string": True, "target_url": {
                           "expression": 'concat("https://acme.example", http.request.uri.path)'}}}}])
cf.Ruleset("headers", zone_id=zone.id, name="headers", kind="zone", phase="http_response_headers_transform",
           rules=[{"ref": "h", "action": "rewrite", "expression": "true", "action_parameters": {
               "headers": {"X-Content-Type-Options": {"operation": "set", "value": "nosniff"}}}}])
cf.Ruleset("cache", zone_id=zone.id, name="cache", kind="zone", phase="http_request_cache_settings",
           rules=[{"ref": "s", "action": "set_cache_settings",
                   "expression": 'http.request.uri.path.extension in {"css" "js"}', "action_parameters": {
                       "cache": True, "edge_ttl": {"mode": "override_origin", "default": 7200,
                           "status_code_ttls": [{"status_code": 404, "value": 60}]},
                       "browser_ttl": {"mode": "respect_origin"}}}])
hook = cf.NotificationPolicyWebhooks("hook", account_id=ACCOUNT, name="wh", url="https://hook.example/x",
                                     secret="hook-secret-value")
cf.NotificationPolicy("alerts", account_id=ACCOUNT, name="np", alert_type="health_check_status_notification",
                      mechanisms={"emails": [{"id": "ops@acme.example"}], "webhooks": [{"id": hook.id}]})
cf.Healthcheck("hc", zone_id=zone.id, name="hc", address="www.acme.example", type="HTTPS",
               http_config={"path": "/up", "expected_codes": ["2xx"]})
pulumi.export("ns", zone.name_servers)
pulumi.export("ds", dnssec.ds)
pulumi.export("found", cf.get_zone_output(zone_id=zone.id).plan.legacy_id)
"""


async def test_a_whole_launch_previews_goes_up_stays_the_same_and_comes_down(stack: Stack) -> None:
    stack.program(LAUNCH)
    preview = await stack.run("preview")
    assert preview.code == 0, stack.said
    assert stack.api.calls == [], "a preview of something new asks nothing"

    made = await stack.up()
    assert made.code == 0, stack.said
    assert made.changes["create"] == 22
    zone = next(iter(stack.api.state.zones.values()))
    assert len(zone.records) == 9

    stack.api.calls.clear()
    again = await stack.up()
    assert (again.code, again.changed) == (0, 0), stack.said
    assert [call for call in stack.api.calls if call.method != "GET"] == []

    refreshed = await stack.run(*PREVIEW)
    assert refreshed.code == 0, stack.said
    assert {call.method for call in stack.api.calls} == {"GET"}

    exported = await stack.export()
    for secret in ("c2VjcmV0LWtleQ", "hook-secret-value", stack.api.token):
        assert secret not in exported
        assert not any(secret in path.read_text() for path in (stack.root / "backend").rglob("*.json*"))

    destroyed = await stack.run("destroy", "--yes", "--skip-preview")
    assert destroyed.code == 0, stack.said
    assert stack.api.state.zones == {}


RECORD = """
zone = cf.Zone("zone", name="acme.example", account={"id": ACCOUNT})
cf.DnsRecord("www", zone_id=zone.id, name="www.acme.example", ttl=300, __WHAT__)
"""


async def test_drift_is_seen_and_put_right_and_a_type_change_replaces_in_the_right_order(
    stack: Stack,
) -> None:
    stack.program(RECORD.replace("__WHAT__", 'type="A", content="192.0.2.1"'))
    assert (await stack.up()).code == 0, stack.said
    zone = next(iter(stack.api.state.zones))
    (record,) = stack.api.state.zones[zone].records
    path = f"/zones/{zone}/dns_records/{record}"

    await stack.api.call("PATCH", path, {"content": "192.0.2.66", "proxied": True, "ttl": 1})
    drifted = await stack.run(*PREVIEW)
    assert drifted.code != 0
    assert (await stack.up("--refresh", "--run-program")).code == 0, stack.said
    live = await stack.api.call("GET", path)
    assert (live["content"], live["proxied"], live["ttl"]) == ("192.0.2.1", False, 300)

    await stack.api.call("DELETE", path)
    assert (await stack.up("--refresh", "--run-program")).code == 0, stack.said
    assert len(stack.api.state.zones[zone].records) == 1

    stack.program(RECORD.replace("__WHAT__", 'type="CNAME", content="acme-app.host.example"'))
    stack.api.calls.clear()
    assert (await stack.up()).code == 0, stack.said
    writes = [call.method for call in stack.api.calls if call.method != "GET"]
    assert writes == ["DELETE", "POST"]


async def test_what_exists_is_imported_with_its_inputs_and_no_change(stack: Stack) -> None:
    zone = (await stack.api.call("POST", "/zones", {"name": "acme.example", "account": {"id": ACCOUNT}}))[
        "id"
    ]
    record = {"type": "A", "name": "www", "content": "192.0.2.1", "ttl": 300, "comment": "by hand"}
    record_id = (await stack.api.call("POST", f"/zones/{zone}/dns_records", record))["id"]
    stack.program(f"""
zone = cf.Zone("zone", name="acme.example", account={{"id": ACCOUNT}},
               opts=pulumi.ResourceOptions(import_={zone!r}))
cf.DnsRecord("www", zone_id=zone.id, name="www", type="A", content="192.0.2.1", ttl=300, comment="by hand",
             opts=pulumi.ResourceOptions(import_={f"{zone}/{record_id}"!r}))
cf.ZoneSetting("ssl", zone_id=zone.id, setting_id="ssl", value="off",
               opts=pulumi.ResourceOptions(import_={f"{zone}/ssl"!r}))
""")
    imported = await stack.up()
    assert imported.code == 0, stack.said
    assert imported.changes["import"] == 3
    assert [call for call in stack.api.calls if call.method != "GET"] == []
    assert (await stack.up()).changed == 0
    state = json.loads(await stack.export())
    ids = {found["id"] for found in state["deployment"]["resources"] if "id" in found}
    assert {zone, record_id, "ssl"} <= ids


async def test_bad_inputs_stop_the_run_by_property_before_any_write(stack: Stack) -> None:
    stack.program(RECORD.replace("ttl=300", "ttl=5").replace("__WHAT__", 'type="A", content="nonsense"'))
    result = await stack.run("preview")
    assert result.code != 0
    assert "60 to 86400" in stack.said
    assert "not an IPv4 address" in stack.said
    assert stack.api.calls == []


async def test_a_refusal_is_told_in_the_apis_words_without_the_token(stack: Stack) -> None:
    stack.program('cf.Zone("zone", name="acme.example", account={"id": "b" * 32})\n')
    result = await stack.up()
    assert result.code != 0
    assert re.search(r"POST /zones: HTTP 40\d, code \d+", stack.said)
    assert stack.api.token not in stack.said


async def test_the_real_api_is_refused_under_the_cli(stack: Stack) -> None:
    stack.base_url = "https://api.cloudflare.com/client/v4"
    stack.program('cf.Zone("zone", name="acme.example", account={"id": ACCOUNT})\n')
    result = await stack.run("preview")
    assert result.code != 0
    assert "local stand-in" in stack.said


async def test_a_provider_of_the_programs_own_waits_for_its_address(stack: Stack) -> None:
    stack.program(f"""
provider = cf.Provider("own", base_url={stack.api.url!r}, api_token=pulumi.Output.secret({stack.api.token!r}))
cf.Zone("zone", name="acme.example", account={{"id": ACCOUNT}},
        opts=pulumi.ResourceOptions(provider=provider))
""")
    stack.base_url = "http://127.0.0.1:9/client/v4"
    assert (await stack.up()).code == 0, stack.said
    assert stack.api.token not in await stack.export()
    assert len(stack.api.state.zones) == 1


MANY = """
import asyncio
from concurrent.futures import ThreadPoolExecutor
asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(256))
zone = cf.Zone("zone", name="acme.example", account={"id": ACCOUNT})
for index in range(200):
    cf.DnsRecord(f"h{index}", zone_id=zone.id, name=f"h{index}.acme.example", type="A",
                 content=f"192.0.2.{index}", ttl=300)
"""


@pytest.mark.slow
async def test_two_hundred_records_through_the_gateway_are_at_most_five_writes(stack: Stack) -> None:
    stack.program(MANY)
    async with Gateway(stack.api.url, stack.api.token) as gateway:
        stack.base_url = gateway.base_url
        started = time.monotonic()
        made = await stack.up("--parallel", "256")
        seconds = time.monotonic() - started
        assert made.code == 0, stack.said
        assert made.changes["create"] == 202
        assert gateway.stats.writes <= 1 + 5
        assert seconds < 60

        reads = gateway.stats.reads
        assert (await stack.run(*PREVIEW)).code == 0, stack.said
        assert gateway.stats.reads - reads <= 4
        assert gateway.base_url not in await stack.export()

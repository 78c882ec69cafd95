"""The real engine runs the real program against the edge's API: what each edit does to the zone."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from aiohttp import web

from launchready.edge.api.limits import Limits
from launchready.edge.api.server import CloudflareApi
from launchready.edge.state import EdgeState
from launchready.engine import Engine, engine_or_reason
from launchready.engine.operations import OperationResult, run_command, run_operation

pytestmark = [pytest.mark.engine, pytest.mark.slow]

ROOT = Path(__file__).resolve().parents[2]
ACCOUNT, TOKEN = "0" * 32, "t" * 40
CONFIG: dict[str, Any] = {
    "domain": "acme.example",
    "account": ACCOUNT,
    "hosts": {
        "@": {"address": "203.0.113.10"},
        "www": {"redirect": "@"},
        "app": {"cname": "app.host.example"},
    },
    "email": {"senders": [{"name": "own", "spf": ["ip4:198.51.100.7"]}], "receive": "google"},
    "guard": {"destroy": True},
}


@dataclass
class Launch:
    """A project directory, its stack, and the edge behind it."""

    engine: Engine
    directory: Path
    state: EdgeState
    url: str
    writes: list[str]

    def write(self, **changes: Any) -> None:
        config = {
            f"launchready:{key}": value for key, value in {**CONFIG, **changes}.items() if value is not None
        }
        path = self.directory / "stacks" / "Pulumi.acme.yaml"
        salt = yaml.safe_load(path.read_text()) if path.exists() else {}
        kept = {"encryptionsalt": salt["encryptionsalt"]} if "encryptionsalt" in salt else {}
        path.write_text(json.dumps({"config": config, **kept}))  # JSON quotes what is a string

    async def run(self, *arguments: str) -> OperationResult:
        self.writes.clear()
        return await run_operation(self.engine, [*arguments, "-s", "acme"], cwd=self.directory, env=self.env)

    async def up(self, **changes: Any) -> list[str]:
        """Bring the changed client file up; the writes that the API saw, without identifiers."""
        self.write(**changes)
        result = await self.run("up", "--yes", "--skip-preview")
        assert result.code == 0, (result.errors, result.tail)
        return list(self.writes)

    @property
    def env(self) -> dict[str, str]:
        return {
            **os.environ,
            "PULUMI_HOME": str(self.directory / "home"),
            "PULUMI_BACKEND_URL": f"file://{self.directory / 'backend'}",
            "PULUMI_CONFIG_PASSPHRASE": "test",
            "CLOUDFLARE_BASE_URL": self.url,
            "CLOUDFLARE_API_TOKEN": TOKEN,
        }

    def served(self, name: str) -> list[tuple[str, str]]:
        zone = self.state.zone_for("acme.example")
        assert zone is not None
        return sorted((record["type"], record["content"]) for record in zone.records_at(name))


@pytest.fixture
async def launch(tmp_path: Path) -> AsyncIterator[Launch]:
    engine, reason = engine_or_reason()
    if engine is None:
        pytest.skip(f"needs the engine: {reason}")
    state, writes = EdgeState(account_id=ACCOUNT, token=TOKEN, registrar_auto=False), []
    api = CloudflareApi(state, Limits(requests=0, per_second=0))

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        if request.method != "GET":
            writes.append(f"{request.method} {request.path.removeprefix('/client/v4/zones').split('/')[2:3]}")
        return await api.handle(request)

    runner = web.ServerRunner(web.Server(handle))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    for directory in ("stacks", "backend"):
        (tmp_path / directory).mkdir()
    manifest = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())
    manifest["runtime"]["options"]["virtualenv"] = sys.prefix
    (tmp_path / "Pulumi.yaml").write_text(yaml.safe_dump(manifest))
    shutil.copy(ROOT / "__main__.py", tmp_path)
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/client/v4"
    made = Launch(engine, tmp_path, state, url, writes)
    made.write()
    await run_command(engine, ["stack", "init", "acme"], cwd=tmp_path, env=made.env)
    yield made
    await runner.cleanup()


async def test_edits_change_what_they_must_and_no_more(launch: Launch) -> None:
    await launch.up()
    assert launch.served("app.acme.example") == [("CNAME", "app.host.example")]

    hosts = {**CONFIG["hosts"], "app": {"address": "203.0.113.30"}}
    assert await launch.up(hosts=hosts) == ["DELETE ['dns_records']", "POST ['dns_records']"]
    assert launch.served("app.acme.example") == [("A", "203.0.113.30")]

    hosts["@"] = {"address": ["203.0.113.11", "203.0.113.10"]}
    assert await launch.up(hosts=hosts) == ["PUT ['dns_records']", "POST ['dns_records']"]
    assert launch.served("acme.example")[:2] == [("A", "203.0.113.10"), ("A", "203.0.113.11")]

    hosts["@"] = {"address": "203.0.113.10"}
    assert await launch.up(hosts=hosts) == ["DELETE ['dns_records']"]

    email = {"senders": [{"name": "own", "spf": ["ip4:198.51.100.8"]}], "receive": "google"}
    assert await launch.up(hosts=hosts, email=email) == ["PUT ['dns_records']"]

    explicit = [
        {
            "name": record["name"],
            "type": record["type"],
            "content": record["content"],
            "priority": record.get("priority"),
        }
        for name in ("acme.example", "_dmarc.acme.example")
        for record in launch.state.zone_for("acme.example").records_at(name)  # type: ignore[union-attr]
        if record["type"] in ("TXT", "MX")
    ]
    records = [{key: value for key, value in record.items() if value is not None} for record in explicit]
    assert await launch.up(hosts=hosts, email="none", records=records) == [], "written out, nothing moves"

    redirects = [{"from": "acme.example/a", "to": "https://acme.example/b"}]
    assert await launch.up(hosts=hosts, email="none", records=records, redirects=redirects) == [
        "PUT ['rulesets']"
    ]
    assert (await launch.run("destroy", "--yes", "--skip-preview")).code == 0
    assert launch.state.zones == {}


async def test_an_adopted_zones_settings_come_back_as_they_were_found(launch: Launch) -> None:
    zone_id = await _zone_with_its_own_settings(launch)
    zone = launch.state.zones[zone_id]
    before = {key: json.dumps(zone.setting(key)) for key in ("ssl", "min_tls_version", "security_header")}
    await launch.up(zone={"id": zone_id}, guard=None)
    assert (zone.setting("ssl"), zone.setting("min_tls_version")) == ("strict", "1.2")
    assert (await launch.run("preview", "--expect-no-changes")).code == 0
    assert (await launch.run("destroy", "--yes", "--skip-preview")).code != 0, "an adopted zone is protected"
    gone = await launch.run("destroy", "--yes", "--skip-preview", "--exclude-protected")
    assert gone.code == 0, gone.errors
    assert zone_id in launch.state.zones
    assert {key: json.dumps(zone.setting(key)) for key in before} == before
    assert zone.dnssec["status"] == "pending", "signing was on"
    assert list(zone.records.values()) == []


async def _zone_with_its_own_settings(launch: Launch) -> str:
    from aiohttp import ClientSession

    async with ClientSession(headers={"Authorization": f"Bearer {TOKEN}"}) as session:
        body = {"name": "acme.example", "account": {"id": ACCOUNT}, "type": "full"}
        async with session.post(f"{launch.url}/zones", json=body) as response:
            zone_id = str((await response.json())["result"]["id"])
        for path, value in (
            ("settings/ssl", {"value": "full"}),
            ("settings/min_tls_version", {"value": "1.1"}),
            ("dnssec", {"status": "active"}),
        ):
            async with session.patch(f"{launch.url}/zones/{zone_id}/{path}", json=value) as response:
                assert response.status == 200, await response.text()
    return zone_id


async def test_a_bad_client_file_registers_nothing_and_is_explained(launch: Launch) -> None:
    launch.write(hosts={"@": {"address": "300.1.1.1"}})
    result = await launch.run("up", "--yes", "--skip-preview")
    assert result.code != 0
    said = "\n".join([*result.errors, *result.tail])
    assert "Pulumi.acme.yaml" in said
    assert "300.1.1.1" in said
    assert "Traceback" not in said
    assert launch.writes == []

"""The real engine: adopt a messy zone, preview no changes, up without a write, destroy without a trace."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from launchready.adopt.live import adopt_live, begun, keyed, preview, take_over
from launchready.client_file import read
from launchready.declared import declare
from launchready.drift.api import ReadApi
from launchready.engine import engine_or_reason
from launchready.rehearse.provision import Stack
from launchready.rehearse.takedown import take_down
from tests.adopt_live.messy_zone import DOMAIN, messy, whole
from tests.engine_plugin.plugin_rig import ACCOUNT, Served, served

ENGINE, REASON = engine_or_reason()
pytestmark = [
    pytest.mark.engine,
    pytest.mark.skipif(ENGINE is None, reason="no engine yet: make setup"),
]
ROOT = Path(__file__).resolve().parents[2]


def stack_of(api: Served, directory: Path) -> Stack:
    """A project of its own with a backend of its own."""
    for name in ("Pulumi.yaml", "__main__.py"):
        shutil.copy2(ROOT / name, directory / name)
    manifest = directory / "Pulumi.yaml"
    manifest.write_text(manifest.read_text().replace("virtualenv: .venv", f"virtualenv: {sys.prefix}"))
    for name in ("home", "backend"):
        (directory / name).mkdir()
    assert ENGINE is not None
    env = {
        **os.environ,
        "CLOUDFLARE_BASE_URL": api.url,
        "CLOUDFLARE_API_TOKEN": api.token,
        "LAUNCHREADY_EDGE_ACCOUNT": ACCOUNT,
        "PULUMI_HOME": str(directory / "home"),
        "PULUMI_BACKEND_URL": f"file://{directory / 'backend'}",
        "PULUMI_CONFIG_PASSPHRASE": "rehearsal",
    }
    return Stack(ENGINE, directory, "acme", env)


def writes(api: Served) -> list[Any]:
    return [call for call in api.calls if call.method != "GET"]


async def test_a_messy_zone_is_taken_over_without_a_write_and_let_go_as_it_was_found(tmp_path: Path) -> None:
    async with served("business") as api:
        zone = await messy(api)
        before = await whole(api, zone)
        stack = stack_of(api, tmp_path)
        async with ReadApi(api.url, api.token) as reader:
            await adopt_live("acme", reader, DOMAIN, tmp_path)
        await stack.ensure()
        imports = begun("acme", tmp_path)
        assert imports is not None

        assert await take_over(stack, imports, lambda _: None) == ()
        lines: list[str] = []
        assert await preview(stack, lines.append) == ()
        assert any("unchanged" in line for line in lines)
        assert await take_over(stack, imports, lambda _: None) == ()
        up = await stack.operate("up", options=["--refresh"])

        assert up.changed == 0, up.changes
        assert writes(api) == []
        assert await whole(api, zone) == before
        await take_down(stack, adopted=True)
        assert await whole(api, zone) == before
        assert {one["type"] for one in await asyncio.to_thread(resources, tmp_path)} <= {
            "pulumi:pulumi:Stack"
        }


def resources(directory: Path) -> list[dict[str, Any]]:
    """What the state still holds."""
    place = next((directory / "backend").rglob("stacks/launchready/acme.json"))
    latest = json.loads(place.read_text())["checkpoint"]["latest"]
    return list(latest.get("resources") or ())


async def test_what_changed_meanwhile_is_named_and_nothing_is_imported(tmp_path: Path) -> None:
    async with served("business") as api:
        zone = await messy(api)
        stack = stack_of(api, tmp_path)
        async with ReadApi(api.url, api.token) as reader:
            result = await adopt_live("acme", reader, DOMAIN, tmp_path)
        await stack.ensure()
        await api.call("PATCH", f"/zones/{zone}/settings/ssl", {"value": "strict"})
        imports = begun("acme", tmp_path)
        assert imports is not None
        found = keyed(await take_over(stack, imports, lambda _: None), declare(read(result.path).client))
        assert [(one.operation, one.name, one.key) for one in found] == [("update", "ssl", "tls.mode")]
        assert writes(api) == []

"""The real engine: its state is the one that the drills use, its commands mend, and none of it is changed."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import shlex
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from launchready.drift.fixes import Fixes
from launchready.engine import engine_or_reason
from launchready.engine.cloudflare_plugin.api import Call
from tests.drift import drift_clients, drift_zone
from tests.drift.drift_engine import NAME, EngineLaunch, engine_launch
from tests.drift.drift_kit import forget_aws, launched
from tests.drift.drift_program import EdgeApi

pytestmark = [pytest.mark.engine, pytest.mark.slow]
_OURS = ("id", "zoneId", "createdOn", "modifiedOn")
VOLATILE = frozenset(
    {*_OURS, "accountId", "lastUpdated", "etag", "publicKey", "digest", "ds", "keyTag", "tier", "confirmed"}
)
"""Ids, times and keys, which no two launches share; the tier, which the secret's length decides; whether an
owner was quick to confirm."""


@pytest.fixture
async def engine_stage(tmp_path: Path) -> AsyncIterator[EngineLaunch]:
    engine, reason = engine_or_reason()
    if engine is None:
        pytest.skip(f"needs the engine: {reason}")
    async with engine_launch(engine, tmp_path, drift_clients.client(), drift_clients.PLAN) as made:
        await made.up()
        yield made


def backend(stage: EngineLaunch) -> dict[str, str]:
    """Every file of the backend, by its digest."""
    root = Path(stage.env["PULUMI_BACKEND_URL"].removeprefix("file://"))
    return {
        str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


class Commands:
    """`launch …` as a user types it, in the stage's project."""

    def __init__(self, stage: EngineLaunch) -> None:
        self._stage = stage
        self.edge = str(stage.edge.options.dir / "edge.json")

    def _env(self) -> dict[str, str]:
        scripts = Path(sys.executable).parent
        return {**self._stage.env, "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}"}

    async def run(self, *words: str, code: int | None = 0) -> str:
        def blocking() -> subprocess.CompletedProcess[str]:
            return subprocess.run(
                [sys.executable, "-m", "launchready.cli", *words],
                cwd=self._stage.directory, env=self._env(), capture_output=True, text=True, timeout=280,
                check=False,
            )  # fmt: skip

        done = await asyncio.to_thread(blocking)
        assert code is None or done.returncode == code, (
            done.returncode,
            done.stdout[-3000:],
            done.stderr[-3000:],
        )
        return done.stdout

    async def shell(self, command: str) -> None:
        """A fix, pasted into a shell."""

        def blocking() -> subprocess.CompletedProcess[str]:
            return subprocess.run(
                ["bash", "-c", command], cwd=self._stage.directory, env=self._env(), capture_output=True,
                text=True, timeout=280, check=False,
            )  # fmt: skip

        done = await asyncio.to_thread(blocking)
        assert done.returncode == 0, (command, done.stdout[-3000:], done.stderr[-3000:])

    async def drift(self, code: int) -> dict[str, Any]:
        text = await self.run("drift", NAME, "--edge", self.edge, "--json", code=code)
        found: dict[str, Any] = json.loads(text)
        return found

    async def mend(self, fix: str) -> None:
        """The fix's command; `launch up` asks a person, so that it gets its --yes here."""
        await self.shell(fix.replace(f"launch up {NAME}", f"launch up {NAME} --yes"))


async def test_launch_drift_sees_and_its_fixes_mend_and_nothing_is_touched(
    engine_stage: EngineLaunch, root: Path
) -> None:
    commands, zone = Commands(engine_stage), engine_stage.edge.state.zone_for("acme.example")
    assert zone is not None
    before, serial = backend(engine_stage), zone.serial
    document = await commands.drift(0)
    jsonschema.validate(
        document, json.loads((root / "launchready" / "drift" / "drift.schema.json").read_text())
    )
    assert document["items"] == []
    assert document["state"] == {"known": True, "reason": None}
    assert (backend(engine_stage), zone.serial) == (before, serial)

    app = next(r for r in zone.records.values() if r["name"] == "app.acme.example")
    zone.drop_record(app["id"])
    zone.settings["ssl"]["value"] = "off"
    redirects = zone.ruleset("http_request_dynamic_redirect")
    assert redirects is not None
    redirects["rules"].reverse()
    redirects["version"] = "99"
    engine_stage.edge.state.changed()
    items = {item["id"]: item for item in (await commands.drift(1))["items"]}
    assert set(items) == {"dns.address.missing", "tls.mode.lowered", "redirect.order"}
    assert {item["fix"] for item in items.values()} == {f"launch up {NAME} --refresh --edge {commands.edge}"}
    await commands.mend(items["tls.mode.lowered"]["fix"])
    assert (await commands.drift(0))["items"] == []


async def test_a_foreign_record_is_adopted_by_what_its_fix_says(engine_stage: EngineLaunch) -> None:
    commands = Commands(engine_stage)
    zone = engine_stage.edge.state.zone_for("acme.example")
    assert zone is not None
    record = {"type": "A", "name": "forgotten.acme.example", "content": "203.0.113.66", "ttl": 600}
    made = await EdgeApi(engine_stage.edge).result(Call("POST", f"/zones/{zone.id}/dns_records", record))
    (item,) = (await commands.drift(1))["items"]
    line, then, _ = item["fix"].split("\n")
    stack_file = engine_stage.directory / "stacks" / f"Pulumi.{NAME}.yaml"
    text = stack_file.read_text()
    entry = line.partition(":  - ")[2]
    assert "launchready:records:\n" in text
    stack_file.write_text(text.replace("launchready:records:\n", f"launchready:records:\n  - {entry}\n"))
    await commands.mend(then.removeprefix("then: "))
    assert (await commands.drift(0))["items"] == []
    assert made["id"] in zone.records, "it was adopted, not made again"


async def test_the_drills_state_is_the_engines(engine_stage: EngineLaunch, tmp_path: Path) -> None:
    """What the drills run in process leaves the same state as the real engine, resource by resource."""
    (tmp_path / "other").mkdir()
    engines = _by_urn(await engine_stage.export())
    forget_aws()  # which two edges of one process share
    async with launched(tmp_path / "other", drift_clients.client(), drift_clients.PLAN) as stage:
        mine = _by_urn(stage.stack.export())
    assert set(mine) == set(engines)
    different = {urn: (values, engines[urn]) for urn, values in mine.items() if values != engines[urn]}
    assert different == {}


async def test_the_benchs_zone_and_state_are_the_engines(tmp_path: Path) -> None:
    """500 records by the generator, and by the engine: the same zone, the same state."""
    engine, reason = engine_or_reason()
    if engine is None:
        pytest.skip(f"needs the engine: {reason}")
    values = drift_zone.values(500)
    async with engine_launch(engine, tmp_path, values, "enterprise") as made:
        await made.up()
        engines, live = _by_urn(await made.export()), _served(made.edge.state.zone_for(drift_zone.DOMAIN))
    (tmp_path / "other").mkdir()
    async with drift_zone.generated(tmp_path / "other", 500) as stage:
        assert _served(stage.zone) == live
        mine = _by_urn(stage.export)
    assert set(mine) == set(engines)
    assert {urn for urn, held in mine.items() if held != engines[urn]} == set()


def _served(zone: Any) -> list[tuple[Any, ...]]:
    keys = ("name", "type", "content", "ttl", "proxied", "priority", "comment", "tags")
    return sorted(repr([record.get(key) for key in keys]) for record in zone.records.values())  # type: ignore[misc]


def _by_urn(export: dict[str, Any]) -> dict[str, Any]:
    """URN → kind, inputs and outputs without what no two launches share; memories and components aside."""
    found = {}
    for resource in export["deployment"]["resources"]:
        kind = resource["type"].rpartition(":")[2]
        if not resource.get("custom") or kind == "SettingsMemory" or "providers" in resource["type"]:
            continue
        sides = {side: _stable(resource.get(side) or {}) for side in ("inputs", "outputs")}
        found[resource["urn"]] = (resource["type"], sides)
    return found


def _stable(value: Any) -> Any:
    """Values without ids, times, ARNs and ciphertexts; absent and null are one."""
    if isinstance(value, dict):
        if "ciphertext" in value:
            return "[secret]"
        return {
            key: _stable(one) for key, one in value.items()
            if key not in VOLATILE and not key.startswith("__") and one is not None
        }  # fmt: skip
    if isinstance(value, list):
        return [_stable(one) for one in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return "[id]" if isinstance(value, str) and _is_id(value) else value


def _is_id(text: str) -> bool:
    """An id of the edge or of AWS, or something with one in it."""
    hexadecimal = len(text) >= 16 and all(c in "0123456789abcdef-" for c in text)
    return hexadecimal or "arn:aws" in text or text.endswith(".ns.cloudflare.com")


def test_fixes_are_pasted_into_a_shell_whole() -> None:
    fixes = Fixes("acme", "acme.example", "1" * 32, Path("/tmp/an edge/edge.json"), "stacks/Pulumi.acme.yaml")
    for fix in (
        fixes.up(), fixes.refresh(), fixes.delete_record("2" * 32), fixes.set_ds("1 13 2 AB"),
        fixes.aws("sns", "unsubscribe", "--subscription-arn", "arn:x y", region="us-east-1"),
        fixes.call("PATCH", "/zones/{zone}", {"name": "it's"}),
    ):  # fmt: skip
        subprocess.run(["bash", "-n", "-c", fix], check=True)
        assert shlex.split(fix)

"""`launch up` as a person runs it, with the real engine and edge: ended while it waits, and once more."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from launchready.edge.api import Limits as ApiLimits
from launchready.edge.api.registrar import own_ds
from launchready.edge.process import Edge, EdgeOptions, serve
from launchready.edge.world import registrar
from launchready.engine import engine_or_reason
from tests.steps.steps_kit import CLIENT, DOMAIN, NAME, OLD

pytestmark = [
    pytest.mark.engine,
    pytest.mark.slow,
    pytest.mark.skipif(engine_or_reason()[0] is None, reason="no engine yet: make setup"),
]
ROOT = Path(__file__).resolve().parents[2]
SECONDS = 120.0
Ended = tuple[int | None, str, str]


class Project:
    """A project with one client, and the edge that it is launched on."""

    def __init__(self, edge: Edge, directory: Path) -> None:
        self.edge, self.directory = edge, directory
        (directory / "stacks").mkdir(parents=True)
        (directory / "home").mkdir()
        manifest = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())
        manifest["runtime"] = {"name": "python", "options": {"virtualenv": sys.prefix}}
        (directory / "Pulumi.yaml").write_text(yaml.safe_dump(manifest))
        shutil.copy2(ROOT / "__main__.py", directory)
        values = {key: value for key, value in CLIENT.items() if key != "client"}
        config: dict[str, Any] = {f"launchready:{key}": value for key, value in values.items()}
        config["launchready:account"] = edge.document()["account"]
        (directory / "stacks" / f"Pulumi.{NAME}.yaml").write_text(json.dumps({"config": config}))

    async def start(self, *arguments: str) -> asyncio.subprocess.Process:
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("PULUMI_", "CLOUDFLARE_", "AWS_"))}
        return await asyncio.create_subprocess_exec(
            sys.executable, "-m", "launchready.cli", *arguments, "--edge", str(self.edge.options.dir),
            cwd=self.directory, env={**clean, "PULUMI_HOME": str(self.directory / "home")},
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
        )  # fmt: skip

    async def run(self, *arguments: str) -> Ended:
        process = await self.start(*arguments)
        async with asyncio.timeout(SECONDS):
            out, err = await process.communicate()
        return process.returncode, out.decode(), err.decode()

    def kept(self) -> dict[str, Any]:
        (path,) = (self.directory / ".launchready" / "steps").iterdir()
        document: dict[str, Any] = json.loads(path.read_text())
        return document


async def until_said(process: asyncio.subprocess.Process, words: str) -> None:
    assert process.stderr is not None
    async with asyncio.timeout(SECONDS):
        async for line in process.stderr:
            if words in line.decode():
                return
    raise AssertionError(f"it never said {words!r}")


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
async def test_a_launch_that_is_ended_while_it_waits_goes_on_where_it_stopped(
    tmp_path: Path, number: signal.Signals
) -> None:
    (tmp_path / "edge").mkdir()
    limits = ApiLimits(requests=0, per_second=0)
    edge = await serve(EdgeOptions(dir=tmp_path / "edge", registrar="manual", limits=limits))
    try:
        project = Project(edge, tmp_path / "project")
        registrar.set_ns(edge.state, DOMAIN, OLD)
        waiting = await project.start("up", NAME, "--yes", "--wait", "10m")
        await until_said(waiting, "nameservers: needs a person")
        os.killpg(waiting.pid, number)
        async with asyncio.timeout(SECONDS):
            await waiting.communicate()
        assert waiting.returncode == (-signal.SIGKILL if number is signal.SIGKILL else 3)
        assert project.kept()["at"] == "nameservers"

        (zone,) = edge.state.zones.values()
        code, out, _ = await project.run("steps", NAME)
        assert code == 1
        assert all(name in out for name in zone.info["name_servers"])

        registrar.set_ns(edge.state, DOMAIN, zone.info["name_servers"])
        registrar.set_ds(edge.state, DOMAIN, [str(own_ds(zone))])
        code, out, err = await project.run("up", NAME, "--yes")
        assert code == 0, err
        assert "1/9 zone: already done" in err
        assert "every step is done" in out
        code, out, _ = await project.run("steps", NAME, "--json")
        document = json.loads(out)
        schema = ROOT / "launchready" / "steps" / "steps.schema.json"
        jsonschema.validate(document, json.loads(schema.read_text()))
        assert (code, document["state"], document["at"]) == (0, "done", None)
        assert {**document, "steps": []} == {**project.kept(), "steps": []}
    finally:
        await edge.close()


async def test_bad_input_is_refused_before_anything_runs(tmp_path: Path) -> None:
    (tmp_path / "edge").mkdir()
    edge = await serve(EdgeOptions(dir=tmp_path / "edge", registrar="manual"))
    try:
        project = Project(edge, tmp_path / "project")
        code, _, err = await project.run("up", NAME, "--yes", "--wait", "soon")
        assert (code, "--wait soon" in err) == (2, True)
        assert (await project.run("steps", "nobody"))[0] == 2
        code, out, _ = await project.run("steps", NAME, "--json")
        assert (code, json.loads(out)["at"], json.loads(out)["state"]) == (1, "zone", "failed")
        assert not (project.directory / ".launchready").exists()
        assert edge.state.zones == {}
    finally:
        await edge.close()

"""A launch by the real engine against a whole edge in this process."""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from launchready.client_file import read
from launchready.client_file.model import ClientFile
from launchready.client_file.secrets import EnvironmentSecrets
from launchready.edge.api import Limits as ApiLimits
from launchready.edge.document import environment
from launchready.edge.process import Edge, EdgeOptions, serve
from launchready.engine import Engine
from launchready.engine.operations import OperationResult, run_command, run_operation
from launchready.rehearse.workspace import PASSPHRASE, make_workspace

ROOT = Path(__file__).resolve().parents[2]
NAME = "acme"


@dataclass
class EngineLaunch:
    """A project of its own with one stack, and the edge that it is launched on."""

    engine: Engine
    edge: Edge
    directory: Path
    env: dict[str, str]

    @property
    def client(self) -> ClientFile:
        """The stack's client file, its canaries readable."""
        path = self.directory / "stacks" / f"Pulumi.{NAME}.yaml"
        return read(path, secrets=EnvironmentSecrets({"PULUMI_CONFIG_PASSPHRASE": PASSPHRASE})).client

    async def run(self, *arguments: str) -> OperationResult:
        result = await run_operation(
            self.engine, [*arguments, "-s", NAME, "--parallel", "64"], cwd=self.directory, env=self.env
        )
        assert result.code == 0, (result.errors, list(result.tail))
        return result

    async def up(self, *options: str) -> OperationResult:
        return await self.run("up", "--yes", "--skip-preview", *options)

    async def export(self) -> dict[str, Any]:
        """The state as the engine exports it."""
        target = self.directory / "export.json"
        done = await run_command(
            self.engine,
            ["stack", "export", "--file", str(target), "-s", NAME],
            cwd=self.directory,
            env=self.env,
        )
        assert done.code == 0, list(done.tail)
        found: dict[str, Any] = json.loads(target.read_bytes())
        target.unlink()
        return found


def _sealed(value: Any) -> Any:
    """Values as a stack file has them before the workspace puts canaries in: any sealed text will do."""
    if isinstance(value, Mapping):
        if set(value) == {"secure"}:
            return {"secure": "v1:AAAAAAAAAAAAAAAA:AAAA"}
        return {key: _sealed(one) for key, one in value.items()}
    return [_sealed(one) for one in value] if isinstance(value, list | tuple) else value


@asynccontextmanager
async def engine_launch(
    engine: Engine, directory: Path, values: Mapping[str, Any], plan: str, limits: ApiLimits | None = None
) -> AsyncIterator[EngineLaunch]:
    """An edge and a stack that is not up yet."""
    edge_dir, source = directory / "edge", directory / "source"
    edge_dir.mkdir()
    source.mkdir()
    edge = await serve(EdgeOptions(dir=edge_dir, plan=plan, limits=limits or ApiLimits(0, 0)))
    try:
        stack_file = source / f"Pulumi.{NAME}.yaml"
        config = {f"launchready:{key}": _sealed(value) for key, value in values.items()}
        config["launchready:account"] = edge.state.account_id
        stack_file.write_text(yaml.safe_dump({"config": config}, sort_keys=False, allow_unicode=True))
        loaded = read(stack_file).client
        made = make_workspace(ROOT, loaded, directory / "project", account=edge.state.account_id)
        (directory / "home").mkdir()
        env = {
            **os.environ,
            **environment(edge.document()),
            "PULUMI_HOME": str(directory / "home"),
            "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
            "PULUMI_EXPERIMENTAL": "true",
            "PULUMI_SKIP_CHECKPOINTS": "true",
        }
        launch = EngineLaunch(engine, edge, made.directory, env)
        selected = await run_command(
            engine, ["stack", "select", "--create", NAME], cwd=made.directory, env=env
        )
        assert selected.code == 0, list(selected.tail)
        yield launch
    finally:
        await edge.close()

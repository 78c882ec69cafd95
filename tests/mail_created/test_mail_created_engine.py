"""The real engine makes keys, identity, Worker and certificate in an edge.

Once, without a later diff, and with no private key in anything that the run wrote.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml

from launchready.client_file.secrets import PassphraseKey
from launchready.edge.api import Limits
from launchready.edge.document import environment
from launchready.edge.process import Edge, EdgeOptions, serve
from launchready.engine import Engine, engine_or_reason
from launchready.engine.operations import OperationResult, run_command, run_operation
from launchready.mailauth.dkim_keys import public_key
from launchready.rehearse.provision import Stack

pytestmark = [pytest.mark.engine, pytest.mark.slow]

ROOT = Path(__file__).resolve().parents[2]
REGION = "eu-west-1"
CONFIG: dict[str, Any] = {
    "domain": "acme.example",
    "plan": "pro",
    "hosts": {"@": {"address": "203.0.113.10"}, "a.b": {"address": "203.0.113.11"}},
    "tls": {"certificates": "advanced"},
    "email": {
        "senders": ["google", "ses", {"name": "app", "spf": ["ip4:198.51.100.7"]}],
        "receive": "google",
        "dkim": {"s1": {"generate": "rsa", "sender": "ses"}, "e1": {"generate": "ed25519", "sender": "app"}},
        "ses": {"region": REGION, "byodkim": "s1"},
        "mta_sts": "testing",
        "tls_rpt": ["mailto:tls@acme.example"],
    },
    "guard": {"destroy": True},
    "portal": "none",
    "monitors": "none",
}


@dataclass
class Launch:
    """A project, its stack, and the edge that it is launched into."""

    engine: Engine
    directory: Path
    edge: Edge
    salt: str = ""
    logs: list[str] = field(default_factory=list)

    @property
    def env(self) -> dict[str, str]:
        document = self.edge.document()
        return {**os.environ, **environment(document), "PULUMI_HOME": str(self.directory / "home")}

    @property
    def stack(self) -> Stack:
        return Stack(self.engine, self.directory, "acme", self.env)

    def write(self, **email: Any) -> None:
        config = {**CONFIG, "account": self.edge.state.account_id, "email": {**CONFIG["email"], **email}}
        self.salt = self.salt or PassphraseKey.create("rehearsal").encryptionsalt
        document = {
            "config": {f"launchready:{key}": value for key, value in config.items()},
            "encryptionsalt": self.salt,
        }
        (self.directory / "stacks" / "Pulumi.acme.yaml").write_text(json.dumps(document))

    async def run(self, *arguments: str) -> OperationResult:
        result = await run_operation(
            self.engine,
            [*arguments, "-s", "acme"],
            cwd=self.directory,
            env=self.env,
            on_line=self.logs.append,
        )
        assert result.code == 0, (result.errors, result.tail)
        return result

    def texts(self, name: str) -> list[str]:
        zone = self.edge.state.zone_for("acme.example")
        assert zone is not None
        found = [r["content"] for r in zone.records_at(f"{name}._domainkey.acme.example")]
        return [content.replace('" "', "").strip('"') for content in found]

    async def private(self, selector: str) -> str:
        name = f"/launchready/acme/dkim/{selector}"
        found = await self.ask("ssm", "us-east-1", "get_parameter", Name=name, WithDecryption=True)
        assert found["Parameter"]["Type"] == "SecureString"
        return str(found["Parameter"]["Value"])

    async def signing(self) -> dict[str, Any]:
        found = await self.ask("sesv2", REGION, "get_email_identity", EmailIdentity="acme.example")
        return dict(found["DkimAttributes"])

    async def ask(self, service: str, region: str, operation: str, **parameters: str | bool) -> Any:
        """A call of AWS, in a thread: the edge runs on this loop."""
        client = boto3.client(
            service,
            endpoint_url=self.edge.document()["aws"],
            region_name=region,
            aws_access_key_id="edge",
            aws_secret_access_key="edge",
        )
        return await asyncio.to_thread(getattr(client, operation), **parameters)


@pytest.fixture
async def launch(tmp_path: Path) -> AsyncIterator[Launch]:
    engine, reason = engine_or_reason()
    if engine is None:
        pytest.skip(f"needs the engine: {reason}")
    options = EdgeOptions(dir=tmp_path / "edge", plan="pro", limits=Limits(requests=0, per_second=0))
    edge = await serve(options)
    (tmp_path / "stacks").mkdir()
    manifest = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())
    manifest["runtime"]["options"]["virtualenv"] = sys.prefix
    (tmp_path / "Pulumi.yaml").write_text(yaml.safe_dump(manifest))
    shutil.copy(ROOT / "__main__.py", tmp_path)
    made = Launch(engine, tmp_path, edge)
    made.write()
    await made.stack.ensure()
    yield made
    await edge.close()


async def test_what_mail_needs_is_made_once_rotated_and_taken_down(launch: Launch) -> None:
    first = await launch.run("preview")  # what is made is unknown yet, and that is no error
    assert first.changes["create"] > 50
    await launch.run("up", "--yes", "--skip-preview", "--logtostderr", "-v=9")
    outputs = await launch.stack.outputs()
    keys = outputs["dkim_keys"]
    for selector, algorithm in (("s1", "rsa"), ("e1", "ed25519")):
        record = keys[selector]["record"]
        assert launch.texts(selector) == [record]
        assert record == f"v=DKIM1; k={algorithm}; p={public_key(await launch.private(selector))}"
    zone = launch.edge.state.zone_for("acme.example")
    assert zone is not None
    (pack,) = zone.extra["certificate_packs"].values()
    assert pack["hosts"] == ["acme.example", "*.acme.example", "a.b.acme.example"]
    assert [route["pattern"] for route in zone.extra["workers_routes"].values()] == ["mta-sts.acme.example/*"]

    again = await launch.run("preview", "--refresh", "--expect-no-changes")
    assert again.changed == 0

    retired = {"s1": {"generate": "rsa", "sender": "ses", "until": "2199-01-31"}}
    fresh = {"s2": {"generate": "rsa", "sender": "ses"}}
    launch.write(
        dkim={**CONFIG["email"]["dkim"], **retired, **fresh}, ses={"region": REGION, "byodkim": "s2"}
    )
    before = (launch.texts("s1"), await launch.private("s1"))
    await launch.run("up", "--yes", "--skip-preview")
    assert (launch.texts("s1"), await launch.private("s1")) == before  # published on: no gap
    assert len(launch.texts("s2")) == 1
    assert (await launch.signing())["Tokens"] == ["s2"]

    await _nothing_secret(launch)
    await launch.run("destroy", "--yes", "--skip-preview")
    assert launch.edge.state.zones == {}
    assert launch.edge.state.account["workers_scripts"] == {}


async def _nothing_secret(launch: Launch) -> None:
    """No private key in the state, its history, the logs of the most talkative run, or the stack's export."""
    export = ["stack", "export", "-s", "acme", "--file", str(launch.directory / "export.json")]
    exported = await run_command(launch.engine, export, cwd=launch.directory, env=launch.env)
    assert exported.code == 0, exported.tail
    secret = [(await launch.private(selector)).splitlines()[1] for selector in ("s1", "s2", "e1")]
    haystacks = {"log": "\n".join(launch.logs), "export": (launch.directory / "export.json").read_text()}
    for path in (launch.directory / "edge" / "backend").rglob("*"):
        if path.is_file():
            haystacks[str(path)] = path.read_text(errors="replace")
    assert len(haystacks) > 2
    assert "launchready-sealed:" in haystacks["log"]  # it was verbose enough to show what is stored
    for where, text in haystacks.items():
        assert "PRIVATE KEY" not in text, where
        for line in secret:
            assert line not in text, where

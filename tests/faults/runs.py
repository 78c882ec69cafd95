"""A small launch, run by the real command line against an edge in this process, and how to tell its end."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from faults_kit import Control, faulty_edge

ROOT = Path(__file__).resolve().parents[2]
NAME, DOMAIN = "acme", "acme.example"
FOREIGN = "foreign"
"""The host whose records are somebody else's."""
SMALL: dict[str, Any] = {
    "domain": DOMAIN,
    "hosts": {"@": {"address": "203.0.113.10"}, "www": {"redirect": "@"}},
    "email": {"senders": []},
    "environment": {
        "target": "ssm",
        "variables": {"PUBLIC_API_URL": {"value": "https://api.acme.example", "scope": "browser"}},
    },
    "guard": {"destroy": True, "max_delete": 9},
}
QUICK = {
    "LAUNCHREADY_PLUGIN_RETRY": "attempts=6,first=0.02,longest=0.1,total=20",
    "LAUNCHREADY_GATEWAY_PACE": "retries=3,first=0.02,answer=10",
    "LAUNCHREADY_SETTINGS_RETRY": "attempts=6,first=0.02,longest=0.1",
}
"""Back-off by parameter: nothing sleeps for long."""
WAIT_SECONDS = 240.0


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str


@dataclass
class Runs:
    """A project with one client, and the edge that it is launched on."""

    control: Control
    directory: Path
    name: str = NAME
    extra: Mapping[str, str] = field(default_factory=dict)

    @property
    def env(self) -> dict[str, str]:
        dropped = ("PULUMI_", "CLOUDFLARE_", "AWS_", "LAUNCHREADY_RUN")
        clean = {key: value for key, value in os.environ.items() if not key.startswith(dropped)}
        return {**clean, **QUICK, "PULUMI_HOME": str(self.directory / "home"), **self.extra}

    def write(self, values: Mapping[str, Any]) -> None:
        """The client file."""
        config = {f"launchready:{key}": value for key, value in values.items()}
        config["launchready:account"] = self.control.document["account"]
        path = self.directory / "stacks" / f"Pulumi.{self.name}.yaml"
        held = yaml.safe_load(path.read_text()) if path.exists() else {}
        kept = {key: held[key] for key in ("encryptionsalt",) if key in held}
        path.write_text(json.dumps({"config": config, **kept}))

    async def start(self, *arguments: str) -> asyncio.subprocess.Process:
        """A command in a process group of its own."""
        edge = str(Path(self.control.document["ca"]).parent / "edge.json")
        return await asyncio.create_subprocess_exec(
            sys.executable, "-m", "launchready.cli", *arguments, "--edge", edge,
            cwd=self.directory, env=self.env, stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, start_new_session=True,
        )  # fmt: skip

    async def finish(self, process: asyncio.subprocess.Process) -> Ended:
        async with asyncio.timeout(WAIT_SECONDS):
            out, err = await process.communicate()
        code = process.returncode
        assert code is not None
        return Ended(code, out.decode(), err.decode())

    async def run(self, *arguments: str) -> Ended:
        return await self.finish(await self.start(*arguments))

    async def killed(self, fault: Mapping[str, Any], *arguments: str) -> tuple[Ended, bool]:
        """A command with a fault that kills it; and whether that fault fired."""
        process = await self.start(*arguments)
        put = await self.control.faults("POST", {"faults": [{"nth": 1, **fault, "group": process.pid}]})
        assert put["status"] == 200, put
        ended = await self.finish(process)
        fired = (await self.control.faults())["fired"]
        await self.control.faults("DELETE")
        return ended, bool(fired and fired[0]["killed"])

    async def up(self) -> Ended:
        return await self.run("up", self.name, "--yes")

    async def done(self) -> Ended:
        """`launch up` that has to do it."""
        ended = await self.up()
        assert ended.code == 0, ended.err + ended.out
        return ended

    # ---- what there is ----------------------------------------------------------------------------

    def served(self) -> dict[str, Any]:
        """What the edge holds of this launch, without ids and times: equal for equal launches."""
        state = self.control.edge.state
        zones = [
            {
                "name": zone.name,
                "records": sorted(
                    json.dumps(_told(one), sort_keys=True)
                    for one in zone.records.values()
                    if not one["name"].startswith(f"{FOREIGN}.")
                ),
                "rulesets": sorted(json.dumps(_told(one), sort_keys=True) for one in zone.rulesets.values()),
                "settings": {key: one["value"] for key, one in zone.settings.items()},
                "dnssec": (zone.extra.get("dnssec") or {}).get("status"),
            }
            for zone in state.zones.values()
        ]
        return {"zones": sorted(zones, key=lambda one: str(one["name"])), "aws": _aws()}

    def state(self) -> dict[str, Any]:
        """The engine's own state file."""
        place = Path(self.control.document["ca"]).parent / "backend" / ".pulumi" / "stacks" / "launchready"
        document: dict[str, Any] = json.loads((place / f"{self.name}.json").read_text())
        latest: dict[str, Any] = document["checkpoint"]["latest"]
        return latest

    def true_to_the_edge(self) -> list[str]:
        """What the state and the edge do not agree on, by id; empty when the state is true."""
        latest = self.state()
        held = latest.get("resources") or ()
        problems = [f"pending: {one['resource']['urn']}" for one in latest.get("pending_operations") or ()]
        records, rules, zones = (
            [str(one["id"]).rpartition("/")[2] for one in held if one["type"] == wanted]
            for wanted in (
                "cloudflare:index/dnsRecord:DnsRecord",
                "cloudflare:index/ruleset:Ruleset",
                "cloudflare:index/zone:Zone",
            )
        )
        edge = self.control.edge.state
        live = {
            key
            for zone in edge.zones.values()
            for key, one in zone.records.items()
            if not one["name"].startswith(f"{FOREIGN}.")
        }
        live_rules = {one["id"] for zone in edge.zones.values() for one in zone.rulesets.values()}
        for what, mine, theirs in (
            ("record", records, live), ("ruleset", rules, live_rules), ("zone", zones, set(edge.zones)),
        ):  # fmt: skip
            problems += [f"{what} {one} is in the state and not there" for one in set(mine) - theirs]
            problems += [f"{what} {one} is there and in no state" for one in theirs - set(mine)]
            problems += [f"{what} {one} twice" for one in mine if mine.count(one) > 1]
        return problems


def tell(*lines: str) -> None:
    """What a person who runs the tests sees of them."""
    sys.stdout.write("\n" + "\n".join(lines) + "\n")


def _aws() -> dict[str, list[str]]:
    """What AWS holds, by name, each as often as it is there: moto lives in this process."""
    from moto.backends import get_backend

    def of(service: str, region: str = "us-east-1") -> Any:
        return get_backend(service)["123456789012"][region]  # type: ignore[call-overload]

    keys = [key for key in of("kms").keys.values() if key.key_state == "Enabled"]
    found = {
        "parameters": [name for name in of("ssm")._parameters if not name.startswith("/aws")],
        "keys": [key.description for key in keys if key.key_manager == "CUSTOMER"],
        "health checks": [
            one.caller_reference.rpartition("-")[0] for one in of("route53", "aws").health_checks.values()
        ],
        "alarms": list(of("cloudwatch").alarms),
        "topics": [arn.rpartition(":")[2] for arn in of("sns").topics],
        "subscriptions": [one.endpoint for one in of("sns").subscriptions.values()],
        "rules": [name for bus in of("events").event_buses.values() for name in bus.rules],
        "identities": list(of("ses").email_identities),
    }
    return {kind: sorted(map(str, names)) for kind, names in found.items()}


def _told(value: Any) -> Any:
    """Without what differs from launch to launch: ids, times, and keys that are made."""
    if isinstance(value, Mapping):
        made = "._domainkey." in str(value.get("name"))
        return {
            key: _told(one)
            for key, one in value.items()
            if not (made and key in ("name", "content"))
            if key not in ("id", "zone_id", "version", "created_on", "modified_on", "last_updated", "meta")
            and not key.endswith("_on")
        }
    return [_told(one) for one in value] if isinstance(value, list) else value


@asynccontextmanager
async def small_launch(directory: Path, values: Mapping[str, Any] | None = None) -> AsyncIterator[Runs]:
    """A project that has not been launched yet."""
    for name in ("edge", "project/stacks", "project/home"):
        (directory / name).mkdir(parents=True)
    project = directory / "project"
    manifest = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())
    manifest["runtime"] = {"name": "python", "options": {"virtualenv": sys.prefix}}
    (project / "Pulumi.yaml").write_text(yaml.safe_dump(manifest))
    shutil.copy2(ROOT / "__main__.py", project / "__main__.py")
    async with faulty_edge(directory / "edge") as control:
        made = Runs(control, project)
        made.write(values or SMALL)
        yield made


@asynccontextmanager
async def example_launch(directory: Path) -> AsyncIterator[Runs]:
    """The committed example client, its secrets replaced by canaries, not launched yet."""
    from launchready.client_file import load
    from launchready.rehearse.workspace import make_workspace

    example = load(ROOT / "stacks" / "Pulumi.example.yaml")
    for name in ("edge", "project"):
        (directory / name).mkdir(parents=True)
    async with faulty_edge(directory / "edge", example.plan) as control:
        account = control.document["account"]
        made = make_workspace(ROOT, example, directory / "project", account=account)
        (directory / "project" / "home").mkdir()
        yield Runs(control, made.directory, example.client)

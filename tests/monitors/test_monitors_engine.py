"""The real engine launches monitors against the edge's AWS: once, twice, refreshed, changed, gone."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
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

pytestmark = [pytest.mark.engine, pytest.mark.slow]

ROOT = Path(__file__).resolve().parents[2]
WEBHOOK = "https://hooks.slack.example/services/lrcanary-0123456789abcdef"
PASSPHRASE = "test"
MONITORS: dict[str, Any] = {
    "paths": ["/", "/login"],
    "endpoints": [{"path": "/health", "contains": "all good"}],
    "notify": {"email": ["oncall@acme.example"], "sms": ["+14155550100"]},
    "errors": {
        "namespace": "AWS/ApplicationELB",
        "metric": "HTTPCode_Target_5XX_Count",
        "threshold": 10,
        "region": "eu-west-1",
    },
    "tags": {"team": "web"},
}


@dataclass
class Launch:
    """A project directory and its stack, the edge behind it."""

    engine: Engine
    directory: Path
    edge: Edge
    key: PassphraseKey

    def write(self, **changes: Any) -> None:
        notify = {**MONITORS["notify"], "slack": {"secure": self.key.encrypt(WEBHOOK)}}
        config = {
            "domain": "acme.example",
            "account": self.edge.state.account_id,
            "plan": "pro",
            "hosts": {"@": {"address": "203.0.113.10"}},
            "guard": {"destroy": True},
            "monitors": {**MONITORS, "notify": notify, **changes},
        }
        document = {
            "config": {f"launchready:{key}": value for key, value in config.items()},
            "encryptionsalt": self.key.encryptionsalt,
        }
        (self.directory / "stacks" / "Pulumi.acme.yaml").write_text(json.dumps(document))

    @property
    def env(self) -> dict[str, str]:
        return {
            **os.environ,
            **environment(self.edge.document()),
            "PULUMI_HOME": str(self.directory / "home"),
            "PULUMI_BACKEND_URL": f"file://{self.directory / 'backend'}",
            "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
        }

    async def run(self, *arguments: str) -> OperationResult:
        result = await run_operation(
            self.engine, [*arguments, "-s", "acme"], cwd=self.directory, env=self.env
        )
        assert result.code == 0, (result.errors, result.tail)
        return result

    async def aws(self, service: str, operation: str, region: str = "us-east-1", **parameters: Any) -> Any:
        """One call, in a thread: the edge answers it on this loop."""

        def call() -> Any:
            client = boto3.client(
                service, region_name=region, endpoint_url=self.edge.aws.url,
                aws_access_key_id="edge", aws_secret_access_key="edge",
            )  # fmt: skip
            return getattr(client, operation)(**parameters)

        return await asyncio.to_thread(call)

    async def alarms(self, region: str = "us-east-1") -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await self.aws("cloudwatch", "describe_alarms", region))[
            "MetricAlarms"
        ]
        return found

    async def checks(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await self.aws("route53", "list_health_checks"))["HealthChecks"]
        return found

    def outputs(self) -> dict[str, Any]:
        """The stack's outputs, from its state."""
        (path,) = (self.directory / "backend").rglob("stacks/**/acme.json")
        resources = json.loads(path.read_text())["checkpoint"]["latest"]["resources"]
        (stack,) = [one for one in resources if one["type"] == "pulumi:pulumi:Stack"]
        found: dict[str, Any] = stack["outputs"]
        return found


@pytest.fixture
async def launch(tmp_path: Path) -> AsyncIterator[Launch]:
    engine, reason = engine_or_reason()
    if engine is None:
        pytest.skip(f"needs the engine: {reason}")
    project = tmp_path / "project"
    for directory in ("stacks", "backend"):
        (project / directory).mkdir(parents=True)
    manifest = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())
    manifest["runtime"]["options"]["virtualenv"] = sys.prefix
    (project / "Pulumi.yaml").write_text(yaml.safe_dump(manifest))
    shutil.copy(ROOT / "__main__.py", project)
    edge = await serve(
        EdgeOptions(dir=tmp_path / "edge", plan="pro", limits=Limits(requests=0, per_second=0))
    )
    made = Launch(engine, project, edge, PassphraseKey.create(PASSPHRASE))
    made.write()
    await run_command(engine, ["stack", "init", "acme"], cwd=project, env=made.env)
    yield made
    await edge.close()


async def test_monitors_are_launched_once_and_leave_nothing_behind(launch: Launch) -> None:
    await launch.run("up", "--yes", "--skip-preview")
    checks = await launch.checks()
    assert {c["HealthCheckConfig"]["ResourcePath"] for c in checks} == {"/", "/login", "/health"}
    assert {alarm["AlarmName"] for alarm in await launch.alarms()} == {
        "launchready/acme/acme.example/",
        "launchready/acme/acme.example/login",
        "launchready/acme/acme.example/health",
        "launchready/acme/certificates",
    }
    (errors,) = await launch.alarms("eu-west-1")
    (topic,) = (await launch.aws("sns", "list_topics", "eu-west-1"))["Topics"]
    assert errors["AlarmActions"] == [topic["TopicArn"]]
    destination = await launch.aws("events", "describe_api_destination", Name="launchready-acme")
    assert destination["InvocationEndpoint"] == WEBHOOK
    outputs = launch.outputs()
    assert {m["health_check_id"] for m in outputs["monitors"]} == {c["Id"] for c in checks}
    assert all(m["alarm_arn"].startswith("arn:aws:cloudwatch:") for m in outputs["monitors"])
    assert {(o["protocol"], o["region"]) for o in outputs["alert_owners"]} == {
        (protocol, region) for protocol in ("email", "sms") for region in ("us-east-1", "eu-west-1")
    }
    assert {type(o["confirmed"]) for o in outputs["alert_owners"]} == {bool}
    assert not (await launch.run("up", "--yes", "--skip-preview")).changed
    assert not (await launch.run("preview", "--refresh", "--expect-no-changes")).changed

    await _an_interval_and_cloudflare(launch, {check["Id"] for check in checks})
    everything = [path for path in launch.directory.rglob("*") if path.is_file()]
    assert [path for path in everything if WEBHOOK.encode() in path.read_bytes()] == []
    await launch.run("destroy", "--yes", "--skip-preview")
    await _nothing_is_left(launch)


async def _an_interval_and_cloudflare(launch: Launch, before: set[str]) -> None:
    """A changed interval replaces the health checks; Cloudflare's come beside them."""
    launch.write(interval="10s", cloudflare=True)
    await launch.run("up", "--yes", "--skip-preview")
    after = await launch.checks()
    assert {check["HealthCheckConfig"]["RequestInterval"] for check in after} == {10}
    assert before.isdisjoint(check["Id"] for check in after)
    assert {
        alarm["Dimensions"][0]["Value"] for alarm in await launch.alarms() if "/acme." in alarm["AlarmName"]
    } == {check["Id"] for check in after}
    (zone,) = launch.edge.state.zones.values()
    assert {check["interval"] for check in zone.extra["healthchecks"].values()} == {60}
    (policy,) = launch.edge.state.account["policies"].values()
    assert set(policy["filters"]["health_check_id"]) == set(zone.extra["healthchecks"])
    assert policy["mechanisms"]["email"] == [{"id": "oncall@acme.example"}]
    assert not (await launch.run("up", "--yes", "--skip-preview")).changed


async def _nothing_is_left(launch: Launch) -> None:
    for region in ("us-east-1", "eu-west-1"):
        assert await launch.alarms(region) == []
        for service, operation, key in (
            ("sns", "list_topics", "Topics"),
            ("sns", "list_subscriptions", "Subscriptions"),
            ("events", "list_rules", "Rules"),
            ("events", "list_api_destinations", "ApiDestinations"),
            ("events", "list_connections", "Connections"),
        ):
            assert (await launch.aws(service, operation, region))[key] == [], (operation, region)
    assert await launch.checks() == []
    assert (await launch.aws("iam", "list_roles"))["Roles"] == []
    assert launch.edge.state.account["policies"] == {}


async def test_drift_of_a_health_check_is_seen_by_a_refresh_and_mended_by_an_up(launch: Launch) -> None:
    await launch.run("up", "--yes", "--skip-preview")
    check = (await launch.checks())[0]["Id"]
    await launch.aws("route53", "update_health_check", HealthCheckId=check, Disabled=True)
    assert (await launch.run("preview", "--refresh")).changed
    gone = (await launch.alarms())[0]["AlarmName"]
    await launch.aws("cloudwatch", "delete_alarms", AlarmNames=[gone])
    await launch.run("up", "--yes", "--skip-preview", "--refresh")
    mended = {c["Id"]: c["HealthCheckConfig"]["Disabled"] for c in await launch.checks()}
    assert mended[check] is False
    assert gone in {alarm["AlarmName"] for alarm in await launch.alarms()}

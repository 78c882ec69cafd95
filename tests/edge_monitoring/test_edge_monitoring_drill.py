"""A drill proves that the alert arrives, says so truthfully when it does not, and always mends."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from launchready.aws import reader
from launchready.client_file.model import ClientFile
from launchready.errors import ApiError, InputError
from launchready.monitors import Channel, Drill, aws, drill, to_document
from launchready.monitors.drill import monitor_of
from launchready.monitors.edge_world import EdgeWorld
from launchready.monitors.live_world import LiveWorld
from launchready.monitors.result import render
from tests.edge_monitoring import drill_kit
from tests.edge_monitoring.edge_monitoring_kit import DOMAIN, Scene

pytestmark = pytest.mark.asyncio(loop_scope="module")

ALARM = "launchready/acme/acme.example/login"


async def run(stage: Scene, client: ClientFile, path: str | None = "/login") -> Drill:
    declared = drill_kit.declared_of(client)
    _, monitor, alarm = monitor_of(declared, path)
    return await drill(client, declared, EdgeWorld(stage.document, monitor, alarm.region), path=path)


async def tags(stage: Scene, name: str = ALARM) -> dict[str, str]:
    found = await stage.call("cloudwatch", "describe_alarms", AlarmNames=[name])
    arn = found["MetricAlarms"][0]["AlarmArn"]
    listed = await stage.call("cloudwatch", "list_tags_for_resource", ResourceARN=arn)
    return {tag["Key"]: tag["Value"] for tag in listed["Tags"]}


async def inverted(stage: Scene) -> list[bool]:
    found = await stage.call("route53", "list_health_checks")
    return [check["HealthCheckConfig"]["Inverted"] for check in found["HealthChecks"]]


# --- on an edge ------------------------------------------------------------------------------


async def test_every_declared_owner_is_told_within_the_limit_and_it_is_written_down(
    stage: Scene, root: Path
) -> None:
    client = drill_kit.client()
    await drill_kit.provision(stage.document, drill_kit.declared_of(client))
    found = await run(stage, client)
    assert found.problems == []
    assert [c.name for c in found.channels] == ["email:ops@acme.example", "sms:+14155550100", "slack"]
    assert found.seconds is not None
    assert found.seconds <= found.limit
    assert all(
        c.ok_at is not None and c.alarm_at is not None and c.alarm_at < c.ok_at for c in found.channels
    )
    assert (await stage.control("GET", "defects"))["defects"] == []
    held = await tags(stage)
    assert held[aws.CHANNELS] == "email slack sms"
    drilled = datetime.fromisoformat(held[aws.DRILLED])
    assert abs(drilled - stage.edge.state.clock.now()) < timedelta(seconds=10)
    schema = json.loads((root / "launchready/monitors/drill.schema.json").read_text())
    jsonschema.validate(to_document(found), schema)
    assert "proved: every owner" in render(found)


async def test_the_first_path_is_drilled_when_none_is_named(stage: Scene) -> None:
    client = drill_kit.client()
    await drill_kit.provision(stage.document, drill_kit.declared_of(client))
    assert (await run(stage, client, None)).url == "https://acme.example/"
    assert aws.DRILLED not in await tags(stage, ALARM)


@pytest.mark.parametrize(
    ("kind", "where", "problem"),
    [
        ("monitor.silent", ALARM, "did not reach email:ops@acme.example"),
        pytest.param("monitor.lost", "sms", "did not reach sms:+14155550100", marks=pytest.mark.slow),
        ("monitor.lost", "slack", "did not reach slack"),
        pytest.param(
            "monitor.unconfirmed",
            "ops@acme.example",
            "did not reach email:ops@acme.example",
            marks=pytest.mark.slow,
        ),
        ("monitor.blind", DOMAIN, "the alarm did not ring within 120 s"),
    ],
)
async def test_an_alert_that_does_not_arrive_is_named_and_the_old_proof_struck_out(
    stage: Scene, kind: str, where: str, problem: str
) -> None:
    client = drill_kit.client()
    await drill_kit.provision(stage.document, drill_kit.declared_of(client))
    assert (await run(stage, client)).proved
    await stage.defect(kind, where)
    found = await run(stage, client)
    assert any(problem in one for one in found.problems), found.problems
    assert (found.exit_code, found.recorded) == (1, False)
    assert aws.DRILLED not in await tags(stage)
    left = (await stage.control("GET", "defects"))["defects"]
    assert [one["kind"] for one in left] == [kind]


async def test_a_path_that_is_down_already_proves_nothing(stage: Scene) -> None:
    client = drill_kit.client()
    await drill_kit.provision(stage.document, drill_kit.declared_of(client))
    await stage.defect("http.status", DOMAIN, status=500)
    found = await run(stage, client)
    assert found.broken_at is None
    assert "before anything was broken" in found.problems[0]
    assert len((await stage.control("GET", "defects"))["defects"]) == 1


async def test_what_is_not_watched_or_not_made_is_refused_by_name(stage: Scene) -> None:
    client = drill_kit.client()
    with pytest.raises(InputError, match="/nowhere is not watched"):
        await run(stage, client, "/nowhere")
    with pytest.raises(ApiError, match="there is no alarm"):
        await run(stage, client)
    nobody = drill_kit.client(notify={})
    with pytest.raises(InputError, match="nobody is told"):
        await run(stage, nobody)
    none = ClientFile.model_validate({"client": "a", "domain": "acme.example", "monitors": "none"})
    with pytest.raises(InputError, match="nothing to drill"):
        await run(stage, none)


# --- live, against moto through the same code --------------------------------------------------


class Live:
    """The live world on an edge: its clock is advanced where production would have to be waited for."""

    def __init__(self, stage: Scene, seen: set[str] | None, *, before: bool = False) -> None:
        self.stage, self.seen, self.before = stage, seen, before
        endpoint = stage.document["aws"]
        self.world = LiveWorld(
            lambda service: reader.client(service, "us-east-1", endpoint, 20.0),
            self.received,
            sleep=stage.advance,
            clock=stage.edge.state.clock.now,
        )

    async def received(self, channels: list[Channel]) -> set[str] | None:
        assert set(await inverted(self.stage)) == {self.before}  # people take their time; mended already
        return self.seen


async def live(stage: Scene, seen: set[str] | None) -> Drill:
    client = drill_kit.client(interval=10)
    declared = drill_kit.declared_of(client)
    await drill_kit.provision(stage.document, declared)
    await stage.advance(0)
    return await drill(client, declared, Live(stage, seen).world, path="/login")


async def test_a_live_drill_inverts_the_check_until_the_alarm_rings_and_asks_the_owners(stage: Scene) -> None:
    found = await live(stage, {"email", "sms:+14155550100", "slack"})
    assert found.problems == []
    assert found.proved
    assert found.method == "the health check was inverted"
    assert await inverted(stage) == [False, False]
    assert set(await tags(stage)) >= {aws.DRILLED, aws.CHANNELS}
    assert aws.UNDERWAY not in await tags(stage)
    states = {m["state"] for m in await stage.messages(kind="mail", alarm=ALARM)}
    assert states == {"OK", "ALARM"}  # the real owners' messages


async def test_an_owner_who_saw_nothing_fails_it_and_silence_proves_nothing(stage: Scene) -> None:
    denied = await live(stage, {"email", "slack"})
    assert denied.problems == ["the alert did not reach sms:+14155550100 within 80 s"]
    assert denied.exit_code == 1


async def test_where_nobody_can_be_asked_nothing_is_proved(stage: Scene) -> None:
    silent = await live(stage, None)
    assert (silent.exit_code, silent.recorded) == (3, False)
    assert len(silent.unproved) == 3
    assert await inverted(stage) == [False, False]


async def test_a_check_that_was_inverted_on_purpose_is_inverted_again_afterwards(stage: Scene) -> None:
    client = drill_kit.client(interval=10, paths=["/login"])
    declared = drill_kit.declared_of(client)
    await drill_kit.provision(stage.document, declared)
    number = (await stage.call("route53", "list_health_checks"))["HealthChecks"][0]["Id"]
    await stage.defect("http.status", DOMAIN, path="/login")
    await stage.call("route53", "update_health_check", HealthCheckId=number, Inverted=True)
    await stage.advance(60)
    everybody = {"email", "sms", "slack"}
    found = await drill(client, declared, Live(stage, everybody, before=True).world)
    assert found.proved, found.problems
    assert await inverted(stage) == [True]


async def test_what_a_killed_drill_left_is_undone_by_the_next(stage: Scene) -> None:
    client = drill_kit.client(interval=10, paths=["/login"])
    declared = drill_kit.declared_of(client)
    await drill_kit.provision(stage.document, declared)
    world = Live(stage, {"email", "sms", "slack"}).world
    target = await asyncio.to_thread(aws.find, world.client, ALARM)
    await world.break_(target)  # and then kill -9
    assert await inverted(stage) == [True]
    found = await drill(client, declared, Live(stage, {"email", "sms", "slack"}).world)
    assert found.proved, found.problems
    assert await inverted(stage) == [False]
    assert aws.UNDERWAY not in await tags(stage)


@pytest.mark.parametrize("moment", ["before inverting", "inverted", "asking"])
async def test_a_cancelled_live_drill_leaves_nothing_inverted(stage: Scene, moment: str) -> None:
    client = drill_kit.client(interval=10, paths=["/login"])
    declared = drill_kit.declared_of(client)
    await drill_kit.provision(stage.document, declared)
    await stage.advance(0)
    world = Live(stage, {"email"}).world
    reached = asyncio.Event()
    _hold(world, moment, reached)
    task = asyncio.ensure_future(drill(client, declared, world))
    await asyncio.wait_for(reached.wait(), 10)
    for _ in range(3):  # an impatient person
        task.cancel()
        await asyncio.sleep(0)
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await inverted(stage) == [False]
    assert aws.UNDERWAY not in await tags(stage)


def _hold(world: Any, moment: str, reached: asyncio.Event) -> None:
    """Stop at a moment of the drill until it is cancelled."""

    async def stay(*_: Any) -> Any:
        reached.set()
        await asyncio.Event().wait()

    if moment == "asking":
        world._received = stay
    elif moment == "inverted":
        world._sleep = stay
    else:
        plain = world.break_

        async def slow(target: Any) -> None:
            reached.set()
            await plain(target)

        world.break_ = slow


# --- the command -----------------------------------------------------------------------------


def _project(root: Path, directory: Path) -> None:
    (directory / "stacks").mkdir()
    (directory / "Pulumi.yaml").write_text((root / "Pulumi.yaml").read_text())
    (directory / "stacks" / "Pulumi.acme.yaml").write_text(
        "config:\n"
        "  launchready:domain: acme.example\n"
        "  launchready:hosts: {'@': {address: 203.0.113.10, proxied: true}}\n"
        "  launchready:email: {senders: []}\n"
        "  launchready:monitors: {paths: [/], interval: 10, notify: {email: [ops@acme.example]}}\n"
    )


async def _launch(stage: Scene, directory: Path, *arguments: str) -> asyncio.subprocess.Process:
    env = {
        **os.environ,
        "AWS_ENDPOINT_URL": stage.document["aws"],
        "AWS_ACCESS_KEY_ID": "edge",
        "AWS_SECRET_ACCESS_KEY": "edge",
        "AWS_REGION": "us-east-1",
    }
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "launchready.cli", "monitors", "drill", "acme", *arguments,
        cwd=directory, env=env, stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip


async def _provisioned(stage: Scene) -> None:
    client = drill_kit.client(interval=10, paths=["/"], notify={"email": ["ops@acme.example"]})
    await drill_kit.provision(stage.document, drill_kit.declared_of(client))
    await stage.advance(0)


@pytest.mark.slow
async def test_the_command_drills_an_edge_and_prints_one_document(
    stage: Scene, root: Path, tmp_path: Path
) -> None:
    _project(root, tmp_path)
    await _provisioned(stage)
    file = stage.edge.options.dir / "edge.json"
    process = await _launch(stage, tmp_path, "--edge", str(file), "--json")
    out, err = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 0, err.decode()
    document = json.loads(out)
    assert document["proved"] is True
    assert document["target"] == "edge"


@pytest.mark.slow
async def test_ctrl_c_in_the_middle_of_a_live_drill_leaves_nothing_inverted(
    stage: Scene, root: Path, tmp_path: Path
) -> None:
    _project(root, tmp_path)
    await _provisioned(stage)
    process = await _launch(stage, tmp_path, "--yes")
    async with asyncio.timeout(40):
        while True not in await inverted(stage):
            assert process.returncode is None, (await process.communicate())[1].decode()
            await asyncio.sleep(0.02)
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGINT)
    _, err = await asyncio.wait_for(process.communicate(), 20)
    assert process.returncode == 3, err.decode()
    assert await inverted(stage) == [False]
    assert aws.UNDERWAY not in await tags(stage, "launchready/acme/acme.example/")


@pytest.mark.slow
async def test_a_live_drill_asks_first_and_says_so_where_nobody_is(
    stage: Scene, root: Path, tmp_path: Path
) -> None:
    _project(root, tmp_path)
    process = await _launch(stage, tmp_path)
    _, err = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 2
    assert "--yes" in err.decode()

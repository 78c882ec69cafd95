"""A launch's steps on a real edge: what waits, what a person must do, what stops, and how it goes on."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import jsonschema
import pytest
from aiohttp import web

from launchready.steps import PLAN, State, exit_code, render, served, to_document
from launchready.steps.api import StepsApi
from launchready.steps.outcome import Look
from tests.steps.steps_kit import CLIENT, DOMAIN, OLD, STALE, Launch, launched, states

SCHEMA = Path(__file__).resolve().parents[2] / "launchready" / "steps" / "steps.schema.json"
NAMES = [step.name for step in PLAN]


@pytest.fixture
async def launch(tmp_path: Path) -> AsyncIterator[Launch]:
    async with launched(tmp_path) as found:
        yield found


async def test_from_a_pending_zone_to_a_verified_launch(launch: Launch) -> None:
    """Each run goes on where the one before stopped, and says what a person has to do."""
    launch.register(OLD)
    first = await launch.walk()
    assert states(first) == {"zone": "done", "stale_ds": "done", "nameservers": "person"}
    (enter,) = first.entry("nameservers").look.todo
    assert all(name in enter for name in launch.servers)
    assert exit_code(first) == 1

    launch.register(launch.servers)
    second = await launch.walk()
    assert states(second) == {**dict.fromkeys(NAMES[:7], "done"), "dnssec": "person"}
    assert launch.own_ds() in second.entry("dnssec").look.todo[0]
    assert "already done" in launch.said[0]
    assert "already done" not in launch.said[2]

    launch.register(ds=[launch.own_ds()])
    third = await launch.walk()
    assert states(third) == dict.fromkeys(NAMES, "done"), render(third)
    assert exit_code(third) == 0
    before = third.entry("verification").done
    fourth = await launch.walk()
    assert exit_code(fourth) == 0
    assert fourth.entry("verification").done == before
    assert all("already done" in line for line in launch.said)


async def test_a_ds_of_another_key_stops_before_name_servers_are_spoken_of(launch: Launch) -> None:
    launch.register(OLD, [STALE])
    progress = await launch.walk()
    assert states(progress) == {"zone": "done", "stale_ds": "person"}
    said = "\n".join(launch.said)
    assert f"remove this DS record at the registrar (or turn DNSSEC off there): {STALE}" in said
    assert "leave the name servers as they are" in said
    assert "enter these name servers" not in said


async def test_a_stale_ds_that_has_gone_is_waited_for_as_long_as_resolvers_may_hold_it(
    launch: Launch,
) -> None:
    launch.register(OLD, [STALE])
    await launch.walk()
    launch.register(ds=[])
    held = await launch.walk()
    assert states(held) == {"zone": "done", "stale_ds": "waiting"}
    assert "resolvers may hold it until" in held.entry("stale_ds").look.evidence[0]
    launch.edge.state.clock.advance(3700)
    assert states(await launch.walk())["nameservers"] == "person"


async def test_the_zones_own_ds_before_its_name_servers_is_too_early(launch: Launch) -> None:
    launch.register(OLD, [launch.own_ds()])
    progress = await launch.walk()
    assert states(progress)["stale_ds"] == "person"
    assert "too early" in progress.entry("stale_ds").look.evidence[0]


@pytest.mark.parametrize(
    ("kind", "cause"), [("dns.servfail", "SERVFAIL"), ("dns.timeout", "TIMEOUT"), ("dns.refused", "REFUSED")]
)
async def test_a_parent_that_does_not_answer_is_not_known(launch: Launch, kind: str, cause: str) -> None:
    """Neither no DS, nor no delegation; and it goes on once the parent answers."""
    launch.register(launch.servers)
    for server in ("parent1", "parent2"):
        launch.defect(kind, server, type="DS")
    progress = await launch.walk(wait=0.0)
    look = progress.entry("stale_ds").look
    assert states(progress) == {"zone": "done", "stale_ds": "unknown"}
    assert (look.cause, exit_code(progress)) == (cause, 3)
    assert look.todo == ("don't change name servers at the registrar before this is known",)
    launch.mend()
    assert states(await launch.walk())["activation"] == "done"


async def test_one_server_of_the_parent_that_is_silent_leaves_it_open(launch: Launch) -> None:
    launch.register(launch.servers)
    launch.defect("dns.servfail", "parent2", type="NS")
    progress = await launch.walk(wait=0.0)
    assert states(progress)["stale_ds"] in ("done", "unknown")
    assert progress.entry("nameservers").look.state is not State.DONE


async def test_name_servers_that_are_left_over_are_named(launch: Launch) -> None:
    launch.register([*launch.servers, OLD[0]])
    look = (await launch.walk()).entry("nameservers").look
    assert look.state is State.PERSON
    assert f"remove {OLD[0]}" in look.todo


async def test_a_person_is_waited_for_when_told_so(launch: Launch) -> None:
    launch.register(OLD, [])

    async def sleep(_: float) -> None:
        launch.register(launch.servers)
        await asyncio.sleep(0)

    progress = await launch.walk(wait=60.0, sleep=sleep, plan=PLAN[:7])
    assert states(progress) == dict.fromkeys(NAMES[:7], "done")


async def test_cloudflare_is_asked_to_look_at_the_delegation_once_an_hour(launch: Launch) -> None:
    """A zone that stays pending: another DS makes the edge hold activation back after the first two steps."""
    launch.register(launch.servers, [STALE])
    activation = tuple(step for step in PLAN if step.name == "activation")
    first = await launch.walk(activation, wait=0.0)
    assert "was asked to look now" in first.entry("activation").look.evidence[0]
    again = await launch.walk(activation, wait=0.0)
    assert "it was asked to look at" in again.entry("activation").look.evidence[0]
    launch.edge.state.clock.advance(3 * 86400)
    late = await launch.walk(activation, wait=0.0)
    assert late.entry("activation").look.state is State.FAILED
    assert "longer than it should take" in late.entry("activation").look.evidence[-1]
    assert (await launch.walk(activation, wait=0.0)).entry("activation").look.state is State.WAITING
    (certificate,) = (step for step in PLAN if step.name == "certificate")
    pending = await launch.walk((certificate,), wait=0.0)
    assert "pending_validation" in pending.entry("certificate").look.evidence[0]
    assert pending.entry("certificate").look.state is State.WAITING


async def test_looking_only_keeps_nothing_and_asks_for_nothing(launch: Launch) -> None:
    launch.register(launch.servers, [STALE])
    activation = tuple(step for step in PLAN if step.name == "activation")
    progress = await launch.walk(activation, keep=False, wait=0.0)
    assert "asked" not in " ".join(progress.entry("activation").look.evidence)
    assert not launch.path.exists()


async def test_a_mode_that_somebody_lowered_and_a_certificate_that_is_off_are_told(launch: Launch) -> None:
    launch.register(launch.servers)
    await launch.api.set(launch.zone.id, "ssl", "flexible")
    look = (await launch.walk(PLAN[:7])).entry("strict_tls").look
    assert (look.state, "flexible" in look.evidence[0]) == (State.FAILED, True)
    await launch.api.call("PATCH", f"/zones/{launch.zone.id}/ssl/universal/settings", {"enabled": False})
    look = (await launch.walk(PLAN[:7])).entry("certificate").look
    assert look.state is State.FAILED
    assert DOMAIN in look.evidence[0]


async def test_a_redirect_that_is_gone_is_waited_for_and_then_a_failure(launch: Launch) -> None:
    launch.register(launch.servers)
    await launch.api.redirect_rules(launch.zone.id, [])
    steps = tuple(step for step in PLAN if step.name == "redirects")
    progress = await launch.walk(steps, wait=0.0)
    assert progress.entry("redirects").look.state is State.WAITING
    launch.edge.state.clock.advance(300)
    look = (await launch.walk(steps, wait=0.0)).entry("redirects").look
    assert look.state is State.FAILED
    assert any("redirects.declared" in line for line in look.evidence)


async def test_of_many_redirects_and_hosts_some_are_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(served, "LARGE", 1)
    hosts = {**CLIENT["hosts"], "web": {"redirect": "@"}, "w3": {"redirect": "@"}}
    async with launched(tmp_path, {**CLIENT, "hosts": hosts}) as launch:
        launch.register(launch.servers, [launch.own_ds()])
        progress = await launch.walk()
        assert exit_code(progress) == 0, render(progress)
        assert "of 3 redirects looked at" in progress.entry("redirects").look.evidence[0]
        assert "checks of the delegation pass" in progress.entry("verification").look.evidence[0]
        await launch.api.redirect_rules(launch.zone.id, [])
        steps = tuple(step for step in PLAN if step.name == "redirects")
        look = (await launch.walk(steps, wait=0.0)).entry("redirects").look
        assert look.state is State.WAITING
        assert "declared 301 to" in look.evidence[0]


async def test_a_run_that_is_cut_off_loses_nothing(launch: Launch) -> None:
    """Cancelled while it waits, as Ctrl-C does: what was done and since when is there for the next run."""
    launch.register(OLD)
    asleep = asyncio.Event()

    async def sleep(_: float) -> None:
        asleep.set()
        await asyncio.Event().wait()

    task = asyncio.ensure_future(launch.walk(wait=600.0, sleep=sleep))
    await asyncio.wait_for(asleep.wait(), 20)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    document = json.loads(launch.path.read_text())
    jsonschema.validate(document, json.loads(SCHEMA.read_text()))
    assert document["at"] == "nameservers"
    launch.register(launch.servers)
    after = await launch.walk(PLAN[:4])
    assert states(after)["activation"] == "done"
    assert "already done" in launch.said[0]


async def test_a_step_that_is_no_longer_so_is_told_and_stops(launch: Launch) -> None:
    launch.register(launch.servers, [])
    await launch.walk(PLAN[:4])
    launch.register(OLD)
    progress = await launch.walk(PLAN[:4])
    look = progress.entry("nameservers").look
    assert look.state is State.PERSON
    assert "is no longer" in look.evidence[-1]
    assert "activation" not in states(progress)


async def test_an_api_that_refuses_or_is_gone_is_not_a_zone_that_is_missing(launch: Launch) -> None:
    async def refuse(_: web.Request) -> web.Response:
        return web.json_response({"success": False, "errors": [{"code": 9109, "message": "no"}]}, status=403)

    app = web.Application()
    app.router.add_get("/{rest:.*}", refuse)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    token = launch.edge.document()["token"]
    try:
        looks = []
        for _ in range(2):
            looks.append(await _zone_look(launch, f"http://127.0.0.1:{port}", token))
            await runner.cleanup()
    finally:
        await runner.cleanup()
    assert [(one.state, one.cause) for one in looks] == [
        (State.UNKNOWN, "REFUSED"), (State.UNKNOWN, "UNREACHABLE"),
    ]  # fmt: skip
    assert token not in str(looks)


async def _zone_look(launch: Launch, base: str, token: str) -> Look:
    from launchready.gateway.upstream import Bounds
    from launchready.steps import Context, Progress, Run, walk

    progress = Progress("acme", DOMAIN, "edge:test")
    bounds = Bounds(connect=1.0, answer=2.0, patience=0.1, rereads=0)
    async with StepsApi(base, token, bounds=bounds) as api:
        context = Context(launch.client, api, launch.edge.state.clock.now, launch.edge.document())
        await walk(context, progress, Run(launch.said.append, wait=0.0, plan=PLAN[:1]))
    return progress.entry("zone").look


async def test_every_document_follows_its_schema(launch: Launch) -> None:
    schema = json.loads(SCHEMA.read_text())
    launch.register(launch.servers, [])
    for progress in (await launch.walk(PLAN[:1]), await launch.walk(wait=0.0)):
        jsonschema.validate(to_document(progress), schema)
    assert [one["name"] for one in to_document(progress)["steps"]] == NAMES
    assert schema["$defs"]["name"] == {"enum": NAMES}


async def test_a_launch_without_proxied_hosts_redirects_or_dnssec_has_less_to_wait_for(
    tmp_path: Path,
) -> None:
    values = {
        **CLIENT,
        "hosts": {"@": {"address": "203.0.113.10", "proxied": False}},
        "tls": {"dnssec": False},
    }
    async with launched(tmp_path, values) as launch:
        launch.register(launch.servers)
        progress = await launch.walk(PLAN[:8])
        assert states(progress) == dict.fromkeys(NAMES[:8], "done"), render(progress)
        assert "no host is proxied" in progress.entry("certificate").look.evidence[0]
        assert progress.entry("dnssec").look.evidence == ("DNSSEC is not declared",)


def test_every_step_has_a_deadline_and_never_waits_for_long_by_itself() -> None:
    assert all(timedelta() < step.deadline <= timedelta(days=14) for step in PLAN)
    assert all(step.patience <= 60 for step in PLAN)

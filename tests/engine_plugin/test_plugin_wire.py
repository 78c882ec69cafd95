"""For the same resource the plugin sends what the official plugin sent, as recorded from it."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from plugin_rig import Plugin, plugin

from launchready.engine.cloudflare_plugin.kinds import KINDS
from launchready.engine.cloudflare_plugin.values import plain

pytestmark = pytest.mark.oracle
Recorded = dict[str, Any]

SHAPES = [
    (
        r"/accounts/(?P<accountId>\w+)/alerting/v3/destinations/webhooks(/(?P<id>\w+))?",
        "NotificationPolicyWebhooks",
    ),
    (r"/accounts/(?P<accountId>\w+)/alerting/v3/policies(/(?P<id>\w+))?", "NotificationPolicy"),
    (r"/zones/(?P<zoneId>\w+)/dns_records(/(?P<id>\w+))?", "DnsRecord"),
    (r"/zones/(?P<zoneId>\w+)/settings/(?P<settingId>\w+)", "ZoneSetting"),
    (r"/zones/(?P<zoneId>\w+)/cache/tiered_cache_smart_topology_enable", "TieredCache"),
    (r"/zones/(?P<zoneId>\w+)/dnssec", "ZoneDnssec"),
    (r"/zones/(?P<zoneId>\w+)/ssl/universal/settings", "UniversalSslSetting"),
    (r"/zones/(?P<zoneId>\w+)/rulesets(/(?P<id>\w+))?", "Ruleset"),
    (r"/zones/(?P<zoneId>\w+)/healthchecks(/(?P<id>\w+))?", "Healthcheck"),
    (r"/zones(/(?P<id>\w+))?", "Zone"),
]


@pytest.fixture
def recording(shared: Path) -> list[Recorded]:
    lines = (shared / "data" / "official-plugin-wire.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def resource(path: str) -> tuple[str, dict[str, str]]:
    for shape, kind in SHAPES:
        if (match := re.fullmatch(shape, path)) is not None:
            return kind, {key: value for key, value in match.groupdict().items() if value}
    raise AssertionError(f"the recording has a path of no known kind: {path}")


def without_server_owned(request: Recorded | None) -> Recorded | None:
    """A recorded body without what the recorder wrote into it: it answered in the same rule objects."""
    if request is None or "rules" not in request:
        return request
    owned = ("id", "version", "last_updated")
    rules = [{key: value for key, value in rule.items() if key not in owned} for rule in request["rules"]]
    return {**request, "rules": rules}


def as_inputs(kind: str, request: Recorded, place: dict[str, str]) -> dict[str, Any]:
    """The program's inputs behind a recorded body: spelled back, without what the plugin adds by itself."""
    table = KINDS[f"cloudflare:index/{kind[0].lower()}{kind[1:]}:{kind}"]
    inputs = table.names.from_api(request)
    defaults = {field.name: field.default for field in table.fields if field.default is not None}
    inputs = {key: value for key, value in inputs.items() if (key, value) not in defaults.items()}
    for rule in inputs.get("rules", []):
        for key, value in (("description", ""), ("enabled", True)):
            if rule.get(key) == value:
                del rule[key]
        rule.get("ratelimit", {}).pop("requestsToOrigin", None)
    if kind == "DnsRecord":
        inputs.pop("settings", None)
    return {**inputs, **{key: value for key, value in place.items() if key != "id"}}


class Recorder:
    """An API that gives the recorded answers and keeps what it was asked."""

    def __init__(self, recording: list[Recorded]) -> None:
        self.recording = recording
        self.seen: list[tuple[str, str, Any]] = []

    async def handle(self, request: web.Request) -> web.Response:
        path = request.rel_url.raw_path_qs.removeprefix("/client/v4")
        body = json.loads(await request.read() or b"null")
        self.seen.append((request.method, path, body))
        for entry in self.recording:
            sent = (entry["method"], entry["path"], without_server_owned(entry["request"]))
            if sent == (request.method, path, body):
                return web.json_response({"success": True, "result": entry["result"]}, status=entry["status"])
        return web.json_response(
            {"success": False, "errors": [{"code": 0, "message": "never seen"}]}, status=400
        )


@asynccontextmanager
async def replay(recording: list[Recorded]) -> AsyncIterator[tuple[Plugin, Recorder]]:
    recorder = Recorder(recording)
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", recorder.handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    async with plugin() as under_test:
        url = f"http://127.0.0.1:{runner.addresses[0][1]}/client/v4"
        await under_test.configure({"apiToken": "t" * 40, "baseUrl": url})
        yield under_test, recorder
    await runner.cleanup()


def sent(recording: list[Recorded], step: str) -> list[tuple[str, str, Any]]:
    return [
        (entry["method"], entry["path"], without_server_owned(entry["request"]))
        for entry in recording
        if entry["step"] == step
    ]


async def made(
    plugin: Plugin, recording: list[Recorded]
) -> list[tuple[str, str, dict[str, Any], dict[str, Any]]]:
    """Every recorded resource, created: (kind, own_id, state, inputs)."""
    found = []
    for entry in recording:
        if entry["step"] == "create":
            kind, place = resource(entry["path"])
            inputs = as_inputs(kind, without_server_owned(entry["request"]) or {}, place)
            _, failures = await plugin.check(kind, inputs)
            assert failures == {}, (kind, inputs)
            own_id, state = await plugin.create(kind, inputs)
            found.append((kind, own_id, state, inputs))
    return found


async def test_every_create_is_sent_as_recorded(recording: list[Recorded]) -> None:
    async with replay(recording) as (under_test, recorder):
        await made(under_test, recording)
        assert recorder.seen == sent(recording, "create")


async def test_every_refresh_is_read_as_recorded_and_shows_no_drift(recording: list[Recorded]) -> None:
    async with replay(recording) as (under_test, recorder):
        resources = await made(under_test, recording)
        recorder.seen.clear()
        for kind, own_id, state, inputs in resources:
            same_id, _, kept = await under_test.read(kind, own_id, state, inputs)
            assert (same_id, plain(kept)) == (own_id, inputs)
        assert sorted(recorder.seen) == sorted(sent(recording, "read"))


async def test_every_update_is_sent_as_recorded(recording: list[Recorded]) -> None:
    async with replay(recording) as (under_test, recorder):
        by_path = {}
        for kind, own_id, state, inputs in await made(under_test, recording):
            table = KINDS[f"cloudflare:index/{kind[0].lower()}{kind[1:]}:{kind}"]
            by_path[table.path(table.item, state, own_id)] = (kind, own_id, state, inputs)
        recorder.seen.clear()
        for entry in recording:
            if entry["step"] == "update":
                kind, own_id, state, inputs = by_path[entry["path"]]
                body = without_server_owned(entry["request"]) or {}
                news = {**inputs, **as_inputs(kind, body, {})}
                if "proxied" in body and not body["proxied"]:
                    news.pop("proxied", None)
                await under_test.update(kind, own_id, inputs, news, state)
        assert recorder.seen == sent(recording, "update")


async def test_every_delete_is_sent_as_recorded(recording: list[Recorded]) -> None:
    async with replay(recording) as (under_test, recorder):
        resources = await made(under_test, recording)
        recorder.seen.clear()
        for kind, own_id, state, _ in resources:
            await under_test.delete(kind, own_id, state)
        order = [call for call in recorder.seen if call[1].endswith("/dnssec")]
        assert [call[0] for call in order] == ["PATCH", "DELETE"]
        assert sorted(recorder.seen, key=repr) == sorted(sent(recording, "destroy"), key=repr)


def test_the_recording_holds_every_kind_that_it_should(recording: list[Recorded]) -> None:
    kinds = {resource(entry["path"])[0] for entry in recording}
    assert kinds == {kind for _, kind in SHAPES}

"""`launch purge` and what is behind it, against a real edge."""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import httpx
import jsonschema
import pytest
from aiohttp import web

from launchready.client_file.model import ClientFile, Plan
from launchready.declared import declare
from launchready.edge.api.limits import Limits
from launchready.edge.api.server import CloudflareApi
from launchready.edge.process import Edge, EdgeOptions, serve
from launchready.edge.state import EdgeState
from launchready.errors import ApiError, InputError
from launchready.purge import EVERYTHING, Selection, calls, check, purge
from launchready.settings_memory import Backoff, SettingsApi
from tests.bad_twins.provision import Api, provision

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = ROOT / "launchready" / "cli" / "schemas" / "purge.schema.json"
DOMAIN, ACCOUNT, TOKEN = "acme.example", "0" * 32, "t" * 40
FILE = f"""config:
  launchready:domain: {DOMAIN}
  launchready:hosts: {{"@": {{address: 203.0.113.10}}}}
"""


@dataclass
class Served:
    """The API alone, and a zone in it."""

    state: EdgeState
    url: str
    zone_id: str

    def api(self, backoff: Backoff | None = None) -> SettingsApi:
        return SettingsApi(self.url, TOKEN, backoff or Backoff(attempts=1))


@pytest.fixture
async def served() -> AsyncIterator[Served]:
    state = EdgeState(account_id=ACCOUNT, token=TOKEN)
    runner = web.ServerRunner(web.Server(CloudflareApi(state, Limits(0, 0, 0)).handle))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/client/v4"
    with SettingsApi(url, TOKEN) as api:
        zone = await asyncio.to_thread(
            api.post, "/zones", {"name": DOMAIN, "account": {"id": ACCOUNT}, "type": "full"}
        )
    yield Served(state, url, zone["id"])
    await runner.cleanup()


# --- the command ----------------------------------------------------------------------------------


async def purge_command(directory: Path, *arguments: str, **env: str) -> tuple[int, str, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "launchready.cli", "purge", "acme", *arguments,
        cwd=directory, env={**os.environ, **env}, stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await asyncio.wait_for(process.communicate(), 120)
    return process.returncode or 0, out.decode(), err.decode()


async def seen(edge: Edge, path: str) -> str:
    host, _, port = edge.https.https.rpartition(":")
    async with httpx.AsyncClient(verify=False) as client:
        answer = await client.get(
            f"https://{host}:{port}{path}", headers={"host": DOMAIN}, extensions={"sni_hostname": DOMAIN}
        )
    return str(answer.headers["cf-cache-status"])


@pytest.mark.edge
@pytest.mark.slow
async def test_the_command_takes_away_what_it_names_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "stacks").mkdir()
    (tmp_path / "stacks" / "Pulumi.acme.yaml").write_text(FILE)
    (tmp_path / "Pulumi.yaml").write_text((ROOT / "Pulumi.yaml").read_text())
    client = ClientFile.model_validate({"domain": DOMAIN, "hosts": {"@": {"address": "203.0.113.10"}}})
    edge = await serve(EdgeOptions(dir=tmp_path / "edge"))
    try:
        async with aiohttp.ClientSession() as session:
            await provision(Api(edge.document(), session), declare(client))
        for path in ("/site.css", "/logo.svg"):
            assert [await seen(edge, path) for _ in range(2)] == ["MISS", "HIT"]
        url = f"https://{DOMAIN}/site.css"
        code, out, err = await purge_command(tmp_path, "--edge", "edge", "--url", url, "--json")
        assert code == 0, err
        document = json.loads(out)
        jsonschema.validate(document, json.loads(SCHEMA.read_text()))
        assert (document["urls"], document["calls"], document["everything"]) == ([url], 1, False)
        assert [await seen(edge, path) for path in ("/site.css", "/logo.svg")] == ["MISS", "HIT"]
        code, out, err = await purge_command(tmp_path, "--edge", "edge")
        assert (code, out) == (2, "")
        assert "--yes" in err
        live = {"CLOUDFLARE_API_TOKEN": edge.state.token, "CLOUDFLARE_BASE_URL": edge.document()["api"]}
        code, out, err = await purge_command(tmp_path, "--yes", **live)
        assert code == 0, err
        assert edge.state.token not in out + err
        assert [await seen(edge, path) for path in ("/site.css", "/logo.svg")] == ["MISS", "MISS"]
    finally:
        await edge.close()


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        (Selection(urls=("https://other.example/a",)), r"not in acme\.example"),
        (Selection(urls=("/a",)), "https://"),
        (Selection(urls=(f"https://{DOMAIN}/*",)), "--prefix"),
        (Selection(prefixes=(f"{DOMAIN}/a?b",)), "query"),
        (Selection(hosts=("app.other.example",)), r"not in acme\.example"),
        (Selection(hosts=("a b",)), "--host a b"),
    ],
)
def test_what_is_not_the_zones_is_bad_input(wanted: Selection, said: str) -> None:
    with pytest.raises(InputError) as caught:
        check(wanted, DOMAIN)
    assert re.search(said, str(caught.value))


# --- the calls ------------------------------------------------------------------------------------


async def test_a_zone_that_is_not_there_is_bad_input(served: Served) -> None:
    client = ClientFile.model_validate({"domain": "gone.example", "client": "gone"})
    other = ClientFile.model_validate({"domain": "gone.example", "zone": {"id": served.zone_id}})
    with served.api() as api:
        with pytest.raises(InputError, match=r"no zone gone\.example"):
            await asyncio.to_thread(purge, api, client, EVERYTHING)
        with pytest.raises(InputError, match=r"is acme\.example's"):
            await asyncio.to_thread(purge, api, other, EVERYTHING)


async def test_the_free_plans_bucket_runs_empty_and_fills_with_time(served: Served) -> None:
    client = ClientFile.model_validate({"domain": DOMAIN})
    waits: list[float] = []

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        served.state.clock.advance(seconds)

    with served.api(Backoff(attempts=3, sleep=sleep)) as api:
        for _ in range(25):
            await asyncio.to_thread(purge, api, client, Selection(hosts=(DOMAIN,)))
        assert waits == []
        await asyncio.to_thread(purge, api, client, Selection(hosts=(DOMAIN,)))
        assert len(waits) == 1
        assert 10 <= waits[0] <= 12, "five a minute"
        await asyncio.to_thread(purge, api, client, Selection(urls=(f"https://{DOMAIN}/a",)))
        assert len(waits) == 1, "URLs are counted elsewhere"


@pytest.mark.parametrize(
    "body",
    [
        {"files": [f"https://{DOMAIN}/{n}" for n in range(101)]},
        {"files": ["https://other.example/a"]},
        {"files": [{"url": f"https://{DOMAIN}/a", "headers": {"Origin": 1}}]},
        {"hosts": ["other.example"]},
        {"prefixes": [f"{DOMAIN}/a?b"]},
        {"tags": []},
        {"purge_everything": False},
        {"purge_everything": True, "hosts": [DOMAIN]},
    ],
    ids=str,
)
async def test_the_api_refuses_what_cloudflare_refuses(served: Served, body: dict[str, Any]) -> None:
    with served.api() as api, pytest.raises(ApiError):
        await asyncio.to_thread(api.post, f"/zones/{served.zone_id}/purge_cache", body)


@pytest.mark.parametrize(("plan", "count"), [(Plan.FREE, 3), (Plan.ENTERPRISE, 1)])
def test_urls_are_cut_into_calls_by_plan(plan: Plan, count: int) -> None:
    selection = check(Selection(urls=tuple(f"https://{DOMAIN}/{n}" for n in range(250))), DOMAIN)
    bodies: list[dict[str, Any]] = list(calls(selection, plan))
    assert len(bodies) == count
    assert [url for body in bodies for url in body["files"]] == list(selection.urls)


def test_names_are_taken_as_people_write_them() -> None:
    given = Selection(hosts=("App", "@", "app.acme.example."), prefixes=("https://app.acme.example/a/", "/b"))
    found = check(given, DOMAIN)
    assert found.hosts == ("app.acme.example", DOMAIN)
    assert found.prefixes == ("app.acme.example/a/", f"{DOMAIN}/b")

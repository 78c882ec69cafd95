"""`launch comment` against GitHub's and GitLab's comments, served on loopback page by page."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from launchready.errors import ApiError, InputError
from launchready.pull_request import of_environment, put

MARK = "<!-- launchready:acme -->"


@dataclass
class Forge:
    """What is on the request, and who asked for it how."""

    url: str = ""
    comments: list[dict[str, Any]] = field(default_factory=list)
    tokens: set[str] = field(default_factory=set)
    status: int | None = None

    async def listing(self, request: web.Request) -> web.Response:
        self.tokens.add(request.headers.get("Authorization") or request.headers.get("PRIVATE-TOKEN") or "")
        if self.status is not None:
            return web.Response(status=self.status, text="secret-of-the-server")
        page, size = int(request.query["page"]), int(request.query["per_page"])
        return web.json_response(self.comments[(page - 1) * size : page * size])

    async def new(self, request: web.Request) -> web.Response:
        self.comments.append({"id": 1000 + len(self.comments), **(await request.json())})
        return web.json_response(self.comments[-1], status=201)

    async def change(self, request: web.Request) -> web.Response:
        (one,) = [c for c in self.comments if c["id"] == int(request.match_info["id"])]
        one |= await request.json()
        return web.json_response(one)


@pytest.fixture
async def forge() -> AsyncIterator[Forge]:
    forge = Forge()
    app = web.Application()
    issues, notes = "/repos/agency/clients/issues", "/projects/77/merge_requests/7/notes"
    app.router.add_get(f"{issues}/7/comments", forge.listing)
    app.router.add_post(f"{issues}/7/comments", forge.new)
    app.router.add_patch(issues + "/comments/{id}", forge.change)
    app.router.add_get(notes, forge.listing)
    app.router.add_post(notes, forge.new)
    app.router.add_put(notes + "/{id}", forge.change)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    forge.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield forge
    await runner.cleanup()


def github(forge: Forge, tmp_path: Path, event: Any) -> dict[str, str]:
    path = tmp_path / "event.json"
    path.write_text(json.dumps(event))
    return {
        "GITHUB_ACTIONS": "true", "GITHUB_API_URL": forge.url, "GITHUB_REPOSITORY": "agency/clients",
        "GITHUB_EVENT_PATH": str(path), "GH_TOKEN": "ghs_example",
    }  # fmt: skip


def gitlab(forge: Forge) -> dict[str, str]:
    return {
        "GITLAB_CI": "true", "CI_API_V4_URL": forge.url, "CI_PROJECT_ID": "77", "CI_MERGE_REQUEST_IID": "7",
        "LAUNCHREADY_GITLAB_TOKEN": "glpat_example",
    }  # fmt: skip


async def say(environ: dict[str, str], text: str) -> str:
    request = of_environment(environ)
    assert request is not None
    return await asyncio.to_thread(put, request, text)


@pytest.mark.parametrize("where", ["github", "gitlab"])
async def test_its_own_comment_is_updated_and_no_other(forge: Forge, tmp_path: Path, where: str) -> None:
    environ = github(forge, tmp_path, {"pull_request": {"number": 7}}) if where == "github" else gitlab(forge)
    others = [{"id": n, "body": f"remark {n}, not {MARK}"} for n in range(250)]
    forge.comments = [*others, {"id": 900, "body": "<!-- launchready:acme2 -->\nanother client"}]
    assert (
        await say(environ, f"{MARK}\nfirst run")
        == f"commented on {'pull' if where == 'github' else 'merge'} request 7"
    )
    assert (
        await say(environ, f"{MARK}\nsecond run")
        == f"updated the comment on {'pull' if where == 'github' else 'merge'} request 7"
    )
    assert len(forge.comments) == 252
    assert forge.comments[-1]["body"] == f"{MARK}\nsecond run"
    assert forge.comments[250]["body"].endswith("another client")
    assert forge.tokens == {"Bearer ghs_example" if where == "github" else "glpat_example"}


async def test_a_refusal_is_said_without_what_the_server_wrote(forge: Forge, tmp_path: Path) -> None:
    forge.status = 403
    with pytest.raises(ApiError, match="HTTP 403") as caught:
        await say(github(forge, tmp_path, {"pull_request": {"number": 7}}), f"{MARK}\nrun")
    assert "secret" not in str(caught.value)
    assert "ghs_example" not in str(caught.value)


async def test_what_is_no_report_is_not_sent(forge: Forge) -> None:
    with pytest.raises(InputError, match="no mark"):
        await say(gitlab(forge), "hello")
    assert forge.comments == []


def test_a_push_has_no_request(tmp_path: Path) -> None:
    forge = Forge(url="https://forge.example")
    assert of_environment(github(forge, tmp_path, {"ref": "refs/heads/main"})) is None
    assert of_environment({**gitlab(forge), "CI_MERGE_REQUEST_IID": ""}) is None
    assert of_environment(github(forge, tmp_path, {}), 7) is not None


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"CI_API_V4_URL": "http://forge.example/api/v4"}, "no https address"),
        ({"CI_API_V4_URL": ""}, "CI_API_V4_URL is not set"),
        ({"LAUNCHREADY_GITLAB_TOKEN": ""}, "LAUNCHREADY_GITLAB_TOKEN is not set"),
        ({"GITLAB_CI": ""}, "neither a GitHub Action"),
    ],
)
def test_a_job_that_lacks_something_says_what(change: dict[str, str], said: str) -> None:
    with pytest.raises(InputError, match=said):
        of_environment({**gitlab(Forge(url="https://forge.example")), **change})

"""What names a release, and what happens around dependencies that are taken away."""

from __future__ import annotations

import asyncio
from pathlib import Path

import aiohttp
import pytest

from launchready.checklist.deployment.release import release_of
from launchready.client_file.portal_model import Portal
from launchready.edge.process import Edge, EdgeOptions, serve
from launchready.evidence.portal.access import PortalAccess
from launchready.evidence.portal.surroundings import Surroundings
from launchready.evidence.types import HttpProbe, HttpResult


@pytest.mark.parametrize(
    ("body", "named"),
    [
        (b'{"release": "3f2c1a"}', "3f2c1a"),
        (b'{"name": "portal", "Version": "1.4.2"}', "1.4.2"),
        (b'{"build": 481}', "481"),
        (b"v2026.11.3\n", "v2026.11.3"),
        (b'"3f2c1a"', "3f2c1a"),
        (b'{"release": ""}', None),
        (b'{"release": true}', None),
        (b'{"release": {"id": 1}}', None),
        (b'{"status": "ok"}', None),
        (b"<!doctype html><title>Not here</title>", None),
        (b"[" * 100_000, None),
        (b"\xff\xfe\x00", None),
        (b"", None),
    ],
)
def test_what_names_a_release(body: bytes, named: str | None) -> None:
    assert release_of(HttpResult(HttpProbe("https://acme.example/release"), None, 200, body=body)) == named


async def _break(around: Surroundings, edge: Edge, name: dict[str, str]) -> None:
    async with around.switched("portal.dependency.down", "portal.acme.example", name):
        assert [defect.kind for defect in edge.state.defects][1:] == ["portal.dependency.down"]
        raise RuntimeError("the play broke")


async def test_a_dependency_is_given_back_even_when_the_play_breaks_or_is_cancelled(tmp_path: Path) -> None:
    edge = await serve(EdgeOptions(dir=tmp_path))
    portal = Portal.model_validate({"base": "https://portal.acme.example", "login": {"path": "/login"}})
    around = Surroundings(PortalAccess.of(portal, "n", edge.document()))
    other = {"kind": "portal.slow", "where": "portal.acme.example", "options": {}}
    name = {"name": "payments"}
    try:
        async with aiohttp.ClientSession(
            headers={"authorization": f"Bearer {edge.document()['token']}"}
        ) as web:
            control = edge.document()["control"]
            await (await web.post(f"{control}/defects", json=other)).release()
            with pytest.raises(RuntimeError):
                await _break(around, edge, name)
            assert [d.kind for d in edge.state.defects] == ["portal.slow"]
            with pytest.raises(TimeoutError):
                async with (
                    asyncio.timeout(0.2),
                    around.switched("portal.dependency.down", "portal.acme.example", name),
                ):
                    await asyncio.Event().wait()
            for _ in range(500):
                if len(edge.state.defects) == 1:
                    break
                await (await web.get(f"{control}/clock")).read()
        assert [d.kind for d in edge.state.defects] == ["portal.slow"]
    finally:
        await edge.close()

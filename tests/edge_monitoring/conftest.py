"""One edge for each module of tests, as empty as new before each test."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.edge_monitoring.edge_monitoring_kit import Scene, scene


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    """``acme.example`` on an edge of the Business plan (which has Cloudflare's health checks too)."""
    async with scene(tmp_path_factory.mktemp("edge"), plan="business") as made:
        yield made


@pytest_asyncio.fixture(loop_scope="module")
async def stage(shared_stage: Scene) -> AsyncIterator[Scene]:
    yield shared_stage
    await shared_stage.clear()

"""The fixture ``cached``: a front with an origin of the test's own behind it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.caching.cache_origin import Rig, rig


@pytest.fixture
async def cached(tmp_path: Path) -> AsyncIterator[Rig]:
    async with rig(tmp_path) as made:
        yield made

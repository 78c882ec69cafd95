"""The fixture ``front``: a started front over a zone that is built by hand."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.edge_https.edge_https_front import Front, start_front


@pytest.fixture
async def front(tmp_path: Path) -> AsyncIterator[Front]:
    async for started in start_front(tmp_path):
        yield started

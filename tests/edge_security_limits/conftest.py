"""The fixture ``rig``: the client of ``limits_rig`` on a Free edge."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from limits_rig import Rig, client_file, running


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    async with running(tmp_path, client_file()) as started:
        yield started

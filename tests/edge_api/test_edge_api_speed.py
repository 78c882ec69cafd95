"""The API stays quick: simple calls, and whole zones on one page. Floors are far below what is usual."""

from __future__ import annotations

import time

import pytest
from edge_api_kit import Client

pytestmark = pytest.mark.slow


async def test_a_simple_call_costs_little(pro: Client) -> None:
    zone = await pro.zone()
    began = time.perf_counter()
    for _ in range(500):
        await pro.get(f"/zones/{zone}")
    assert 500 / (time.perf_counter() - began) > 200, "client and server share one core here"


async def test_a_page_of_2200_records_takes_well_under_a_second(pro: Client) -> None:
    zone = await pro.zone()
    posts = [{"type": "A", "name": f"h{n}", "content": "203.0.113.1"} for n in range(2200)]
    await pro.post(f"/zones/{zone}/dns_records/batch", {"posts": posts})
    began = time.perf_counter()
    page = await pro.get(f"/zones/{zone}/dns_records?per_page=5000")
    assert time.perf_counter() - began < 1.0
    assert len(page.result) == 2200


async def test_creating_records_does_not_slow_down_with_the_zone(pro: Client) -> None:
    """Twice the records take about twice the time: conflicts are looked up by name."""
    zone = await pro.zone()

    async def seconds(start: int) -> float:
        posts = [{"type": "A", "name": f"h{n}", "content": "203.0.113.1"} for n in range(start, start + 1000)]
        began = time.perf_counter()
        await pro.post(f"/zones/{zone}/dns_records/batch", {"posts": posts})
        return time.perf_counter() - began

    first = await seconds(0)
    await seconds(1000)
    assert await seconds(2000) < 5 * first + 0.2

"""Hostile targets do no harm: each case ends within its time and memory, with a cause that has a type."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.hostile import catalogue, portal_cases
from tests.hostile.kit import DEADLINE, GROWTH_MB, MEMORY_MB, Observed, observe

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.slow]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def seen() -> AsyncIterator[dict[str, Observed]]:
    yield await observe(catalogue.CASES)


@pytest.mark.parametrize("case", catalogue.CASES, ids=lambda case: case.id)
async def test_a_hostile_target_does_no_harm(case: catalogue.Case, seen: dict[str, Observed]) -> None:
    found = seen[case.id]
    assert found.outcome == case.outcome, found
    assert found.seconds < DEADLINE, found
    assert found.peak < MEMORY_MB, found
    assert found.growth < GROWTH_MB, found


@pytest.mark.parametrize("case", portal_cases.CASES, ids=lambda case: case.id)
async def test_no_credential_goes_to_a_host_that_is_not_declared(
    case: catalogue.Case, seen: dict[str, Observed]
) -> None:
    assert seen[case.id]
    assert portal_cases.REACHED[case.behaviour] == []
    if case.outcome in ("TLS", "NOT_PROBED"):
        assert portal_cases.TOLD[case.behaviour] == []
    elif case.outcome != "TOO_LARGE":
        assert any(portal_cases.PASSWORD.encode() in told for told in portal_cases.TOLD[case.behaviour])
    injected = [told for told in portal_cases.TOLD[case.behaviour] if b"\r\nx-injected" in told]
    assert injected == []


async def test_the_cases_are_distinct_and_enough() -> None:
    pairs = {(case.id, case.outcome) for case in catalogue.CASES}
    assert len(pairs) == len(catalogue.CASES)
    assert len(catalogue.typed()) >= 60


async def test_the_documentation_lists_what_is_tested() -> None:
    assert catalogue.PAGE.read_text() == catalogue.page(), "python -m tests.hostile.catalogue writes it"

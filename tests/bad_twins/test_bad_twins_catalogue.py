"""Every bad twin fails exactly the checks it lists; every check has a twin; good clients raise no alarm."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import pytest
import pytest_asyncio

from launchready import checklist
from launchready.evidence.browser import chromium
from tests.bad_twins.catalogue import GOOD, TWINS
from tests.bad_twins.harness import Stage, Twin, stage
from tests.bad_twins.rates import GOOD as GOOD_CLIENT
from tests.bad_twins.rates import TWIN

pytestmark = [pytest.mark.twin, pytest.mark.edge, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene() -> AsyncIterator[Stage]:
    async with stage() as running:
        yield running


def _can_be_seen(twin: Twin) -> None:
    if twin.in_browser and chromium.find() is None:
        pytest.skip(f"there is no browser here: {chromium.INSTALL}")


@pytest.mark.parametrize("name", TWINS)
async def test_a_twin_fails_exactly_the_checks_it_lists(
    scene: Stage, name: str, record_property: Callable[[str, object], None]
) -> None:
    _can_be_seen(TWINS[name])
    verification = await scene.verification(TWINS[name], checklist.load())
    failing = {finding.check for finding in verification.failures}
    record_property(TWIN, [sorted(TWINS[name].trips), sorted(failing)])
    odd = failing ^ TWINS[name].trips
    explained = [
        f"{f.check} {f.subject}: {f.status} {f.observed}" for f in verification.findings if f.check in odd
    ]
    assert failing == TWINS[name].trips, "\n".join(explained)


@pytest.mark.parametrize("name", GOOD)
async def test_a_good_client_is_ready(
    scene: Stage, name: str, record_property: Callable[[str, object], None]
) -> None:
    _can_be_seen(GOOD[name])
    verification = await scene.verification(GOOD[name], checklist.load())
    record_property(GOOD_CLIENT, sorted({finding.check for finding in verification.failures}))
    unclear = [f for f in verification.findings if f.status in ("fail", "inconclusive")]
    assert unclear == []
    assert verification.verdict == "ready"


async def test_every_check_has_a_twin() -> None:
    tripped = {check for twin in TWINS.values() for check in twin.trips}
    assert {check.id for check in checklist.load()} - tripped == set()


async def test_no_twin_lists_a_check_that_does_not_exist() -> None:
    known = set(checklist.load().checks)
    assert {name: twin.trips - known for name, twin in TWINS.items() if twin.trips - known} == {}

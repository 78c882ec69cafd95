"""A kept edge whose clock many verifications have moved on: what it signs and serves stays valid here.

Signatures and certificates follow this machine's time (launchready/edge/dns/sign.py, launchready/edge/ca.py),
which TLS and DNSSEC libraries judge by; so the verifier's time is the machine's, too.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio

from launchready import checklist
from launchready.checklist.registry import Status
from launchready.verify import Verification, verify
from tests.bad_twins.harness import LIMITS, Scene, Stage, Twin, stage
from tests.bad_twins.portals import with_portal

pytestmark = [pytest.mark.edge, pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]

AHEAD = timedelta(days=100)
"""More than the life of a certificate, and of a signature."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene() -> AsyncIterator[Stage]:
    async with stage() as running:
        yield running


async def test_an_edge_that_is_months_ahead_is_verified_twice_without_a_false_alarm(scene: Stage) -> None:
    registry, runs = checklist.load(), list[Verification]()

    async def kept(on: Scene) -> None:
        for _ in range(2):
            on.state.clock.advance(AHEAD.total_seconds())
            on.state.changed()  # nothing that was made for an earlier time is served
            document = scene.edge.document()
            found = await verify(
                on.client, edge=document, checks=registry, limits=LIMITS, outputs=on.outputs, local=on.local
            )
            runs.append(found)
        assert on.state.clock.now() > datetime.now(UTC) + 2 * AHEAD - timedelta(minutes=1)

    await scene.verification(Twin(with_portal(), frozenset(), kept, rows=("dns",)), registry)
    assert len(runs) == 2
    for found in runs:
        assert [(f.check, f.subject, f.observed) for f in found.findings if f.status is Status.FAIL] == []
        assert {row.row: row.status for row in found.rows}.items() >= {"dns": "pass", "tls": "pass"}.items()
        proven = {f.check for f in found.findings if f.status is Status.PASS}
        assert proven >= {"dns.dnssec.signatures", "tls.chain.valid"}

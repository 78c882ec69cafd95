"""`launch verify --domain` looks at strangers' domains, `--quick` only looks: what neither of them sends."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import pytest
import pytest_asyncio

from launchready import checklist
from launchready.checklist.registry import Status
from launchready.client_file.model import ClientFile
from launchready.declared import declare
from launchready.edge.portal.install import install
from launchready.evidence.types import BurstProbe, Cause, HttpProbe, LoadProbe, PortalProbe
from launchready.rehearse.portal import in_clear
from launchready.verify import Verification, verify, verify_public
from tests.bad_twins.clients import DOMAIN
from tests.bad_twins.email_auth_twins import MAILS
from tests.bad_twins.harness import LIMITS, Stage, opened, stage
from tests.bad_twins.portals import with_portal
from tests.bad_twins.provision import provision

pytestmark = [pytest.mark.edge, pytest.mark.asyncio(loop_scope="module")]

MOST_REQUESTS = 40
"""Of one host, each kind of them counted once: a page with its pictures is as many."""
ONLY_LOOKS = {"GET", "HEAD", "OPTIONS"}
NOBODY_LINKS_TO = ("/.git", "/.env", "/admin", "/backup", "/phpinfo", "/debug", "/actuator")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene() -> AsyncIterator[tuple[Stage, ClientFile]]:
    async with stage() as running:
        values = with_portal(budget=50) | {"email": MAILS, "tls": {"dnssec": False}}
        client = ClientFile.model_validate({"client": "twin", **opened(values)})
        await provision(running.api, declare(client))
        origins, world = running.edge.https.origins, running.edge.world
        install(in_clear(client.portal), running.edge.state, origins, lambda: world.sink["smtp"])  # type: ignore[arg-type]
        yield running, client


def requests(verification: Verification) -> list[HttpProbe]:
    found = (result[0].probe for result in verification.evidence.results.values() if result)
    return [probe for probe in found if isinstance(probe, HttpProbe)]


def stateful(verification: Verification) -> list[object]:
    kinds = (PortalProbe, BurstProbe, LoadProbe)
    return [
        r for found in verification.evidence.results.values() for r in found if isinstance(r.probe, kinds)
    ]


async def test_a_strangers_domain_is_looked_at_politely(scene: tuple[Stage, ClientFile]) -> None:
    running, _ = scene
    verification = await verify_public(DOMAIN, edge=running.edge.document(), limits=LIMITS)
    asked = requests(verification)
    assert {probe.method for probe in asked} <= ONLY_LOOKS
    hosts = Counter(urlsplit(probe.url).hostname for probe in asked)
    assert max(hosts.values()) <= MOST_REQUESTS, hosts
    assert [p.url for p in asked if urlsplit(p.url).path.startswith(NOBODY_LINKS_TO)] == []
    assert stateful(verification) == []


async def test_a_quick_run_only_looks_and_says_what_stays_unproven(scene: tuple[Stage, ClientFile]) -> None:
    running, client = scene
    verification = await verify(client, edge=running.edge.document(), limits=LIMITS, quick=True)
    assert {probe.method for probe in requests(verification)} <= ONLY_LOOKS
    left = stateful(verification)
    assert left
    assert {getattr(result, "cause", None) for result in left} == {Cause.NOT_PROBED}
    assert not any(getattr(result, "steps", ()) for result in left)
    rows = {row.row: row.status for row in verification.rows}
    assert (rows["authn"], rows["authz"], verification.verdict) == ("unproven", "unproven", "unproven")
    played = {c.id for c in checklist.load() if c.row == "authn"}
    assert {f.status for f in verification.findings if f.check in played} <= {
        Status.INCONCLUSIVE, Status.NOT_APPLICABLE, Status.PASS,
    }  # fmt: skip

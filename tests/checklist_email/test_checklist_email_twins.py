"""The bad twins of the row, over real name servers and a real resolver, with rows dns and email_auth."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from launchready import checklist
from launchready.checklist.registry import Registry
from launchready.client_file.model import ClientFile
from launchready.declared import declare
from launchready.edge.ca import CertificateAuthority
from launchready.edge.dns.authority import Authority
from launchready.edge.state import EdgeState, Zone
from launchready.edge.world.world import World
from launchready.verify import verify
from tests.bad_twins.catalogue import TWINS as EVERY_TWIN
from tests.bad_twins.email_auth_twins import MAILS, NEVER, TWINS, EmailTwin, client

SERVERS = ["ada.ns.cloudflare.com", "bob.ns.cloudflare.com"]
_ids = itertools.count(1)


def rows() -> Registry:
    """The checks of rows dns and email_auth."""
    return Registry({c.id: c for c in checklist.load() if c.row in ("dns", "email_auth")})


def served_zone(asked: ClientFile) -> Zone:
    """The zone that the API would hold after `pulumi up` of this client."""
    zone = Zone(f"{next(_ids):032x}", asked.domain, {"name": asked.domain, "name_servers": list(SERVERS)})
    for record in declare(asked).records:
        shown: dict[str, Any] = {
            "id": f"{next(_ids):032x}",
            "name": record.name,
            "type": record.type,
            "content": record.content,
            "ttl": record.ttl,
            "proxied": record.proxied,
        }
        if record.priority is not None:
            shown["priority"] = record.priority
        zone.put_record(shown | ({"data": dict(record.data)} if record.data else {}))
    return zone


@asynccontextmanager
async def edge(zone: Zone, directory: Path) -> AsyncIterator[Mapping[str, Any]]:
    """Name servers, parents and a resolver on loopback for one zone; yields what an edge document says."""
    state = EdgeState(zones={zone.id: zone})
    authority = Authority(state)
    world = World(state, authority)
    authorities = CertificateAuthority(directory, state.clock.now)
    await authority.start("127.0.0.1")
    try:
        await world.start("127.0.0.1")
        yield {
            "resolver": world.resolver,
            "connect": state.connect,
            "ca": str(authorities.root_path),
            "addresses": state.addresses,
        }
    finally:
        await world.close()
        await authority.close()


async def failing(values: Mapping[str, Any], twin: EmailTwin | None, directory: Path) -> set[str]:
    asked = ClientFile.model_validate({**values, "tls": {"dnssec": False}})
    zone = served_zone(asked)
    if twin is not None and twin.break_served is not None:
        twin.break_served(zone)
    async with edge(zone, directory) as document:
        verification = await verify(asked, edge=document, checks=rows())
    assert [f for f in verification.findings if f.status == "inconclusive" and f.row == "email_auth"] == []
    return {finding.check for finding in verification.findings if finding.status == "fail"}


@pytest.mark.twin
@pytest.mark.slow
@pytest.mark.parametrize("twin", TWINS.values(), ids=TWINS)
async def test_a_twin_trips_exactly_what_it_lists(twin: EmailTwin, tmp_path: Path) -> None:
    assert await failing(twin.client, twin, tmp_path) == twin.trips


@pytest.mark.parametrize("email", [MAILS, NEVER, "none"], ids=["mails", "never", "none"])
async def test_a_good_client_trips_nothing(email: object, tmp_path: Path) -> None:
    assert await failing(client(email), None, tmp_path) == set()


def test_every_check_has_a_twin() -> None:
    ids = {check.id for check in checklist.load() if check.row == "email_auth"}
    assert ids == {i for twin in EVERY_TWIN.values() for i in twin.trips if i.startswith("email_auth.")}

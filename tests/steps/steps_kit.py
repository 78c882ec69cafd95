"""A small client put on a real edge whose registrar a test plays, and its steps walked there."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from launchready.client_file.model import ClientFile
from launchready.declared import declare
from launchready.edge.api import Limits as ApiLimits
from launchready.edge.api.registrar import own_ds
from launchready.edge.process import Edge, EdgeOptions, serve
from launchready.edge.state import Defect, Zone
from launchready.edge.world import registrar
from launchready.evidence.limits import Limits
from launchready.steps import Context, Progress, Run, load, to_document, walk
from launchready.steps.api import StepsApi
from launchready.steps.plan import PLAN, Step
from tests.bad_twins.provision import Api, provision

DOMAIN, NAME, WORLD = "acme.example", "acme", "edge:test"
OLD = ["ns1.old.example", "ns2.old.example"]
STALE = "12345 13 2 " + "5A" * 32
LIMITS = Limits(dns_timeouts=(0.2, 0.3), run_seconds=60.0)
CLIENT: dict[str, Any] = {
    "client": NAME,
    "domain": DOMAIN,
    "hosts": {"@": {"address": "203.0.113.10", "proxied": True}, "www": {"redirect": "@"}},
    "email": {"senders": []},
    "portal": "none",
}


@dataclass
class Launch:
    """A launch whose resources are all applied, on an edge whose registrar only the test moves."""

    edge: Edge
    api: Api
    client: ClientFile
    path: Path
    said: list[str] = field(default_factory=list)

    @property
    def zone(self) -> Zone:
        (found,) = self.edge.state.zones.values()
        return found

    @property
    def servers(self) -> list[str]:
        return [str(name) for name in self.zone.info["name_servers"]]

    def register(self, servers: list[str] | None = None, ds: list[str] | None = None) -> None:
        """The registrar: who serves the domain, and its DS."""
        if servers is not None:
            registrar.set_ns(self.edge.state, DOMAIN, servers)
        if ds is not None:
            registrar.set_ds(self.edge.state, DOMAIN, ds)

    def own_ds(self) -> str:
        found = own_ds(self.zone)
        assert found is not None
        return found

    def defect(self, kind: str, where: str, **options: Any) -> None:
        self.edge.state.defects.append(Defect(kind, where, options))
        self.edge.state.changed()

    def mend(self) -> None:
        self.edge.state.defects.clear()
        self.edge.state.changed()

    async def walk(self, plan: tuple[Step, ...] = PLAN, *, keep: bool = True, **how: Any) -> Progress:
        """One run, as `launch up` makes it after applying (``keep``), or as `launch steps` does."""
        progress = load(self.path, NAME, DOMAIN, WORLD)
        document = self.edge.document()
        self.said.clear()
        run = Run(self.said.append, path=self.path if keep else None, plan=plan, **{"scale": 0.02, **how})
        async with StepsApi(document["api"], document["token"]) as api:
            clock = self.edge.state.clock.now
            context = Context(self.client, api, clock, document, LIMITS, touch=keep, digest="one")
            await walk(context, progress, run)
        return progress


def states(progress: Progress) -> dict[str, str]:
    """Step → state, of those that were come to."""
    steps = to_document(progress)["steps"]
    return {one["name"]: one["state"] for one in steps if one["state"] != "pending"}


@asynccontextmanager
async def launched(directory: Path, values: Mapping[str, Any] = CLIENT) -> AsyncIterator[Launch]:
    (directory / "edge").mkdir()
    options = EdgeOptions(
        dir=directory / "edge", registrar="manual", limits=ApiLimits(requests=0, per_second=0)
    )
    edge = await serve(options)
    try:
        async with aiohttp.ClientSession() as session:
            client = ClientFile.model_validate(dict(values))
            api = Api(edge.document(), session)
            await provision(api, declare(client))
            yield Launch(edge, api, client, directory / "steps" / "acme.json")
    finally:
        await edge.close()

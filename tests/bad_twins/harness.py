"""One edge for many twins: put a client there, break it, verify, take it away again.

A twin's breakage uses what the edge offers (its API, its registrar, its defects by name) or puts a
server of its own in the place of one of the edge's, through the document's ``connect`` map.
"""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp

from launchready.checklist.registry import Registry
from launchready.client_file.base import Secret
from launchready.client_file.model import ClientFile, Portal
from launchready.declared import declare, resolve
from launchready.edge.api import Limits as ApiLimits
from launchready.edge.portal.install import install
from launchready.edge.process import Edge, EdgeOptions, serve
from launchready.edge.state import Defect, EdgeState
from launchready.evidence.limits import Limits
from launchready.rehearse.portal import in_clear
from launchready.verify import Verification, verify
from tests.bad_twins.created import outputs_of, signing_key
from tests.bad_twins.provision import Api, provision

LIMITS = Limits(dns_timeouts=(3.0, 5.0), connect_timeout=10.0, handshake_timeout=10.0, http_timeout=20.0)


@dataclass
class Scene:
    """A twin's client as it is served, for its breakage to lay hands on."""

    edge: Edge
    api: Api
    zone_id: str
    client: ClientFile
    stack: AsyncExitStack
    """Closes the servers that a breakage starts."""
    connect: dict[str, str] = field(default_factory=dict)
    """Put over the edge document's map: ``name-or-ip:port`` → where a server of the twin's listens."""
    ca: Path | None = None
    """A bundle with the twin's own authority in it."""
    now: datetime | None = None
    """The verifier's clock, where the twin moves it."""
    outputs: dict[str, Any] = field(default_factory=dict)
    """The stack's, as the verifier gets them."""
    local: dict[str, Any] | None = None
    """What the machine knows of the launch's snapshots."""
    given: dict[str, Any] | None = None
    """What was found in a repository and in logs."""
    fuzz: bool = False
    browser: bool = False

    @property
    def state(self) -> EdgeState:
        return self.edge.state

    @property
    def domain(self) -> str:
        return self.client.domain

    def pages(self, target: str, pages: Mapping[str, Mapping[str, Any]]) -> None:
        """What the origin behind ``target`` serves, for as long as the twin is on stage."""
        origins = self.edge.https.origins
        origins.set_pages(target, pages)
        self.stack.callback(origins.set_pages, target, {})

    def portal(self, values: Mapping[str, Any]) -> None:
        """Another portal than the client file describes, in the same place."""
        world = self.edge.world
        install({"portal": dict(values)}, self.state, self.edge.https.origins, lambda: world.sink["smtp"])

    def defect(self, kind: str, where: str, **options: Any) -> None:
        self.state.defects.append(Defect(kind, where, options))
        self.state.changed()


def opened(value: Any) -> Any:
    """A twin's values with each ``{"secure": text}`` as a secret that can be read."""
    if isinstance(value, dict):
        if set(value) == {"secure"}:
            return Secret(value["secure"], partial(str, value["secure"]))
        return {key: opened(one) for key, one in value.items()}
    return [opened(one) for one in value] if isinstance(value, list | tuple) else value


Break = Callable[[Scene], Awaitable[None]]


@dataclass(frozen=True)
class Twin:
    """``client``: values of a client file (keys without ``launchready:``). ``trips``: every failing check.

    ``rows``: the rows that are looked at; empty for all.
    """

    client: Mapping[str, Any]
    trips: frozenset[str]
    breaks: Break | None = field(default=None, compare=False)
    rows: tuple[str, ...] = ()
    in_browser: bool = False
    """Can it only be seen with a browser on this machine?"""


class Stage:
    """A running edge that shows one client after another."""

    def __init__(self, edge: Edge, api: Api, good: Mapping[str, Twin]) -> None:
        self.edge = edge
        self.api = api
        self._good = good

    async def observe(self, twin: Twin, registry: Registry) -> frozenset[str]:
        """The ids of the checks that fail for a twin."""
        verification = await self.verification(twin, registry)
        return frozenset(finding.check for finding in verification.failures)

    async def false_alarms(self, registry: Registry) -> frozenset[str]:
        """The ids of the checks that fail for a good client."""
        found: set[str] = set()
        for twin in self._good.values():
            found |= await self.observe(twin, registry)
        return frozenset(found)

    async def verification(self, twin: Twin, registry: Registry, limits: Limits = LIMITS) -> Verification:
        """A whole run over a twin; afterwards the edge is as empty as before."""
        chosen = Registry({c.id: c for c in registry if not twin.rows or c.row in twin.rows})
        client = ClientFile.model_validate({"client": "twin", **opened(dict(twin.client))})
        async with AsyncExitStack() as stack:
            declared = declare(client)
            self.edge.state.plan = client.plan
            outputs = outputs_of(declared)
            zone_id = await provision(self.api, resolve(declared, outputs))
            stack.push_async_callback(self.clear, zone_id)
            if isinstance(client.portal, Portal):
                self._put_portal(client.portal, stack, signing_key(client))
            scene = Scene(self.edge, self.api, zone_id, client, stack, outputs=outputs)
            if twin.breaks is not None:
                await twin.breaks(scene)
            document = self.edge.document()
            document["connect"] |= scene.connect
            document["ca"] = str(scene.ca or document["ca"])
            return await verify(
                client, edge=document, checks=chosen, limits=limits, now=scene.now, outputs=scene.outputs,
                local=scene.local, given=scene.given, fuzz=scene.fuzz,
                browser=scene.browser,
            )  # fmt: skip

    def _put_portal(self, portal: Portal, stack: AsyncExitStack, key: dict[str, str] | None) -> None:
        """The sample portal behind the twin's own host, for as long as the twin is on stage."""
        origins, world = self.edge.https.origins, self.edge.world
        found = install(in_clear(portal, key), self.edge.state, origins, lambda: world.sink["smtp"])
        stack.callback(origins.set_app, str(found["host"]), None)

    async def clear(self, zone_id: str) -> None:
        state = self.edge.state
        state.defects.clear()
        await self.api.call("DELETE", f"/zones/{zone_id}")
        state.account.pop("workers_scripts", None)
        state.registry.clear()
        # Scenarios move the clock on; many of them together would leave what is signed now in the future.
        state.clock.offset = 0.0
        state.changed()


@asynccontextmanager
async def stage() -> AsyncIterator[Stage]:
    """An edge of its own, gone afterwards."""
    from tests.bad_twins.catalogue import GOOD

    async with AsyncExitStack() as stack:
        directory = stack.enter_context(tempfile.TemporaryDirectory(prefix="twins-"))
        unlimited = ApiLimits(requests=0, per_second=0)
        edge = await serve(EdgeOptions(dir=Path(directory), limits=unlimited))
        stack.push_async_callback(edge.close)
        session = await stack.enter_async_context(aiohttp.ClientSession())
        yield Stage(edge, Api(edge.document(), session), GOOD)

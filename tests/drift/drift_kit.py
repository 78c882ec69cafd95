"""One launch on an edge of its own, to be changed behind the program's back and compared."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from launchready.aws import reader
from launchready.client_file.model import ClientFile
from launchready.drift import KINDS, Drift, Options, drift
from launchready.drift.kinds import Kinds
from launchready.drift.state import State, read_state
from launchready.edge.api import Limits as ApiLimits
from launchready.edge.process import Edge, EdgeOptions, serve
from launchready.edge.state import Defect, Zone
from launchready.engine.cloudflare_plugin.api import Call
from launchready.evidence.limits import Limits
from launchready.gateway.upstream import Bounds
from tests.bad_twins.harness import opened
from tests.drift.drift_program import EdgeApi, Stack, aws_environment

LIMITS = Limits(dns_timeouts=(3.0, 5.0), connect_timeout=10.0, handshake_timeout=10.0, agree=1)
REDIRECTS = "http_request_dynamic_redirect"


@dataclass
class Launched:
    """A launched client, and what a drill lays hands on."""

    edge: Edge
    stack: Stack
    client: ClientFile
    now: datetime | None = None
    state: State | None = field(default=None)
    """Another state than the stack's own."""

    @property
    def zone(self) -> Zone:
        zone = self.edge.state.zone_for(self.client.domain)
        assert zone is not None
        return zone

    async def call(self, method: str, path: str, body: Any = None) -> Any:
        """One call of the edge's API below the zone; ``//`` at the beginning: below the root."""
        whole = path[1:] if path.startswith("//") else f"/zones/{self.zone.id}{path}"
        return await EdgeApi(self.edge).result(Call(method, whole, body))

    def records(self, **wanted: Any) -> list[dict[str, Any]]:
        return [
            r for r in self.zone.records.values() if all(r[key] == value for key, value in wanted.items())
        ]

    async def edit(self, wanted: Mapping[str, Any], **changes: Any) -> None:
        """PATCH every record that matches; there must be one."""
        found = self.records(**wanted)
        assert found, wanted
        for record in found:
            await self.call("PATCH", f"/dns_records/{record['id']}", changes)

    async def drop(self, **wanted: Any) -> None:
        found = self.records(**wanted)
        assert found, wanted
        for record in found:
            await self.call("DELETE", f"/dns_records/{record['id']}")

    async def add(self, **record: Any) -> None:
        await self.call("POST", "/dns_records", {"ttl": 1, "proxied": False, **record})

    async def set(self, setting: str, value: Any) -> None:
        await self.call("PATCH", f"/settings/{setting}", {"value": value})

    def rules(self, phase: str) -> list[dict[str, Any]]:
        ruleset = self.zone.ruleset(phase)
        assert ruleset is not None
        return copy.deepcopy(ruleset["rules"])

    async def put_rules(self, phase: str, rules: list[dict[str, Any]]) -> None:
        ruleset = self.zone.ruleset(phase)
        assert ruleset is not None
        await self.call("PUT", f"/rulesets/{ruleset['id']}", {"rules": rules})

    async def edit_rule(self, phase: str, number: int, **changes: Any) -> None:
        rules = self.rules(phase)
        rules[number] = {**rules[number], **changes}
        await self.put_rules(phase, rules)

    async def drop_rule(self, phase: str, number: int = 0) -> None:
        rules = self.rules(phase)
        del rules[number]
        await self.put_rules(phase, rules)

    async def drop_ruleset(self, phase: str) -> None:
        ruleset = self.zone.ruleset(phase)
        assert ruleset is not None
        await self.call("DELETE", f"/rulesets/{ruleset['id']}")

    async def aws(self, service: str, operation: str, **given: Any) -> Any:
        def blocking() -> Any:
            client = reader.client(service, "us-east-1", self.edge.aws.url, 30.0)
            return getattr(client, operation)(**given)

        return await asyncio.to_thread(blocking)

    def defect(self, kind: str, where: str) -> None:
        self.edge.state.defects.append(Defect(kind, where, {}))
        self.edge.state.changed()

    # ---- comparing ------------------------------------------------------------------------------

    async def drift(self, *, full: bool = True, kinds: Kinds = KINDS, state: State | None = None) -> Drift:
        """A whole comparison; ``full`` False: Cloudflare's API only."""
        own = state or self.state or read_state(self.stack.export())
        options = Options(
            edge=self.edge.document(),
            edge_file=self.edge.options.dir / "edge.json",
            file="stacks/Pulumi.acme.yaml",
            limits=LIMITS,
            now=self.now,
            public=full,
            aws=full,
            kinds=kinds,
            bounds=Bounds(wait=0.01),
        )
        return await drift(self.client, own, options)

    async def up(self) -> None:
        """`launch up acme --refresh`."""
        await self.stack.up()

    def relaunch(self, **changes: Any) -> None:
        """Another client file from now on; not launched yet."""
        self.client = self.client.model_copy(update=changes)
        self.stack.client = self.client


def client_of(values: Mapping[str, Any]) -> ClientFile:
    return ClientFile.model_validate({"client": "acme", **opened(dict(values))})


@asynccontextmanager
async def launched(directory: Path, values: Mapping[str, Any], plan: str) -> AsyncIterator[Launched]:
    """A client that has been launched, untouched since; AWS is as empty afterwards as before."""
    edge = await serve(EdgeOptions(dir=directory, plan=plan, limits=ApiLimits(0, 0)))
    try:
        client = client_of(values)
        made = Launched(edge, Stack(edge, client), client)
        await made.up()
        edge.monitoring.owners(True)
        yield made
    finally:
        with aws_environment(edge):
            await asyncio.to_thread(forget_aws)
        await edge.close()


def forget_aws() -> None:
    """AWS is one for all edges of a process: as empty as at the beginning."""
    from moto.moto_api._internal.models import moto_api_backend

    moto_api_backend.reset()

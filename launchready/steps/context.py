"""What a step may look at: the client file, the API, DNS at the parent, TLS and HTTP, the checks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from launchready.client_file.model import ClientFile
from launchready.declared import declare
from launchready.declared.types import Declared
from launchready.evidence.collector import Collector
from launchready.evidence.limits import Limits
from launchready.evidence.types import Probe, Result
from launchready.steps.api import Json, StepsApi
from launchready.steps.store import Entry
from launchready.verify import Verification, verify
from launchready.verify.world import world

LIMITS = Limits(dns_timeouts=(1.0, 2.0), run_seconds=120.0, host_seconds=30.0)


@dataclass(slots=True)
class Context:
    """``edge``: an edge document, or None for the internet. ``clock``: the time of the world looked at.

    ``touch``: may Cloudflare be asked to look at the delegation again? (``launch steps`` only reads.)
    ``outputs``: the stack's, for what is known only after creation.
    """

    client: ClientFile
    api: StepsApi
    clock: Callable[[], datetime]
    edge: Mapping[str, Any] | None = None
    limits: Limits = LIMITS
    touch: bool = True
    outputs: Mapping[str, Any] | None = None
    digest: str = ""
    """Of the client file."""
    entry: Entry = field(default_factory=Entry)
    """What is kept of the step that is looked at; ``notes`` are the step's own."""
    declared: Declared = field(init=False)

    def __post_init__(self) -> None:
        self.declared = declare(self.client)

    @property
    def domain(self) -> str:
        return self.declared.domain

    async def zone(self) -> Json | None:
        """The zone as the API has it now. Raises ApiError."""
        return await self.api.zone(self.domain, self.client.zone.id, self.client.account)

    async def probe(self, *probes: Probe) -> list[tuple[Result, ...]]:
        """Fresh results, nothing of an earlier look, in the order of ``probes``."""
        async with Collector(world(self.declared, self.edge), self.limits) as collector:
            found = await collector.collect(probes)
        return [found[probe.id] for probe in probes]

    async def check(self, *ids: str) -> Verification:
        """Run these checks of the checklist."""
        return await verify(
            self.client, edge=self.edge, only=ids, limits=self.limits, outputs=self.outputs, quick=True,
        )  # fmt: skip

"""Runs probes: who is asked, how many at once, how often, until when; and only at declared hosts.

Every probe that goes in comes out with a result. What could not be done carries its cause.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from launchready.evidence import http_probe, rdap, tls_probe
from launchready.evidence.aws_probe import AwsReader
from launchready.evidence.burst import burst
from launchready.evidence.connections import Connections
from launchready.evidence.convergence import agreed_http, agreed_tls
from launchready.evidence.dialer import Dialer, Target, Unreachable
from launchready.evidence.dns_client import DnsClient, Endpoint
from launchready.evidence.limits import Limits
from launchready.evidence.load_client import LoadTarget
from launchready.evidence.portal.access import PortalAccess
from launchready.evidence.portal.play import Player, turn
from launchready.evidence.servers import ZoneServers, delegated_servers, parent_of, servers_of
from launchready.evidence.types import (
    EACH_AUTHORITATIVE,
    PARENT,
    RESOLVER,
    AwsProbe,
    AwsResult,
    BurstProbe,
    BurstResult,
    Cause,
    DnsProbe,
    DnsResult,
    HttpProbe,
    HttpResult,
    LoadProbe,
    LoadResult,
    PortalProbe,
    PortalResult,
    Probe,
    RdapProbe,
    RdapResult,
    Result,
    TlsProbe,
    TlsResult,
    is_stateful,
)

DNS_PORT = 53
QUIET_LOOKS = 3
OnResult = Callable[[Probe], None]


@dataclass(frozen=True, slots=True)
class World:
    """Where a run looks. ``connect`` None is the internet; ``ca`` None is the machine's trust store."""

    zone: str
    resolvers: tuple[Endpoint, ...]
    scope: Callable[[str], bool]
    """May this host be connected to? (Is it one that the client file declares?)"""
    connect: Mapping[str, str] | None = None
    contexts: tls_probe.Contexts = field(default_factory=tls_probe.Contexts)
    ipv6: bool = False
    aws: str | None = None
    """URL of an edge's AWS; None is AWS itself, with the credentials of the environment."""
    portal: PortalAccess | None = None
    """The portal that scenarios are played against; None without one."""
    rdap: str = ""
    """URL of the bootstrap file that says who knows a registration; "" when nobody is asked."""


class Collector:
    """Collects results. ``async with Collector(world, limits) as collector: await collector.collect(…)``."""

    def __init__(self, world: World, limits: Limits, *, quick: bool = False) -> None:
        """``quick``: look only; scenarios, bursts and loads are not probed, and say so."""
        self._world = world
        self._quick = quick
        self._limits = limits
        self._aws = AwsReader(world.aws, limits)
        self._client = DnsClient(limits)
        self._dialer = Dialer(self.resolve, world.connect, ipv6=world.ipv6)
        self._resolved: dict[str, asyncio.Task[DnsResult]] = {}
        self._zone: asyncio.Task[ZoneServers] | None = None
        self._parent: asyncio.Task[ZoneServers] | None = None
        self._connections = asyncio.Semaphore(limits.connections)
        self._kept = Connections()
        self._gates: dict[str, asyncio.Semaphore] = defaultdict(
            lambda: asyncio.Semaphore(limits.connections_per_host)
        )
        self._spent: dict[str, float] = defaultdict(float)
        self._player = (
            Player(world.portal, self._to_portal, self.resolve) if world.portal is not None else None
        )
        self._ends = time.monotonic() + limits.run_seconds

    async def __aenter__(self) -> Collector:
        return self

    async def __aexit__(self, *_: object) -> None:
        """End what a deadline left waiting, then close the sockets."""
        left = [*self._resolved.values(), *self._dialer.pending(), self._zone, self._parent]
        tasks = [task for task in left if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._client.close()
        self._kept.close()

    # --- what others ask --------------------------------------------------------------------

    async def zone_servers(self) -> ZoneServers:
        """The zone's name servers, found once."""
        if self._zone is None:
            self._zone = asyncio.ensure_future(self._find_zone_servers())
        return await asyncio.shield(self._zone)

    async def _find_zone_servers(self) -> ZoneServers:
        """As a resolver sees them; by the parent's delegation where it sees nothing (a stale DS, for one)."""
        zone, ipv6 = self._world.zone, self._world.ipv6
        found = await servers_of(self.resolve, zone, ipv6=ipv6)
        if found.servers:
            return found
        referrals = await self._ask_all(DnsProbe(zone, "NS", PARENT), await self.parent_servers())
        delegated = await delegated_servers(self.resolve, zone, referrals, ipv6=ipv6)
        return delegated if delegated.servers else found

    async def parent_servers(self) -> ZoneServers:
        if self._parent is None:
            found = parent_of(self.resolve, self._world.zone, ipv6=self._world.ipv6)
            self._parent = asyncio.ensure_future(found)
        return await asyncio.shield(self._parent)

    async def resolve(self, probe: DnsProbe) -> DnsResult:
        """The recursive resolver's answer, asked once in a run."""
        task = self._resolved.get(probe.id)
        if task is None:
            task = self._resolved[probe.id] = asyncio.ensure_future(self._ask_resolvers(probe))
        return await asyncio.shield(task)

    async def collect(
        self, probes: Iterable[Probe], on_result: OnResult | None = None
    ) -> dict[str, tuple[Result, ...]]:
        """Results by probe id, for every probe given.

        Questions first, connections after them: a loop that is busy with handshakes reads answers late,
        and takes for a time-out what was only its own delay.
        """
        results: dict[str, tuple[Result, ...]] = {}

        async def run(probe: Probe) -> None:
            try:
                async with asyncio.timeout_at(self._loop_end()):
                    results[probe.id] = await self._run(probe)
            except TimeoutError:
                results[probe.id] = (failure(probe, Cause.NOT_PROBED, "the run's time was over"),)
            except Exception as error:  # noqa: BLE001 - a bug in one probe must not take the report with it
                reason = f"the probe broke: {type(error).__name__}: {error}"
                results[probe.id] = (failure(probe, Cause.CHECK_ERROR, reason),)
            if on_result is not None:
                on_result(probe)

        wanted = {probe.id: probe for probe in probes}.values()
        for batch in (
            [probe for probe in wanted if isinstance(probe, DnsProbe)],
            [probe for probe in wanted if not isinstance(probe, DnsProbe) and not is_stateful(probe)],
        ):
            async with asyncio.TaskGroup() as group:
                for probe in batch:
                    group.create_task(run(probe))
        # One at a time: each finds the world as the one before left it.
        for probe in sorted((probe for probe in wanted if is_stateful(probe)), key=turn):
            await run(probe)
        return results

    # --- one probe --------------------------------------------------------------------------

    def _loop_end(self) -> float:
        return asyncio.get_running_loop().time() + self._ends - time.monotonic()

    async def _run(self, probe: Probe) -> tuple[Result, ...]:
        if self._quick and isinstance(probe, PortalProbe | BurstProbe | LoadProbe):
            return (failure(probe, Cause.NOT_PROBED, "left out of a quick run"),)
        if isinstance(probe, DnsProbe):
            return await self._dns(probe)
        if isinstance(probe, TlsProbe):
            return (await self._tls(probe),)
        if isinstance(probe, AwsProbe):
            return (await self._aws.read(probe),)
        if isinstance(probe, RdapProbe):
            return (await rdap.read(probe, self._world, self._dialer, self._limits),)
        if isinstance(probe, PortalProbe):
            return (await self._portal(probe),)
        if isinstance(probe, BurstProbe):
            return (await burst(probe, self._ask_in_burst),)
        if isinstance(probe, LoadProbe):
            return (await self._load(probe),)
        if probe.quiet:
            return (await self._http_quiet(probe),)
        return (await self._http(probe),)

    async def _dns(self, probe: DnsProbe) -> tuple[DnsResult, ...]:
        if probe.server == RESOLVER:
            return (await self.resolve(probe),)
        if probe.server == EACH_AUTHORITATIVE:
            return await self._ask_all(probe, await self.zone_servers())
        if probe.server == PARENT:
            return await self._ask_all(probe, await self.parent_servers())
        return (await self._ask_address(probe, probe.server, self._world.zone),)

    async def _ask_all(self, probe: DnsProbe, found: ZoneServers) -> tuple[DnsResult, ...]:
        if not found.servers:
            # NXDOMAIN of the zone's NS is no answer of a server to this question: there is none to ask.
            asked_nobody = found.cause in (None, Cause.NXDOMAIN, Cause.NODATA)
            cause = Cause.UNREACHABLE if asked_nobody else found.cause
            return (DnsResult(probe, "", cause, detail=f"no server to ask: {found.detail}"),)
        asked = (self._ask_address(probe, server.address, found.zone) for server in found.servers)
        return tuple(await asyncio.gather(*asked))

    async def _ask_address(self, probe: DnsProbe, address: str, zone: str) -> DnsResult:
        try:
            target = self._dialer.target(address, DNS_PORT)
        except Unreachable as error:
            return DnsResult(probe, address, error.cause, detail=error.detail)
        return await self._client.ask(probe, (target.host, target.port), label=address, zone=zone)

    async def _ask_resolvers(self, probe: DnsProbe) -> DnsResult:
        """The first resolver that answers; a SERVFAIL is an answer about the name, a time-out is not."""
        result = DnsResult(probe, "", Cause.UNREACHABLE, detail="no resolver is configured")
        for host, port in self._world.resolvers:
            result = await self._client.ask(probe, (host, port), label=f"{host}:{port}", zone="")
            if result.cause is Cause.SERVFAIL:
                return await self._explained(result, (host, port))
            if result.cause not in (Cause.TIMEOUT, Cause.CONNECTION_REFUSED, Cause.UNREACHABLE):
                return result
        return result

    async def _explained(self, failed: DnsResult, resolver: Endpoint) -> DnsResult:
        """Is it only validation that fails? Then the resolver answers when it is told not to check."""
        probe = failed.probe
        raw = await self._client.ask(probe, resolver, label=failed.server, zone="", unchecked=True)
        if not raw.answered:
            return failed
        detail = "SERVFAIL: DNSSEC validation fails (it answers with checking disabled)"
        return replace(failed, cause=Cause.BOGUS, detail=detail)

    async def _tls(self, probe: TlsProbe) -> TlsResult:
        try:
            targets = await self._targets(probe.host, probe.port, probe.address)
        except Unreachable as error:
            return TlsResult(probe, error.cause, detail=error.detail)
        times = self._limits.agree if probe.version is None and not probe.weak else 1

        async def once(target: Target) -> TlsResult:
            async with self._turn(probe.host):
                return await tls_probe.handshake(probe, target, self._world.contexts, self._limits)

        try:
            results = await asyncio.gather(*(once(target) for target in _spread(targets, times)))
        except Unreachable as error:
            return TlsResult(probe, error.cause, detail=error.detail)
        return agreed_tls(results)

    async def _http(self, probe: HttpProbe) -> HttpResult:
        try:
            _, host, port = http_probe.place(probe.url)
            targets = await self._targets(host, port, None)
        except Unreachable as error:
            return HttpResult(probe, error.cause, detail=error.detail)
        except ValueError as error:
            return HttpResult(probe, Cause.MALFORMED, detail=str(error))

        looks = self._looks(probe)
        fresh = looks > 1 or probe.quiet

        async def once(target: Target) -> HttpResult:
            where = (target.host, target.port, host)
            async with contextlib.nullcontext() if fresh else self._kept.turn(where), self._turn(host):
                return await http_probe.request(
                    probe, target, self._world.contexts, self._limits, kept=self._kept, fresh=fresh
                )

        try:
            results = await asyncio.gather(*(once(target) for target in _spread(targets, looks)))
        except Unreachable as error:
            return HttpResult(probe, error.cause, detail=error.detail)
        return agreed_http(results)

    async def _http_quiet(self, probe: HttpProbe) -> HttpResult:
        """The same request three times over, one after another: the answer of middle ``first_byte``."""
        answers = [await self._http(probe) for _ in range(QUIET_LOOKS)]
        failed = next((answer for answer in answers if answer.cause is not None), None)
        return failed or sorted(answers, key=lambda answer: answer.first_byte)[QUIET_LOOKS // 2]

    async def _load(self, probe: LoadProbe) -> LoadResult:
        if self._player is None:
            return LoadResult(probe, Cause.NOT_PROBED, detail="no portal is declared")
        return await self._player.load(probe, self._to_load)

    async def _to_load(self, url: str) -> LoadTarget:
        """Where a load goes: the portal's host, found as every other connection finds it."""
        _, host, port = http_probe.place(url)
        return LoadTarget((await self._targets(host, port, None))[0], self._world.contexts.trusted_http())

    async def _portal(self, probe: PortalProbe) -> PortalResult:
        if self._player is None:
            return PortalResult(probe, Cause.NOT_PROBED, detail="no portal is declared")
        return await self._player.play(probe)

    async def _ask_in_burst(self, probe: HttpProbe) -> HttpResult:
        """One request of a burst; from any address where the machine lacks the one that is wished for."""
        body = None if probe.method in ("GET", "HEAD") else b""
        result = await self._to_portal(probe, body, None, trusted=False)
        if (
            result.cause is Cause.NOT_PROBED
            and probe.source
            and self._world.scope(http_probe.place(probe.url)[1])
        ):
            result = await self._to_portal(replace(probe, source=""), body, None, trusted=False)
        return result

    async def _to_portal(
        self, probe: HttpProbe, body: bytes | None, source: str | None, *, trusted: bool = True
    ) -> HttpResult:
        """One request of a scenario: what the client file declares may be asked, and nothing else."""
        try:
            _, host, port = http_probe.place(probe.url)
            targets = await self._targets(host, port, None)
            async with self._turn(host):
                return await http_probe.request(
                    probe, targets[0], self._world.contexts, self._limits, body=body, source=source,
                    trusted=trusted,
                )  # fmt: skip
        except Unreachable as error:
            return HttpResult(probe, error.cause, detail=error.detail)
        except ValueError as error:
            return HttpResult(probe, Cause.MALFORMED, detail=str(error))

    def _looks(self, probe: HttpProbe) -> int:
        """A host's front page is asked several times; everything else once."""
        parts = urlsplit(probe.url)
        front = probe.method == "GET" and parts.path in ("", "/") and not parts.query and not probe.headers
        # a quiet one is asked again and again anyhow
        return self._limits.agree if front and not probe.quiet else 1

    async def _targets(self, host: str, port: int, address: str | None) -> tuple[Target, ...]:
        if not self._world.scope(host):
            raise Unreachable(Cause.NOT_PROBED, f"{host} is not declared by the client file")
        if address is not None:
            return (self._dialer.target(address, port, host),)
        return await self._dialer.targets(host, port)

    @contextlib.asynccontextmanager
    async def _turn(self, host: str) -> AsyncIterator[None]:
        """One connection's turn, within the bounds of the run and of the host."""
        async with self._gates[host], self._connections:
            if self._spent[host] > self._limits.host_seconds:
                raise Unreachable(Cause.NOT_PROBED, f"{host} used up its {self._limits.host_seconds:g} s")
            began = time.monotonic()
            try:
                yield
            finally:
                self._spent[host] += time.monotonic() - began


def failure(probe: Probe, cause: Cause, detail: str) -> Result:
    """A result that says only why there is none."""
    if isinstance(probe, DnsProbe):
        return DnsResult(probe, "", cause, detail=detail)
    if isinstance(probe, TlsProbe):
        return TlsResult(probe, cause, detail=detail)
    if isinstance(probe, AwsProbe):
        return AwsResult(probe, cause, detail=detail)
    if isinstance(probe, RdapProbe):
        return RdapResult(probe, cause, detail=detail)
    if isinstance(probe, PortalProbe):
        return PortalResult(probe, cause, detail=detail)
    if isinstance(probe, BurstProbe):
        return BurstResult(probe, cause, detail=detail)
    if isinstance(probe, LoadProbe):
        return LoadResult(probe, cause, detail=detail)
    return HttpResult(probe, cause, detail=detail)


def _spread(targets: Sequence[Target], times: int) -> list[Target]:
    """So many connections, over all addresses in turn."""
    return [targets[index % len(targets)] for index in range(times)]

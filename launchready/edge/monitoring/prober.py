"""The checkers: probe each health check as Route 53 does, and remember what they saw."""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
from collections.abc import Callable, Iterable

from launchready.edge.monitoring.checks import (
    LIMITS,
    SEARCHED_BYTES,
    TCP_SECONDS,
    HealthCheck,
    Memory,
    Observation,
    judge,
    reported,
)
from launchready.edge.monitoring.network import Network, UnreachableError
from launchready.edge.monitoring.request import Ask, ask, connect_only

AT_ONCE = 16


class Prober:
    """``probe`` asks; ``status`` tells what everyone is told."""

    def __init__(self, network: Network, blind: Callable[[HealthCheck], bool]) -> None:
        """``blind``: the defect by which a check sees nothing wrong."""
        self._network = network
        self._blind = blind
        self._memories: dict[str, Memory] = {}
        self._context = _unverified()
        self._room = asyncio.Semaphore(AT_ONCE)

    def memory(self, check: HealthCheck) -> Memory:
        return self._memories.setdefault(check.id, Memory())

    def forget_all_but(self, known: Iterable[str]) -> None:
        """Deleted health checks leave nothing behind."""
        for gone in self._memories.keys() - set(known):
            del self._memories[gone]

    def status(self, check: HealthCheck, all_checks: dict[str, HealthCheck], depth: int = 0) -> bool:
        """Healthy, as Route 53 reports it. A calculated check counts its children."""
        if check.type != "CALCULATED":
            return reported(check, self.memory(check).healthy)
        if depth > 8:
            return reported(check, True)
        known = [all_checks[child] for child in check.children if child in all_checks]
        healthy = sum(self.status(child, all_checks, depth + 1) for child in known)
        return reported(check, healthy >= check.healthy_children)

    async def probe(self, check: HealthCheck, at: float) -> None:
        """One probe at edge time ``at``, taken into account."""
        async with self._room:
            observation = await self._observe(check, at)
        self.memory(check).take(observation, check.threshold)

    async def _observe(self, check: HealthCheck, at: float) -> Observation:
        if self._blind(check):
            return Observation(True, "Success: HTTP Status Code 200, OK.", at)
        try:
            address = check.address or self._network.resolve(check.name or "")
            host, port = self._network.place(address, check.port, check.name)
        except (UnreachableError, ValueError) as error:
            return Observation(False, f"Failure: {error}.", at)
        if check.type == "TCP":
            return judge(check, await connect_only(host, port, TCP_SECONDS), at, address)
        name = check.name if check.sni and check.name and not _is_address(check.name) else None
        request = Ask(
            host=host,
            port=port,
            context=self._context if check.secure else None,
            server_name=name,
            host_header=check.host_header,
            target=check.path if check.path.startswith("/") else f"/{check.path}",
            agent=f"Amazon-Route53-Health-Check-Service (ref {check.id}; played by a local edge)",
            body=SEARCHED_BYTES if check.search else 0,
        )
        return judge(check, await ask(request, LIMITS), at, address)


def _unverified() -> ssl.SSLContext:
    """Route 53 checks that TLS is spoken, never the certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True

"""The child: probes one case after another, and prints what it saw and how much memory it took.

Reads specifications from standard input: ``[{"id", "resolver", "connect", "probe", "slow", "live"?}]``.
"""

from __future__ import annotations

import asyncio
import json
import resource
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from launchready.client_file.portal_model import Portal
from launchready.evidence.collector import Collector, World
from launchready.evidence.dialer import endpoint
from launchready.evidence.http_probe import CUT
from launchready.evidence.limits import Limits
from launchready.evidence.portal import PortalAccess, stage
from launchready.evidence.tls_probe import Contexts
from launchready.evidence.types import DnsProbe, HttpProbe, PortalProbe, PortalResult, Probe, TlsProbe

LIMITS = Limits(
    dns_timeouts=(0.5, 0.5), connect_timeout=1.0, handshake_timeout=1.0, http_timeout=1.0, agree=1,
    run_seconds=7.0,
)  # fmt: skip
KB = 1024.0


def probe_of(values: Mapping[str, Any]) -> Probe:
    """A probe from its description."""
    if values["kind"] == "dns":
        return DnsProbe(values["name"], values["rdtype"], values["server"], values.get("transport", "udp"))
    if values["kind"] == "portal":
        return PortalProbe(values["scenario"])
    if values["kind"] == "tls":
        return TlsProbe(values["host"], weak=values["weak"])
    return HttpProbe(values["url"], headers=tuple((name, value) for name, value in values["headers"]))


def inside(host: str) -> bool:
    """What the client file declares: the domain and two names below it."""
    return host in ("acme.example", "www.acme.example", "app.acme.example")


async def outcome(specification: Mapping[str, Any]) -> tuple[str, str]:
    """(outcome, detail) of one case."""
    connect = None if specification.get("live") else dict(specification["connect"])
    access, ca = None, specification.get("ca")
    if specification["probe"]["kind"] == "portal":
        access = PortalAccess(Portal.model_validate(specification["probe"]["portal"]), "lrhostile")
    world = World(
        "acme.example",
        (endpoint(specification["resolver"]),),
        inside,
        connect=connect,
        ipv6=True,
        portal=access,
        contexts=Contexts(Path(ca) if ca else None),
    )
    probe = probe_of(specification["probe"])
    async with Collector(world, LIMITS) as collector:
        (result,) = (await collector.collect([probe]))[probe.id]
    if result.cause is not None:
        return result.cause.value, result.detail
    if isinstance(result, PortalResult):
        return "played" if result.facts.get("login") else "refused", ""
    if result.detail == CUT:
        return "cut", f"{len(result.body)} bytes"  # type: ignore[union-attr]
    if getattr(result, "trusted", None) is False:
        return "untrusted", result.trust_error  # type: ignore[union-attr]
    return "answered", result.detail


def peak() -> float:
    """The highest memory of this program so far, in MB.

    Not getrusage's: its maximum is inherited from the process that started this one.
    """
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) / KB
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / KB


async def observed(specification: Mapping[str, Any]) -> dict[str, Any]:
    """One case, as a line of the output."""
    before, began = peak(), time.monotonic()
    found, detail = await outcome(specification)
    seconds = time.monotonic() - began
    return {
        "id": specification["id"], "outcome": found, "detail": detail[:200], "seconds": round(seconds, 2),
        "peak": round(peak(), 1), "growth": round(peak() - before, 1),
    }  # fmt: skip


async def main() -> None:
    stage.PATIENCE = 0.1  # seconds of real time that a limit is waited for
    """Those that end by a time-out all at once, the others one after another."""
    cases = json.load(sys.stdin)
    slow = [case for case in cases if case["slow"]]
    lines = list(await asyncio.gather(*(observed(case) for case in slow)))
    lines += [await observed(case) for case in cases if not case["slow"]]
    sys.stdout.writelines(json.dumps(line) + "\n" for line in lines)


if __name__ == "__main__":
    asyncio.run(main())

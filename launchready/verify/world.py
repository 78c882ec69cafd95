"""Where a run looks: the internet through this machine's resolver, or an edge's world on loopback."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from launchready.declared.types import Declared
from launchready.errors import InputError
from launchready.evidence.collector import DNS_PORT, World
from launchready.evidence.dialer import endpoint
from launchready.evidence.dns_client import Endpoint
from launchready.evidence.portal import PortalAccess
from launchready.evidence.tls_probe import Contexts

RESOLV_CONF = Path("/etc/resolv.conf")
IANA_BOOTSTRAP = "https://data.iana.org/rdap/dns.json"
"""Who knows which registrations (RFC 9224 §3, §4): the registry that all RDAP clients begin with."""
_A_GLOBAL_ADDRESS = ("2001:4860:4860::8888", 53)
"""Only routed to, never sent anything: connecting a UDP socket asks the kernel for a source address."""


def world(
    declared: Declared,
    edge: Mapping[str, Any] | None,
    resolver: str | None = None,
    portal: PortalAccess | None = None,
) -> World:
    """The world of one run. Raises InputError when an edge document lacks what is needed."""
    scope = scope_of(declared)
    if edge is None:
        resolvers = (endpoint(resolver),) if resolver else system_resolvers()
        return World(declared.domain, resolvers, scope, ipv6=has_ipv6(), portal=portal, rdap=IANA_BOOTSTRAP)
    try:
        return World(
            declared.domain,
            (endpoint(resolver or edge["resolver"]),),
            scope,
            connect=dict(edge["connect"]),
            contexts=Contexts(Path(edge["ca"])),
            ipv6=True,
            aws=str(edge.get("aws", "")),
            portal=portal,
            rdap=f"{edge['rdap']}/dns.json" if edge.get("rdap") else "",
        )
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(
            f"the edge document is incomplete: {error}", fix="write it anew with `launch edge --dir D`"
        ) from error


def scope_of(declared: Declared) -> Callable[[str], bool]:
    """May a host be connected to? Only names of the domain for which the file declares something."""
    domain = declared.domain
    names = {domain, f"mta-sts.{domain}", *declared.hosts}
    names |= {record.name for record in declared.records if record.type in ("A", "AAAA", "CNAME")}

    def inside(host: str) -> bool:
        host = host.lower().rstrip(".")
        if host != domain and not host.endswith(f".{domain}"):
            return False
        return host in names or f"*.{host.partition('.')[2]}" in names

    return inside


def system_resolvers(path: Path = RESOLV_CONF) -> tuple[Endpoint, ...]:
    """The name servers of resolv.conf(5), in order; none when there is no such file."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ()
    words = (line.split() for line in lines)
    return tuple((found[1], DNS_PORT) for found in words if len(found) > 1 and found[0] == "nameserver")


def has_ipv6() -> bool:
    """Does this machine have a public IPv6 address to talk from?"""
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as sock:
            sock.connect(_A_GLOBAL_ADDRESS)
            return ipaddress.ip_address(sock.getsockname()[0]).is_global
    except OSError:
        return False

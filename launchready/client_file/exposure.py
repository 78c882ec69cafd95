"""What ``hosts.<name>.exposure`` amounts to: the private hosts, gathered by who may reach them."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass

from launchready.client_file.model import ClientFile, Exposure
from launchready.client_file.names import fqdn, relative

MAX_EXPRESSION = 4096
"""Characters of a rule's expression."""
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class PrivateHosts:
    """Hosts (FQDNs) with one allow list. ``allow``: networks in their shortest form, sorted.

    ``keys``: the client-file keys of the hosts.
    """

    hosts: tuple[str, ...]
    allow: tuple[str, ...]
    keys: tuple[str, ...]


def network(text: str) -> Network:
    """A network in CIDR form, or a single address. Raises ValueError with the reason."""
    return ipaddress.ip_network(text.strip(), strict=True)


def shortest(networks: Iterable[Network]) -> tuple[Network, ...]:
    """The same addresses in as few networks as possible, IPv4 first."""
    given = list(networks)
    four = ipaddress.collapse_addresses(n for n in given if isinstance(n, ipaddress.IPv4Network))
    six = ipaddress.collapse_addresses(n for n in given if isinstance(n, ipaddress.IPv6Network))
    return (*four, *six)


def network_text(one: Network) -> str:
    """As a rule shows it: a single address without its prefix length."""
    return str(one.network_address) if one.num_addresses == 1 else str(one)


def allow_list(exposure: Exposure) -> tuple[str, ...]:
    """An allow list in its one form. Raises ValueError for what is no network."""
    return tuple(network_text(one) for one in shortest(map(network, exposure.private.allow)))


def private_hosts(client: ClientFile) -> tuple[PrivateHosts, ...]:
    """The private hosts, those with the same allow list together. Raises ValueError for a bad network."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for key, host in client.hosts.items():
        if isinstance(host.exposure, Exposure):
            groups.setdefault(allow_list(host.exposure), []).append(key)
    return tuple(
        PrivateHosts(tuple(host_name(client, key) for key in keys), allow, tuple(keys))
        for allow, keys in groups.items()
    )


def expression_length(group: PrivateHosts) -> int:
    """How long the expression that closes these hosts is at most, wildcards with few names below aside."""
    hosts = sum(len(name) + 40 * name.startswith("*") + len('"" ') for name in group.hosts)
    return hosts + sum(len(text) + 1 for text in group.allow) + len("(http.host in {}) and not ip.src in {}")


def host_name(client: ClientFile, key: str) -> str:
    """The full name of a key of ``hosts``."""
    return fqdn(relative(key, client.domain), client.domain)

"""``hosts`` → address records, CNAMEs, redirect-only hosts, and the origins behind them."""

from __future__ import annotations

from collections.abc import Iterator

from launchready.client_file import names
from launchready.client_file.model import ClientFile, Host
from launchready.declared import rdata
from launchready.declared.draft import Draft, refused
from launchready.declared.rdata.addresses import address_type
from launchready.declared.types import Origin

NO_ORIGIN = "100::"
"""The discard prefix's address (RFC 6666): a proxied name that the edge alone answers."""


def full_name(name: str, domain: str) -> str:
    """The FQDN of a client file's name: "@", short, full, or full with a trailing dot."""
    return names.fqdn(names.relative(name, domain), domain)


def host_names(client: ClientFile) -> tuple[str, ...]:
    """The FQDNs of ``hosts``, in order."""
    return tuple(full_name(key, client.domain) for key in client.hosts)


def host_drafts(client: ClientFile) -> Iterator[Draft]:
    """The records of every host. Raises InputError for what is no address or host name."""
    for key, host in client.hosts.items():
        place = f"hosts.{key}"
        try:
            name = full_name(key, client.domain)
            yield from _drafts(name, host, place, client.domain)
        except ValueError as error:
            raise refused(client, place, error) from None


def _drafts(name: str, host: Host, place: str, domain: str) -> Iterator[Draft]:
    if host.redirect is not None:
        yield Draft(name, "AAAA", NO_ORIGIN, place, proxied=True)
    elif host.cname is not None:
        target = rdata.canonical("CNAME", rdata.Given(host.cname, None, None, domain)).content
        yield Draft(name, "CNAME", target, place, host.ttl, host.proxied)
    else:
        for address in host.address:
            rdtype = address_type(address)
            content = rdata.canonical(rdtype, rdata.Given(address, None, None, domain)).content
            yield Draft(name, rdtype, content, place, host.ttl, host.proxied)


def origins(client: ClientFile, drafts: tuple[Draft, ...]) -> tuple[Origin, ...]:
    """The distinct places that answer for ``hosts``; a redirect-only host has none."""
    redirects = {
        full_name(key, client.domain) for key, host in client.hosts.items() if host.redirect is not None
    }
    places: dict[tuple[str, bool], dict[str, None]] = {}
    for record in drafts:
        if record.key.startswith("hosts.") and record.name not in redirects:
            places.setdefault((record.content, record.proxied), {})[record.name] = None
    return tuple(Origin(target, tuple(hosts), proxied) for (target, proxied), hosts in places.items())

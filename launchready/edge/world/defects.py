"""What the world can do wrong on purpose: the kinds ``world.*`` of ``state.defects``.

``where`` is a registered domain, or ``*``. The servers of the root and the parents also take every
kind of ``edge/dns/defects.py``, under their names ``root``, ``parent1``, ``parent2``.
"""

from __future__ import annotations

import dataclasses
from typing import Final

from launchready.edge.dns.names import is_within, labels_of
from launchready.edge.state import EdgeState, Registration

KINDS: Final[dict[str, str]] = {
    "world.ns_mismatch": "domain: the parent lists the option nameservers (default: the first one only)",
    "world.stale_ds": "domain: the parent has the option ds (default: the DS of a key that is gone)",
    "world.missing_ds": "domain: the parent has no DS although the zone is signed",
    "world.lame_delegation": "domain: the parent delegates to a server that nobody runs",
    "world.glue_mismatch": "domain: the parent's glue is the option address (192.0.2.1), not the zone's",
    "world.no_rdap": "domain: RDAP answers 503",
    "world.rdap_unlisted": "domain: the bootstrap file names no RDAP service for its parent",
    "world.rdap_nameservers": "domain: RDAP lists the option nameservers (default: one that is gone)",
    "world.rdap_ds": "domain: RDAP has the option ds (default: the DS of a key that is gone)",
    "world.unclaimed": "foreign host: nobody has claimed it, so that its name does not exist",
    "world.resolver_servfail": "name or domain: the resolver says SERVFAIL for it and all below",
    "world.resolver_timeout": "name or domain: the resolver says nothing for it and all below",
}

GONE_DS: Final = f"12345 13 2 {'5A' * 32}"
LAME_SERVER: Final = "ns1.gone.invalid"


def as_recorded(state: EdgeState, entry: Registration) -> Registration:
    """The registration as RDAP tells it: as the parent publishes it, unless RDAP itself is wrong."""
    told = as_served(state, entry)
    servers = state.defect("world.rdap_nameservers", entry.domain)
    if servers is not None:
        told = dataclasses.replace(
            told, nameservers=list(servers.options.get("nameservers") or [LAME_SERVER])
        )
    if (defect := state.defect("world.rdap_ds", entry.domain)) is not None:
        wanted = defect.options.get("ds", GONE_DS)
        told = dataclasses.replace(told, ds=[wanted] if isinstance(wanted, str) else list(wanted))
    return told


def as_served(state: EdgeState, entry: Registration) -> Registration:
    """The registration as the parent zone publishes it, defects applied."""
    if not any(defect.kind.startswith("world.") for defect in state.defects):
        return entry
    served = dataclasses.replace(entry)
    if (defect := state.defect("world.ns_mismatch", entry.domain)) is not None:
        served.nameservers = list(defect.options.get("nameservers") or entry.nameservers[:1])
    if (defect := state.defect("world.stale_ds", entry.domain)) is not None:
        wanted = defect.options.get("ds") or GONE_DS
        served.ds = [wanted] if isinstance(wanted, str) else list(wanted)
    if state.defect("world.missing_ds", entry.domain) is not None:
        served.ds = []
    if state.defect("world.lame_delegation", entry.domain) is not None:
        served.nameservers = [LAME_SERVER]
    if (defect := state.defect("world.glue_mismatch", entry.domain)) is not None:
        address = str(defect.options.get("address", "192.0.2.1"))
        inside = [name for name in entry.nameservers if is_within(labels_of(name), labels_of(entry.domain))]
        served.glue = {name.lower().rstrip("."): [address] for name in inside or entry.glue}
    return served

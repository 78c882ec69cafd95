"""Addresses for the foreign hosts that zones point at, such as a platform's CNAME targets.

There is no internet behind a rehearsal, so each such host gets a stable address of the benchmarking
range (RFC 2544), which ``state.connect`` then maps to an origin listener.
"""

from __future__ import annotations

import hashlib
import ipaddress
from typing import Final

from launchready.edge.state import EdgeState

NETWORK: Final = ipaddress.IPv4Network("198.18.0.0/15")


def origin_address(state: EdgeState, host: str) -> str:
    """The host's address, the same for as long as the edge lives; no two hosts share one.

    Derived from the name, so that it is the same in the next rehearsal too, collisions apart.
    """
    name = host.lower().rstrip(".")
    known = state.origins.get(name)
    if known is not None:
        return known
    offset = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big")
    usable = NETWORK.num_addresses - 2
    for step in range(usable):
        address = str(NETWORK[1 + (offset + step) % usable])
        if address not in state.origin_names:
            state.origins[name] = address
            state.origin_names[address] = name
            return address
    raise OverflowError("more foreign hosts than the benchmarking range has addresses")


def cname_targets(state: EdgeState) -> set[str]:
    """Every CNAME target of every zone's hosts: lower-case, without the last dot.

    A name with an underscore label is no host: its target holds a DKIM key, a challenge or the like.
    """
    return {
        str(record["content"]).lower().rstrip(".")
        for zone in state.zones.values()
        for record in zone.records.values()
        if record["type"] == "CNAME" and not _is_service(record["name"])
    }


def _is_service(name: str) -> bool:
    return name.startswith("_") or "._" in name

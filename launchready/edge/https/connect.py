"""``state.connect``: where every host and address of the zones really listens on loopback.

``host:80|443`` → the edge for proxied hosts, the origins for the others; ``address:80|443`` and
``cname-target:80|443`` (with the address that the outside world gives the target) → the origins; the edge's
own addresses → the edge. IPv6 addresses stand in brackets. Zones are worked out anew only when their serial
changed.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

from launchready.edge.https.sites import Site, Sites, is_address
from launchready.edge.state import EdgeState
from launchready.edge.world.origins import origin_address

SETTLE_SECONDS = 0.05
"""A provisioning run writes hundreds of records; one refresh serves many of them."""
SHARE = 10
"""Refreshes take at most one part in this many of the edge's time."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """``host:port`` of the two fronts and of the origins."""

    edge_http: str
    edge_https: str
    origin_http: str
    origin_https: str


class ConnectMap:
    """Keeps its own entries of ``state.connect`` right; entries of others are left alone."""

    def __init__(self, state: EdgeState, sites: Sites, addresses: Addresses) -> None:
        self._state = state
        self._sites = sites
        self._addresses = addresses
        self._zones: dict[str, tuple[object, dict[str, str]]] = {}
        self._owned: set[str] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._cost = 0.0
        state.on_change.append(self._changed)
        self.refresh()

    def close(self) -> None:
        self._state.on_change.remove(self._changed)
        if self._timer is not None:
            self._timer.cancel()
        for key in self._owned:
            self._state.connect.pop(key, None)
        self._owned.clear()

    def refresh(self) -> None:
        """Make the map right now (whoever shows the edge document calls this first)."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        begun = time.perf_counter()
        wanted: dict[str, str] = {}
        for zone in self._state.zones.values():
            key = (zone.serial, zone.info.get("paused"))
            known = self._zones.get(zone.id)
            if known is None or known[0] != key:
                known = self._zones[zone.id] = (key, self._entries(zone.id))
            wanted.update(known[1])
        for zone_id in self._zones.keys() - self._state.zones.keys():
            del self._zones[zone_id]
        for address in (*self._state.addresses.get("A", ()), *self._state.addresses.get("AAAA", ())):
            wanted.update(self._both(address, edge=True))
        for gone in self._owned - wanted.keys():
            self._state.connect.pop(gone, None)
        self._state.connect.update(wanted)
        self._owned = set(wanted)
        self._cost = time.perf_counter() - begun

    def _changed(self) -> None:
        if self._timer is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(max(SETTLE_SECONDS, SHARE * self._cost), self.refresh)

    def _entries(self, zone_id: str) -> dict[str, str]:
        out: dict[str, str] = {}
        for name in self._state.zones[zone_id].by_name:
            site = None if name.startswith("_") or "._" in name else self._sites.find(name)
            if site is not None:
                out.update(self._of_site(site))
        return out

    def _of_site(self, site: Site) -> dict[str, str]:
        out = self._both(site.host, edge=site.proxied)
        if not site.originless:
            for target in site.targets:
                out.update(self._both(target, edge=False))
                if not is_address(target):
                    out.update(self._both(origin_address(self._state, target), edge=False))
        return out

    def _both(self, name: str, *, edge: bool) -> dict[str, str]:
        a = self._addresses
        http, https = (a.edge_http, a.edge_https) if edge else (a.origin_http, a.origin_https)
        shown = f"[{name}]" if ":" in name else name
        return {f"{shown}:80": http, f"{shown}:443": https}

"""Which host is whose: a host name → its zone, whether the edge answers for it, and what is behind it.

Reads the zones' records as the API stores them; results are kept until a zone's serial or the state changes.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass, field

from launchready.edge.state import EdgeState, Json, Zone

HOST_TYPES = ("A", "AAAA", "CNAME")
MAX_CHAIN = 8
"""CNAMEs followed inside the edge's own zones."""

DISCARD = ipaddress.ip_network("100::/64")
"""RFC 6666: the address of an originless host, whose requests the edge answers itself."""


@dataclass(frozen=True, slots=True)
class Site:
    """One host. ``targets``: addresses or one foreign CNAME target; empty = the name leads nowhere."""

    zone: Zone
    host: str
    proxied: bool
    targets: tuple[str, ...]

    @property
    def originless(self) -> bool:
        return bool(self.targets) and all(_discarded(target) for target in self.targets)


@dataclass(slots=True)
class _View:
    """What was worked out for one zone at one serial."""

    serial: int
    paused: bool
    nodes: set[str] = field(default_factory=set)
    """Names that exist, those that only lead to longer names included (RFC 4592 §2.2.2)."""
    sites: dict[str, Site | None] = field(default_factory=dict)


class Sites:
    """``find`` is called for every connection and request, so it costs a dictionary look-up."""

    def __init__(self, state: EdgeState) -> None:
        self._state = state
        self._views: dict[str, _View] = {}
        self._zones: dict[str, Zone] = {}
        state.on_change.append(self.forget)

    def close(self) -> None:
        self._state.on_change.remove(self.forget)

    def forget(self) -> None:
        """Something changed: a zone came or went, or a CNAME into another zone may lead elsewhere."""
        self._zones = {}
        for view in self._views.values():
            view.sites.clear()

    def zone_of(self, host: str) -> Zone | None:
        """The zone with the longest matching suffix."""
        if len(self._zones) != len(self._state.zones):
            self._zones = {zone.name: zone for zone in self._state.zones.values()}
        name = host
        while name:
            zone = self._zones.get(name)
            if zone is not None:
                return zone
            name = name.partition(".")[2]
        return None

    def find(self, host: str) -> Site | None:
        """None for a host without address records (its zone may exist all the same)."""
        zone = self.zone_of(host)
        if zone is None:
            return None
        view = self._view(zone)
        if host not in view.sites:
            if len(view.sites) > 10_000:
                view.sites.clear()  # wildcards make the number of names unbounded
            view.sites[host] = self._site(zone, view, host)
        return view.sites[host]

    def all(self) -> Iterable[Site]:
        """Every host that is written down, wildcards (``*.…``) included."""
        for zone in self._state.zones.values():
            for name in list(zone.by_name):
                site = self.find(name)
                if site is not None:
                    yield site

    def _view(self, zone: Zone) -> _View:
        view = self._views.get(zone.id)
        paused = bool(zone.info.get("paused"))
        if view is None or view.serial != zone.serial or view.paused != paused:
            view = self._views[zone.id] = _View(zone.serial, paused)
            for name in zone.by_name:
                while name and name not in view.nodes:
                    view.nodes.add(name)
                    name = name.partition(".")[2]
        return view

    def _site(self, zone: Zone, view: _View, host: str) -> Site | None:
        records = self._records(zone, view, host)
        if not records:
            return None
        proxied = not view.paused and any(record.get("proxied") for record in records)
        return Site(zone, host, proxied, self._targets(records, {host}))

    def _records(self, zone: Zone, view: _View, host: str) -> list[Json]:
        """The host's address records, by a wildcard if nothing closer exists (RFC 4592 §3.3.1)."""
        if host in view.nodes:
            return [r for r in zone.records_at(host) if r["type"] in HOST_TYPES]
        encloser = host.partition(".")[2]
        while encloser and encloser not in view.nodes:
            encloser = encloser.partition(".")[2]
        return [r for r in zone.records_at(f"*.{encloser}") if r["type"] in HOST_TYPES]

    def _targets(self, records: list[Json], seen: set[str]) -> tuple[str, ...]:
        found: list[str] = []
        for record in records:
            content = str(record["content"]).lower().rstrip(".")
            if record["type"] != "CNAME":
                found.append(str(ipaddress.ip_address(content)))
                continue
            zone = self.zone_of(content)
            if zone is None:
                found.append(content)
            elif content not in seen and len(seen) < MAX_CHAIN:
                onward = self._records(zone, self._view(zone), content)
                found.extend(self._targets(onward, seen | {content}))
        return tuple(dict.fromkeys(found))


def is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _discarded(target: str) -> bool:
    return is_address(target) and ipaddress.ip_address(target) in DISCARD

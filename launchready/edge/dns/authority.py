"""The zones' two name servers: which zone is served by whom, and where they listen."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Final

from launchready.edge.dns.answer import Resolve
from launchready.edge.dns.defects import Faults
from launchready.edge.dns.endpoint import DnsEndpoint
from launchready.edge.dns.names import Labels, labels_of
from launchready.edge.dns.server import NameServer
from launchready.edge.dns.sign import Signer
from launchready.edge.dns.view import View
from launchready.edge.dns.zoneview import ZoneView
from launchready.edge.state import Defect, EdgeState, Zone

ADDRESSES: Final = ("198.51.100.1", "198.51.100.2")
"""Who the two name servers are in DNS (RFC 5737); ``state.connect`` says where they listen."""


class Authority:
    """Two name servers for every zone of the state, on two ports of one loopback address."""

    def __init__(self, state: EdgeState, signer: Signer | None = None) -> None:
        self._state = state
        self._signer = signer or Signer()
        self._zones = _Zones(state)
        self._frozen: list[tuple[Defect, dict[str, ZoneView]]] = []
        self.servers = tuple(
            NameServer(state, self._find, lambda i=index: self._names(i), self._signer)  # type: ignore[misc]
            for index in range(len(ADDRESSES))
        )
        self._endpoints: list[DnsEndpoint] = []

    @property
    def nameservers(self) -> list[str]:
        """``host:port`` of each endpoint."""
        return [endpoint.address for endpoint in self._endpoints]

    @property
    def addresses(self) -> dict[str, str]:
        """Documentation address → ``host:port``."""
        return dict(zip(ADDRESSES, self.nameservers, strict=False))

    def use_resolver(self, resolve: Resolve) -> None:
        """Flattened names are looked up with this."""
        for server in self.servers:
            server.resolve = resolve

    async def start(self, host: str, port: int = 0) -> None:
        """Listen (the first server on ``port``), and enter the endpoints into ``state.connect``."""
        for address, server in zip(ADDRESSES, self.servers, strict=True):
            endpoint = DnsEndpoint(server.respond, accepts_tcp=server.accepts_tcp)
            await endpoint.start(host, 0 if self._endpoints else port)
            self._endpoints.append(endpoint)
            self._state.connect[f"{address}:53"] = endpoint.address
        self._state.on_change.append(self._freeze)

    async def close(self) -> None:
        if self._freeze in self._state.on_change:
            self._state.on_change.remove(self._freeze)
        for endpoint in self._endpoints:
            await endpoint.close()
        self._endpoints.clear()

    def server_of(self, zone: Zone, nameserver: str) -> int | None:
        """Which of the two serves under this name in the zone's NS."""
        for index, name in enumerate(zone.info.get("name_servers") or ()):
            if labels_of(name) == labels_of(nameserver):
                return index % len(ADDRESSES)
        return None

    def _names(self, index: int) -> Iterable[str]:
        yield f"ns{index + 1}"
        yield ADDRESSES[index]
        if index < len(self._endpoints):
            yield self._endpoints[index].address
        for zone in self._state.zones.values():
            servers = zone.info.get("name_servers") or ()
            yield from (name for i, name in enumerate(servers) if i % len(ADDRESSES) == index)

    def _find(self, name: Labels, faults: Faults | None) -> View | None:
        view = self._zones.closest(name)
        if faults is None or view is None:
            return view
        stale = faults.on_server("dns.stale")
        if stale is None or stale.options.get("drop") or stale.options.get("records"):
            return view
        self._freeze()
        copies = next(copies for defect, copies in self._frozen if defect is stale)
        copy = copies.get(view.zone.id)
        return copy.refresh() if copy is not None else view

    def _freeze(self) -> None:
        """Keep a copy of the zones for each ``dns.stale`` defect, once, when it is first seen."""
        stale = [d for d in self._state.defects if d.kind == "dns.stale"]
        self._frozen = [(d, copies) for d, copies in self._frozen if any(d is one for one in stale)]
        for defect in stale:
            if not any(defect is known for known, _ in self._frozen):
                zones = self._state.zones.values()
                copies = {zone.id: ZoneView(self._state, _copy(zone)) for zone in zones}
                self._frozen.append((defect, copies))


class _Zones:
    """The closest zone of a name, with a view kept for each zone."""

    def __init__(self, state: EdgeState) -> None:
        self._state = state
        self._ids: list[str] = []
        self._views: dict[Labels, ZoneView] = {}

    def closest(self, name: Labels) -> ZoneView | None:
        if list(self._state.zones) != self._ids:
            self._collect()
        for depth in range(len(name) + 1):
            view = self._views.get(name[depth:])
            if view is not None:
                if view.zone is not self._state.zones.get(view.zone.id):
                    self._collect()
                    return self.closest(name)
                return view.refresh()
        return None

    def _collect(self) -> None:
        kept = {id(view.zone): view for view in self._views.values()}
        views = [kept.get(id(zone)) or ZoneView(self._state, zone) for zone in self._state.zones.values()]
        self._views = {view.origin: view for view in views}
        self._ids = list(self._state.zones)


def _copy(zone: Zone) -> Zone:
    records = {key: dict(record) for key, record in zone.records.items()}
    by_name: dict[str, dict[str, dict[str, object]]] = {}
    for key, record in records.items():
        by_name.setdefault(record["name"].lower(), {})[key] = record
    return dataclasses.replace(zone, records=records, by_name=by_name, info=dict(zone.info))

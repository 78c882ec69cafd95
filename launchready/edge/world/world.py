"""The world, composed: root and parent servers, resolver, RDAP and sink, over one :class:`EdgeState`."""

from __future__ import annotations

from contextlib import AsyncExitStack
from pathlib import Path
from typing import Final

from launchready.edge.dns.authority import ADDRESSES, Authority
from launchready.edge.dns.endpoint import DnsEndpoint
from launchready.edge.dns.names import ROOT
from launchready.edge.dns.server import NameServer
from launchready.edge.dns.sign import Signer
from launchready.edge.dns.zoneview import ds_rdata
from launchready.edge.state import EdgeState
from launchready.edge.world.facts import Facts, WorldRecords
from launchready.edge.world.outside import OutsideServers
from launchready.edge.world.parents import ParentZones
from launchready.edge.world.rdap import Rdap
from launchready.edge.world.recursion import RecursiveServer
from launchready.edge.world.resolver import Resolver
from launchready.edge.world.sink import Sink

_SMTP_PORT: Final = 25


class World:
    """Everything outside the edge that a rehearsal meets.

    Made with the authority whose zones it delegates to (started by its owner); flattened names are
    looked up through this world from then on.
    """

    def __init__(
        self,
        state: EdgeState,
        authority: Authority,
        *,
        records: WorldRecords | None = None,
        signer: Signer | None = None,
    ) -> None:
        self._state = state
        self._authority = authority
        self.facts = Facts(state, records)
        self.zones = ParentZones(state, self.facts)
        self.outside = OutsideServers(state, self.zones, self.facts, signer or Signer())
        self.lookup = Resolver(self._server, self.zones.keys(ROOT))
        authority.use_resolver(self.lookup.plain)
        self._recursive = DnsEndpoint(RecursiveServer(state, self.lookup).respond)
        self._rdap = Rdap(state)
        self._sink = Sink(state)
        self._closing: AsyncExitStack | None = None
        self._mail_keys: set[str] = set()

    @property
    def resolver(self) -> str:
        """``host:port`` of the recursive resolver, UDP and TCP."""
        return self._recursive.address

    @property
    def rdap(self) -> str:
        """The RDAP server's base URL."""
        return self._rdap.url

    @property
    def sink(self) -> dict[str, str]:
        """``{"smtp": "host:port", "http": URL}``."""
        return {"smtp": self._sink.smtp, "http": self._sink.url}

    @property
    def nameservers(self) -> dict[str, str]:
        """Documentation address → ``host:port``, of the root's and the parents' servers."""
        return dict(self.outside.addresses)

    @property
    def root_ds(self) -> str:
        """The DS of the world's root in presentation form: the trust anchor."""
        rdata = ds_rdata(ROOT, self.zones.keys(ROOT))
        tag = int.from_bytes(rdata[:2], "big")
        return f". IN DS {tag} {rdata[2]} {rdata[3]} {rdata[4:].hex().upper()}"

    def write_trust_anchor(self, path: Path) -> None:
        """Write the root's trust anchor in the form that ``delv -a`` and ``named`` read."""
        _, _, _, tag, algorithm, digest_type, digest = self.root_ds.split()
        anchor = f'"." static-ds {tag} {algorithm} {digest_type} "{digest}";'
        path.write_text(f"trust-anchors {{\n    {anchor}\n}};\n", encoding="utf-8")

    async def start(self, host: str) -> None:
        """Start every part on free ports of *host*, and enter them into ``state.connect``."""
        async with AsyncExitStack() as stack:
            for part in (self.outside, self._recursive, self._rdap, self._sink):
                stack.push_async_callback(part.close)
                await part.start(host)
            self._closing = stack.pop_all()
        self._state.on_change.append(self.refresh_connect)
        self.refresh_connect()

    async def close(self) -> None:
        if self.refresh_connect in self._state.on_change:
            self._state.on_change.remove(self.refresh_connect)
        if self._closing is not None:
            await self._closing.aclose()
            self._closing = None

    def refresh_connect(self) -> None:
        """Enter every mail host, by name and by address, with port 25: all mail ends in the sink."""
        wanted = {f"{host}:{_SMTP_PORT}" for host in self._mail_hosts()}
        connect = self._state.connect
        for key in self._mail_keys - wanted:
            connect.pop(key, None)
        for key in wanted:
            connect[key] = self._sink.smtp
        self._mail_keys = wanted

    def _mail_hosts(self) -> set[str]:
        """The presets' mail hosts and the zones' MX targets, with the addresses that these have in a zone."""
        hosts: set[str] = set()
        for name, addresses in self.facts.mail_hosts.items():
            hosts |= {*([] if name.startswith("*.") else [name]), *map(_bracketed, addresses)}
        for zone in self._state.zones.values():
            for record in zone.records.values():
                if record["type"] != "MX":
                    continue
                target = str(record["content"]).lower().rstrip(".")
                home = self._state.zone_for(target) if target else None
                found = home.records_at(target) if home is not None else ()
                addresses = [str(r["content"]) for r in found if r["type"] in ("A", "AAAA")]
                hosts |= {*([target] if target else []), *map(_bracketed, addresses)}
        return hosts

    def _server(self, address: str) -> NameServer | None:
        """The in-process network: who listens at a documentation address."""
        if address in ADDRESSES:
            return self._authority.servers[ADDRESSES.index(address)]
        return self.outside.servers.get(address)


def _bracketed(address: str) -> str:
    return f"[{address}]" if ":" in address else address

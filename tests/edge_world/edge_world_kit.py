"""What the tests of the outside world share: a state built by hand, a running world, dnspython as client."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import dns.asyncquery
import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype

from launchready.edge.dns.authority import Authority
from launchready.edge.dns.keys import ensure_keys
from launchready.edge.state import Defect, EdgeState, Zone
from launchready.edge.world.world import World

SERVERS = ["ada.ns.cloudflare.com", "bob.ns.cloudflare.com"]
RECORDS = {
    "_spf.mail.test": {"TXT": ['"v=spf1 ip4:192.0.2.0/24 -all"']},
    "mx.mail.test": {"A": ["192.0.2.25"], "AAAA": ["2001:db8::25"]},
    "*.dkim.mail.test": {"TXT": ['"v=DKIM1; p=AAAA"']},
    "alias.mail.test": {"CNAME": ["mx.mail.test."]},
}
_ids = itertools.count(1)


def record(name: str, kind: str, content: str | None = None, **fields: Any) -> dict[str, Any]:
    """A record as the API shows it."""
    base = {
        "id": f"{next(_ids):032x}",
        "name": name,
        "type": kind,
        "content": content,
        "ttl": 1,
        "proxied": False,
    }
    return {**base, **fields}


def zone(name: str, *records: dict[str, Any], signed: bool = True) -> Zone:
    """A zone with these records."""
    made = Zone(f"{next(_ids):032x}", name, {"name": name, "name_servers": list(SERVERS)})
    for one in records:
        made.put_record(one)
    if signed:
        made.dnssec = {"status": "active", **ensure_keys(made)}
    return made


def acme(*, signed: bool = True) -> Zone:
    """The client's zone: every kind of host."""
    return zone(
        "acme.example",
        record("acme.example", "CNAME", "acme-app.platform.test"),
        record("acme.example", "MX", "mx.mail.test", priority=10),
        record("www.acme.example", "A", "203.0.113.1", proxied=True),
        record("app.acme.example", "CNAME", "acme-app.platform.test"),
        record("alias.acme.example", "CNAME", "www.acme.example"),
        record("*.wild.acme.example", "TXT", "wild"),
        record("s1._domainkey.acme.example", "CNAME", "s1.dkim.mail.test"),
        record("_acme-challenge.acme.example", "CNAME", "x.validation.test"),
        record("lost.acme.example", "NS", "ns.lost.test"),
        signed=signed,
    )


@dataclass(slots=True)
class Running:
    state: EdgeState
    authority: Authority
    world: World

    async def ask(
        self,
        name: str,
        kind: str = "A",
        *,
        server: str | None = None,
        tcp: bool = False,
        dnssec: bool = False,
        compact: bool = False,
        checking: bool = True,
        patience: float = 3.0,
    ) -> dns.message.Message:
        """One question to the resolver, or to the server at a documentation address."""
        flags = (dns.flags.DO if dnssec else 0) | (0x4000 if compact else 0)
        query = dns.message.make_query(name, kind, use_edns=0, ednsflags=flags, payload=1232)
        query.flags |= dns.flags.AD | (0 if checking else dns.flags.CD)
        endpoint = self.world.resolver if server is None else self.state.connect[f"{server}:53"]
        host, _, port = endpoint.rpartition(":")
        send = dns.asyncquery.tcp if tcp else dns.asyncquery.udp
        return await send(query, host, port=int(port), timeout=patience)

    async def found(self, name: str, kind: str = "A", **kwargs: Any) -> tuple[str, list[str]]:
        """Response code and the data of the asked type."""
        reply = await self.ask(name, kind, **kwargs)
        data = [
            rdata.to_text() for r in reply.answer if dns.rdatatype.to_text(r.rdtype) == kind for rdata in r
        ]
        return dns.rcode.to_text(reply.rcode()), sorted(data)

    def defect(self, kind: str, where: str, **options: Any) -> None:
        self.state.defects.append(Defect(kind, where, options))


@asynccontextmanager
async def running(*zones: Zone, records: Any = RECORDS, auto: bool = True) -> AsyncIterator[Running]:
    """The zones on their name servers, within a world."""
    state = EdgeState(zones={one.id: one for one in zones}, registrar_auto=auto)
    authority = Authority(state)
    world = World(state, authority, records=records)
    await authority.start("127.0.0.1")
    try:
        await world.start("127.0.0.1")
        yield Running(state, authority, world)
    finally:
        await world.close()
        await authority.close()


def authentic(message: dns.message.Message) -> bool:
    return bool(message.flags & dns.flags.AD)

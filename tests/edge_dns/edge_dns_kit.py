"""What the tests of the authoritative servers share: zones built by hand, real sockets, dnspython."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import dns.asyncquery
import dns.dnssec
import dns.flags
import dns.message
import dns.name
import dns.rdataclass
import dns.rdatatype
import dns.rrset

from launchready.edge.dns.authority import Authority
from launchready.edge.dns.keys import ensure_keys
from launchready.edge.state import Defect, EdgeState, Zone

SERVERS = ["ada.ns.cloudflare.com", "bob.ns.cloudflare.com"]
_ids = itertools.count(1)


def record(name: str, kind: str, content: str | None = None, **fields: Any) -> dict[str, Any]:
    """A record as the API shows it."""
    return {
        "id": f"{next(_ids):032x}",
        "name": name,
        "type": kind,
        "content": content,
        "ttl": 1,
        "proxied": False,
        **fields,
    }


def zone(name: str, *records: dict[str, Any], signed: bool = False) -> Zone:
    """A zone with these records."""
    made = Zone(f"{next(_ids):032x}", name, {"name": name, "name_servers": list(SERVERS)})
    for one in records:
        made.put_record(one)
    if signed:
        made.dnssec = {"status": "active", **ensure_keys(made)}
    return made


def state_of(*zones: Zone) -> EdgeState:
    return EdgeState(zones={one.id: one for one in zones})


@asynccontextmanager
async def serving(*zones: Zone) -> AsyncIterator[tuple[EdgeState, Authority]]:
    """The zones on two real name servers."""
    state = state_of(*zones)
    authority = Authority(state)
    await authority.start("127.0.0.1")
    try:
        yield state, authority
    finally:
        await authority.close()


async def ask(
    authority: Authority,
    name: str,
    kind: str,
    *,
    server: int = 0,
    tcp: bool = False,
    dnssec: bool = False,
    compact: bool = False,
    edns: bool = True,
    patience: float = 3.0,
) -> dns.message.Message:
    """One question to one of the two servers, over a real socket."""
    flags = (dns.flags.DO if dnssec else 0) | (0x4000 if compact else 0)
    query = dns.message.make_query(
        name, kind, use_edns=0 if edns else -1, ednsflags=flags if edns else 0, payload=1232
    )
    query.flags &= ~dns.flags.RD
    host, _, port = authority.nameservers[server].rpartition(":")
    send = dns.asyncquery.tcp if tcp else dns.asyncquery.udp
    return await send(query, host, port=int(port), timeout=patience)


def shown(message: dns.message.Message, kind: str | None = None) -> list[str]:
    """``name ttl type rdata`` of each answer record, of one type if given, sorted."""
    return sorted(
        f"{rrset.name.to_text(omit_final_dot=True)} {rrset.ttl} {dns.rdatatype.to_text(rrset.rdtype)} {rdata}"
        for rrset in message.answer
        for rdata in rrset
        if kind in (None, dns.rdatatype.to_text(rrset.rdtype))
    )


async def keys_of(authority: Authority, origin: str) -> dict[dns.name.Name, dns.rrset.RRset]:
    """The zone's DNSKEY RRset, checked against its own signature."""
    message = await ask(authority, origin, "DNSKEY", dnssec=True)
    name = dns.name.from_text(origin)
    keys = message.get_rrset(dns.message.ANSWER, name, dns.rdataclass.IN, dns.rdatatype.DNSKEY)
    sigs = message.get_rrset(
        dns.message.ANSWER, name, dns.rdataclass.IN, dns.rdatatype.RRSIG, dns.rdatatype.DNSKEY
    )
    assert keys is not None
    assert sigs is not None
    dns.dnssec.validate(keys, sigs, {name: keys})
    return {name: keys}


def validate_section(
    section: list[dns.rrset.RRset],
    keys: dict[dns.name.Name, dns.rrset.RRset],
    *,
    unsigned: tuple[str, ...] = (),
    now: float | None = None,
) -> int:
    """Every RRset in the section has a right signature; how many there were."""
    count = 0
    for rrset in section:
        kind = dns.rdatatype.to_text(rrset.rdtype)
        if kind == "RRSIG" or kind in unsigned:
            continue
        sigs = next(r for r in section if r.name == rrset.name and r.covers == rrset.rdtype)
        dns.dnssec.validate(rrset, sigs, keys, now=now)
        count += 1
    return count


def defect(kind: str, where: str = "*", **options: Any) -> Defect:
    return Defect(kind, where, options)

"""DNS messages: the question as bytes, and the response as a typed result.

Framing is done here (RFC 1035 §4, RFC 6891 §6.1); names and record data are dnspython's.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache

import dns.exception
import dns.flags
import dns.name
import dns.rcode
import dns.rdata
import dns.rdatatype
import dns.wire

from launchready.evidence.types import PARENT, RESOLVER, Cause, DnsProbe, DnsResult, RRset

UDP_PAYLOAD = 1232
"""Bytes that we take over UDP: what fits unfragmented (DNS Flag Day 2020)."""
MAX_TTL = 0x7FFFFFFF
"""Above it the top bit is set: the TTL counts as 0 (RFC 2181 §8)."""
KEPT_MESSAGES = 256
"""Of 64 KB at most."""
NXNAME = frozenset({"NXNAME", "TYPE128"})
"""The bit that says "no such name" in a compact denial (RFC 9824 §2)."""

_CAUSES = {
    dns.rcode.NXDOMAIN: Cause.NXDOMAIN,
    dns.rcode.SERVFAIL: Cause.SERVFAIL,
    dns.rcode.REFUSED: Cause.REFUSED,
    dns.rcode.NOTAUTH: Cause.LAME,
}
_FLAGS = {
    dns.flags.AA: "aa", dns.flags.TC: "tc", dns.flags.RD: "rd", dns.flags.RA: "ra", dns.flags.AD: "ad",
}  # fmt: skip


@lru_cache(maxsize=8192)
def wire_name(name: str) -> bytes:
    """A name as on the wire. Raises dns.exception.DNSException on what is no name."""
    return dns.name.from_text(name or ".").to_wire() or b""


def question(probe: DnsProbe) -> bytes:
    """The question section: what a response must repeat."""
    return wire_name(probe.name) + struct.pack("!HH", dns.rdatatype.from_text(probe.rdtype), 1)


def query(probe: DnsProbe, query_id: int, *, edns: bool = True, unchecked: bool = False) -> bytes:
    """A query message. RD is set towards a resolver, or when the probe says so.

    ``unchecked`` sets CD: a validating resolver then answers what it could not validate (RFC 4035 §3.2.2).
    """
    flags = dns.flags.RD if probe.server == RESOLVER or probe.recursion else 0
    flags |= dns.flags.CD if unchecked else 0
    header = struct.pack("!HHHHHH", query_id, flags, 1, 0, 0, 1 if edns else 0)
    if not edns:
        return header + question(probe)
    ttl = dns.flags.DO if probe.dnssec else 0
    return header + question(probe) + struct.pack("!BHHIH", 0, 41, UDP_PAYLOAD, ttl, 0)


def is_truncated(wire: bytes) -> bool:
    return len(wire) > 3 and bool(wire[2] & 0x02)


def rcode(wire: bytes) -> int:
    return wire[3] & 0x0F


def answers(wire: bytes, asked: bytes) -> bool:
    """Is it a response to that question? Names compare without case; FORMERR may drop the question."""
    if len(wire) < 12 or not wire[2] & 0x80:
        return False
    if wire[4:6] == b"\0\0":
        return bool(rcode(wire))
    return wire[12 : 12 + len(asked)].lower() == asked.lower()


def parse(wire: bytes, probe: DnsProbe, server: str, zone: str, *, tcp: bool) -> DnsResult:
    """The typed result of one response. ``zone``: what the asked server is expected to be in charge of."""
    try:
        bits, code, sections, edns = _read(b"\0\0" + wire[2:])
    except (dns.exception.DNSException, ValueError, struct.error) as error:
        return DnsResult(probe, server, Cause.MALFORMED, detail=f"unreadable response: {error}")
    flags = {text for bit, text in _FLAGS.items() if bits & bit}
    flags |= ({"edns"} if edns else set()) | ({"tcp"} if tcp else set())
    result = DnsResult(probe, server, None, *sections, flags=frozenset(flags))
    if tcp and "tc" in flags:
        return replace(result, cause=Cause.MALFORMED, detail="truncated over TCP, too")
    cause, detail = _classify(code, result, zone)
    return replace(result, cause=cause, detail=detail)


_Sections = tuple[tuple[RRset, ...], tuple[RRset, ...], tuple[RRset, ...]]


@lru_cache(maxsize=KEPT_MESSAGES)
def _read(wire: bytes) -> tuple[int, dns.rcode.Rcode, _Sections, bool]:
    """Header bits, extended rcode, answer, authority and additional, and whether there is an OPT record.

    ``wire``: without its id, so that a second server's same answer is read once (an error is not kept).
    dnspython's own message class costs twice as much, in sets and hashes that nobody here asks for.
    """
    parser = dns.wire.Parser(wire)
    _, bits, questions, *counts = parser.get_struct("!HHHHHH")
    for _ in range(questions):
        parser.get_name(decompress=True)
        parser.get_bytes(4)
    high, edns = 0, False
    sections: list[tuple[RRset, ...]] = []
    for count in counts:
        found: dict[tuple[str, int], tuple[list[int], list[str]]] = {}
        for _ in range(count):
            owner = parser.get_name(decompress=True)
            rdtype, rdclass, ttl, size = parser.get_struct("!HHIH")
            if rdtype == dns.rdatatype.OPT:
                parser.get_bytes(size)
                high, edns = ttl >> 24, True
                continue
            with parser.restrict_to(size):
                rdata = dns.rdata.from_wire_parser(rdclass, rdtype, parser)
            ttls, texts = found.setdefault((owner.to_text(True).lower(), rdtype), ([], []))
            ttls.append(ttl)
            texts.append(rdata.to_text())
        sections.append(tuple(_rrset(*key, *values) for key, values in found.items()))
    code = dns.rcode.Rcode.make(high << 4 | bits & 0x0F)
    return bits, code, (sections[0], sections[1], sections[2]), edns


def _rrset(owner: str, rdtype: int, ttls: list[int], texts: list[str]) -> RRset:
    """Data sorted and without repeats, so that equal answers are equal values; TTL 0 for a negative one."""
    ttl = min(0 if ttl > MAX_TTL else ttl for ttl in ttls)
    name = "" if owner in (".", "@") else owner
    return RRset(
        name, dns.rdatatype.to_text(dns.rdatatype.RdataType.make(rdtype)), ttl, tuple(sorted({*texts}))
    )


def _classify(code: dns.rcode.Rcode, result: DnsResult, zone: str) -> tuple[Cause | None, str]:
    """What an answer says about the question; a failure to find out is never NODATA."""
    probe = result.probe
    if code != dns.rcode.NOERROR:
        cause = _CAUSES.get(code, Cause.MALFORMED)
        return cause, "" if cause is Cause.NXDOMAIN else dns.rcode.to_text(code)
    recursive = probe.server == RESOLVER
    referral = result.referral
    if referral is not None and not recursive and "aa" not in result.flags:
        below = referral.name != zone if probe.server != PARENT else referral.name != ""
        return (None, "") if below and _within(referral.name, zone) else (Cause.LAME, "refers upwards")
    if not recursive and probe.server != PARENT and "aa" not in result.flags and not probe.recursion:
        return Cause.LAME, "the answer is not authoritative"
    if result.data or (probe.rdtype == "ANY" and result.answer):
        return None, ""
    aliases = {rrset.name: rrset.data for rrset in result.answer if rrset.type == "CNAME"}
    if _circle(aliases, probe.name):
        return Cause.MALFORMED, "its aliases lead in a circle"
    if aliases and not recursive:
        return None, ""
    if _compact_nxdomain(result):
        return Cause.NXDOMAIN, "compact denial"
    return Cause.NODATA, ""


def _circle(aliases: Mapping[str, tuple[str, ...]], name: str) -> bool:
    """Do CNAMEs come back to a name that they were at?"""
    seen: set[str] = set()
    while name in aliases and name not in seen:
        seen.add(name)
        name = aliases[name][0].rstrip(".").lower()
    return name in seen


def _compact_nxdomain(result: DnsResult) -> bool:
    """RFC 9824: NOERROR with an NSEC at the name itself whose bitmap has NXNAME."""
    return any(
        rrset.type == "NSEC" and rrset.name == result.probe.name and not NXNAME.isdisjoint(data.split())
        for rrset in result.authority
        for data in rrset.data
    )


def _within(name: str, zone: str) -> bool:
    return not zone or name == zone or name.endswith("." + zone)

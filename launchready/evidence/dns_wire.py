"""DNS messages: the question as bytes, and the response as a typed result.

dnspython parses what comes back; the query is so small that it is written here (RFC 1035 §4, RFC 6891 §6.1).
"""

from __future__ import annotations

import struct
from functools import lru_cache

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset

from launchready.evidence.types import PARENT, RESOLVER, Cause, DnsProbe, DnsResult, RRset

UDP_PAYLOAD = 1232
"""Bytes that we take over UDP: what fits unfragmented (DNS Flag Day 2020)."""
NXNAME = "TYPE128"
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
        message = dns.message.from_wire(wire, ignore_trailing=True)
    except (dns.exception.DNSException, ValueError) as error:
        return DnsResult(probe, server, Cause.MALFORMED, detail=f"unreadable response: {error}")
    flags = {text for bit, text in _FLAGS.items() if message.flags & bit}
    flags |= ({"edns"} if message.edns >= 0 else set()) | ({"tcp"} if tcp else set())
    result = DnsResult(
        probe,
        server,
        None,
        answer=_rrsets(message.answer),
        authority=_rrsets(message.authority),
        additional=_rrsets(message.additional),
        flags=frozenset(flags),
    )
    cause, detail = _classify(message.rcode(), result, zone)
    return DnsResult(
        probe, server, cause, result.answer, result.authority, result.additional, result.flags, detail
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
    if any(rrset.type == "CNAME" for rrset in result.answer) and not recursive:
        return None, ""
    if _compact_nxdomain(result):
        return Cause.NXDOMAIN, "compact denial"
    return Cause.NODATA, ""


def _compact_nxdomain(result: DnsResult) -> bool:
    """RFC 9824: NOERROR with an NSEC at the name itself whose bitmap has NXNAME."""
    return any(
        rrset.type == "NSEC" and rrset.name == result.probe.name and NXNAME in data.split()
        for rrset in result.authority
        for data in rrset.data
    )


def _within(name: str, zone: str) -> bool:
    return not zone or name == zone or name.endswith("." + zone)


def _rrsets(section: list[dns.rrset.RRset]) -> tuple[RRset, ...]:
    return tuple(
        RRset(
            rrset.name.to_text(omit_final_dot=True).lower() if len(rrset.name) > 1 else "",
            dns.rdatatype.to_text(rrset.rdtype),
            rrset.ttl,
            tuple(sorted(rdata.to_text() for rdata in rrset)),
        )
        for rrset in section
    )

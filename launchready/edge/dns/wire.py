"""DNS messages on the wire: reading questions and writing replies, nothing else.

Written by hand because a general message class costs three times the whole answer (0.35 ms);
what is read from a client is bounded and never trusted.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

from launchready.edge.dns.names import Labels
from launchready.edge.dns.rrset import IN, Rcode, Reply, RRset
from launchready.errors import EdgeError

HEADER: Final = struct.Struct("!HHHHHH")
_RR_FIXED: Final = struct.Struct("!HHIH")
_OPT: Final = 41
_DO: Final = 0x8000
_CO: Final = 0x4000
_EDE: Final = 15
UDP_LIMIT: Final = 1232
"""The largest UDP payload sent (the flag-day value); more means TC."""
CLASSIC_LIMIT: Final = 512
TCP_LIMIT: Final = 65_535
_MAX_RECORDS: Final = 64
"""More records than that in a question's other sections is not a question."""


@dataclass(slots=True)
class Query:
    """One question. ``name`` is lower-case; ``question`` the section as it came, case preserved."""

    id: int
    flags: int
    name: Labels = ()
    qtype: int = 0
    qclass: int = IN
    question: bytes = b""
    edns: bool = False
    version: int = 0
    payload: int = CLASSIC_LIMIT
    dnssec: bool = False
    compact: bool = False

    @property
    def opcode(self) -> int:
        return self.flags >> 11 & 0xF

    @property
    def recursion_desired(self) -> bool:
        return bool(self.flags & 0x0100)

    @property
    def checking_disabled(self) -> bool:
        return bool(self.flags & 0x0010)


class QueryError(EdgeError):
    """A message that can't be answered as a question; ``query`` has what could be read, for FORMERR."""

    def __init__(self, what: str, query: Query) -> None:
        super().__init__(what)
        self.query = query


def read_query(data: bytes) -> Query | None:
    """The question in *data*; None for what must be dropped without an answer (short, or a response).

    :raises QueryError: for a malformed question.
    """
    if len(data) < HEADER.size:
        return None
    ident, flags, questions, answers, authorities, additionals = HEADER.unpack_from(data)
    if flags & 0x8000:
        return None
    query = Query(ident, flags)
    if query.opcode != 0:
        return query
    if questions != 1:
        raise QueryError(f"{questions} questions", query)
    try:
        end = _read_question(data, query)
        if answers or authorities or additionals:
            end = _read_records(data, end, answers + authorities, additionals, query)
    except (struct.error, IndexError):
        raise QueryError("a message cut short", query) from None
    if end != len(data):
        raise QueryError("bytes after the message", query)
    return query


def _read_question(data: bytes, query: Query) -> int:
    labels: list[bytes] = []
    position = HEADER.size
    while length := data[position]:
        if length > 63 or position + length + 1 - HEADER.size > 254:
            raise QueryError("a name that is none", query)
        label = data[position + 1 : position + 1 + length]
        if len(label) != length:
            raise QueryError("a message cut short", query)
        labels.append(label.lower())
        position += 1 + length
    end = position + 5
    query.qtype, query.qclass = struct.unpack_from("!HH", data, position + 1)
    query.name = tuple(labels)
    query.question = data[HEADER.size : end]
    return end


def _read_records(data: bytes, position: int, skip: int, additionals: int, query: Query) -> int:
    if skip + additionals > _MAX_RECORDS:
        raise QueryError("too many records in a question", query)
    for index in range(skip + additionals):
        owner = position
        position = _skip_name(data, position)
        rdtype, rdclass, ttl, length = _RR_FIXED.unpack_from(data, position)
        position += _RR_FIXED.size + length
        if position > len(data):
            raise QueryError("a message cut short", query)
        if rdtype != _OPT:
            continue
        if query.edns or data[owner] != 0 or index < skip:
            raise QueryError("a misplaced OPT record", query)
        _check_options(data[position - length : position], query)
        query.edns = True
        query.version = ttl >> 16 & 0xFF
        query.payload = max(CLASSIC_LIMIT, rdclass)
        query.dnssec = bool(ttl & _DO)
        query.compact = bool(ttl & _CO)
    return position


def _skip_name(data: bytes, position: int) -> int:
    while length := data[position]:
        if length >= 0xC0:
            return position + 2
        if length > 63:
            raise IndexError(position)
        position += 1 + length
    return position + 1


def _check_options(options: bytes, query: Query) -> None:
    position = 0
    while position < len(options):
        (length,) = struct.unpack_from("!H", options, position + 2)
        position += 4 + length
    if position != len(options):
        raise QueryError("EDNS options cut short", query)


def write_reply(query: Query, reply: Reply, limit: int) -> bytes:
    """The reply in wire form; one over *limit* bytes is cut to its question with TC set."""
    out = bytearray(HEADER.size)
    out += query.question
    offsets = _question_offsets(query)
    counts = [0, 0, 0]
    opt = _opt(query, reply)
    if not reply.truncate:
        for index, section in enumerate((reply.answer, reply.authority, reply.additional)):
            for rrset in section:
                counts[index] += _write_rrset(out, rrset, offsets)
    truncated = reply.truncate or len(out) + len(opt) > limit
    if truncated:
        del out[HEADER.size + len(query.question) :]
        counts = [0, 0, 0]
    out += opt
    flags = 0x8000 | query.flags & 0x7910 | int(reply.rcode) & 0xF
    flags |= reply.authoritative << 10 | truncated << 9 | reply.recursive << 7 | reply.authentic << 5
    HEADER.pack_into(
        out,
        0,
        query.id,
        flags,
        1 if query.question else 0,
        counts[0],
        counts[1],
        counts[2] + (1 if opt else 0),
    )
    return bytes(out)


def _question_offsets(query: Query) -> dict[Labels, int]:
    offsets: dict[Labels, int] = {}
    position = HEADER.size
    for index, label in enumerate(query.name):
        offsets[query.name[index:]] = position
        position += 1 + len(label)
    return offsets


def _write_rrset(out: bytearray, rrset: RRset, offsets: dict[Labels, int]) -> int:
    for rdata in rrset.rdatas:
        _write_name(out, rrset.owner, offsets)
        out += _RR_FIXED.pack(rrset.rdtype, IN, rrset.ttl, len(rdata))
        out += rdata
    return len(rrset.rdatas)


def _write_name(out: bytearray, name: Labels, offsets: dict[Labels, int]) -> None:
    while name:
        offset = offsets.get(name)
        if offset is not None:
            out += (0xC000 | offset).to_bytes(2, "big")
            return
        if len(out) < 0x4000:
            offsets[name] = len(out)
        out.append(len(name[0]))
        out += name[0]
        name = name[1:]
    out.append(0)


def _opt(query: Query, reply: Reply) -> bytes:
    """The OPT record that answers the question's own, with the extended error if there is one."""
    if not query.edns:
        return b""
    options = b""
    if reply.ede is not None:
        code, text = reply.ede
        body = code.to_bytes(2, "big") + text.encode()
        options = struct.pack("!HH", _EDE, len(body)) + body
    flags = (_DO if query.dnssec else 0) | (_CO if query.compact and query.dnssec else 0)
    ttl = int(reply.rcode) >> 4 << 24 | flags
    return b"\0" + _RR_FIXED.pack(_OPT, UDP_LIMIT, ttl, len(options)) + options


def udp_limit(query: Query) -> int:
    """How many bytes a UDP reply to this question may have."""
    return min(query.payload, UDP_LIMIT) if query.edns else CLASSIC_LIMIT


def error_reply(query: Query, rcode: Rcode) -> bytes:
    """A bare reply with a response code; the question is echoed if it could be read."""
    return write_reply(query, Reply(rcode=rcode), TCP_LIMIT)

"""The resolver's face on the network: questions in, replies with RD, RA and AD out."""

from __future__ import annotations

from typing import Final

from launchready.edge.dns.names import Labels, text_of
from launchready.edge.dns.rrset import IN, Rcode, Reply, RRset, Type
from launchready.edge.dns.wire import (
    TCP_LIMIT,
    Query,
    QueryError,
    error_reply,
    read_query,
    udp_limit,
    write_reply,
)
from launchready.edge.state import EdgeState
from launchready.edge.world.resolver import Outcome, Resolver
from launchready.edge.world.validate import nsec_types

_AD_FLAG: Final = 0x0020
_DNSSEC_TYPES: Final = frozenset({Type.RRSIG, Type.NSEC})
_UNSUPPORTED: Final = frozenset({Type.AXFR, Type.IXFR})
_INVALID_TYPE: Final = 30


class RecursiveServer:
    """Answers any question by the resolver."""

    def __init__(self, state: EdgeState, resolver: Resolver) -> None:
        self._state = state
        self._resolver = resolver

    def respond(self, message: bytes, tcp: bool) -> bytes | None:
        """The reply to a message from the network; None when there is none."""
        try:
            query = read_query(message)
        except QueryError as error:
            return error_reply(error.query, Rcode.FORMERR)
        if query is None or self._defect("world.resolver_timeout", query.name):
            return None
        return write_reply(query, self._reply(query), TCP_LIMIT if tcp else udp_limit(query))

    def _reply(self, query: Query) -> Reply:
        if query.opcode != 0 or query.qtype in _UNSUPPORTED:
            return Reply(rcode=Rcode.NOTIMP, recursive=True)
        if query.version != 0:
            return Reply(rcode=Rcode.BADVERS, recursive=True)
        if query.qclass != IN:
            return Reply(rcode=Rcode.REFUSED, recursive=True)
        if query.qtype == Type.NXNAME:
            ede = (_INVALID_TYPE, "NXNAME is never a question")
            return Reply(rcode=Rcode.FORMERR, recursive=True, ede=ede)
        if self._defect("world.resolver_servfail", query.name):
            return Reply(rcode=Rcode.SERVFAIL, recursive=True)
        outcome = self._resolver.resolve(query.name, query.qtype, validate=not query.checking_disabled)
        return self._shown(query, outcome)

    def _shown(self, query: Query, outcome: Outcome) -> Reply:
        """What the client asked to see: DNSSEC records with DO, AD where it understands it."""
        rcode = outcome.rcode
        if rcode == Rcode.NXDOMAIN and query.dnssec and not query.compact and _is_compact(outcome):
            rcode = Rcode.NOERROR
        understands = query.dnssec or bool(query.flags & _AD_FLAG)
        return Reply(
            rcode=rcode,
            recursive=True,
            authentic=outcome.secure and understands and not query.checking_disabled,
            answer=[rrset for rrset in outcome.answer if _wanted(rrset, query)],
            authority=[rrset for rrset in outcome.authority if _wanted(rrset, query)],
            ede=outcome.ede,
        )

    def _defect(self, kind: str, name: Labels) -> bool:
        return bool(self._state.defects) and any(
            self._state.defect(kind, text_of(name[depth:])) for depth in range(len(name) + 1)
        )


def _wanted(rrset: RRset, query: Query) -> bool:
    return query.dnssec or rrset.rdtype not in _DNSSEC_TYPES or rrset.rdtype == query.qtype


def _is_compact(outcome: Outcome) -> bool:
    """The absence is told by NXNAME in a signed NSEC: the code then stays NOERROR (RFC 9824 §5)."""
    return any(r.rdtype == Type.NSEC and Type.NXNAME in nsec_types(r) for r in outcome.authority)

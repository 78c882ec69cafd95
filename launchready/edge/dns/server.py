"""One name server: from a message to a message, defects included. No sockets here."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from launchready.edge.dns.answer import Answering, Resolve
from launchready.edge.dns.damage import DefectiveView
from launchready.edge.dns.defects import Faults
from launchready.edge.dns.names import Labels
from launchready.edge.dns.rrset import IN, Rcode, Reply, RRset, Type, rrset_of
from launchready.edge.dns.sign import Signer, bogus
from launchready.edge.dns.view import View
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
from launchready.errors import EdgeError

Find = Callable[[Labels, Faults | None], View | None]
"""The closest zone that holds a name, as this server serves it; the faults say if it is stale."""

_ROOT_HINT: Final = b"\x01a\x0croot-servers\x03net\x00"


class NameServer:
    """Answers for the zones that *find* gives; *names* are what it goes by, for defects."""

    def __init__(
        self,
        state: EdgeState,
        find: Find,
        names: Callable[[], Iterable[str]],
        signer: Signer,
        resolve: Resolve | None = None,
    ) -> None:
        self._state = state
        self._find = find
        self._names = names
        self._signer = signer
        self.resolve = resolve

    def respond(self, message: bytes, tcp: bool) -> bytes | None:
        """The reply to a message from the network; None when there is none."""
        try:
            query = read_query(message)
        except QueryError as error:
            return error_reply(error.query, Rcode.FORMERR)
        if query is None:
            return None
        reply = self.answer(query, tcp)
        return None if reply is None else write_reply(query, reply, TCP_LIMIT if tcp else udp_limit(query))

    def accepts_tcp(self) -> bool:
        """False while ``dns.no_tcp`` is on."""
        return not self._state.defects or self._faults().on_server("dns.no_tcp") is None

    def answer(self, query: Query, tcp: bool) -> Reply | None:
        """The reply to a well-formed question; None is silence."""
        if query.opcode != 0:
            return Reply(rcode=Rcode.NOTIMP)
        if query.version != 0:
            return Reply(rcode=Rcode.BADVERS)
        if query.qclass != IN:
            return Reply(rcode=Rcode.REFUSED)
        faults = self._faults() if self._state.defects else None
        try:
            if faults is None or not faults.defects:
                return Answering(query, self._view, self._sign, self.resolve).run()
            return self._answer_wrongly(query, faults, tcp)
        except EdgeError as error:
            return Reply(rcode=Rcode.SERVFAIL, ede=(0, error.what))

    def _view(self, name: Labels) -> View | None:
        return self._find(name, None)

    def _sign(self, rrset: RRset, view: View) -> RRset | None:
        assert view.keys is not None  # noqa: S101 - answering asks for signatures in signed zones only
        return self._signer.rrsig(rrset, view.origin, view.keys)

    def _faults(self) -> Faults:
        return Faults.of(self._state.defects, tuple(self._names()))

    def _answer_wrongly(self, query: Query, faults: Faults, tcp: bool) -> Reply | None:
        zone = self._find(query.name, None)
        origin = zone.origin if zone is not None else None

        def on(kind: str) -> bool:
            return faults.on_question(kind, query.name, origin, query.qtype) is not None

        if on("dns.timeout"):
            return None
        if on("dns.servfail"):
            return Reply(rcode=Rcode.SERVFAIL)
        if on("dns.refused"):
            return Reply(rcode=Rcode.REFUSED)
        if query.edns and on("dns.no_edns"):
            query.edns = False
            return Reply(rcode=Rcode.FORMERR)
        if on("dns.lame"):
            return Reply(authority=[rrset_of((), Type.NS, 518_400, [_ROOT_HINT])])

        def find(name: Labels) -> View | None:
            view = self._find(name, faults)
            defects = faults.on_data(view.origin) if view is not None else []
            return DefectiveView(view, defects) if view is not None and defects else view

        def sign(rrset: RRset, view: View) -> RRset | None:
            return self._sign_wrongly(rrset, view, faults)

        reply = Answering(query, find, sign, self.resolve).run()
        if not tcp and on("dns.truncate_always"):
            reply.truncate = True
        return reply

    def _sign_wrongly(self, rrset: RRset, view: View, faults: Faults) -> RRset | None:
        def on(kind: str) -> bool:
            return faults.on_question(kind, rrset.owner, view.origin, rrset.rdtype) is not None

        if on("dns.missing_signature"):
            return None
        if on("dns.expired_signature"):
            assert view.keys is not None  # noqa: S101 - as in _sign
            return self._signer.expired_rrsig(rrset, view.origin, view.keys)
        right = self._sign(rrset, view)
        return bogus(right) if right is not None and on("dns.bogus_signature") else right

"""From a question to a reply: the algorithm of RFC 1034 §4.3.2 with wildcards (RFC 4592),
referrals, CNAME chains, flattening, minimal ANY (RFC 8482) and compact denial (RFC 9824).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from launchready.edge.dns.names import Labels, is_within, text_of
from launchready.edge.dns.rrset import ADDRESS_TYPES, Rcode, Reply, RRset, Type, rrset_of
from launchready.edge.dns.sign import nsec_rrset
from launchready.edge.dns.view import Node, View
from launchready.edge.dns.wire import Query
from launchready.edge.dns.zoneview import read_name

MAX_CHAIN: Final = 10
"""CNAMEs followed inside one answer."""
_ANY_TTL: Final = 3_789
_ANY_RDATA: Final = b"\x07RFC8482\x00"
_OTHER_ERROR, _INVALID_TYPE = 0, 30
_TRANSFERS: Final = frozenset({Type.AXFR, Type.IXFR})


@dataclass(frozen=True, slots=True)
class Resolved:
    """What the outside world says about a name: a response code and the RRsets of the asked type."""

    rcode: int
    rrsets: Sequence[RRset] = ()


class Resolve(Protocol):
    """Looks a name up in the outside world; answers at once, never raises."""

    def __call__(self, name: Labels, rdtype: int) -> Resolved: ...


Sign = Callable[[RRset, View], RRset | None]
"""The RRSIG RRset for an RRset of a view, None where none is to be served."""


@dataclass(slots=True)
class Answering:
    """One question being answered: ``find`` picks the view for a name, ``resolve`` asks the world."""

    query: Query
    find: Callable[[Labels], View | None]
    sign: Sign
    resolve: Resolve | None = None
    reply: Reply = field(default_factory=lambda: Reply(authoritative=True))

    def run(self) -> Reply:
        """The reply; REFUSED outside the server's zones."""
        query = self.query
        if query.qtype == Type.NXNAME:
            return Reply(rcode=Rcode.FORMERR, ede=(_INVALID_TYPE, "NXNAME is never a question"))
        name = query.name
        view = self._view_for(name)
        if view is None or query.qtype in _TRANSFERS:
            return Reply(rcode=Rcode.REFUSED)
        seen: set[Labels] = set()
        while view is not None and len(seen) < MAX_CHAIN and name not in seen:
            seen.add(name)
            target = self._step(view, name, follow=len(seen) > 1)
            if target is None:
                break
            name, view = target, self.find(target)
        return self.reply

    def _view_for(self, name: Labels) -> View | None:
        """The closest zone; for DS the parent side of a cut, if this server has it (RFC 4035 §3.1.4.1)."""
        view = self.find(name)
        if view is not None and self.query.qtype == Type.DS and view.origin == name and name:
            return self.find(name[1:]) or view
        return view

    def _step(self, view: View, name: Labels, *, follow: bool) -> Labels | None:
        """Answer for one name; the target when it is an alias to follow."""
        cut = _find_cut(view, name)
        if cut is not None and not (cut[0] == name and self.query.qtype == Type.DS):
            if not follow:
                self._refer(view, *cut)
            return None
        node = view.node(name)
        if node is None and not view.has_below(name):
            node = find_wildcard(view, name)
            if node is None:
                self._deny(view, name, None)
                return None
        return self._from_node(view, name, node or Node({}))

    def _from_node(self, view: View, name: Labels, node: Node) -> Labels | None:
        qtype = self.query.qtype
        if node.broken is not None:
            self._fail(node.broken)
        elif qtype == Type.ANY:
            self._add(self.reply.answer, rrset_of(name, Type.HINFO, _ANY_TTL, [_ANY_RDATA]), view)
        elif qtype in node.rrsets:
            self._add(self.reply.answer, node.rrsets[qtype].at(name), view)
        elif node.flatten is not None and qtype in ADDRESS_TYPES:
            self._flatten(view, name, node)
        elif qtype == Type.NSEC and view.keys is not None:
            self._add(self.reply.answer, self._nsec(view, name, node), view)
        elif Type.CNAME in node.rrsets:
            alias = node.rrsets[Type.CNAME].at(name)
            self._add(self.reply.answer, alias, view)
            return read_name(alias.rdatas[0])
        else:
            self._deny(view, name, node)
        return None

    def _flatten(self, view: View, name: Labels, node: Node) -> None:
        assert node.flatten is not None  # noqa: S101 - the caller looked
        target, ttl = node.flatten
        qtype = self.query.qtype
        found = self.resolve(target, qtype) if self.resolve is not None else Resolved(Rcode.SERVFAIL)
        if found.rcode not in (Rcode.NOERROR, Rcode.NXDOMAIN):
            self._fail(f"{text_of(target)} could not be resolved")
            return
        rdatas = [rdata for rrset in found.rrsets if rrset.rdtype == qtype for rdata in rrset.rdatas]
        if not rdatas:
            self._deny(view, name, node)
            return
        ttl = min([ttl, *(rrset.ttl for rrset in found.rrsets)])
        self._add(self.reply.answer, rrset_of(name, qtype, ttl, rdatas), view)

    def _deny(self, view: View, name: Labels, node: Node | None) -> None:
        """NODATA for a name that exists (*node* given), NXDOMAIN for one that doesn't."""
        if node is None and not view.is_known(name):
            self._fail(f"{text_of(name)} is not known to this world")
            return
        apex = view.node(view.origin)
        soa = apex.rrsets.get(Type.SOA) if apex is not None else None
        if soa is not None:
            minimum = int.from_bytes(soa.rdatas[0][-4:], "big")
            soa = soa.with_ttl(min(soa.ttl, minimum))
            self._add(self.reply.authority, soa, view)
        signed = self.query.dnssec and view.keys is not None
        if signed:
            self._add(self.reply.authority, self._nsec(view, name, node), view)
        if node is None and (not signed or self.query.compact):
            self.reply.rcode = Rcode.NXDOMAIN

    def _nsec(self, view: View, name: Labels, node: Node | None) -> RRset:
        apex = view.node(view.origin)
        soa = apex.rrsets.get(Type.SOA) if apex is not None else None
        ttl = min(soa.ttl, int.from_bytes(soa.rdatas[0][-4:], "big")) if soa is not None else 300
        if node is None:
            return nsec_rrset(name, [Type.NXNAME], ttl)
        types: set[int] = set(node.rrsets)
        if node.flatten is not None:
            types |= set(ADDRESS_TYPES) - {self.query.qtype}
        return nsec_rrset(name, types, ttl)

    def _refer(self, view: View, cut: Labels, node: Node) -> None:
        """A referral: NS without a signature, DS or the proof that there is none, glue."""
        self.reply.authoritative = bool(self.reply.answer)
        servers = node.rrsets[Type.NS]
        self.reply.authority.append(servers)
        if self.query.dnssec and view.keys is not None:
            ds = node.rrsets.get(Type.DS)
            proof = nsec_rrset(cut, [Type.NS], 1_800) if ds is None else ds
            self._add(self.reply.authority, proof, view)
        for server in dict.fromkeys(read_name(rdata) for rdata in servers.rdatas):
            glue = view.node(server) if is_within(server, view.origin) else None
            if glue is not None:
                self.reply.additional += [glue.rrsets[t] for t in ADDRESS_TYPES if t in glue.rrsets]

    def _add(self, section: list[RRset], rrset: RRset, view: View) -> None:
        section.append(rrset)
        if self.query.dnssec and view.keys is not None:
            signature = self.sign(rrset, view)
            if signature is not None:
                section.append(signature)

    def _fail(self, why: str) -> None:
        self.reply = Reply(rcode=Rcode.SERVFAIL, ede=(_OTHER_ERROR, why))


def _find_cut(view: View, name: Labels) -> tuple[Labels, Node] | None:
    """The highest delegation between the zone's apex (excluded) and *name* (included)."""
    for depth in range(len(name) - len(view.origin) - 1, -1, -1):
        node = view.node(name[depth:])
        if node is not None and Type.NS in node.rrsets:
            return name[depth:], node
    return None


def find_wildcard(view: View, name: Labels) -> Node | None:
    """The node that covers an absent name: ``*`` below its closest encloser (RFC 4592 §3.3.1)."""
    encloser = name[1:]
    while len(encloser) > len(view.origin):
        if view.node(encloser) is not None or view.has_below(encloser):
            break
        encloser = encloser[1:]
    return view.node((b"*", *encloser))

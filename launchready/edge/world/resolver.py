"""The recursive resolver: from the root down, server by server, validating on the way.

It asks the edge's own servers in process, by the very function that their sockets call, so that
what a server does wrong the resolver suffers. It keeps no cache: a change is seen at once.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from launchready.edge.dns.answer import Resolved
from launchready.edge.dns.keys import ZoneKeys
from launchready.edge.dns.names import ROOT, Labels, is_within, text_of
from launchready.edge.dns.rrset import ADDRESS_TYPES, Rcode, Reply, RRset, Type
from launchready.edge.dns.server import NameServer
from launchready.edge.dns.wire import Query
from launchready.edge.dns.zoneview import ds_rdata, read_name
from launchready.edge.world.servers import ROOT_ADDRESS
from launchready.edge.world.validate import Trust, ValidationError, Validator, find

_MAX_REFERRALS: Final = 16
_MAX_DEPTH: Final = 16
_MAX_CHAIN: Final = 12
_MAX_EXCHANGES: Final = 200
"""Questions to servers for one question of a client: names that need each other grow without end."""
_OTHER, _UNREACHABLE = 0, 22
Network = Callable[[str], NameServer | None]
"""Documentation address → the server there; None where nobody listens."""


@dataclass(slots=True)
class Outcome:
    """What was found. ``secure``: all of it validated. RRSIG and NSEC records are included."""

    rcode: int = Rcode.NOERROR
    answer: list[RRset] = field(default_factory=list)
    authority: list[RRset] = field(default_factory=list)
    secure: bool = False
    ede: tuple[int, str] | None = None


class _LookupFailed(Exception):  # noqa: N818 - a signal inside the resolver
    """No server gave a usable answer."""

    def __init__(self, code: int, why: str) -> None:
        super().__init__(why)
        self.ede = (code, why)


@dataclass(slots=True)
class _At:
    """Where an iteration stands: the zone, the addresses of its servers, and its keys if secure."""

    zone: Labels
    servers: Sequence[str]
    trust: Trust | None


class Resolver:
    """Resolves names; every method answers at once."""

    def __init__(
        self,
        network: Network,
        root_keys: ZoneKeys,
        validator: Validator | None = None,
    ) -> None:
        self._network = network
        self._root_ds = ds_rdata(ROOT, root_keys)
        self._validator = validator or Validator()
        self._active: set[tuple[Labels, int]] = set()
        self._exchanges = 0

    def plain(self, name: Labels, rdtype: int) -> Resolved:
        """Only what a flattened name needs: the RRsets of the type, without aliases and signatures."""
        found = self.resolve(name, rdtype)
        return Resolved(found.rcode, [rrset for rrset in found.answer if rrset.rdtype == rdtype])

    def resolve(self, name: Labels, rdtype: int, *, validate: bool = True) -> Outcome:
        """Look *name* up; failures are SERVFAIL with the extended error that says why."""
        question = (name, rdtype)
        if question in self._active or len(self._active) >= _MAX_DEPTH:
            return Outcome(Rcode.SERVFAIL, ede=(_OTHER, "the names refer to each other without end"))
        if not self._active:
            self._exchanges = 0
        self._active.add(question)
        try:
            return self._resolve(name, rdtype, validate)
        except ValidationError as error:
            return Outcome(Rcode.SERVFAIL, ede=(error.code, error.what))
        except _LookupFailed as failed:
            return Outcome(Rcode.SERVFAIL, ede=failed.ede)
        finally:
            self._active.discard(question)

    def _resolve(self, name: Labels, rdtype: int, validate: bool) -> Outcome:
        at = self._start(validate)
        for _ in range(_MAX_REFERRALS):
            reply = self._ask(at, name, rdtype)
            cut = _referral(reply, name, at.zone)
            if cut is None:
                return self._finish(at, reply, name, rdtype, validate)
            at = self._descend(self._signed_by(at, reply, cut), reply, cut)
        raise _LookupFailed(_OTHER, f"{text_of(name)}: too many referrals")

    def _start(self, validate: bool) -> _At:
        at = _At(ROOT, [ROOT_ADDRESS], None)
        if validate:
            reply = self._ask(at, ROOT, Type.DNSKEY)
            at.trust = self._validator.keys(ROOT, [self._root_ds], reply.answer)
        return at

    def _ask(self, at: _At, name: Labels, rdtype: int) -> Reply:
        """The first usable reply of the zone's servers, in order."""
        ede = (_UNREACHABLE, f"no server of {text_of(at.zone)} could be reached")
        for address in at.servers:
            self._exchanges += 1
            if self._exchanges > _MAX_EXCHANGES:
                raise _LookupFailed(_OTHER, "the question leads to too many others")
            server = self._network(address)
            reply = _exchange(server, name, rdtype) if server is not None else None
            if reply is None:
                continue
            answers = reply.rcode in (Rcode.NOERROR, Rcode.NXDOMAIN)
            if answers and (reply.authoritative or _referral(reply, name, at.zone) is not None):
                return reply
            said = "no authority" if answers else Rcode(reply.rcode).name
            ede = reply.ede or (_UNREACHABLE, f"the servers of {text_of(at.zone)} said {said}")
        raise _LookupFailed(*ede)

    def _descend(self, at: _At, reply: Reply, cut: Labels) -> _At:
        """Follow a referral: the servers' addresses, and the trust that the DS (or its absence) gives."""
        servers = find(reply.authority, cut, Type.NS)
        assert servers is not None  # noqa: S101 - that is what makes it a referral
        hosts = [read_name(rdata) for rdata in servers.rdatas]
        addresses = [a for host in hosts for a in self._addresses(host, reply, at.zone)]
        if not addresses:
            raise _LookupFailed(_UNREACHABLE, f"no name server of {text_of(cut)} has an address")
        below = _At(cut, addresses, None)
        if at.trust is not None:
            below.trust = self._trust(at.trust, below, reply.authority)
        return below

    def _trust(self, above: Trust, below: _At, section: Sequence[RRset]) -> Trust | None:
        """The trust of a zone from the DS in *section*; None when it is proven that there is none."""
        ds = find(section, below.zone, Type.DS)
        if ds is None:
            self._validator.insecure(below.zone, section, above)
            return None
        self._validator.check(ds, section, above)
        keys = self._ask(below, below.zone, Type.DNSKEY)
        return self._validator.keys(below.zone, ds.rdatas, keys.answer)

    def _addresses(self, host: Labels, reply: Reply, zone: Labels) -> list[str]:
        """Glue from the referral, where the referring zone may give it; else looked up."""
        found = [r for r in reply.additional if r.owner == host and r.rdtype in ADDRESS_TYPES]
        if not found or not is_within(host, zone):
            found = [r for r in self.resolve(host, Type.A).answer if r.rdtype == Type.A]
        return [str(ipaddress.ip_address(rdata)) for rrset in found for rdata in rrset.rdatas]

    def _finish(self, at: _At, reply: Reply, name: Labels, rdtype: int, validate: bool) -> Outcome:
        """The outcome of an authoritative reply, validated, its aliases followed."""
        at = self._signed_by(at, reply, name)
        outcome = Outcome(secure=at.trust is not None)
        for _ in range(_MAX_CHAIN):
            found = _of(reply.answer, name, rdtype) if is_within(name, at.zone) else []
            alias = find(reply.answer, name, Type.CNAME) if is_within(name, at.zone) else None
            if not found and alias is not None:
                found = [alias]
            for rrset in found:
                self._take(outcome, rrset, reply.answer, at.trust)
            if not found or found != [alias] or rdtype in (Type.CNAME, Type.ANY):
                break
            name = read_name(found[0].rdatas[0])
        if found and outcome.answer:
            return outcome
        if outcome.answer and not (is_within(name, at.zone) and _denies(reply)):
            self._follow(outcome, name, rdtype, validate)
            return outcome
        return self._negative(outcome, at, reply, name, rdtype)

    def _negative(self, outcome: Outcome, at: _At, reply: Reply, name: Labels, rdtype: int) -> Outcome:
        if at.trust is not None:
            self._validator.denial(name, rdtype, reply.authority, at.trust)
            for soa in [r for r in reply.authority if r.rdtype == Type.SOA]:
                self._validator.check(soa, reply.authority, at.trust)
        outcome.rcode = reply.rcode
        outcome.authority = list(reply.authority)
        return outcome

    def _take(self, outcome: Outcome, rrset: RRset, section: Sequence[RRset], trust: Trust | None) -> None:
        if trust is not None:
            self._validator.check(rrset, section, trust)
        outcome.answer.append(rrset)
        outcome.answer += [
            sig
            for sig in section
            if sig.rdtype == Type.RRSIG
            and sig.owner == rrset.owner
            and int.from_bytes(sig.rdatas[0][:2], "big") == rrset.rdtype
        ]

    def _follow(self, outcome: Outcome, target: Labels, rdtype: int, validate: bool) -> None:
        """Add what an alias leads to."""
        rest = self.resolve(target, rdtype, validate=validate)
        outcome.rcode, outcome.authority, outcome.ede = rest.rcode, rest.authority, rest.ede
        outcome.answer += rest.answer
        outcome.secure = outcome.secure and rest.secure

    def _signed_by(self, at: _At, reply: Reply, name: Labels) -> _At:
        """A server may answer for a zone below the one that it was asked as; its trust is found by DS."""
        if at.trust is None:
            return at
        signer = _signer(reply, name)
        if signer == at.zone:
            return at
        for depth in range(len(name) - len(at.zone) - 1, -1, -1):
            zone = name[depth:]
            below = _At(zone, at.servers, None)
            ds = self._ask(_At(at.zone, at.servers, None), zone, Type.DS)
            if find(ds.answer, zone, Type.DS) is not None:
                below.trust = self._trust(at.trust, below, ds.answer)
                return self._signed_by(below, reply, name)
            nsec = find(ds.authority, zone, Type.NSEC)
            if nsec is not None and find(ds.authority, at.zone, Type.SOA) is not None:
                try:
                    self._validator.insecure(zone, ds.authority, at.trust)
                except ValidationError:
                    continue
                return below
        return at


def _exchange(server: NameServer, name: Labels, rdtype: int) -> Reply | None:
    """Ask as a resolver does: EDNS with DO and CO first, by TCP after TC, without EDNS after FORMERR."""
    reply = server.answer(_question(name, rdtype), False)
    if reply is not None and reply.truncate:
        reply = server.answer(_question(name, rdtype), True) if server.accepts_tcp() else None
    if reply is not None and reply.rcode == Rcode.FORMERR:
        reply = server.answer(Query(0, 0, name, rdtype), False)
    return reply


def _question(name: Labels, rdtype: int) -> Query:
    return Query(0, 0, name, rdtype, edns=True, payload=1232, dnssec=True, compact=True)


def _referral(reply: Reply, name: Labels, zone: Labels) -> Labels | None:
    """The cut that a reply refers to: below the zone, at or above the name."""
    if reply.authoritative or reply.answer:
        return None
    for rrset in reply.authority:
        deeper = len(rrset.owner) > len(zone) and is_within(rrset.owner, zone)
        if rrset.rdtype == Type.NS and deeper and is_within(name, rrset.owner):
            return rrset.owner
    return None


def _of(section: Sequence[RRset], name: Labels, rdtype: int) -> list[RRset]:
    if rdtype == Type.ANY:
        return [r for r in section if r.owner == name and r.rdtype != Type.RRSIG]
    found = find(section, name, rdtype)
    return [found] if found is not None else []


def _denies(reply: Reply) -> bool:
    return any(rrset.rdtype == Type.SOA for rrset in reply.authority)


def _signer(reply: Reply, name: Labels) -> Labels | None:
    """Who signed the first signature at the name, or of the SOA that denies it."""
    for rrset in (*reply.answer, *reply.authority):
        if rrset.rdtype == Type.RRSIG and is_within(name, rrset.owner):
            return read_name(rrset.rdatas[0][18:])
    return None

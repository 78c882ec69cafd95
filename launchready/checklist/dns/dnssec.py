"""DNSSEC: the chain from the parent's DS to signatures that are valid now, and for a while yet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import dns.dnssec
import dns.exception
import dns.name
import dns.rdataclass
import dns.rdatatype
import dns.rrset
from dns.dnssectypes import DSDigest

from launchready.checklist.dns import rdata
from launchready.checklist.registry import (
    Fix,
    Outcome,
    Severity,
    Subject,
    check,
    failed,
    not_applicable,
    passed,
    undecided,
)
from launchready.evidence.types import EACH_AUTHORITATIVE, PARENT, Cause, DnsProbe, DnsResult, Probe, RRset

KEY = "launchready:tls.dnssec"
REGISTRAR = Fix(KEY, "put the DS record of the output `ds_record` at the registrar, and remove every other")
OPERATOR = Fix(KEY, "turn DNSSEC off and on again for the zone, or ask the name servers' operator")
LEAST_SHARE_LEFT = 0.2
"""Of a signature's validity: servers that sign at each answer keep half, others renew at a quarter."""
WEAK_ALGORITHMS = {
    1: "RSAMD5",
    3: "DSA",
    5: "RSASHA1",
    6: "DSA-NSEC3-SHA1",
    7: "RSASHA1-NSEC3-SHA1",
    12: "ECC-GOST",
}
WEAK_DIGESTS = {1: "SHA-1", 3: "GOST R 34.11-94"}
SIGNED_TYPES = ("SOA", "A")
"""Checked beside the keys themselves: what the zone says of itself, and what visitors ask for."""


@dataclass(frozen=True, slots=True)
class Signed:
    """What parent and zone say about DNSSEC. ``unknown``: an answer that did not come."""

    ds: frozenset[str]
    keys: tuple[DnsResult, ...]
    unknown: DnsResult | None

    @property
    def any_keys(self) -> bool:
        return any(result.data for result in self.keys)


def _questions(subject: Subject) -> Iterator[Probe]:
    domain = subject.declared.domain
    yield DnsProbe(domain, "DS", PARENT)
    yield DnsProbe(domain, "DNSKEY", EACH_AUTHORITATIVE, dnssec=True)


def _state(subject: Subject) -> Signed:
    domain = subject.declared.domain
    above = subject.evidence.parent(domain, "DS")
    keys = subject.evidence.authoritative(domain, "DNSKEY", dnssec=True)
    unknown = next((result for result in (*above, *keys) if not result.answered), None)
    return Signed(frozenset(text for result in above for text in result.data), keys, unknown)


def _idle(subject: Subject, state: Signed, *, without_ds: bool = False) -> Outcome | None:
    """The outcome when there is nothing to judge: unknown, or not signed."""
    name = f"{subject.declared.domain} DS"
    if state.unknown is not None:
        return undecided(name, state.unknown)
    if not state.ds and not (without_ds and state.any_keys):
        return not_applicable(name, "the parent has no DS: the zone is not signed for the world")
    return None


def _key_set(domain: str, texts: Iterable[str]) -> dns.rrset.RRset:
    return dns.rrset.from_text_list(
        dns.name.from_text(domain), 3600, dns.rdataclass.IN, dns.rdatatype.DNSKEY, list(texts)
    )


def _matches(domain: str, ds: str, keys: Iterable[str]) -> bool:
    """Is one of the keys what the DS is the digest of (RFC 4034 §5.1.4)?"""
    tag, algorithm, digest_type, digest = ds.split(maxsplit=3)
    for key in _key_set(domain, keys):
        try:
            kind = DSDigest.make(int(digest_type))
            made = dns.dnssec.make_ds(dns.name.from_text(domain), key, kind, validating=True)
        except (dns.exception.DNSException, ValueError):
            continue
        same = made.digest.hex() == digest.replace(" ", "").lower()
        if same and made.key_tag == int(tag) and made.algorithm == int(algorithm):
            return True
    return False


@check(
    "dns.dnssec.declared",
    severity=Severity.MEDIUM,
    needs=[_questions],
    reference="RFC 9364 §3",
    defect="DNSSEC is declared but the zone is not signed for the world, or the other way round",
    fix=REGISTRAR,
    public=False,
)
def dnssec_is_on_as_declared(subject: Subject) -> Outcome:
    """With ``tls.dnssec`` the zone has keys and the parent a DS; without it the parent has none."""
    state = _state(subject)
    name = f"{subject.declared.domain} DS"
    if state.unknown is not None:
        return undecided(name, state.unknown)
    if not subject.declared.dnssec:
        if state.ds:
            return failed(name, f"the parent has {rdata.show(state.ds)}", expected="no DS")
        return passed(name, "no DS, as declared")
    if not state.any_keys:
        return failed(name, "the zone serves no DNSKEY", expected="a signed zone", fix=OPERATOR)
    if not state.ds:
        return failed(name, "the parent has no DS", expected="a DS for the zone's key")
    return passed(name, f"{len(state.ds)} DS at the parent", expected="a signed zone")


@check(
    "dns.dnssec.chain",
    severity=Severity.CRITICAL,
    needs=[_questions],
    reference="RFC 4035 §5.2",
    defect="no key of the zone matches the parent's DS: validating resolvers answer SERVFAIL for everything",
    fix=REGISTRAR,
)
def a_served_key_matches_the_ds(subject: Subject) -> Outcome:
    """At every name server, a DNSKEY matches a DS at the parent."""
    state = _state(subject)
    domain = subject.declared.domain
    idle = _idle(subject, state)
    if idle is not None:
        return idle
    for result in state.keys:
        if not any(_matches(domain, ds, result.data) for ds in state.ds):
            served = "no DNSKEY" if not result.data else f"{len(result.data)} DNSKEY"
            return failed(
                f"{domain} DS", f"{result.server} serves {served}, none matches {rdata.show(state.ds)}",
                expected="a key that matches a DS", evidence=[result.probe.id],
            )  # fmt: skip
    return passed(f"{domain} DS", rdata.show(state.ds), evidence=[state.keys[0].probe.id])


@check(
    "dns.dnssec.stale_ds",
    severity=Severity.MEDIUM,
    needs=[_questions],
    reference="RFC 6781 §4.1.2",
    defect="the parent holds a DS for a key that the zone no longer has",
    fix=REGISTRAR,
)
def every_ds_has_its_key(subject: Subject) -> Outcome:
    """Every DS at the parent belongs to a key that the zone serves."""
    state = _state(subject)
    domain = subject.declared.domain
    idle = _idle(subject, state)
    if idle is not None:
        return idle
    keys = {text for result in state.keys for text in result.data}
    stale = [ds for ds in state.ds if not _matches(domain, ds, keys)]
    if stale:
        return failed(f"{domain} DS", f"no key for {rdata.show(stale)}", expected="a key for every DS")
    return passed(f"{domain} DS", f"a key for each of {len(state.ds)} DS")


def _signed_questions(subject: Subject) -> Iterator[Probe]:
    yield from _questions(subject)
    for rdtype in SIGNED_TYPES:
        yield DnsProbe(subject.declared.domain, rdtype, EACH_AUTHORITATIVE, dnssec=True)


def _signed_results(subject: Subject) -> list[DnsResult]:
    domain = subject.declared.domain
    found = list(subject.evidence.authoritative(domain, "DNSKEY", dnssec=True))
    for rdtype in SIGNED_TYPES:
        found += subject.evidence.authoritative(domain, rdtype, dnssec=True)
    return found


def _signatures(result: DnsResult, rrset: RRset) -> list[str]:
    """The RRSIGs over one RRset of an answer."""
    return [
        text
        for other in result.answer
        if other.type == "RRSIG" and other.name == rrset.name
        for text in other.data
        if text.split()[0] == rrset.type
    ]


def _invalid(rrset: RRset, signatures: list[str], keys: dns.rrset.RRset, now: float) -> str | None:
    """Why no signature makes the RRset valid at ``now`` (Unix seconds); None when one does."""
    if not signatures:
        return "no signature"
    owner = dns.name.from_text(rrset.name)
    data = dns.rrset.from_text_list(owner, rrset.ttl, "IN", rrset.type, list(rrset.data))
    signed = dns.rrset.from_text_list(owner, rrset.ttl, "IN", "RRSIG", signatures)
    try:
        dns.dnssec.validate(data, signed, {keys.name: keys}, now=now)
    except (dns.exception.DNSException, ValueError) as error:
        return str(error) or type(error).__name__
    return None


@check(
    "dns.dnssec.signatures",
    severity=Severity.CRITICAL,
    needs=[_signed_questions],
    reference="RFC 4035 §5.3",
    defect="a signature is missing or not valid now: validating resolvers answer SERVFAIL",
    fix=OPERATOR,
)
def signatures_are_valid_now(subject: Subject) -> Iterable[Outcome]:
    """At every name server the keys, the SOA and the apex's addresses are validly signed."""
    state = _state(subject)
    domain = subject.declared.domain
    idle = _idle(subject, state)
    if idle is not None:
        return [idle]
    keys = {result.server: result.data for result in state.keys}
    wrong: dict[str, list[str]] = {}
    checked = 0
    for result in _signed_results(subject):
        if not result.answered:
            return [undecided(f"{domain} {result.probe.rdtype}", result)]
        for rrset in result.answer:
            if rrset.type == "RRSIG" or rrset.name != domain:
                continue
            checked += 1
            known = _key_set(domain, keys[result.server]) if keys.get(result.server) else None
            reason = "no key" if known is None else _invalid(
                rrset, _signatures(result, rrset), known, subject.evidence.now.timestamp()
            )  # fmt: skip
            if reason:
                wrong.setdefault(f"{domain} {rrset.type}", []).append(f"{result.server}: {reason}")
    if wrong:
        return [
            failed(name, "; ".join(reasons), expected="a valid signature") for name, reasons in wrong.items()
        ]
    return [passed(domain, f"{checked} RRsets validly signed")]


def _times(signature: str) -> tuple[int, int]:
    """Inception and expiration of an RRSIG, in Unix seconds."""
    record = dns.rrset.from_text("x.", 0, "IN", "RRSIG", signature)[0]
    return record.inception, record.expiration


@check(
    "dns.dnssec.expiry",
    severity=Severity.HIGH,
    needs=[_signed_questions],
    reference="RFC 6781 §4.4.2",
    defect="signatures are about to end, or have ended: re-signing has stopped",
    fix=OPERATOR,
)
def signatures_last_for_a_while(subject: Subject) -> Outcome:
    """Every signature has at least a fifth of its validity left."""
    state = _state(subject)
    domain = subject.declared.domain
    idle = _idle(subject, state, without_ds=True)
    if idle is not None:
        return idle
    now = subject.evidence.now.timestamp()
    least, where = 2.0, ""
    for result in _signed_results(subject):
        if not result.answered:
            return undecided(f"{domain} {result.probe.rdtype}", result)
        for rrset in result.answer:
            for signature in rrset.data if rrset.type == "RRSIG" else ():
                begin, end = _times(signature)
                share = (end - now) / max(end - begin, 1)
                least, where = min((least, where), (share, f"{rrset.name} {signature.split()[0]}"))
    if not where:
        return not_applicable(domain, "no signature is served")
    observed = f"{where}: {max(least, 0):.0%} of its validity left" if least >= 0 else f"{where}: expired"
    if least < LEAST_SHARE_LEFT:
        return failed(domain, observed, expected=f"at least {LEAST_SHARE_LEFT:.0%}")
    return passed(domain, observed)


@check(
    "dns.dnssec.algorithm",
    severity=Severity.MEDIUM,
    needs=[_questions],
    reference="RFC 9905 §3",
    defect="a key or DS uses an algorithm that must not be used any more",
    fix=Fix(KEY, "sign with algorithm 13 and publish a SHA-256 DS"),
)
def algorithms_are_modern(subject: Subject) -> Outcome:
    """No key and no DS uses SHA-1, MD5, DSA or GOST."""
    state = _state(subject)
    domain = subject.declared.domain
    idle = _idle(subject, state, without_ds=True)
    if idle is not None:
        return idle
    keys = {text for result in state.keys for text in result.data}
    weak = {WEAK_ALGORITHMS.get(int(text.split()[2])) for text in keys}
    weak |= {WEAK_ALGORITHMS.get(int(text.split()[1])) for text in state.ds}
    digests = {int(text.split()[2]) for text in state.ds}
    if digests and digests <= set(WEAK_DIGESTS):
        weak |= {f"DS digest {WEAK_DIGESTS[digest]}" for digest in digests}
    found = sorted(name for name in weak if name)
    if found:
        return failed(domain, rdata.show(found), expected="algorithm 8, 13, 14, 15 or 16; digest SHA-256")
    algorithms = sorted({text.split()[2] for text in keys})
    return passed(domain, f"algorithm {rdata.show(algorithms)}")


def _denied(subject: Subject) -> Iterator[Probe]:
    yield from _questions(subject)
    name = f"{subject.evidence.nonce}.{subject.declared.domain}"
    yield DnsProbe(name, "A", EACH_AUTHORITATIVE, dnssec=True)
    yield DnsProbe(subject.declared.domain, "PTR", EACH_AUTHORITATIVE, dnssec=True)


@check(
    "dns.dnssec.denial",
    severity=Severity.HIGH,
    needs=[_denied],
    reference="RFC 4035 §3.1.3",
    defect="a negative answer carries no valid proof: validating resolvers answer SERVFAIL for absent names",
    fix=OPERATOR,
)
def negative_answers_are_proven(subject: Subject) -> Iterable[Outcome]:
    """An absent name and an absent type are denied with validly signed NSEC or NSEC3 records."""
    state = _state(subject)
    domain = subject.declared.domain
    idle = _idle(subject, state)
    if idle is not None:
        return [idle]
    keys = {result.server: result.data for result in state.keys}
    name = f"{subject.evidence.nonce}.{domain}"
    results = [
        *subject.evidence.authoritative(name, "A", dnssec=True),
        *subject.evidence.authoritative(domain, "PTR", dnssec=True),
    ]
    return [_denial(subject, result, keys.get(result.server, ())) for result in results]


def _denial(subject: Subject, result: DnsResult, keys: tuple[str, ...]) -> Outcome:
    where = f"{result.probe.name} {result.probe.rdtype} at {result.server}"
    if result.cause is None:
        return not_applicable(where, "the name has data")
    if result.cause not in (Cause.NXDOMAIN, Cause.NODATA):
        return undecided(where, result)
    proofs = [rrset for rrset in result.authority if rrset.type in ("NSEC", "NSEC3")]
    if not proofs:
        return failed(where, f"{result.cause} without NSEC or NSEC3", evidence=[result.probe.id])
    known = _key_set(subject.declared.domain, keys) if keys else None
    for rrset in proofs:
        moved = DnsResult(result.probe, result.server, None, answer=result.authority)
        now = subject.evidence.now.timestamp()
        reason = "no key" if known is None else _invalid(rrset, _signatures(moved, rrset), known, now)
        if reason:
            return failed(where, f"{rrset.type}: {reason}", evidence=[result.probe.id])
    return passed(where, f"{result.cause}, proven", evidence=[result.probe.id])

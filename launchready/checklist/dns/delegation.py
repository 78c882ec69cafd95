"""The parent zone's view of the domain: delegation, glue, and whether each server there is in charge."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

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

REGISTRAR = "launchready:domain"


def delegation(result: DnsResult) -> RRset | None:
    """The NS set in a parent's answer, as referral or (a parent that serves both zones) as answer."""
    own = next((r for r in result.answer if r.type == "NS" and r.name == result.probe.name), None)
    return own or result.referral


def names_of(rrset: RRset | None) -> frozenset[str]:
    """The servers that an NS set names, in lower case, without their dots."""
    return frozenset(name.rstrip(".").lower() for name in rrset.data) if rrset is not None else frozenset()


def _both_sides(subject: Subject) -> Iterator[Probe]:
    yield DnsProbe(subject.declared.domain, "NS", PARENT)
    yield DnsProbe(subject.declared.domain, "NS", EACH_AUTHORITATIVE)


@check(
    "dns.delegation.matches",
    severity=Severity.HIGH,
    needs=[_both_sides],
    reference="RFC 1034 §4.2.2",
    defect="the parent zone delegates to other name servers than the zone itself names",
    fix=Fix(REGISTRAR, "set the zone's name servers (output `nameservers`) at the registrar"),
)
def parent_and_zone_name_the_same_servers(subject: Subject) -> Outcome:
    """The NS set at the parent is the NS set of the zone, at every server."""
    domain = subject.declared.domain
    above = subject.evidence.parent(domain, "NS")
    below = subject.evidence.authoritative(domain, "NS")
    if all(result.answered and delegation(result) is None for result in above):
        observed = f"the parent does not delegate it ({above[0].cause or Cause.NODATA})"
        return failed(f"{domain} NS", observed, expected="a delegation", evidence=[above[0].probe.id])
    for result in (*above, *below):
        if not result.answered:
            return undecided(f"{domain} NS", result)
    child = {names_of(next((r for r in result.answer if r.type == "NS"), None)) for result in below}
    parent = {names_of(delegation(result)) for result in above}
    evidence = [above[0].probe.id, below[0].probe.id]
    if len(parent) == 1 and parent == child:
        return passed(f"{domain} NS", rdata.show(next(iter(parent))), evidence=evidence)
    said = " or ".join(rdata.show(names) for names in parent)
    wanted = " or ".join(rdata.show(names) for names in child)
    return failed(f"{domain} NS", f"the parent says {said}", expected=wanted, evidence=evidence)


def _in_zone_servers(subject: Subject) -> list[str]:
    domain = subject.declared.domain
    names: set[str] = set()
    for result in subject.evidence.parent(domain, "NS"):
        names |= names_of(delegation(result))
    return sorted(name for name in names if name == domain or name.endswith(f".{domain}"))


def _glued(subject: Subject) -> Iterator[Probe]:
    yield DnsProbe(subject.declared.domain, "NS", PARENT)
    for name in _in_zone_servers(subject):
        yield from (DnsProbe(name, rdtype, EACH_AUTHORITATIVE) for rdtype in ("A", "AAAA"))


@check(
    "dns.delegation.glue",
    severity=Severity.HIGH,
    needs=[_glued],
    reference="RFC 9471 §2.1",
    defect="a name server inside the zone has no glue at the parent, or glue with other addresses",
    fix=Fix(REGISTRAR, "register the name server's current addresses as glue (host object) at the registrar"),
)
def glue_is_present_and_right(subject: Subject) -> Iterable[Outcome]:
    """Name servers inside the zone have glue at the parent, and it says what the zone says."""
    domain = subject.declared.domain
    above = subject.evidence.parent(domain, "NS")
    for result in above:
        if not result.answered:
            return [undecided(f"{domain} NS", result)]
    inside = _in_zone_servers(subject)
    if not inside:
        return [not_applicable(f"{domain} NS", "no name server lies inside the zone")]
    return [_glue_of(subject, name, above) for name in inside]


def _glue_of(subject: Subject, name: str, above: tuple[DnsResult, ...]) -> Outcome:
    own: set[str] = set()
    for rdtype in ("A", "AAAA"):
        for result in subject.evidence.authoritative(name, rdtype):
            if not result.answered:
                return undecided(name, result)
            own |= set(result.data)
    for result in above:
        sections = (*result.additional, *result.answer)
        glue = {
            a for rrset in sections if rrset.name == name and rrset.type in ("A", "AAAA") for a in rrset.data
        }
        if glue != own:
            return failed(
                name, f"{result.server} has glue {rdata.show(glue)}", expected=rdata.show(own),
                evidence=[result.probe.id],
            )  # fmt: skip
    return passed(name, f"glue {rdata.show(own)}")


def _delegated_addresses(subject: Subject) -> Iterator[tuple[str, str]]:
    """(name, address) of every server that the parent names, addresses as a resolver finds them."""
    names: set[str] = set()
    for result in subject.evidence.parent(subject.declared.domain, "NS"):
        names |= names_of(delegation(result))
    for name in sorted(names):
        for address in subject.evidence.dns(name, "A").data:
            yield name, address


def _delegated(subject: Subject) -> Iterator[Probe]:
    domain = subject.declared.domain
    yield DnsProbe(domain, "NS", PARENT)
    for result in subject.evidence.parent(domain, "NS"):
        yield from (DnsProbe(name, "A") for name in sorted(names_of(delegation(result))))
    for _, address in _delegated_addresses(subject):
        yield DnsProbe(domain, "SOA", address)


@check(
    "dns.delegation.lame",
    severity=Severity.HIGH,
    needs=[_delegated],
    reference="RFC 1912 §2.8",
    defect="the parent names a server that is not in charge of the zone",
    fix=Fix(REGISTRAR, "remove the server from the delegation at the registrar, or make it serve the zone"),
)
def no_delegated_server_is_lame(subject: Subject) -> Iterable[Outcome]:
    """Every server that the parent names answers for the zone with authority."""
    domain = subject.declared.domain
    above = subject.evidence.parent(domain, "NS")
    broken = next((result for result in above if not result.answered or delegation(result) is None), None)
    if broken is not None:
        return [undecided(f"{domain} NS", broken)]
    addresses = list(_delegated_addresses(subject))
    named = {name for result in above for name in names_of(delegation(result))}
    bare = sorted(named - {name for name, _ in addresses})
    outcomes = [_in_charge(subject, name, address) for name, address in addresses]
    return outcomes + [_without_address(subject, name) for name in bare]


def _in_charge(subject: Subject, name: str, address: str) -> Outcome:
    result = subject.evidence.dns_at(subject.declared.domain, "SOA", address)
    where = f"{name} ({address})"
    if result.cause is None:
        return passed(where, "answers with authority", evidence=[result.probe.id])
    if result.cause.value in ("LAME", "REFUSED", "NXDOMAIN", "NODATA"):
        observed = f"{result.cause.value}: {result.detail}".rstrip(": ")
        return failed(where, observed, expected="an authoritative SOA", evidence=[result.probe.id])
    return undecided(where, result, expected="an authoritative SOA")


def _without_address(subject: Subject, name: str) -> Outcome:
    result = subject.evidence.dns(name, "A")
    if result.answered:
        return failed(
            name, f"has no address ({result.cause})", expected="an address", evidence=[result.probe.id]
        )
    return undecided(name, result, expected="an address")

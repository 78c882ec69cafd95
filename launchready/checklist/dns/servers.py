"""The name servers themselves: how many, whether they agree, and what they can and must not do."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from launchready.checklist.dns import rdata
from launchready.checklist.dns.expect import Kind, by_question
from launchready.checklist.registry import (
    Fix,
    Outcome,
    Severity,
    Subject,
    check,
    failed,
    inconclusive,
    not_applicable,
    passed,
    undecided,
)
from launchready.evidence.types import EACH_AUTHORITATIVE, Cause, DnsProbe, DnsResult, Probe

SUPPORT = Fix("launchready:domain", "move the zone to name servers that do, or ask their operator")
APEX_TYPES = ("NS", "A", "AAAA", "MX", "TXT")
SERIAL, REFRESH, RETRY, EXPIRE, MINIMUM = 2, 3, 4, 5, 6
"""Places of the SOA's fields in its presentation."""


def _ask(rdtype: str, **how: bool | str) -> Callable[[Subject], Iterator[Probe]]:
    def planner(subject: Subject) -> Iterator[Probe]:
        yield DnsProbe(subject.declared.domain, rdtype, EACH_AUTHORITATIVE, **how)  # type: ignore[arg-type]

    return planner


def _label(subject: Subject, address: str) -> str:
    names = [name for name, known in subject.evidence.nameservers if known == address]
    return f"{names[0]} ({address})" if names else address or subject.declared.domain


@check(
    "dns.servers.count",
    severity=Severity.MEDIUM,
    needs=[_ask("NS")],
    reference="RFC 2182 §5",
    defect="fewer than two name servers with addresses of their own",
    fix=Fix("launchready:domain", "delegate to at least two name servers"),
)
def two_name_servers_or_more(subject: Subject) -> Outcome:
    """At least two name servers, at least two addresses."""
    domain = subject.declared.domain
    servers = subject.evidence.nameservers
    if not servers:
        result = subject.evidence.authoritative(domain, "NS")[0]
        return undecided(domain, result) if not result.answered else _none_found(domain, result)
    names, addresses = {name for name, _ in servers}, {address for _, address in servers}
    observed = f"{len(names)} server(s) with {len(addresses)} address(es)"
    if len(names) < 2 or len(addresses) < 2:
        return failed(domain, observed, expected="two or more of both")
    return passed(domain, observed)


def _none_found(domain: str, result: DnsResult) -> Outcome:
    return inconclusive(domain, result.cause or Cause.NODATA, "no name server has an address")


@check(
    "dns.servers.soa_agrees",
    severity=Severity.MEDIUM,
    needs=[_ask("SOA")],
    reference="RFC 1034 §4.3.5",
    defect="name servers hold different versions of the zone (SOA serials differ)",
    fix=Fix("launchready:domain", "wait for the transfer; if it lasts, ask the name servers' operator"),
)
def every_server_has_the_same_serial(subject: Subject) -> Outcome:
    """All name servers show the same SOA serial."""
    domain = subject.declared.domain
    results = subject.evidence.authoritative(domain, "SOA")
    serials: dict[str, list[str]] = {}
    for result in results:
        if result.cause is not None or not result.data:
            return undecided(f"{domain} SOA", result)
        serials.setdefault(result.data[0].split()[SERIAL], []).append(result.server)
    evidence = [results[0].probe.id]
    observed = "; ".join(f"serial {serial} at {', '.join(where)}" for serial, where in serials.items())
    if len(serials) > 1:
        return failed(f"{domain} SOA", observed, expected="one serial", evidence=evidence)
    return passed(f"{domain} SOA", observed, evidence=evidence)


def _apex(subject: Subject) -> Iterator[Probe]:
    return (DnsProbe(subject.declared.domain, rdtype, EACH_AUTHORITATIVE) for rdtype in APEX_TYPES)


@check(
    "dns.servers.answers_agree",
    severity=Severity.HIGH,
    needs=[_apex],
    reference="RFC 2182 §4.2",
    defect="name servers give different answers to the same question",
    fix=Fix("launchready:domain", "wait for the transfer; if it lasts, ask the name servers' operator"),
)
def every_server_gives_the_same_answer(subject: Subject) -> Iterable[Outcome]:
    """For the apex's NS, A, AAAA, MX and TXT, all name servers answer the same data."""
    for rdtype in APEX_TYPES:
        results = subject.evidence.authoritative(subject.declared.domain, rdtype)
        name = f"{subject.declared.domain} {rdtype}"
        broken = next((result for result in results if not result.answered), None)
        if broken is not None:
            yield undecided(name, broken)
            continue
        answers = {_compared(subject, rdtype, result): result for result in results}
        evidence = [results[0].probe.id]
        if len(answers) > 1:
            words = "; ".join(f"{result.server}: {rdata.show(result.data)}" for result in answers.values())
            yield failed(name, words, expected="one answer", evidence=evidence)
        else:
            yield passed(name, rdata.show(results[0].data), evidence=evidence)


def _compared(subject: Subject, rdtype: str, result: DnsResult) -> frozenset[bytes] | bool:
    """Addresses may rotate, or depend on who asks, unless they are declared as they are: then only whether
    there are any counts."""
    item = by_question(subject.declared).get((subject.declared.domain, rdtype))
    if rdtype in ("A", "AAAA") and (item is None or item.kind is not Kind.DIRECT):
        return bool(result.data)
    return rdata.as_set(rdtype, result.data)


def _foreign(subject: Subject) -> Iterator[Probe]:
    """The root's NS set, with RD: an authoritative server has no business with it."""
    yield DnsProbe("", "NS", EACH_AUTHORITATIVE, recursion=True)


@check(
    "dns.servers.recursion",
    severity=Severity.MEDIUM,
    needs=[_foreign],
    reference="RFC 5358 §4",
    defect="a name server resolves foreign names for anybody",
    fix=Fix("launchready:domain", "turn recursion off on the authoritative servers"),
)
def no_name_server_recurses(subject: Subject) -> Iterable[Outcome]:
    """Authoritative servers do not offer recursion."""
    for result in subject.evidence.authoritative("", "NS", recursion=True):
        where = _label(subject, result.server)
        if "ra" in result.flags and (result.cause is None or result.answer):
            yield failed(where, "answers for a foreign name", expected="REFUSED", evidence=[result.probe.id])
        elif "ra" in result.flags:
            yield failed(where, "offers recursion (RA)", expected="no RA", evidence=[result.probe.id])
        elif result.answered or result.cause in (Cause.REFUSED, Cause.LAME, Cause.SERVFAIL):
            yield passed(where, f"no recursion ({result.cause or 'referral'})", evidence=[result.probe.id])
        else:
            yield undecided(where, result)


@check(
    "dns.servers.tcp",
    severity=Severity.MEDIUM,
    needs=[_ask("SOA"), _ask("SOA", transport="tcp")],
    reference="RFC 7766 §5",
    defect="a name server does not answer over TCP",
    fix=SUPPORT,
)
def every_server_answers_over_tcp(subject: Subject) -> Iterable[Outcome]:
    """Name servers that answer over UDP answer over TCP too."""
    domain = subject.declared.domain
    over_udp = {result.server: result for result in subject.evidence.authoritative(domain, "SOA")}
    for result in subject.evidence.authoritative(domain, "SOA", transport="tcp"):
        where = _label(subject, result.server)
        known = over_udp.get(result.server, result)
        if result.cause is None:
            yield passed(where, "answers over TCP", evidence=[result.probe.id])
        elif known.cause is None and result.cause in (Cause.CONNECTION_REFUSED, Cause.RESET, Cause.TIMEOUT):
            yield failed(where, f"UDP answers, TCP: {result.detail}", evidence=[result.probe.id])
        else:
            yield undecided(where, result)


@check(
    "dns.servers.edns",
    severity=Severity.LOW,
    needs=[_ask("SOA")],
    reference="RFC 6891 §7",
    defect="a name server does not speak EDNS",
    fix=SUPPORT,
)
def every_server_speaks_edns(subject: Subject) -> Iterable[Outcome]:
    """Name servers answer an EDNS question with an OPT record."""
    for result in subject.evidence.authoritative(subject.declared.domain, "SOA"):
        where = _label(subject, result.server)
        if not result.answered:
            yield undecided(where, result)
        elif "edns" in result.flags:
            yield passed(where, "answers with OPT", evidence=[result.probe.id])
        else:
            yield failed(where, "no OPT in the answer", expected="OPT", evidence=[result.probe.id])


@check(
    "dns.soa.sane",
    severity=Severity.LOW,
    needs=[_ask("SOA")],
    reference="RFC 1912 §2.2",
    defect="the SOA's timers don't fit together, or negative answers are cached for more than a day",
    fix=Fix("launchready:domain", "correct the SOA at the name servers' operator"),
)
def soa_timers_are_sane(subject: Subject) -> Outcome:
    """Retry < refresh < expire, expire of a week or more, negative TTL of a day or less."""
    domain = subject.declared.domain
    result = subject.evidence.authoritative(domain, "SOA")[0]
    if result.cause is not None or not result.data:
        return undecided(f"{domain} SOA", result)
    fields = result.data[0].split()
    refresh, retry, expire, minimum = (int(fields[place]) for place in (REFRESH, RETRY, EXPIRE, MINIMUM))
    observed = f"refresh {refresh}, retry {retry}, expire {expire}, minimum {minimum}"
    sane = retry < refresh < expire and expire >= 604_800 and 0 < minimum <= 86_400
    evidence = [result.probe.id]
    if sane:
        return passed(f"{domain} SOA", observed, evidence=evidence)
    return failed(
        f"{domain} SOA",
        observed,
        expected="retry < refresh < expire ≥ 604800, minimum 1–86400",
        evidence=evidence,
    )


def _nobody(subject: Subject) -> str:
    return f"{subject.evidence.nonce}.{subject.declared.domain}"


def _negative(subject: Subject) -> Iterator[Probe]:
    yield DnsProbe(_nobody(subject), "A", EACH_AUTHORITATIVE)


def _denied(subject: Subject, where: str, result: DnsResult, wanted: Cause) -> Outcome:
    """Is the answer this kind of "no", and does it carry the zone's SOA?"""
    if not result.answered:
        return undecided(where, result, expected=str(wanted))
    has_soa = _has_soa(subject, result)
    expected, evidence = f"{wanted} with SOA", [result.probe.id]
    if result.cause is wanted and has_soa:
        return passed(where, expected, evidence=evidence)
    lack = "" if has_soa else " without the zone's SOA"
    return failed(where, f"{result.cause}{lack}", expected=expected, evidence=evidence)


@check(
    "dns.negative.nxdomain",
    severity=Severity.MEDIUM,
    needs=[_negative],
    reference="RFC 2308 §2.1",
    defect="a name that does not exist is not answered with NXDOMAIN and the zone's SOA",
    fix=SUPPORT,
)
def absent_names_are_nxdomain_with_soa(subject: Subject) -> Iterable[Outcome]:
    """A random name below the apex answers NXDOMAIN with the zone's SOA."""
    name = _nobody(subject)
    for result in subject.evidence.authoritative(name, "A"):
        where = _label(subject, result.server)
        if result.cause is None:
            yield not_applicable(where, "a wildcard answers; see dns.wildcard.undeclared")
        else:
            yield _denied(subject, where, result, Cause.NXDOMAIN)


@check(
    "dns.negative.nodata",
    severity=Severity.MEDIUM,
    needs=[_ask("PTR")],
    reference="RFC 2308 §2.2",
    defect="an absent type at an existing name is not answered with NOERROR and the zone's SOA",
    fix=SUPPORT,
)
def absent_types_are_nodata_with_soa(subject: Subject) -> Iterable[Outcome]:
    """A type that the apex lacks (PTR) answers NOERROR without data, with the zone's SOA."""
    for result in subject.evidence.authoritative(subject.declared.domain, "PTR"):
        where = _label(subject, result.server)
        if result.cause is None:
            yield not_applicable(where, "the apex has a PTR record")
        else:
            yield _denied(subject, where, result, Cause.NODATA)


@check(
    "dns.wildcard.undeclared",
    severity=Severity.HIGH,
    needs=[_negative],
    reference="RFC 4592 §2.1",
    defect="every name below the apex answers although no wildcard is declared",
    fix=Fix("launchready:records", "delete the wildcard record, or declare it"),
    public=False,
)
def no_undeclared_wildcard_answers(subject: Subject) -> Outcome:
    """A random name below the apex answers nothing, unless a wildcard is declared."""
    domain = subject.declared.domain
    if any(record.name == f"*.{domain}" for record in subject.declared.records):
        return not_applicable(f"*.{domain}", "a wildcard is declared")
    results = subject.evidence.authoritative(_nobody(subject), "A")
    evidence = [results[0].probe.id]
    for result in results:
        if result.cause is None:
            seen = rdata.show(text for rrset in result.answer for text in rrset.data)
            return failed(
                f"*.{domain}", f"{_nobody(subject)} is {seen}", expected="NXDOMAIN", evidence=evidence
            )
    broken = next((result for result in results if not result.answered), None)
    return (
        undecided(f"*.{domain}", broken) if broken else passed(f"*.{domain}", "NXDOMAIN", evidence=evidence)
    )


def _has_soa(subject: Subject, result: DnsResult) -> bool:
    return any(r.type == "SOA" and r.name == subject.declared.domain for r in result.authority)

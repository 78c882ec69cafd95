"""The registration, as the registry tells it by RDAP: how long it lasts, who can move it, what it says.

Where a registry has no RDAP there is nothing to judge, and that is said. Where its RDAP can't be read the
checks are inconclusive; those of severity medium and low then leave a launch unblocked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from launchready.checklist.dns import rdata
from launchready.checklist.dns.delegation import REGISTRAR, delegation
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
from launchready.evidence.types import PARENT, Cause, DnsProbe, DnsResult, Probe, RdapProbe, RdapResult

LEAST_DAYS = 30
"""Registrars remind a month before (ICANN's Expired Registration Recovery Policy §2.1)."""
DAY = 86_400
LOCKS = frozenset(
    {"client transfer prohibited", "server transfer prohibited", "transfer prohibited", "locked"}
)
"""Of the registrar, of the registry; ``locked`` is RDAP's own (RFC 9083 §10.2.2)."""
STOPS = {
    "client hold": "the registrar took it out of DNS",
    "server hold": "the registry took it out of DNS",
    "inactive": "it has no name servers",
    "redemption period": "it was deleted, and can still be restored",
    "pending delete": "it is about to be deleted",
    "pending restore": "it was deleted, and is being restored",
}
"""RDAP's statuses of a domain that is not served, or will not be for long (RFC 8056 §2; icann.org/epp)."""
_TWO_LETTERS = 2
Judge = Callable[[str, RdapResult], Outcome]


def registry(subject: Subject) -> Iterator[Probe]:
    yield RdapProbe(subject.declared.domain)


def above(rdtype: str) -> Callable[[Subject], Iterator[Probe]]:
    def plan(subject: Subject) -> Iterator[Probe]:
        yield DnsProbe(subject.declared.domain, rdtype, PARENT)

    return plan


def _judged(subject: Subject, judge: Judge) -> Outcome:
    """A registration's outcome, or why there is none to judge."""
    domain = subject.declared.domain
    result = subject.evidence.rdap(domain)
    if result.cause is not None:
        return undecided(domain, result)
    if result.missing:
        return not_applicable(domain, result.missing)
    return judge(domain, result)


@check(
    "dns.registration.expiry",
    severity=Severity.MEDIUM,
    needs=[registry],
    reference="RFC 9083 §4.5 (expiration); ICANN Expired Registration Recovery Policy §2",
    defect="the registration ends within a month",
    fix=Fix(REGISTRAR, "renew the domain at the registrar, and let it renew by itself"),
)
def the_registration_lasts(subject: Subject) -> Outcome:
    """The registration lasts 30 days more, at least."""

    def judge(domain: str, result: RdapResult) -> Outcome:
        ends = result.expires
        if ends is None:
            return not_applicable(domain, "the registry does not tell when it ends")
        days = (ends - subject.evidence.now).total_seconds() / DAY
        observed = f"ended on {ends:%Y-%m-%d}" if days < 0 else f"{days:.0f} days, until {ends:%Y-%m-%d}"
        if days < LEAST_DAYS:
            expected = f"{LEAST_DAYS} days or more"
            return failed(domain, observed, expected=expected, evidence=[result.probe.id])
        return passed(domain, observed, evidence=[result.probe.id])

    return _judged(subject, judge)


@check(
    "dns.registration.lock",
    severity=Severity.MEDIUM,
    needs=[registry],
    reference="RFC 5731 §2.3 (clientTransferProhibited); RFC 8056 §2",
    defect="whoever gets the registrar's transfer code can move the domain away",
    fix=Fix(REGISTRAR, "switch the transfer lock on at the registrar"),
)
def transfers_are_locked(subject: Subject) -> Outcome:
    """Registrar or registry has locked the domain against transfers."""

    def judge(domain: str, result: RdapResult) -> Outcome:
        locks = [status for status in result.statuses if status in LOCKS]
        evidence = [result.probe.id]
        if locks:
            return passed(domain, rdata.show(locks), evidence=evidence)
        shown = rdata.show(result.statuses) if result.statuses else "no status"
        if not _tells_locks(domain, result):
            top = domain.rpartition(".")[2]
            return not_applicable(
                domain, f"the registry of .{top} shows no locks ({shown}): ask the registrar"
            )
        return failed(domain, shown, expected="client transfer prohibited", evidence=evidence)

    return _judged(subject, judge)


def _tells_locks(domain: str, result: RdapResult) -> bool:
    """Many registries of countries know no transfer locks, or don't publish them."""
    country = len(domain.rpartition(".")[2]) == _TWO_LETTERS
    return not country or any(status.startswith(("client ", "server ")) for status in result.statuses)


@check(
    "dns.registration.registrar",
    severity=Severity.LOW,
    needs=[registry],
    reference="RFC 9083 §5.1 (role registrar)",
    defect="the registry names no registrar: nobody to renew or to unlock the domain at",
    fix=Fix(REGISTRAR, "find out who registered the domain, and move it to a registrar of your own"),
)
def the_registrar_is_known(subject: Subject) -> Outcome:
    """The registry names the registrar, which the report then shows."""

    def judge(domain: str, result: RdapResult) -> Outcome:
        if result.registrar:
            return passed(domain, result.registrar, evidence=[result.probe.id])
        return failed(domain, "no registrar is named", expected="a registrar", evidence=[result.probe.id])

    return _judged(subject, judge)


@check(
    "dns.registration.status",
    severity=Severity.CRITICAL,
    needs=[registry, above("NS")],
    reference="RFC 8056 §2; RFC 3915 §3.1",
    defect="the domain is on hold or on its way to deletion",
    fix=Fix(
        REGISTRAR, "settle it with the registrar (payment, verification of the owner, restoring) at once"
    ),
)
def nothing_stops_the_domain(subject: Subject) -> Outcome:
    """The domain is on no hold, and not about to be deleted.

    Where RDAP can't be read the parent's delegation shows it too: a domain on hold or in redemption has none.
    """
    domain = subject.declared.domain
    result = subject.evidence.rdap(domain)
    if result.cause is None and not result.missing:
        stops = [f"{status}: {STOPS[status]}" for status in result.statuses if status in STOPS]
        if stops:
            observed = "; ".join(stops)
            return failed(domain, observed, expected="neither hold nor deletion", evidence=[result.probe.id])
        return passed(domain, rdata.show(result.statuses) if result.statuses else "no status")
    why = result.missing or f"RDAP: {result.detail or result.cause}"
    parents = subject.evidence.parent(domain, "NS")
    if any(parent.answered and delegation(parent) is not None for parent in parents):
        return passed(domain, f"the parent delegates it, so it is on no hold ({why})")
    if result.cause is not None:
        return undecided(domain, result)
    broken = next((parent for parent in parents if not parent.answered), None)
    return undecided(domain, broken) if broken else not_applicable(domain, why)


def _read_above(
    subject: Subject, rdtype: str, judge: Callable[[str, RdapResult, tuple[DnsResult, ...]], Outcome]
) -> Outcome:
    """Judge a registration against what the parent's servers answer."""

    def both(domain: str, result: RdapResult) -> Outcome:
        parents = subject.evidence.parent(domain, rdtype)
        broken = next((parent for parent in parents if not parent.answered), None)
        return undecided(domain, broken) if broken is not None else judge(domain, result, parents)

    return _judged(subject, both)


@check(
    "dns.registration.nameservers",
    severity=Severity.MEDIUM,
    needs=[registry, above("NS")],
    reference="RFC 9083 §5.3 (nameservers)",
    defect="the registry has other name servers on record than the parent zone delegates to",
    fix=Fix(REGISTRAR, "set the zone's name servers (output `nameservers`) at the registrar once more"),
)
def registry_and_parent_name_the_same_servers(subject: Subject) -> Outcome:
    """The name servers on record are those that the parent delegates to."""

    def judge(domain: str, result: RdapResult, parents: tuple[DnsResult, ...]) -> Outcome:
        if not result.nameservers:
            return not_applicable(domain, "the registry does not tell the name servers")
        found = [delegation(parent) for parent in parents]
        delegated = {name.rstrip(".").lower() for rrset in found if rrset is not None for name in rrset.data}
        evidence = [result.probe.id, parents[0].probe.id]
        if not delegated:
            return inconclusive(domain, Cause.NODATA, "the parent does not delegate it", evidence=evidence)
        if delegated == set(result.nameservers):
            return passed(domain, rdata.show(delegated), evidence=evidence)
        observed = f"on record: {rdata.show(result.nameservers)}"
        return failed(domain, observed, expected=rdata.show(delegated), evidence=evidence)

    return _read_above(subject, "NS", judge)


@check(
    "dns.registration.ds",
    severity=Severity.MEDIUM,
    needs=[registry, above("DS")],
    reference="RFC 9083 §5.3 (secureDNS); RFC 5910 §2",
    defect="the registry has other DNSSEC data on record than the parent zone publishes",
    fix=Fix(REGISTRAR, "set the DS record (output `ds`) at the registrar once more, or take the old one out"),
)
def registry_and_parent_agree_on_ds(subject: Subject) -> Outcome:
    """What the registry says of DNSSEC is what the parent's DS records say."""

    def judge(domain: str, result: RdapResult, parents: tuple[DnsResult, ...]) -> Outcome:
        if result.signed is None and not result.ds:
            return not_applicable(domain, "the registry does not tell about DNSSEC")
        published = {rdata.ds(text) for parent in parents for text in parent.data}
        recorded = {rdata.ds(text) for text in result.ds}
        signed = result.signed if result.signed is not None else bool(recorded)
        shown = rdata.show(published) if published else "no DS"
        evidence = [result.probe.id, parents[0].probe.id]
        if signed is not bool(published) or (recorded and recorded != published):
            word = "a signed delegation" if signed else "an unsigned delegation"
            observed = f"on record: {rdata.show(recorded) if recorded else word}"
            return failed(domain, observed, expected=shown, evidence=evidence)
        return passed(domain, shown, evidence=evidence)

    return _read_above(subject, "DS", judge)

"""``dns.record.served``: every name server serves every declared record exactly as declared."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from launchready.checklist.dns import rdata
from launchready.checklist.dns.cloudflare_ranges import is_cloudflare
from launchready.checklist.dns.expect import Expected, Kind, expected
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
from launchready.evidence.types import (
    EACH_AUTHORITATIVE,
    Cause,
    DnsProbe,
    DnsResult,
    Probe,
    RRset,
)

CLOUDFLARE_CAA = ("letsencrypt.org", "pki.goog", "ssl.com", "digicert.com", "sectigo.com", "comodoca.com")
"""Issuers for which Cloudflare adds CAA records by itself while Universal SSL is on
(developers.cloudflare.com/ssl/edge-certificates/caa-records, read 2026-11)."""


def _questions(subject: Subject) -> Iterator[Probe]:
    for item in expected(subject.declared):
        if item.kind is Kind.OCCLUDED:
            continue
        yield DnsProbe(item.name, item.type, EACH_AUTHORITATIVE)
        if item.kind is Kind.FLATTENED:
            yield DnsProbe(_target(item), item.type)


@check(
    "dns.record.served",
    severity=Severity.CRITICAL,
    needs=[_questions],
    reference="RFC 1034 §4.3.1",
    defect="a name server serves a declared record not at all, or with other data or TTL",
    fix=Fix("launchready:records", "run `launch up`, or declare what is really meant"),
    public=False,
)
def every_record_is_served_as_declared(subject: Subject) -> Iterable[Outcome]:
    """Every name server answers every declared RRset with exactly the declared data and TTL."""
    found = [_judge(subject, item) for item in expected(subject.declared)]
    return found + [
        inconclusive(f"{pending.record.name} {pending.record.type}", Cause.NOT_CREATED, pending.reason)
        for pending in subject.declared.pending
    ]


def _judge(subject: Subject, item: Expected) -> Outcome:
    if item.kind is Kind.OCCLUDED:
        return not_applicable(item.subject, "below a delegation: another zone answers for it")
    results = subject.evidence.authoritative(item.name, item.type)
    evidence = [results[0].probe.id] if results else []
    wanted = _words(item)
    wrong = [
        f"{result.server}: {reason}" for result in results if (reason := _deviation(subject, item, result))
    ]
    if wrong:
        fix = Fix(f"launchready:{item.keys[0]}", "run `launch up`, or declare what is really meant")
        return failed(item.subject, "; ".join(wrong), expected=wanted, evidence=evidence, fix=fix)
    unknown = _unknown(subject, item, results)
    if unknown is not None:
        return undecided(item.subject, unknown, expected=wanted)
    return passed(item.subject, f"served by {len(results)} server(s)", expected=wanted, evidence=evidence)


def _unknown(subject: Subject, item: Expected, results: tuple[DnsResult, ...]) -> DnsResult | None:
    for result in results:
        if not result.answered:
            return result
    if item.kind is Kind.FLATTENED:
        through = subject.evidence.dns(_target(item), item.type)
        return None if through.answered else through
    return None


def _deviation(subject: Subject, item: Expected, result: DnsResult) -> str | None:
    """How one server's answer differs from what is declared; None when it does not, or can't be told."""
    if not result.answered:
        return None
    if item.kind is Kind.PROXIED:
        return _proxied_deviation(subject, item, result)
    if item.kind is Kind.FLATTENED:
        return _flattened_deviation(subject, item, result)
    if item.kind is Kind.DELEGATION:
        found = result.referral or _own(item, result)
        return _differs(item, found) if found else "no referral"
    found = _own(item, result)
    if found is None:
        alias = next((rrset for rrset in result.answer if rrset.type == "CNAME"), None)
        if alias is not None and alias.name == item.name:
            return f"a CNAME to {rdata.show(alias.data)} hides it"
        return f"not served ({result.cause or Cause.NODATA})"
    return _differs(item, _without_cloudflares(subject, item, found))


def _own(item: Expected, result: DnsResult) -> RRset | None:
    """The RRset of the asked name and type itself."""
    return next((r for r in result.answer if r.type == item.type and r.name == item.name), None)


def _differs(item: Expected, found: RRset) -> str | None:
    absent = rdata.missing(item.type, item.data, found.data)
    extra = rdata.missing(item.type, found.data, item.data)
    reasons = []
    if absent:
        reasons.append(f"lacks {rdata.show(absent)}")
    if extra:
        reasons.append(f"also serves {rdata.show(extra)}")
    if found.ttl not in item.ttls:
        reasons.append(f"TTL {found.ttl}")
    return ", ".join(reasons) or None


def _proxied_deviation(subject: Subject, item: Expected, result: DnsResult) -> str | None:
    served = [address for rrset in result.answer if rrset.type == item.type for address in rrset.data]
    if any(rrset.type == "CNAME" and rrset.name == item.name for rrset in result.answer):
        return "a CNAME is shown: the name is not proxied"
    if subject.evidence.on_edge:
        family = [a for a in subject.evidence.edge_addresses if (":" in a) == (item.type == "AAAA")]
        wrong = rdata.missing(item.type, served, family)
        absent = rdata.missing(item.type, family, served)
    else:
        wrong = [address for address in served if not is_cloudflare(address)]
        absent = ["an address of Cloudflare"] if item.type == "A" and not served else []
    if wrong:
        return f"{rdata.show(wrong)} is no address of the edge: the name is not proxied"
    if absent:
        return f"lacks {rdata.show(absent)}"
    if served and result.ttl not in item.ttls:
        return f"TTL {result.ttl}"
    return None


def _flattened_deviation(subject: Subject, item: Expected, result: DnsResult) -> str | None:
    """A CNAME at the apex is answered with its target's addresses (they may rotate: some must be common)."""
    if any(rrset.type == "CNAME" and rrset.name == item.name for rrset in result.answer):
        return "a CNAME is shown at the apex instead of addresses"
    through = subject.evidence.dns(_target(item), item.type)
    if not through.answered:
        return None
    served = [address for rrset in result.answer if rrset.type == item.type for address in rrset.data]
    if bool(served) != bool(through.data) or (served and not set(served) & set(through.data)):
        return f"{rdata.show(served)}, while {_target(item)} has {rdata.show(through.data)}"
    return None


def _without_cloudflares(subject: Subject, item: Expected, found: RRset) -> RRset:
    """Cloudflare adds issuers of its own to CAA sets; they are no drift."""
    if item.type != "CAA" or subject.evidence.on_edge or not subject.declared.universal_ssl:
        return found
    wanted = rdata.as_set("CAA", item.data)
    kept = tuple(
        text
        for text in found.data
        if rdata.comparable("CAA", text) in wanted
        or not any(f'"{issuer}' in text for issuer in CLOUDFLARE_CAA)
    )
    return RRset(found.name, found.type, found.ttl, kept)


def _target(item: Expected) -> str:
    return item.data[0].rstrip(".")


def _words(item: Expected) -> str:
    if item.kind is Kind.PROXIED:
        return "addresses of the edge, TTL 300"
    ttls = "/".join(str(ttl) for ttl in sorted(item.ttls))
    if item.kind is Kind.FLATTENED:
        return f"the addresses of {_target(item)}"
    return f"{rdata.show(item.data)}, TTL {ttls}"

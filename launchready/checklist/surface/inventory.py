"""The inventory: no certificate, record or page names a host of the domain that the client file knows not.

What the zone serves beyond the client file is ``dns.record.undeclared``'s to tell; nothing there is asked.
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urljoin, urlsplit

from launchready.checklist.answers import is_html
from launchready.checklist.dns import rdata
from launchready.checklist.dns.expect import names, wildcard_for
from launchready.checklist.hosts import WEB_TYPES, web_hosts
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
from launchready.checklist.secrets.material import page_probes, shown
from launchready.checklist.surface.links import API9, inside, links
from launchready.checklist.tls import x509
from launchready.checklist.tls.hosts import OWN_SERVER, handshakes, hosts, stand_in
from launchready.evidence.types import Cause, HttpProbe, Probe, TlsProbe

NO_SERVER = frozenset({Cause.CONNECTION_REFUSED, Cause.RESET})
"""How a machine answers where nothing listens."""


def is_known(subject: Subject, name: str) -> bool:
    """Is a name declared: as a host, by a record, by a wildcard; or a wildcard over what is declared?"""
    declared = subject.declared
    if name == declared.domain or name in declared.hosts or name in names(declared):
        return True
    if name.startswith("*."):
        above = name[2:]
        return above == declared.domain or any(one.endswith(f".{above}") for one in names(declared))
    return wildcard_for(declared, name) is not None


def _ours(subject: Subject, name: str) -> bool:
    return name == subject.declared.domain or name.endswith(f".{subject.declared.domain}")


@check(
    "surface.inventory.certificates",
    severity=Severity.LOW,
    needs=[handshakes],
    reference=f"{API9}; RFC 9525 §3 (DNS-ID)",
    defect="a certificate names a host of the domain that nobody declared",
    fix=Fix("launchready:hosts", "declare the host, or have the certificate issued without it"),
    public=False,
)
def certificates_name_declared_hosts(subject: Subject) -> Iterator[Outcome]:
    """Every name of the domain in a certificate that was seen is declared, or a wildcard over such."""
    for host in hosts(subject):
        if stand_in(subject, host):
            yield not_applicable(host, OWN_SERVER)
            continue
        result = subject.evidence.tls(host)
        if result.cause is not None or not result.chain:
            yield undecided(host, result)
            continue
        found = [name for name in x509.dns_names(x509.parse(result.chain[0])) if _ours(subject, name)]
        unknown = [name for name in found if not is_known(subject, name)]
        if unknown:
            observed = f"its certificate names {rdata.show(unknown)}"
            yield failed(host, observed, expected="declared hosts only", evidence=[result.probe.id])
        else:
            yield passed(host, rdata.show(found), evidence=[result.probe.id])


def _revealed(subject: Subject) -> list[str]:
    """Names with an address that are no web hosts of the launch, nor what MX, SRV or NS records point to."""
    records = subject.declared.records
    targets = {rdata.target(record.type, record.presentation) for record in records if record.type != "CNAME"}
    known = {*web_hosts(subject.declared), *targets}
    found = dict.fromkeys(record.name for record in records if record.type in WEB_TYPES)
    plain = (name for name in found if "*" not in name and not name.startswith("_") and "._" not in name)
    return [name for name in plain if name not in known and name != f"mta-sts.{subject.declared.domain}"]


def _visits(subject: Subject) -> Iterator[Probe]:
    for name in _revealed(subject):
        yield TlsProbe(name)
        yield HttpProbe(f"https://{name}/")


@check(
    "surface.inventory.records",
    severity=Severity.MEDIUM,
    needs=[_visits],
    reference=f"{API9}; RFC 9110 §4.3.4",
    defect="a record leads to a web server that is no host of the launch, and in bad order",
    fix=Fix("launchready:hosts", "declare it under hosts, so that it is verified, or take it out of service"),
    public=False,
)
def records_lead_to_hosts_in_order(subject: Subject) -> Iterator[Outcome]:
    """Every name with an address is a declared host, or answers HTTPS in order, or has no web server."""
    revealed = _revealed(subject)
    for name in revealed:
        yield _in_order(subject, name)
    if not revealed:
        yield not_applicable(subject.declared.domain, "every name with an address is a declared host")


def _in_order(subject: Subject, name: str) -> Outcome:
    expected = "HTTPS with a certificate that browsers trust"
    tls = subject.evidence.tls(name)
    evidence = [tls.probe.id]
    if tls.cause is not None and tls.cause not in NO_SERVER:
        return undecided(name, tls, expected=expected)
    if tls.cause is not None:
        plain = subject.evidence.http(f"http://{name}/")
        if plain.cause in NO_SERVER:
            return passed(name, "no web server", evidence=evidence)
        if plain.status is None:
            return undecided(name, plain, expected=expected)
        return failed(name, f"HTTP only ({plain.status})", expected=expected, evidence=[plain.probe.id])
    if not tls.trusted:
        return failed(name, tls.trust_error or "not trusted", expected=expected, evidence=evidence)
    front = subject.evidence.http(f"https://{name}/")
    if front.status is None:
        return undecided(name, front, expected=expected)
    if front.status >= 500:
        return failed(name, f"answers {front.status}", expected=expected, evidence=[front.probe.id])
    return passed(name, f"HTTPS, {front.status}", evidence=evidence)


@check(
    "surface.inventory.links",
    severity=Severity.LOW,
    needs=[page_probes],
    reference=f"{API9}; html.spec.whatwg.org/multipage/links.html",
    defect="a page links to a host of the domain that nobody declared",
    fix=Fix("launchready:hosts", "declare the host, or correct the link"),
    public=False,
)
def pages_link_to_declared_hosts(subject: Subject) -> Iterator[Outcome]:
    """Every host of the domain that a page links to is declared; staging hosts are another check's."""
    found = False
    for url, result in shown(subject):
        if result.cause is None and not is_html(result):
            continue
        found = True
        if result.cause is not None:
            yield undecided(url, result)
            continue
        named = {_host(url, link) for link in links(result.body)}
        ours = {host for host in named if _ours(subject, host) and not inside(subject, host)}
        unknown = [host for host in ours if not is_known(subject, host)]
        if unknown:
            observed = f"links to {rdata.show(unknown)}"
            yield failed(url, observed, expected="declared hosts only", evidence=[result.probe.id])
        else:
            yield passed(url, f"{len(ours)} hosts of the domain, all declared")
    if not found:
        yield not_applicable(subject.client.domain, "no page is served")


def _host(page: str, link: str) -> str:
    """The host that a link leads to; "" for what is no URL."""
    try:
        return (urlsplit(urljoin(page, link)).hostname or "").rstrip(".")
    except ValueError:
        return ""

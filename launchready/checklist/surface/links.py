"""Hosts that are not for visitors, named to them: in pages, sitemaps, robots.txt, mails."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urljoin, urlsplit

from launchready.checklist.answers import answering_hosts, is_html
from launchready.checklist.played import judged_by, missing, place, scenario
from launchready.checklist.registry import (
    Fix,
    Outcome,
    Planner,
    Severity,
    Subject,
    check,
    failed,
    not_applicable,
    passed,
    undecided,
)
from launchready.checklist.secrets.material import page_probes, shown
from launchready.checklist.surface.staging import is_staging
from launchready.checklist.tls.hosts import stand_in
from launchready.client_file.model import Exposure
from launchready.client_file.portal_model import Portal
from launchready.evidence.types import HttpProbe, PortalResult, Probe

API9 = "OWASP API9:2023 Improper Inventory Management"
_LOC = re.compile(rb"<loc>\s*([^<\s]{1,2000})\s*</loc>", re.IGNORECASE)
_PRIVATE_PATH = re.compile(r"(?i)admin|backup|internal|private|secret|staging|\.git|\.env|dump|config")


def private_names(subject: Subject) -> frozenset[str]:
    """Hosts that the client file closes to the public."""
    client = subject.client
    return frozenset(
        client.fqdn(key) for key, host in client.hosts.items() if isinstance(host.exposure, Exposure)
    )


def inside(subject: Subject, host: str) -> bool:
    """Is a host one that visitors should not be led to: private, or called like a staging host?"""
    domain = subject.client.domain
    ours = host == domain or host.endswith(f".{domain}")
    return ours and (host in private_names(subject) or is_staging(host, domain))


def links(body: bytes) -> Iterator[str]:
    """What a page links to, loads and sends forms to, as written."""
    from selectolax.lexbor import LexborHTMLParser  # lazily: only pages need it

    for node in LexborHTMLParser(body).css("[href], [src], [action]"):
        yield from (
            value for key in ("href", "src", "action") if (value := node.attributes.get(key)) is not None
        )


@check(
    "surface.links.public",
    severity=Severity.MEDIUM,
    needs=[page_probes],
    reference=f"{API9}; launch checklist: no staging URL in navigation links",
    defect="a page links to a staging or private host",
    fix=Fix("launchready:hosts", "link to the public host instead"),
)
def pages_link_to_public_hosts(subject: Subject) -> Iterator[Outcome]:
    """No page links to a staging or private host of the domain."""
    found = False
    for url, result in shown(subject):
        own = urlsplit(url).hostname or ""
        if result.cause is None and not is_html(result):
            continue
        found = True
        if result.cause is not None:
            yield undecided(url, result)
            continue
        hosts = {urlsplit(urljoin(url, link)).hostname or "" for link in links(result.body)}
        bad = sorted(host for host in hosts - {own} if inside(subject, host))
        if bad:
            yield failed(url, f"links to {', '.join(bad)}", expected="public hosts only")
        else:
            yield passed(url, f"{len(hosts)} hosts, all public")
    if not found:
        yield not_applicable(subject.client.domain, "no page is served")


def _files(name: str) -> Planner:
    def plan(subject: Subject) -> Iterator[Probe]:
        hosts = (host for host in answering_hosts(subject) if not stand_in(subject, host))
        return (HttpProbe(f"https://{host}/{name}") for host in hosts if host not in private_names(subject))

    return plan


sitemaps, robots = _files("sitemap.xml"), _files("robots.txt")


def _served(subject: Subject, name: str) -> Iterator[tuple[str, bytes]]:
    for host in answering_hosts(subject):
        if stand_in(subject, host) or host in private_names(subject):
            continue
        result = subject.evidence.http(f"https://{host}/{name}")
        if result.cause is None and result.status == 200 and not is_html(result):
            yield f"https://{host}/{name}", result.body


@check(
    "surface.sitemap.public",
    severity=Severity.MEDIUM,
    needs=[sitemaps],
    reference=f"sitemaps.org/protocol; {API9}",
    defect="the sitemap leads search engines to a staging or private host",
    fix=Fix("launchready:hosts", "build the sitemap with the public address"),
)
def sitemaps_name_public_hosts(subject: Subject) -> Iterator[Outcome]:
    """No sitemap names a staging or private host of the domain."""
    found = False
    for url, body in _served(subject, "sitemap.xml"):
        found = True
        hosts = {
            urlsplit(match[1].decode("utf-8", "replace")).hostname or "" for match in _LOC.finditer(body)
        }
        bad = sorted(host for host in hosts if inside(subject, host))
        if bad:
            yield failed(url, f"names {', '.join(bad)}", expected="public hosts only")
        else:
            yield passed(url, f"{len(hosts)} hosts, all public")
    if not found:
        yield not_applicable(subject.client.domain, "no sitemap is served")


@check(
    "surface.robots.quiet",
    severity=Severity.LOW,
    needs=[robots],
    reference="RFC 9309 §3 (robots.txt is no protection, and names what it hides)",
    defect="robots.txt tells everyone where the private paths are",
    fix=Fix("launchready:hosts", "protect private paths, and leave them out of robots.txt"),
)
def robots_name_no_private_path(subject: Subject) -> Iterator[Outcome]:
    """robots.txt names no path that should stay unknown."""
    found = False
    for url, body in _served(subject, "robots.txt"):
        found = True
        lines = body.decode("utf-8", "replace").splitlines()
        paths = [line.partition(":")[2].strip() for line in lines if line.lower().startswith("disallow:")]
        bad = [path for path in paths if _PRIVATE_PATH.search(path)]
        if bad:
            yield failed(url, f"names {', '.join(bad[:5])}", expected="no private path")
        else:
            yield passed(url, f"{len(paths)} paths")
    if not found:
        yield not_applicable(subject.client.domain, "no robots.txt is served")


@check(
    "surface.mail.links",
    severity=Severity.MEDIUM,
    needs=[scenario("reset")],
    reference=f"launch checklist: no staging URL in mails; {API9}",
    defect="a mail of the portal links to a staging or private host",
    fix=Fix("launchready:portal.reset", "build links in mails with the public address"),
    public=False,
)
@judged_by("reset")
def mails_link_to_public_hosts(subject: Subject, portal: Portal, seen: PortalResult) -> Outcome:
    """The portal's mails link to public hosts only."""
    if portal.reset is None:
        return not_applicable(place(portal), "portal.reset is not declared")
    hosts = seen.facts.get("mail hosts")
    if hosts is None:
        return missing(portal, seen, "reset", portal.reset.path)
    bad = sorted(str(host) for host in hosts if inside(subject, str(host)))
    if bad:
        return failed(
            place(portal, portal.reset.path), f"links to {', '.join(bad)}", expected="public hosts only"
        )
    return passed(place(portal, portal.reset.path), f"links to {', '.join(map(str, hosts)) or 'nothing'}")

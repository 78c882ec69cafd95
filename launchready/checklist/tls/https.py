"""HTTPS in use: http leads there, and what answers there is the site and not an error of the edge."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from launchready.checklist.redirects.hops import MOST_HOPS, hops_from, walk
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
from launchready.checklist.tls.hosts import OWN_SERVER, front_pages, hosts, stand_in
from launchready.evidence.types import Cause, Probe

EDGE_ERRORS = {
    520: "unknown error from the origin",
    521: "the origin refuses connections",
    522: "the origin times out",
    523: "the origin is unreachable",
    524: "the origin is too slow",
    525: "TLS handshake with the origin failed",
    526: "the origin's certificate is not valid",
    530: "the origin's name does not resolve",
}
"""Cloudflare's own statuses (developers.cloudflare.com/support/troubleshooting/http-status-codes)."""


def _plain(subject: Subject) -> Iterator[Probe]:
    return hops_from(subject, (f"http://{host}/" for host in hosts(subject)))


@check(
    "tls.https.forced",
    severity=Severity.HIGH,
    needs=[_plain],
    reference="OWASP ASVS 5.0 V12.2.1",
    defect="a host serves its pages over http",
    fix=Fix("launchready:tls.always_https", "set it to true, and run `launch up`"),
)
def http_leads_to_https(subject: Subject) -> Iterable[Outcome]:
    """Every host answers http with a redirect that ends at https."""
    for host in hosts(subject):
        yield not_applicable(host, OWN_SERVER) if stand_in(subject, host) else _forced(subject, host)


def _forced(subject: Subject, host: str) -> Outcome:
    chain = walk(subject, f"http://{host}/")
    first = chain.hops[0]
    evidence = [hop.probe.id for hop in chain.hops]
    if first.cause is Cause.CONNECTION_REFUSED:
        return passed(host, "port 80 is closed", evidence=evidence)
    if any(url.startswith("https:") for url in chain.urls):
        return passed(host, f"{first.status} to {chain.urls[1]}", evidence=evidence)
    last = chain.hops[-1]
    if last.cause is not None and last.status is None:
        return undecided(host, last, expected="https")
    if last.cause is Cause.CHALLENGE or last.cause is Cause.DISAGREE:
        return undecided(host, last, expected="https")
    if chain.loop or chain.redirects >= MOST_HOPS:
        return failed(host, f"redirects without end: {chain.words}", expected="https", evidence=evidence)
    return failed(
        host, f"{last.status} over http", expected=f"a redirect to https://{host}/", evidence=evidence
    )


@check(
    "tls.https.answers",
    severity=Severity.HIGH,
    needs=[front_pages],
    reference="Cloudflare SSL/TLS: strict mode, errors 520–530",
    defect="https answers with an error: the site, or the way from the edge to its origin, is broken",
    fix=Fix("launchready:hosts", "mend the origin: its certificate (strict mode), its address, its server"),
)
def https_answers_without_server_error(subject: Subject) -> Iterable[Outcome]:
    """Every host's front page answers over HTTPS without a server error."""
    for host in hosts(subject):
        result = subject.evidence.http(f"https://{host}/")
        evidence = [result.probe.id]
        if result.cause is not None:
            yield undecided(host, result)
        elif (result.status or 0) >= 500:
            reason = EDGE_ERRORS.get(result.status or 0, "server error")
            yield failed(host, f"{result.status}: {reason}", expected="a page", evidence=evidence)
        else:
            yield passed(host, str(result.status), evidence=evidence)

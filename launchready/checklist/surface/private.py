"""Private hosts: closed to whoever the client file does not let in, and kept out of search engines.

Where one asks from decides what one may see. ``/cdn-cgi/trace``, which every proxied host answers, says what
address the edge takes one for. On an edge there are many addresses to ask from, on the internet one.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from dataclasses import dataclass

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
from launchready.client_file import exposure
from launchready.client_file.model import Exposure
from launchready.evidence.types import Cause, HttpProbe, HttpResult, Probe

TRACE = "/cdn-cgi/trace"
SOURCES = ("", "127.0.0.2", "127.0.0.3", "127.77.7.7")
"""Addresses to ask from, on an edge; "" is whatever the machine takes."""
_META = re.compile(rb"<meta[^>]+name=[\"']robots[\"'][^>]*noindex", re.IGNORECASE)
_DOCS = "developers.cloudflare.com/waf/custom-rules"


@dataclass(frozen=True, slots=True)
class PrivateHost:
    """A private host (FQDN; for a wildcard a name below it) and who may come in."""

    name: str
    allow: tuple[exposure.Network, ...]

    def lets_in(self, address: str) -> bool:
        return any(ipaddress.ip_address(address) in network for network in self.allow)


def private_hosts(subject: Subject) -> Iterator[PrivateHost]:
    """Every private host of the client file, as the edge would know it."""
    client = subject.client
    for key, host in client.hosts.items():
        if isinstance(host.exposure, Exposure):
            name = exposure.host_name(client, key).replace("*", subject.evidence.nonce, 1)
            allow = (exposure.network(text) for text in exposure.allow_list(host.exposure))
            yield PrivateHost(name, tuple(allow))


def _sources(subject: Subject) -> tuple[str, ...]:
    return SOURCES if subject.evidence.on_edge else ("",)


def traces(subject: Subject) -> Iterator[Probe]:
    """What the edge takes us for, from each address."""
    for host in private_hosts(subject):
        for source in _sources(subject):
            yield HttpProbe(f"https://{host.name}{TRACE}", source=source)


def looks(subject: Subject) -> Iterator[Probe]:
    """The front page from outside and, where there is one, from inside."""
    for host in private_hosts(subject):
        for inside in (False, True):
            source = _source(subject, host, inside=inside)
            if source is not None:
                yield HttpProbe(f"https://{host.name}/", source=source)


def _address(result: HttpResult) -> str | None:
    """What a trace says that the visitor's address is."""
    if result.status != 200:
        return None
    for line in result.body.decode("utf-8", "replace").splitlines():
        key, _, value = line.partition("=")
        if key == "ip":
            try:
                return str(ipaddress.ip_address(value.strip()))
            except ValueError:
                return None
    return None


def _source(subject: Subject, host: PrivateHost, *, inside: bool) -> str | None:
    """An address of ours that the host lets in (or doesn't); None when there is none."""
    for source in _sources(subject):
        seen = _address(subject.evidence.http(f"https://{host.name}{TRACE}", source=source))
        if seen is not None and host.lets_in(seen) is inside:
            return source
    return None


@check(
    "surface.private.closed",
    severity=Severity.HIGH,
    needs=[traces, looks],
    reference="OWASP API9:2023 Improper Inventory Management; " + _DOCS,
    defect="a private host answers visitors who are not let in",
    fix=Fix("launchready:hosts", "launch up CLIENT brings the declared rule back; is the host proxied?"),
    public=False,
)
def private_hosts_are_closed(subject: Subject) -> Iterator[Outcome]:
    """Whoever is outside a private host's allow list gets 403."""
    hosts = list(private_hosts(subject))
    for host in hosts:
        url = f"https://{host.name}/"
        source = _source(subject, host, inside=False)
        if source is None:
            yield _not_outside(subject, host, url)
            continue
        result = subject.evidence.http(url, source=source)
        if result.status is None or result.cause is Cause.CHALLENGE:
            yield undecided(url, result, expected="403")
        elif result.status == 403:
            yield passed(url, "403", expected="403", evidence=(result.probe.id,))
        else:
            observed = f"{result.status} for an address that is not let in"
            yield failed(url, observed, expected="403", evidence=(result.probe.id,))
    if not hosts:
        yield not_applicable(subject.client.domain, "no private host is declared")


def _not_outside(subject: Subject, host: PrivateHost, url: str) -> Outcome:
    trace = subject.evidence.http(f"https://{host.name}{TRACE}", source=_sources(subject)[0])
    if trace.status is None:
        return undecided(url, trace, expected="403")
    seen = _address(trace)
    why = (
        f"{host.name} does not say what address it takes us for ({TRACE}: {trace.status})"
        if seen is None
        else f"this machine ({seen}) is let in, so it can't see what others get"
    )
    return inconclusive(url, Cause.NOT_PROBED, why, expected="403", evidence=(trace.probe.id,))


@check(
    "surface.private.noindex",
    severity=Severity.MEDIUM,
    needs=[traces, looks],
    reference="RFC 9309 (robots); developers.google.com/search/docs/crawling-indexing/block-indexing",
    defect="search engines may list a private host",
    fix=Fix("launchready:hosts", "launch up CLIENT brings the header rule back"),
    public=False,
)
def private_hosts_are_not_indexed(subject: Subject) -> Iterator[Outcome]:
    """What a private host answers, to whomever, says noindex."""
    hosts = list(private_hosts(subject))
    for host in hosts:
        url = f"https://{host.name}/"
        sources = [_source(subject, host, inside=inside) for inside in (False, True)]
        results = [subject.evidence.http(url, source=source) for source in sources if source is not None]
        yield _indexed(subject, url, results)
    if not hosts:
        yield not_applicable(subject.client.domain, "no private host is declared")


def _indexed(subject: Subject, url: str, results: list[HttpResult]) -> Outcome:
    expected = "X-Robots-Tag: noindex"
    answers = [result for result in results if result.status is not None]
    if not answers:
        if results:
            return undecided(url, results[0], expected=expected)
        return inconclusive(url, Cause.NOT_PROBED, "it was not seen from anywhere", expected=expected)
    evidence = [result.probe.id for result in answers]
    bare = [result for result in answers if not _says_noindex(result)]
    if not bare:
        seen = " and ".join(str(result.status) for result in answers)
        return passed(url, f"noindex with {seen}", expected=expected, evidence=evidence)
    if bare[0].status == 403 and not subject.evidence.on_edge:
        # Cloudflare's documentation and its users differ on header rules and blocks; a 403 is not indexed
        return inconclusive(url, Cause.DISAGREE, "the 403 itself does not say it", evidence=evidence)
    return failed(url, f"{bare[0].status} without noindex", expected=expected, evidence=evidence)


def _says_noindex(result: HttpResult) -> bool:
    words = re.split(r"[,\s:]+", (result.header("x-robots-tag") or "").lower())
    return bool({"noindex", "none"} & set(words)) or _META.search(result.body) is not None

"""Hosts whose name says that they are not meant for customers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from launchready.checklist.hosts import web_hosts
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
from launchready.client_file.model import Exposure
from launchready.evidence.types import Cause, HttpProbe, HttpResult, Probe

WORDS = frozenset(
    (
        "dev", "develop", "development", "preprod", "preview", "qa", "sandbox", "stage", "staging", "stg",
        "test", "testing", "uat",
    )
)  # fmt: skip
ASKS_WHO = (401, 403, 407)


def is_staging(name: str, domain: str) -> bool:
    """Whether a label of a host's name, below the zone, has one of the words in it: staging2, app-dev."""
    labels = name.removesuffix(domain).rstrip(".")
    return bool(WORDS & set(re.split(r"[^a-z]+", labels)))


def staging_hosts(subject: Subject) -> Iterator[str]:
    """Public hosts that are called like a staging host, and more than a redirect."""
    client = subject.client
    closed = {
        client.fqdn(key)
        for key, host in client.hosts.items()
        if isinstance(host.exposure, Exposure) or host.redirect is not None
    }
    for host in web_hosts(subject.declared):
        if host not in closed and is_staging(host, client.domain):
            yield host


def front_pages(subject: Subject) -> Iterator[Probe]:
    return (HttpProbe(f"https://{host}/") for host in staging_hosts(subject))


@check(
    "surface.staging.exposed",
    severity=Severity.MEDIUM,
    needs=[front_pages],
    reference="OWASP API9:2023 Improper Inventory Management",
    defect="a staging, development or test host is open to everyone",
    fix=Fix(
        "launchready:hosts",
        "exposure: {private: {allow: [your networks]}} on the host; a waiver if it is meant to be public",
    ),
)
def staging_hosts_are_not_public(subject: Subject) -> Iterator[Outcome]:
    """No host that is called staging, dev, test, preview or the like lets everyone in."""
    hosts = list(staging_hosts(subject))
    for host in hosts:
        yield _judged(host, subject.evidence.http(f"https://{host}/"))
    if not hosts:
        yield not_applicable(subject.client.domain, "no public host is called like a staging host")


def _judged(host: str, result: HttpResult) -> Outcome:
    expected, evidence = "401 or 403", (result.probe.id,)
    if result.status is None or result.cause is Cause.CHALLENGE:
        return undecided(host, result, expected=expected)
    if result.status in ASKS_WHO:
        return passed(host, f"{result.status}: it asks who one is", expected=expected, evidence=evidence)
    leads_to = urlsplit(result.header("location") or "").hostname if result.status // 100 == 3 else None
    if leads_to is not None and leads_to != host:
        return passed(host, f"leads to {leads_to}", expected=expected, evidence=evidence)
    return failed(host, f"{result.status} for everyone", expected=expected, evidence=evidence)

"""The answers of a launch's applications: which hosts have one, and how each is judged or left unjudged."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from launchready.checklist.hosts import web_hosts
from launchready.checklist.registry import Outcome, Subject, inconclusive, not_applicable, undecided
from launchready.checklist.tls.hosts import OWN_SERVER
from launchready.client_file.exposure import private_hosts
from launchready.client_file.headers import HeaderPlan, HostHeaders, header_plan
from launchready.client_file.model import ClientFile
from launchready.declared.types import Declared
from launchready.evidence.types import Cause, HttpProbe, HttpResult, Probe

REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PAGE = re.compile(r"\s*(text/html|application/xhtml\+xml)", re.IGNORECASE)
Judge = Callable[[str, HttpResult], Outcome]


@dataclass(frozen=True, slots=True)
class Asked:
    """A host, and the probe whose answer is judged."""

    host: str
    probe: HttpProbe


@dataclass(frozen=True, slots=True)
class Hosts:
    """What a launch says of its hosts, worked out once. ``answering``: those with an application behind."""

    answering: tuple[str, ...]
    proxied: frozenset[str]
    private: frozenset[str]
    plan: HeaderPlan | None


_KEPT = 4
_known: list[tuple[ClientFile, Declared, Hosts]] = []


def hosts_of(subject: Subject) -> Hosts:
    """Kept by identity: neither client file nor declaration changes, and every check asks at every round."""
    for client, declared, hosts in _known:
        if client is subject.client and declared is subject.declared:
            return hosts
    hosts = _hosts(subject.client, subject.declared)
    _known.insert(0, (subject.client, subject.declared, hosts))
    del _known[_KEPT:]
    return hosts


def _hosts(client: ClientFile, declared: Declared) -> Hosts:
    only = {client.fqdn(key) for key, host in client.hosts.items() if host.redirect is not None}
    return Hosts(
        tuple(host for host in web_hosts(declared) if host not in only),
        frozenset(record.name for record in declared.records if record.proxied),
        frozenset(host for group in private_hosts(client) for host in group.hosts),
        header_plan(client),
    )


def answering_hosts(subject: Subject) -> tuple[str, ...]:
    """The web hosts that an application answers: redirect-only hosts have none."""
    return hosts_of(subject).answering


def is_stand_in(subject: Subject, host: str) -> bool:
    """In a rehearsal, does the edge's stand-in answer for the host's own server?"""
    return subject.evidence.on_edge and not subject.evidence.public and host not in hosts_of(subject).proxied


def worth_asking(subject: Subject, asked: Iterable[Asked]) -> Iterator[Probe]:
    """The probes whose answers would be judged, once the front pages are known (plan those first)."""
    return (one.probe for one in asked if _settled(subject, one) is None)


def _settled(subject: Subject, asked: Asked) -> Outcome | None:
    """What the front page already says of a host: nothing more need be asked of one that does not answer."""
    if is_stand_in(subject, asked.host):
        return not_applicable(asked.host, OWN_SERVER)
    front = subject.evidence.http(f"https://{asked.host}/")
    if front.cause is not None and front.cause is not Cause.PLACEHOLDER:
        return undecided(asked.host, front)
    if front.status in REDIRECTS and asked.probe.url == front.probe.url:
        return not_applicable(asked.host, f"redirects to {front.header('location')}")
    return None


def front_pages(subject: Subject) -> Iterator[Probe]:
    return (asked.probe for asked in fronts(subject) if not is_stand_in(subject, asked.host))


def fronts(subject: Subject) -> Iterator[Asked]:
    return (Asked(host, HttpProbe(f"https://{host}/")) for host in answering_hosts(subject))


def each_answer(subject: Subject, judge: Judge) -> list[Outcome]:
    """One outcome for each host's front page."""
    return [judged(subject, asked, judge) for asked in fronts(subject)]


def each_page(subject: Subject, judge: Judge) -> list[Outcome]:
    """The same for front pages that are HTML; others have nothing to run or to frame."""

    def html_only(host: str, result: HttpResult) -> Outcome:
        if is_html(result):
            return judge(host, result)
        return not_applicable(host, f"answers {result.header('content-type') or 'without a type'}")

    return each_answer(subject, html_only)


def judged(subject: Subject, asked: Asked, judge: Judge) -> Outcome:
    """An answer's outcome, or why it can't be judged: a failure to find out is never a pass."""
    host, probe = asked.host, asked.probe
    settled = _settled(subject, asked)
    if settled is not None:
        return settled
    result = subject.evidence.http(probe.url, probe.method, probe.headers)
    if result.cause is not None and result.cause is not Cause.PLACEHOLDER:
        return undecided(host, result)
    status = result.status or 0
    if status in REDIRECTS:
        return not_applicable(host, f"redirects to {result.header('location')}")
    if status == 403 and is_private(subject, host):
        return not_applicable(host, "private: its answers are not for everyone")
    if status >= 500:
        return inconclusive(host, Cause.UNREACHABLE, f"answers {status}", evidence=[probe.id])
    return judge(host, result)


def is_html(result: HttpResult) -> bool:
    return bool(_PAGE.match(result.header("content-type") or ""))


def is_private(subject: Subject, host: str) -> bool:
    """Does the client file close the host to the public?"""
    return host in hosts_of(subject).private


def declared_headers(subject: Subject, host: str) -> HostHeaders | None:
    """What the client file says of a host's headers; None where no rule changes its answers."""
    hosts = hosts_of(subject)
    if subject.evidence.public or host not in hosts.proxied or hosts.plan is None:
        return None
    return hosts.plan.of(host)


def values(result: HttpResult, name: str) -> list[str]:
    """Every value of a header, in order."""
    return [value for own, value in result.headers if own == name]

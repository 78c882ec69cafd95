"""The answers of a launch's applications: which hosts have one, and how each is judged or left unjudged."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from launchready.checklist.hosts import web_hosts
from launchready.checklist.registry import Outcome, Subject, inconclusive, not_applicable, undecided
from launchready.checklist.tls.hosts import OWN_SERVER, is_proxied, stand_in
from launchready.client_file.exposure import private_hosts
from launchready.client_file.headers import HostHeaders, header_plan
from launchready.evidence.types import Cause, HttpProbe, HttpResult, Probe

REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PAGE = re.compile(r"\s*(text/html|application/xhtml\+xml)", re.IGNORECASE)
Judge = Callable[[str, HttpResult], Outcome]


@dataclass(frozen=True, slots=True)
class Asked:
    """A host, and the probe whose answer is judged."""

    host: str
    probe: HttpProbe


def answering_hosts(subject: Subject) -> tuple[str, ...]:
    """The web hosts that an application answers: redirect-only hosts have none."""
    client = subject.client
    only = {client.fqdn(key) for key, host in client.hosts.items() if host.redirect is not None}
    return tuple(host for host in web_hosts(subject.declared) if host not in only)


def worth_asking(subject: Subject, asked: Iterable[Asked]) -> Iterator[Probe]:
    """The probes whose answers are judged: a stand-in's are not."""
    return (one.probe for one in asked if not stand_in(subject, one.host))


def front_pages(subject: Subject) -> Iterator[Probe]:
    return worth_asking(subject, fronts(subject))


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
    if stand_in(subject, host):
        return not_applicable(host, OWN_SERVER)
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
    return any(host in group.hosts for group in private_hosts(subject.client))


def declared_headers(subject: Subject, host: str) -> HostHeaders | None:
    """What the client file says of a host's headers; None where no rule changes its answers."""
    if subject.evidence.public or not is_proxied(subject, host):
        return None
    plan = header_plan(subject.client)
    return None if plan is None else plan.of(host)


def values(result: HttpResult, name: str) -> list[str]:
    """Every value of a header, in order."""
    return [value for own, value in result.headers if own == name]

"""The hosts that the row looks at, and who answers for them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from launchready.checklist.hosts import web_hosts
from launchready.checklist.registry import Outcome, Subject, not_applicable, undecided
from launchready.evidence.types import Cause, HttpProbe, HttpResult, Probe, TlsProbe, TlsResult

OWN_SERVER = "not proxied: in a rehearsal a stand-in answers for the host's own server"


def hosts(subject: Subject) -> tuple[str, ...]:
    """The declared hosts that can be connected to."""
    return web_hosts(subject.declared)


def is_proxied(subject: Subject, host: str) -> bool:
    """Does Cloudflare's edge answer for the host? Without a client file every host is judged alike."""
    records = [record for record in subject.declared.records if record.name == host]
    return subject.evidence.public or any(record.proxied for record in records)


def stand_in(subject: Subject, host: str) -> bool:
    """In a rehearsal, a DNS-only host is answered by the edge's stand-in: its settings prove nothing."""
    return subject.evidence.on_edge and not is_proxied(subject, host)


def handshakes(subject: Subject) -> Iterator[Probe]:
    return (TlsProbe(host) for host in hosts(subject))


def front_pages(subject: Subject) -> Iterator[Probe]:
    return (HttpProbe(f"https://{host}/") for host in hosts(subject))


def plain_pages(subject: Subject) -> Iterator[Probe]:
    return (HttpProbe(f"http://{host}/") for host in hosts(subject))


def each_handshake(subject: Subject, judge: Callable[[str, TlsResult], Outcome]) -> list[Outcome]:
    """One outcome a host; a handshake that did not come about is inconclusive here."""
    outcomes = []
    for host in hosts(subject):
        result = subject.evidence.tls(host)
        failed = result.cause is not None or not result.chain
        outcomes.append(undecided(host, result) if failed else judge(host, result))
    return outcomes


def each_edge_page(subject: Subject, judge: Callable[[str, HttpResult], Outcome]) -> list[Outcome]:
    """One outcome a host over its HTTPS front page, for what Cloudflare's settings decide."""
    outcomes = []
    for host in hosts(subject):
        result = subject.evidence.http(f"https://{host}/")
        if stand_in(subject, host):
            outcomes.append(not_applicable(host, OWN_SERVER))
        elif result.cause is not None and result.cause is not Cause.PLACEHOLDER:
            outcomes.append(undecided(host, result))
        else:
            outcomes.append(judge(host, result))
    return outcomes

"""Which burst tries which rate limit, and whether it may be made. Why so: docs/decisions/0013-bursts.md."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

from launchready.checklist.registry import Subject
from launchready.client_file import rate_limits
from launchready.client_file.model import Exposure, Portal
from launchready.client_file.rate_limits import Limit
from launchready.evidence.burst import MOST
from launchready.evidence.types import BurstProbe, Probe

SLACK = 60
"""Requests that Cloudflare may let through beyond a rate: its counters lag (a burst of 60 at a rate of 5 was
seen to be refused from the 44th on)."""
LIVE_PAUSE = 0.05
PATIENCE = 65.0
"""Seconds to wait, live, for the end of what an earlier probe of the same run has brought upon us."""
UNASKED_REQUESTS = 20
"""Live, a rule of so many requests is tried without being asked to …"""
UNASKED_SECONDS = 60
"""… if it keeps this machine out for no longer than that, and can be tried without writing anything."""
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class Trial:
    """One rule and the burst that tries it, or why there is none."""

    limit: Limit
    probe: BurstProbe | None
    reason: str = ""

    @property
    def subject(self) -> str:
        """The place that is tried; without a burst the paths."""
        return self.probe.urls[0] if self.probe is not None else ", ".join(self.limit.paths)


def trials(subject: Subject) -> tuple[Trial, ...]:
    """One for each rule that the client file declares, or that a declared portal has by default."""
    return tuple(
        _trial(subject, limit, number) for number, limit in enumerate(rate_limits.limits(subject.client))
    )


def bursts(subject: Subject) -> Iterator[Probe]:
    """The bursts to make."""
    return (trial.probe for trial in trials(subject) if trial.probe is not None)


def _trial(subject: Subject, limit: Limit, number: int) -> Trial:
    host = limit.host or _public_host(subject)
    if host is None:
        return Trial(limit, None, "no public host is behind the edge: there is nowhere to try it")
    if host in _private(subject):
        return Trial(limit, None, f"{host} is private: the firewall answers before requests are counted")
    method = "GET" if not limit.methods or "GET" in limit.methods else limit.methods[0]
    reason = _refusal(subject, limit, method)
    if reason:
        return Trial(limit, None, reason)
    urls = tuple(f"https://{host}{_sample(path)}" for path in limit.paths)
    if subject.evidence.on_edge:
        # an address of its own: nobody else's requests count, and nobody else is kept out
        source = f"127.{_byte(subject, 0)}.{_byte(subject, 1)}.{1 + number % 250}"
        return Trial(limit, BurstProbe(urls, method, limit.requests + 1, 0.0, source))
    count = min(limit.requests + 1 + SLACK, MOST)
    return Trial(limit, BurstProbe(urls, method, count, LIVE_PAUSE, patience=PATIENCE))


def _refusal(subject: Subject, limit: Limit, method: str) -> str:
    """Why no burst is made, or "" if it may be."""
    if limit.requests >= MOST:
        return f"it would take more than {limit.requests} requests; {MOST} are the most that are made"
    if subject.evidence.on_edge or subject.evidence.facts.get("probe_limits"):
        return ""
    small = limit.requests <= UNASKED_REQUESTS and limit.mitigation <= UNASKED_SECONDS
    portal = subject.client.portal
    within = isinstance(portal, Portal) and limit.requests + 1 + SLACK <= portal.budget
    if method not in SAFE and not within:
        return f"it counts {method} only, which is not sent unasked: launch verify --probe-limits"
    if not small and not (within and limit.mitigation <= UNASKED_SECONDS):
        return (
            f"trying it takes {limit.requests + 1} requests or more and keeps this machine out for "
            f"{limit.mitigation} s: launch verify --probe-limits"
        )
    return ""


def _byte(subject: Subject, number: int) -> int:
    """1–250, the same during a whole run."""
    return 1 + sum(subject.evidence.nonce.encode()[number::2]) * 7 % 250


def _sample(path: str) -> str:
    """A path that the limit covers."""
    path = f"{path[:-1]}launchready" if path.endswith("*") else path
    return quote(path, safe="/%!$&'()+,;=:@~*")


def _private(subject: Subject) -> frozenset[str]:
    client = subject.client
    return frozenset(
        client.fqdn(k) for k, host in client.hosts.items() if isinstance(host.exposure, Exposure)
    )


def _public_host(subject: Subject) -> str | None:
    """Where any path can be asked for: the portal's host first, else the first that the edge serves."""
    client, private = subject.client, _private(subject)
    own = (client.fqdn(key) for key in client.hosts if not key.startswith("*"))
    candidates = (rate_limits.portal_host(client), *own)
    return next(
        (
            host
            for host in candidates
            if host and host not in private and rate_limits.behind_edge(client, host)
        ),
        None,
    )

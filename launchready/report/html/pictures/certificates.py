"""How long the certificates that were served still last: a bar for each, with today."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup

from launchready.checklist.tls import x509
from launchready.evidence.types import Evidence, TlsResult
from launchready.report.html.pictures.svg import el

WIDTH, HEIGHT = 600.0, 18.0
SOON = 0.2
"""A certificate of which less than this part is left is about to end."""


@dataclass(frozen=True, slots=True)
class Lifetime:
    """One certificate. ``days_left`` is negative once it is over. ``bar``: its lifetime as SVG."""

    hosts: tuple[str, ...]
    issuer: str
    start: datetime
    end: datetime
    days_left: int
    state: str
    bar: Markup


def lifetimes(evidence: Evidence) -> tuple[Lifetime, ...]:
    """Every distinct leaf certificate, the first to end first."""
    if "now" not in evidence.facts:
        return ()
    now = evidence.now
    hosts: dict[bytes, dict[str, None]] = {}
    for result in _handshakes(evidence):
        hosts.setdefault(result.chain[0], {})[result.probe.host] = None
    found = []
    for der, names in hosts.items():
        try:
            certificate = x509.parse(der)
            start, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
        except ValueError:
            continue
        found.append((end, start, tuple(names), x509.issuer_name(certificate)))
    if not found:
        return ()
    first, last = min(start for _, start, _, _ in found), max(end for end, _, _, _ in found)
    span = (min(first, now), max(last, now))
    return tuple(
        _lifetime(names, issuer, start, end, now, span) for end, start, names, issuer in sorted(found)
    )


def _handshakes(evidence: Evidence) -> Iterable[TlsResult]:
    for results in evidence.results.values():
        for result in results:
            if isinstance(result, TlsResult) and result.chain:
                yield result


def _lifetime(
    hosts: tuple[str, ...],
    issuer: str,
    start: datetime,
    end: datetime,
    now: datetime,
    span: tuple[datetime, datetime],
) -> Lifetime:
    left = (end - now).total_seconds()
    share = left / max((end - start).total_seconds(), 1.0)
    state = "over" if left < 0 else "soon" if share < SOON else "good"
    return Lifetime(hosts, issuer, start, end, int(left // 86_400), state, _bar(start, end, now, span, state))


def _bar(
    start: datetime, end: datetime, now: datetime, span: tuple[datetime, datetime], state: str
) -> Markup:
    whole = max((span[1] - span[0]).total_seconds(), 1.0)

    def x(moment: datetime) -> float:
        return WIDTH * (moment - span[0]).total_seconds() / whole

    here = x(now)
    spent, rest = min(max(here, x(start)), x(end)), x(end)
    return el(
        "svg",
        el("rect", x=0, y=6, width=WIDTH, height=6, rx=3, class_="track"),
        el("rect", x=x(start), y=6, width=max(spent - x(start), 0.0), height=6, class_="spent"),
        el("rect", x=spent, y=6, width=max(rest - spent, 0.0), height=6, class_=f"left {state}"),
        el("rect", x=min(max(here - 1.5, 0.0), WIDTH - 3), y=0, width=3, height=HEIGHT, class_="now"),
        viewBox=f"0 0 {WIDTH:.0f} {HEIGHT:.0f}",
        preserveAspectRatio="none",
        aria_hidden="true",
    )

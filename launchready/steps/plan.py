"""The steps in their order: how each is looked at, how often, and until when it is waited for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

from launchready.steps import certificate, delegation, served, zone
from launchready.steps.context import Context
from launchready.steps.outcome import Look


@dataclass(frozen=True, slots=True)
class Step:
    """``deadline``: from its first look until waiting has become a failure. ``first``, ``longest``: seconds
    between two looks, doubling. ``patience``: seconds that a run gives it where nobody says how long.
    """

    name: str
    title: str
    look: Callable[[Context], Awaitable[Look]]
    deadline: timedelta
    first: float = 1.0
    longest: float = 30.0
    patience: float = 15.0


PLAN = (
    Step("zone", "the zone is there", zone.exists, timedelta(minutes=10)),
    Step("stale_ds", "no DS of another key at the parent", delegation.no_stale_ds, timedelta(days=14)),
    Step("nameservers", "the registrar names the zone's servers", delegation.delegated, timedelta(days=14)),
    Step("activation", "Cloudflare has activated the zone", zone.active, timedelta(days=2), 2.0, 60.0, 60.0),
    Step("certificate", "the certificate is active and served", certificate.active, timedelta(days=1),
         2.0, 60.0, 60.0),
    Step("strict_tls", "TLS to the origin as declared", certificate.strict, timedelta(hours=1)),
    Step("redirects", "the redirects are served", served.redirects, timedelta(hours=1)),
    Step("dnssec", "the zone's own DS is at the parent", delegation.signed, timedelta(days=14)),
    Step("verification", "what is served is what is declared", served.verification, timedelta(hours=1)),
)  # fmt: skip

"""Twins of row ``performance``: onboarding that is slow or breaks, pages that keep people waiting."""

from __future__ import annotations

from dataclasses import replace

from tests.bad_twins.harness import Twin
from tests.bad_twins.portals import PORTAL, misdescribed, switched, with_portal

ROWS = ("performance",)

GOOD: dict[str, Twin] = {"a quick portal": Twin(with_portal(), frozenset(), None, ROWS)}

MISDECLARED = misdescribed(
    "performance.onboarding.limit", onboarding=[{**PORTAL["onboarding"][0], "limit": 8}], rows=ROWS
)

TWINS: dict[str, Twin] = {
    "onboarding that takes its time": switched(
        "portal.slow", "performance.onboarding.p95", rows=ROWS, options={"seconds": 0.6}
    ),
    "onboarding that hangs for a few": switched(
        "portal.slow", "performance.onboarding.tail", rows=ROWS, options={"seconds": 1.6, "every": 30}
    ),
    "onboarding that breaks under load": switched(
        "portal.load.fails", "performance.onboarding.errors", rows=ROWS
    ),
    "a limit that is lower than declared": replace(
        MISDECLARED, client={**MISDECLARED.client, "rate_limits": "none"}
    ),
    "pages that begin late": switched("portal.page.slow", "performance.page.ttfb", rows=ROWS, onboarding=[]),
    "texts that may not be packed": switched(
        "portal.page.plain", "performance.page.compressed", rows=ROWS, onboarding=[]
    ),
    "a script of a megabyte": switched(
        "portal.page.heavy", "performance.page.weight", rows=ROWS, onboarding=[]
    ),
}

"""Twins of row ``deployment``: releases that are half there, addresses that stay, dependencies that break."""

from __future__ import annotations

from typing import Any

from tests.bad_twins.clients import unsigned
from tests.bad_twins.harness import Twin
from tests.bad_twins.portals import switched, with_portal

ROWS = ("deployment",)

GOOD: dict[str, Twin] = {"a release that is all there": Twin(with_portal(), frozenset(), None, ROWS)}


def lasting() -> dict[str, Any]:
    values = unsigned()
    values["hosts"] = {
        **values["hosts"],
        "direct": {"address": "203.0.113.77", "proxied": False, "ttl": "1d"},
    }
    return values


TWINS: dict[str, Twin] = {
    "a release without a name": switched("portal.release.missing", "deployment.release.marker", rows=ROWS),
    "two releases in turn": switched("portal.release.stale", "deployment.release.agrees", rows=ROWS),
    "a release out of the cache": switched("http.cache_everything", "deployment.release.uncached", rows=ROWS),
    "half a release": switched("portal.release.half", "deployment.assets.present", rows=ROWS),
    "addresses that stay for a day": Twin(lasting(), frozenset({"deployment.ttl.rollback"}), None, ROWS),
    "a dependency's failure that nobody caught": switched(
        "portal.dependency.unhandled", "deployment.dependency.handled", rows=ROWS
    ),
    "a dependency that is missed for ever": switched(
        "portal.dependency.sticks", "deployment.dependency.recovers", rows=ROWS
    ),
}

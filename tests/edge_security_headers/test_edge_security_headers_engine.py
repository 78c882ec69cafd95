"""The real engine: rules come up, a second run finds nothing to do, an edit changes one ruleset."""

from __future__ import annotations

from typing import Any

import pytest

from tests.components.test_components_engine import Launch, launch

__all__ = ["launch"]
pytestmark = [pytest.mark.engine, pytest.mark.slow]
PHASE = "http_response_headers_transform"
HEADERS: dict[str, Any] = {
    "csp": {"script-src": ["'self'"], "object-src": ["'none'"], "report-to": ["main"]},
    "reporting_endpoints": {"main": "https://reports.acme.example/csp"},
    "cors": {"origins": ["https://a.example", "https://b.example"], "credentials": True, "methods": ["PUT"]},
    "permissions_policy": {"camera": [], "geolocation": ["self", "https://maps.example"]},
    "set": {"X-Robots-Tag": "noarchive"},
    "remove": ["X-Build"],
    "hosts": {"app": {"frame_options": "DENY", "cors": "none"}},
}


def served(launch: Launch) -> list[dict[str, Any]]:
    zone = launch.state.zone_for("acme.example")
    assert zone is not None
    ruleset = zone.ruleset(PHASE)
    return [] if ruleset is None else list(ruleset["rules"])


async def test_header_rules_live_through_a_launch(launch: Launch) -> None:
    await launch.up(headers=HEADERS)
    before = served(launch)
    assert [rule["ref"].partition("_acme")[0] for rule in before] == [
        "headers_all", "headers_app", "csp_all", "cors_all",
    ]  # fmt: skip
    assert await launch.up(headers=HEADERS) == []
    again = await launch.run("preview", "--refresh", "--expect-no-changes")
    assert again.code == 0, (again.errors, again.tail)
    kept = {rule["ref"]: rule["id"] for rule in before}
    assert await launch.up(headers={**HEADERS, "coop": "same-origin"}) == ["PUT ['rulesets']"]
    assert {rule["ref"]: rule["id"] for rule in served(launch)} == kept
    assert await launch.up(headers="none") == ["DELETE ['rulesets']"]
    assert served(launch) == []

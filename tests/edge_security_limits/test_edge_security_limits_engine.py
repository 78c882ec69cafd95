"""Limits and private hosts under the real engine: what an edit of the client file changes, and no more."""

from __future__ import annotations

from typing import Any

import pytest

from tests.components.test_components_engine import CONFIG, Launch, launch  # noqa: F401 - launch is a fixture

pytestmark = [pytest.mark.engine, pytest.mark.slow]

LIMIT = {"path": "/api/login", "requests": 5, "per": "10s"}


def staging(*allow: str) -> dict[str, Any]:
    host = {"address": "203.0.113.11", "exposure": {"private": {"allow": list(allow)}}}
    return {**CONFIG["hosts"], "staging": host}


def phases(launch: Launch) -> dict[str, list[dict[str, Any]]]:  # noqa: F811
    (zone,) = launch.state.zones.values()
    return {ruleset["phase"]: ruleset["rules"] for ruleset in zone.rulesets.values()}


async def test_an_edit_changes_its_own_rule_and_the_next_run_nothing(launch: Launch) -> None:  # noqa: F811
    given: dict[str, Any] = {"rate_limits": [LIMIT], "hosts": staging("198.51.100.0/24")}
    await launch.up(**given)
    first = phases(launch)
    assert first["http_ratelimit"][0]["ratelimit"]["requests_per_period"] == 5
    assert "198.51.100.0/24" in first["http_request_firewall_custom"][0]["expression"]
    assert first["http_response_headers_transform"][-1]["ref"] == "private-noindex"
    again = await launch.run("preview", "--refresh", "--expect-no-changes")
    assert again.code == 0, (again.errors, again.tail)

    writes = await launch.up(**(given | {"rate_limits": [{**LIMIT, "requests": 9}]}))
    assert [write.split()[0] for write in writes] == ["PUT"], writes
    second = phases(launch)
    assert second["http_ratelimit"][0]["ratelimit"]["requests_per_period"] == 9
    assert second["http_ratelimit"][0]["id"] == first["http_ratelimit"][0]["id"], "the same rule, changed"

    writes = await launch.up(rate_limits="none", hosts=CONFIG["hosts"])
    left = phases(launch)
    assert "http_ratelimit" not in left
    assert "http_request_firewall_custom" not in left
    assert "private-noindex" not in [rule["ref"] for rule in left["http_response_headers_transform"]]

"""The component: one ruleset for each phase that has rules, names of headers as they were written."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from components import cloudflare
from tests.components.test_components_launch import launch

HOSTS = {"@": {"address": "203.0.113.10"}, "staging": {"address": "203.0.113.11"}}
PRIVATE = {
    **HOSTS,
    "staging": {"address": "203.0.113.11", "exposure": {"private": {"allow": ["198.51.100.0/24"]}}},
}


@pytest.fixture(autouse=True)
def own_event_loop() -> Iterator[None]:
    """Pulumi's mocks make futures outside any running loop."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    yield
    loop.close()
    asyncio.set_event_loop(None)


def test_each_phase_with_rules_has_one_ruleset_under_edge_security() -> None:
    found = launch(hosts=PRIVATE, rate_limits=[{"path": "/login", "requests": 5, "per": "10s"}])
    mine = {
        request.name: (found.inputs(*key)["phase"], len(found.inputs(*key)["rules"]))
        for key, request in found.requests.items()
        if "launchready:index:EdgeSecurity" in request.parent
    }
    assert mine == {
        "private-hosts": ("http_request_firewall_custom", 1),
        "rate-limits": ("http_ratelimit", 1),
        "response-headers": ("http_response_headers_transform", 3),
    }


def test_names_of_headers_keep_their_spelling_on_the_wire() -> None:
    found = launch(hosts=HOSTS, headers={"csp": "none", "set": {"X_Snake_Case": "a", "X-Upper-Case": "b"}})
    rules = found.inputs(cloudflare.Ruleset.token, "response-headers")["rules"]
    headers = rules[0]["actionParameters"]["headers"]
    assert headers["x_snake_case"] == {"operation": "set", "value": "a"}
    assert headers["x-upper-case"] == {"operation": "set", "value": "b"}


def test_headers_none_makes_no_ruleset() -> None:
    found = launch(hosts=HOSTS, headers="none")
    assert (cloudflare.Ruleset.token, "response-headers") not in found.requests
    assert ("launchready:index:EdgeSecurity", "acme") in found.requests

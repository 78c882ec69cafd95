"""What the edge's API takes and refuses in a cache rule, by plan."""

from __future__ import annotations

from typing import Any

import pytest

from launchready.edge.api import plans
from launchready.edge.api.envelope import RefusalError
from launchready.edge.api.rulesets.rules import check_rules

PHASE = "http_request_cache_settings"


def rule(**parameters: Any) -> list[dict[str, Any]]:
    return [{"expression": "true", "action": "set_cache_settings", "action_parameters": parameters}]


def status(*items: dict[str, Any]) -> dict[str, Any]:
    return {"cache": True, "edge_ttl": {"mode": "respect_origin", "status_code_ttl": list(items)}}


def key(**custom: Any) -> dict[str, Any]:
    return {"cache": True, "cache_key": {"custom_key": custom}}


EVERYTHING = {"exclude": {"all": True}}
TAKEN: list[tuple[str, dict[str, Any]]] = [
    ("free", status({"status_code": 404, "value": -1}, {"status_code_range": {"from": 500}, "value": 0})),
    ("free", {"browser_ttl": {"mode": "override_origin", "default": 7200}}),
    ("pro", {"browser_ttl": {"mode": "override_origin", "default": 3600}}),
    ("free", key(query_string=EVERYTHING)),
    (
        "free",
        {"cache": True, "cache_key": {"cache_deception_armor": True, "ignore_query_strings_order": True}},
    ),
    ("enterprise", key(query_string={"include": {"list": ["v"]}}, header={"contains": {"accept": ["webp"]}})),
    ("enterprise", {"cache": True, "origin_cache_control": True}),
]
REFUSED: list[tuple[str, dict[str, Any]]] = [
    ("free", {}),
    ("free", {"browser_ttl": {"mode": "override_origin", "default": 60}}),
    ("free", status()),
    ("free", status({"status_code": 404})),
    ("free", status({"status_code": 404, "value": -2})),
    ("free", status({"value": 1})),
    ("free", status({"status_code": 404, "status_code_range": {"from": 1}, "value": 1})),
    ("free", status({"status_code_range": {}, "value": 1})),
    ("free", status({"status_code": 1000, "value": 1})),
    ("business", key(query_string={"include": {"list": ["v"]}})),
    ("business", key(cookie={"include": ["lang"]})),
    ("enterprise", key(query_string={"include": {"all": True}, "exclude": {"all": True}})),
    ("enterprise", key(header={"include": "x"})),
    ("enterprise", key(header={"contains": {"accept": "webp"}})),
    ("enterprise", key(weather={})),
    ("free", {"cache": True, "cache_key": {"cache_by_device_type": "yes"}}),
    ("free", {"cache": True, "origin_cache_control": True}),
    ("free", {"cache": True, "serve_stale": {"disable_stale_while_updating": 1}}),
    ("free", {"cache": True, "vary": {"default": {"action": "bypass"}}}),
]


@pytest.mark.parametrize(("plan", "parameters"), TAKEN)
def test_a_rule_that_cloudflare_takes(plan: str, parameters: dict[str, Any]) -> None:
    made = rule(**parameters)
    assert check_rules(made, PHASE, plans.TABLE[plan]) == made


@pytest.mark.parametrize(("plan", "parameters"), REFUSED)
def test_a_rule_that_cloudflare_refuses(plan: str, parameters: dict[str, Any]) -> None:
    with pytest.raises(RefusalError) as caught:
        check_rules(rule(**parameters), PHASE, plans.TABLE[plan])
    assert caught.value.status == 400

"""What the edge's API refuses in a header rule, as Cloudflare's does."""

from __future__ import annotations

from typing import Any

import pytest

from launchready.edge.api.envelope import RefusalError
from launchready.edge.api.plans import TABLE
from launchready.edge.api.rulesets.rules import check_rules

PHASE = "http_response_headers_transform"


def rules(name: str, change: dict[str, Any], count: int = 1) -> list[dict[str, Any]]:
    one = {"expression": "true", "action": "rewrite", "action_parameters": {"headers": {name: change}}}
    return [{**one, "ref": f"r{number}"} for number in range(count)]


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("X-A", {"operation": "set", "value": "a" * 4096}),
        ("x_a", {"operation": "add", "value": "_ :;.,\\/\"'?!(){}[]@<>=-+*#$&`|~^%"}),
        ("Set-Cookie", {"operation": "add", "value": "a=b"}),
        ("X-Powered-By", {"operation": "remove"}),
        (
            "Access-Control-Allow-Origin",
            {"operation": "set", "expression": 'http.request.headers["origin"][0]'},
        ),
    ],
)
def test_what_cloudflare_takes_is_taken(name: str, change: dict[str, Any]) -> None:
    assert check_rules(rules(name, change), PHASE, TABLE["free"])


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("X-A", {"operation": "set", "value": "a" * 4097}),
        ("X-A", {"operation": "set", "value": ""}),
        ("X-A", {"operation": "set", "value": "Übermut"}),
        ("X-A", {"operation": "set", "value": "a\tb"}),
        ("X.A", {"operation": "set", "value": "a"}),
        ("X-A", {"operation": "set", "value": "a", "expression": "http.host"}),
        ("X-A", {"operation": "set", "expression": "http.hots"}),
        ("Content-Length", {"operation": "set", "value": "1"}),
        ("transfer-encoding", {"operation": "remove"}),
        ("X-CF-Thing", {"operation": "set", "value": "1"}),
        ("EH-Cache-Tag", {"operation": "set", "value": "1"}),
    ],
)
def test_what_cloudflare_refuses_is_refused(name: str, change: dict[str, Any]) -> None:
    with pytest.raises(RefusalError) as caught:
        check_rules(rules(name, change), PHASE, TABLE["enterprise"])
    assert caught.value.status == 400


@pytest.mark.parametrize(("plan", "most"), [("free", 10), ("pro", 25), ("business", 50), ("enterprise", 300)])
def test_a_plan_has_so_many_rules_and_not_one_more(plan: str, most: int) -> None:
    change = {"operation": "set", "value": "1"}
    assert len(check_rules(rules("X-A", change, most), PHASE, TABLE[plan])) == most
    with pytest.raises(RefusalError, match="maximum number of rules"):
        check_rules(rules("X-A", change, most + 1), PHASE, TABLE[plan])

"""Header rules at the edge: which answers, in which order, over which fields."""

from __future__ import annotations

from typing import Any

import pytest

from launchready.edge.https.transform import PHASE
from launchready.edge.state import Defect
from tests.edge_https.edge_https_front import ZONE, Front, put_rules, redirect

APP = f"app.{ZONE}"
ORIGIN = "acme-app.host.example"
ABSENT = 'not has_key(http.response.headers, "content-security-policy")'


def rule(expression: str = "true", **headers: Any) -> dict[str, Any]:
    changes = {name.replace("_", "-"): change for name, change in headers.items()}
    return {
        "expression": expression,
        "action": "rewrite",
        "enabled": True,
        "action_parameters": {"headers": changes},
    }


def put(value: str) -> dict[str, str]:
    return {"operation": "set", "value": value}


def of(expression: str, operation: str = "set") -> dict[str, str]:
    return {"operation": operation, "expression": expression}


def serve(front: Front, **headers: str) -> None:
    own = {"content-type": "text/html", **{name.replace("_", "-"): value for name, value in headers.items()}}
    front.https.origins.set_pages(ORIGIN, {"*": {"headers": own, "body": "<p>Hello"}})


async def test_a_policy_for_answers_without_one_leaves_the_applications_own(front: Front) -> None:
    put_rules(front.zone, PHASE, rule(ABSENT, content_security_policy=put("default-src 'self'")))
    serve(front)
    assert (await front.get(f"https://{APP}/")).headers["content-security-policy"] == "default-src 'self'"
    serve(front, content_security_policy="script-src 'nonce-x'")
    answer = await front.get(f"https://{APP}/")
    assert answer.headers.get_list("content-security-policy") == ["script-src 'nonce-x'"]


async def test_rules_see_the_answer_as_it_came_whatever_earlier_rules_did(front: Front) -> None:
    serve(front, x_a="origin")
    put_rules(
        front.zone,
        PHASE,
        rule(x_a=put("first"), content_security_policy=put("default-src 'none'")),
        rule(ABSENT, content_security_policy=put("default-src 'self'")),
        rule(x_b=of('http.response.headers["x-a"][0]')),
    )
    answer = await front.get(f"https://{APP}/")
    assert answer.headers["content-security-policy"] == "default-src 'self'"
    assert (answer.headers["x-a"], answer.headers["x-b"]) == ("first", "origin")


async def test_set_replaces_add_appends_and_remove_takes_all(front: Front) -> None:
    serve(front, vary="Accept", x_powered_by="PHP/8", x_keep="1")
    put_rules(
        front.zone,
        PHASE,
        rule(
            Vary={"operation": "add", "value": "Origin"},
            X_Powered_By={"operation": "remove"},
            x_keep=put("2"),
        ),
    )
    headers = (await front.get(f"https://{APP}/")).headers
    assert headers.get_list("vary") == ["Accept", "Origin"]
    assert "x-powered-by" not in headers
    assert headers.get_list("x-keep") == ["2"]


async def test_an_expression_that_gives_nothing_removes_the_header(front: Front) -> None:
    serve(front, x_who="origin", x_empty="origin")
    put_rules(
        front.zone,
        PHASE,
        rule(
            x_who=of('http.request.headers["x-visitor"][0]'),
            x_empty=of("http.request.uri.query"),
            x_more=of('http.request.headers["x-visitor"][0]', "add"),
        ),
    )
    headers = (await front.get(f"https://{APP}/")).headers
    assert not {"x-who", "x-empty", "x-more"} & set(headers)
    given = (await front.get(f"https://{APP}/?q", headers={"x-visitor": "me"})).headers
    assert (given["x-who"], given["x-empty"], given["x-more"]) == ("me", "q", "me")


async def test_one_rule_grants_each_declared_origin_and_no_other(front: Front) -> None:
    asks = 'http.request.headers["origin"][0]'
    listed = f'{asks} in {{"https://a.example" "https://b.example"}}'
    put_rules(front.zone, PHASE, rule(listed, access_control_allow_origin=of(asks)))
    for origin, granted in (
        ("https://a.example", True),
        ("https://b.example", True),
        ("https://a.example.evil.invalid", False),
    ):
        headers = (await front.get(f"https://{APP}/", headers={"origin": origin})).headers
        assert headers.get("access-control-allow-origin") == (origin if granted else None)
    assert "access-control-allow-origin" not in (await front.get(f"https://{APP}/")).headers


async def test_the_edges_error_pages_and_blocks_are_changed_and_its_redirects_and_challenges_are_not(
    front: Front,
) -> None:
    put_rules(front.zone, PHASE, rule(x_mark=put("1")))
    put_rules(
        front.zone,
        "http_request_dynamic_redirect",
        redirect('http.request.uri.path eq "/old"', {"value": "https://x.example/"}),
    )
    firewall = [
        {"expression": f'http.request.uri.path eq "/{action}"', "action": action, "enabled": True}
        for action in ("block", "challenge")
    ]
    put_rules(front.zone, "http_request_firewall_custom", *firewall)
    assert (await front.get(f"https://{APP}/")).headers["x-mark"] == "1"
    for path, status, mark in (("old", 301, None), ("block", 403, "1"), ("challenge", 403, None)):
        answer = await front.get(f"https://{APP}/{path}")
        assert (answer.status_code, answer.headers.get("x-mark")) == (status, mark)
    plain = await front.get(f"http://{APP}/")
    assert (plain.status_code, plain.headers.get("x-mark")) == (301, None)
    front.state.defects.append(Defect("http.origin_down", APP))
    down = await front.get(f"https://{APP}/")
    assert (down.status_code, down.headers.get("x-mark")) == (521, "1")


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS"])
async def test_every_method_gets_the_headers(front: Front, method: str) -> None:
    put_rules(front.zone, PHASE, rule(x_mark=put("1")))
    assert (await front.get(f"https://{APP}/", method=method)).headers["x-mark"] == "1"

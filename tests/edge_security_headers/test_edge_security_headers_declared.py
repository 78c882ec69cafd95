"""The rules that ``headers`` declares: few, with stable references and expressions that Cloudflare parses."""

from __future__ import annotations

from typing import Any

import octorules_wirefilter as wirefilter
import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchready.adopt.writer import client_file_text
from launchready.client_file.headers import header_plan, origin_hosts, rule_count
from launchready.client_file.model import ClientFile
from launchready.declared import Rule, declare
from launchready.declared.headers import PHASE
from launchready.edge.rules import compile_filter, compile_value

HOSTS: dict[str, Any] = {
    "@": {"address": "203.0.113.10"},
    "www": {"redirect": "@"},
    "app": {"address": "203.0.113.11"},
    "api": {"cname": "api.host.example"},
    "direct": {"address": "203.0.113.12", "proxied": False},
}
CORS = {"origins": ["https://app.acme.example", "https://b.example"], "credentials": True}


def client(headers: Any = None, **more: Any) -> ClientFile:
    values = {"domain": "acme.example", "hosts": HOSTS, **more}
    return ClientFile.model_validate(values if headers is None else values | {"headers": headers})


def rules(headers: Any = None, **more: Any) -> tuple[Rule, ...]:
    return declare(client(headers, **more)).rulesets.get(PHASE, ())


def changes(rule: Rule) -> dict[str, Any]:
    found: dict[str, Any] = rule.parameters["headers"]
    return found


def test_without_the_key_two_rules_give_every_host_the_baseline() -> None:
    always, policy = rules()
    assert (always.ref, always.expression) == ("headers_all", "true")
    assert changes(always)["x-content-type-options"] == {"operation": "set", "value": "nosniff"}
    assert changes(always)["x-powered-by"] == {"operation": "remove"}
    assert policy.ref == "csp_all"
    assert policy.expression == 'not has_key(http.response.headers, "content-security-policy")'
    assert "frame-ancestors 'self'" in changes(policy)["content-security-policy"]["value"]


@pytest.mark.parametrize("headers", ["none", None])
def test_without_a_proxied_host_or_with_none_there_is_no_rule(headers: Any) -> None:
    hosts = (
        HOSTS if headers else {"@": {"address": "203.0.113.10", "proxied": False}, "www": {"redirect": "@"}}
    )
    assert rules(headers, hosts=hosts) == ()


def test_a_policy_that_is_set_needs_no_rule_of_its_own() -> None:
    (only,) = rules({"csp": {"mode": "set", "policy": {"default-src": ["'self'"]}}})
    assert changes(only)["content-security-policy"]["value"] == "default-src 'self'"


def test_origins_with_one_answer_share_one_rule_that_names_each() -> None:
    always, _, cors = rules(
        {"cors": {**CORS, "methods": ["put"], "headers": ["X-Id"], "expose": ["ETag"], "max_age": "10m"}}
    )
    assert (
        cors.expression
        == 'http.request.headers["origin"][0] in {"https://app.acme.example" "https://b.example"}'
    )
    assert changes(cors) == {
        "access-control-allow-origin": {
            "operation": "set",
            "expression": 'http.request.headers["origin"][0]',
        },
        "access-control-allow-credentials": {"operation": "set", "value": "true"},
        "access-control-allow-methods": {"operation": "set", "value": "GET, HEAD, POST, PUT"},
        "access-control-allow-headers": {"operation": "set", "value": "X-Id"},
        "access-control-expose-headers": {"operation": "set", "value": "ETag"},
        "access-control-max-age": {"operation": "set", "value": "600"},
    }
    assert changes(always)["vary"] == {"operation": "add", "value": "Origin"}
    assert changes(always)["access-control-allow-origin"] == {"operation": "remove"}


def test_a_single_origin_is_written_out() -> None:
    cors = rules({"cors": {"origins": ["https://app.acme.example"]}})[-1]
    assert cors.expression == 'http.request.headers["origin"][0] eq "https://app.acme.example"'
    assert changes(cors)["access-control-allow-origin"]["value"] == "https://app.acme.example"


def test_many_origins_take_as_many_rules_as_expressions_hold() -> None:
    origins = [f"https://shop-{number}.market.example" for number in range(200)]
    cors = [rule for rule in rules({"cors": {"origins": origins}}) if rule.ref.startswith("cors")]
    assert len(cors) == 3
    assert all(len(rule.expression) <= 4096 for rule in cors)
    assert all(sum(f'"{origin}"' in rule.expression for rule in cors) == 1 for origin in origins)
    assert len({rule.ref for rule in cors}) == 3


def test_a_host_of_its_own_gets_its_own_answers_and_no_one_elses() -> None:
    found = rules(
        {"cors": CORS, "hosts": {"api": {"cors": "none", "frame_options": "DENY", "set": {"X-Api": "1"}}}}
    )
    by_ref = {rule.ref.partition("_acme")[0]: rule for rule in found}
    assert by_ref["headers_all"].expression == 'http.host ne "api.acme.example"'
    own = changes(by_ref["headers_api"])
    assert (own["x-frame-options"]["value"], own["x-api"]["value"]) == ("DENY", "1")
    assert "vary" not in own
    assert "access-control-allow-origin" not in own
    assert by_ref["csp_all"].expression.startswith("not has_key")  # the policy is the same everywhere
    assert by_ref["cors_all"].expression.startswith('http.host ne "api.acme.example" and ')
    assert len(found) == 4


def test_a_header_said_none_is_left_as_it_comes() -> None:
    always = changes(
        rules({"frame_options": "none", "coop": "none", "referrer_policy": "none", "csp": "none"})[0]
    )
    assert not {"x-frame-options", "cross-origin-opener-policy", "referrer-policy"} & set(always)


def test_references_do_not_change_with_values() -> None:
    one = rules({"cors": CORS, "hosts": {"api": {"coep": "require-corp"}}})
    two = rules(
        {
            "cors": {"origins": ["https://c.example"]},
            "coop": "same-origin",
            "hosts": {"api": {"coep": "credentialless"}},
        }
    )
    assert [rule.ref for rule in one] == [rule.ref for rule in two]


def test_only_hosts_with_an_origin_behind_the_edge_have_answers_to_change() -> None:
    assert origin_hosts(client()) == ("acme.example", "app.acme.example", "api.acme.example")


NAMES = st.sampled_from(["@", "app", "api"])
PARTS = st.fixed_dictionaries(
    {},
    optional={
        "frame_options": st.sampled_from(["DENY", "SAMEORIGIN", "none"]),
        "csp": st.one_of(
            st.just("none"),
            st.fixed_dictionaries(
                {
                    "mode": st.sampled_from(["set", "if_absent"]),
                    "report_only": st.booleans(),
                    "policy": st.just({"default-src": ["'self'"]}),
                }
            ),
        ),
        "cors": st.one_of(st.just("none"), st.just(CORS), st.just({"origins": ["https://c.example"]})),
        "set": st.dictionaries(st.sampled_from(["X-A", "Vary"]), st.just("v"), max_size=2),
        "remove": st.lists(st.sampled_from(["X-B", "X-C"]), max_size=1),
    },
)


@given(PARTS, st.dictionaries(NAMES, PARTS, max_size=3))
def test_whatever_is_declared_parses_and_is_counted(common: dict[str, Any], hosts: dict[str, Any]) -> None:
    declared = client({**common, "hosts": hosts})
    found = declare(declared).rulesets.get(PHASE, ())
    assert rule_count(declared) == len(found)
    refs = [rule.ref for rule in found]
    assert len(set(refs)) == len(refs)
    assert all(len(ref) <= 64 for ref in refs)
    for rule in found:
        if rule.expression != "true":
            assert not wirefilter.parse_expression(rule.expression).get("error")
        compile_filter(rule.expression)
        for change in changes(rule).values():
            if "expression" in change:
                compile_value(change["expression"])


def test_an_adopted_zone_keeps_its_own_headers() -> None:
    text = client_file_text(
        client="acme", domain="acme.example", plan="free", source="a file", report="none",
        tls={}, hosts={"@": {"address": "203.0.113.10"}}, records=[], redirects=[],
    )  # fmt: skip
    assert 'launchready:headers: "none"' in text


def test_a_policy_may_be_given_as_the_headers_text() -> None:
    one = rules({"csp": "default-src 'self'; img-src 'self' data:"})
    two = rules({"csp": {"default-src": "'self'", "img-src": ["'self'", "data:"]}})
    assert one == two


def test_where_every_host_has_its_own_nothing_is_said_of_others() -> None:
    own = {name: {"coep": "require-corp"} for name in ("@", "app", "api")}
    found = rules({"hosts": own})
    assert [rule.ref.partition("_acme")[0] for rule in found] == ["headers", "csp"]
    assert all(rule.expression.startswith("http.host in {") for rule in found)
    plan = header_plan(client({"hosts": own}))
    assert plan is not None
    assert plan.of("mta-sts.acme.example") is None
    assert plan.of("api.acme.example") is not None

"""What rate limits and private hosts declare: rules of their phases, as the plan has them."""

from __future__ import annotations

from typing import Any

import octorules_wirefilter as wirefilter
import pytest

from launchready.client_file.model import ClientFile
from launchready.declared import Declared, declare
from launchready.errors import InputError

RATE, FIREWALL = "http_ratelimit", "http_request_firewall_custom"
HEADERS = "http_response_headers_transform"
PORTAL = {
    "base": "https://portal.acme.example/app",
    "login": {"path": "/login", "mfa": {"path": "/mfa"}},
    "reset": {"path": "/reset", "confirm": {"path": "/reset/${token}"}},
    "onboarding": [{"path": "/profile"}],
}
HOSTS = {"@": {"address": "203.0.113.10"}, "portal": {"address": "203.0.113.12"}}


def declared(**values: Any) -> Declared:
    return declare(ClientFile.model_validate({"domain": "acme.example", "hosts": HOSTS, **values}))


def limit(path: str, **more: Any) -> dict[str, Any]:
    return {"path": path, "requests": 5, "per": "10s", **more}


def private(*allow: str) -> dict[str, Any]:
    return {"address": "203.0.113.11", "exposure": {"private": {"allow": list(allow)}}}


def test_without_a_portal_nothing_is_limited_and_the_report_says_so() -> None:
    found = declared()
    assert RATE not in found.rulesets
    assert "rate limits: none by default, since no portal is declared" in found.notes


def test_none_is_none_even_with_a_portal() -> None:
    found = declared(portal=PORTAL, rate_limits="none")
    assert RATE not in found.rulesets
    assert any(note.startswith("rate_limits: none") for note in found.notes)


def test_on_free_a_portals_doors_are_limited_by_one_rule() -> None:
    (rule,) = declared(portal=PORTAL).rulesets[RATE]
    assert (rule.ref, rule.action, dict(rule.parameters)) == ("limit-shared", "block", {})
    assert rule.ratelimit == {
        "characteristics": ["cf.colo.id", "ip.src"],
        "period": 10,
        "requests_per_period": 5,
        "mitigation_timeout": 10,
    }
    for path in ("/app/login", "/app/mfa", "/app/reset", "/app/profile"):
        assert f'"{path}"' in rule.expression
    assert 'starts_with(lower(http.request.uri.path), "/app/reset/")' in rule.expression
    assert "http.host" not in rule.expression


def test_above_free_they_are_limited_on_the_portals_host_and_onboarding_by_itself() -> None:
    doors, onboarding = declared(portal=PORTAL, plan="pro").rulesets[RATE]
    assert doors.expression.startswith('http.host eq "portal.acme.example" and ')
    assert (doors.ref, onboarding.ref) == ("limit-portal", "limit-portal-onboarding")
    assert "/app/profile" not in doors.expression
    assert doors.parameters["response"]["status_code"] == 429


def test_a_portal_elsewhere_is_not_the_edges_to_limit() -> None:
    elsewhere = declared(portal={**PORTAL, "base": "https://portal.elsewhere.example"})
    direct = declared(portal=PORTAL, hosts={**HOSTS, "portal": {"address": "203.0.113.12", "proxied": False}})
    for found in (elsewhere, direct):
        assert RATE not in found.rulesets
        assert any("not behind the edge" in note for note in found.notes)


def test_on_free_all_entries_share_a_rule_and_the_notes_say_what_that_means() -> None:
    found = declared(rate_limits=[limit("/login"), limit("/auth/*"), limit("/Überblick")])
    (rule,) = found.rulesets[RATE]
    assert rule.expression == (
        '(lower(http.request.uri.path) in {"/login" "/login/" "/%c3%9cberblick" "/%c3%9cberblick/"} or '
        'starts_with(lower(http.request.uri.path), "/auth/"))'
    )
    note = next(note for note in found.notes if note.startswith("rate limits on Free"))
    assert "one counter over /login, /auth/*, /Überblick, for each address and data centre" in note
    assert any("throttle no account" in note for note in found.notes)


def test_above_free_each_entry_has_a_rule_of_its_own_while_the_plan_has_enough() -> None:
    two = declared(plan="pro", rate_limits=[limit("/a"), limit("/b")]).rulesets[RATE]
    assert len(two) == 2
    three = declared(plan="pro", rate_limits=[limit("/a"), limit("/b"), limit("/c", requests=9)])
    assert [rule.ratelimit["requests_per_period"] for rule in three.rulesets[RATE] if rule.ratelimit] == [
        5,
        9,
    ]
    assert any("/a, /b share one rule" in note for note in three.notes)


def test_methods_host_and_characteristics_are_said_in_the_apis_words() -> None:
    by = ["nat", "header:X-Api-Key", "country"]
    entry = limit("/a", methods=["post", "PUT"], host="@", by=by, mitigation="1h")
    (rule,) = declared(plan="enterprise", rate_limits=[entry]).rulesets[RATE]
    assert rule.expression == (
        'http.host eq "acme.example" and lower(http.request.uri.path) in {"/a" "/a/"} and '
        'http.request.method in {"POST" "PUT"}'
    )
    assert rule.ratelimit is not None
    assert rule.ratelimit["characteristics"] == [
        "cf.colo.id", "cf.unique_visitor_id", 'http.request.headers["x-api-key"]', "ip.src.country",
    ]  # fmt: skip
    assert rule.ratelimit["mitigation_timeout"] == 3600


def test_a_rules_name_is_the_same_when_others_come_and_go() -> None:
    one = declared(plan="business", rate_limits=[limit("/b")]).rulesets[RATE]
    two = declared(plan="business", rate_limits=[limit("/a"), limit("/b", requests=9)]).rulesets[RATE]
    assert one[0].ref == two[1].ref != two[0].ref


def test_a_path_that_can_break_out_of_its_rule_is_refused() -> None:
    with pytest.raises(InputError, match="quote"):
        declared(rate_limits=[limit('/a" or true or "')])


def test_private_hosts_with_one_allow_list_share_a_rule() -> None:
    hosts = {
        **HOSTS,
        "staging": private("198.51.100.128/25", "198.51.100.0/25", "2001:db8::1"),
        "qa": private("2001:db8::1/128", "198.51.100.0/24"),
        "lab": private("203.0.113.7"),
        "dark": private(),
    }
    found = declared(hosts=hosts)
    first, second, third = found.rulesets[FIREWALL]
    assert first.expression == (
        '(http.host in {"staging.acme.example" "qa.acme.example"}) and '
        "not ip.src in {198.51.100.0/24 2001:db8::1}"
    )
    assert second.expression == '(http.host in {"lab.acme.example"}) and not ip.src in {203.0.113.7}'
    assert third.expression == 'http.host in {"dark.acme.example"}'
    assert any("dark.acme.example – reached from nowhere only" in note for note in found.notes)


def test_the_header_rule_of_private_hosts_is_the_last_of_its_phase() -> None:
    *_, last = declared(hosts={**HOSTS, "staging": private("198.51.100.0/24")}).rulesets[HEADERS]
    assert last.ref == "private-noindex"
    assert last.parameters == {"headers": {"X-Robots-Tag": {"operation": "set", "value": "noindex"}}}


def test_a_private_wildcard_does_not_close_the_hosts_that_are_named() -> None:
    hosts = {**HOSTS, "*": private("198.51.100.0/24")}
    (rule,) = declared(hosts=hosts).rulesets[FIREWALL]
    assert rule.expression == (
        '((ends_with(http.host, ".acme.example") and not http.host in {"portal.acme.example"})) and '
        "not ip.src in {198.51.100.0/24}"
    )


def test_only_above_free_the_403_is_a_page_of_ours() -> None:
    hosts = {**HOSTS, "staging": private("198.51.100.0/24")}
    free, pro = declared(hosts=hosts), declared(hosts=hosts, plan="pro")
    assert dict(free.rulesets[FIREWALL][0].parameters) == {}
    assert 'content="noindex"' in pro.rulesets[FIREWALL][0].parameters["response"]["content"]


def test_cloudflares_parser_takes_every_expression() -> None:
    hosts = {
        **HOSTS,
        "*": private("198.51.100.0/24"),
        "qa": private(),
        "x": private("2001:db8::/32", "192.0.2.1"),
    }
    for plan in ("free", "pro", "business", "enterprise"):
        found = declared(hosts=hosts, plan=plan, portal=PORTAL)
        for phase in (RATE, FIREWALL):
            for rule in found.rulesets[phase]:
                assert not wirefilter.parse_expression(rule.expression).get("error"), rule.expression

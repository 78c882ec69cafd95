"""Cache rules as declared: their order, their words, and that they do what ``treatment`` says."""

from __future__ import annotations

from typing import Any

import pytest
from octorules_wirefilter import parse_expression

from launchready.client_file import caching as words
from launchready.client_file.caching import Treatment
from launchready.client_file.model import ClientFile
from launchready.client_file.plans import LIMITS
from launchready.declared import Rule, caching, declare
from launchready.edge.api import plans
from launchready.edge.api.rulesets.rules import check_rules
from launchready.edge.rules import compile_filter
from launchready.errors import InputError

HOSTS = {
    "@": {"address": "203.0.113.10"},
    "app": {"cname": "app.host.example"},
    "www": {"redirect": "@"},
    "plain": {"address": "203.0.113.12", "proxied": False},
}
PORTAL = {
    "base": "https://app.acme.example/p",
    "login": {"path": "/enter", "mfa": {"path": "/enter/code"}},
    "cookies": ["acme_id"],
    "resources": [{"path": "/orders/{id}", "owner": "a", "ids": ["1"], "list": "/orders"}],
}


def client(cache: Any = None, **more: Any) -> ClientFile:
    given = {} if cache is None else {"cache": cache}
    return ClientFile.model_validate({"domain": "acme.example", "hosts": HOSTS, **given, **more})


def rules(found: ClientFile) -> tuple[Rule, ...]:
    return declare(found).rulesets.get(caching.PHASE, ())


CASES = {
    "nothing said": client(),
    "a portal": client(portal=PORTAL),
    "everything said": client(
        {
            "static": "30d",
            "extensions": [".PDF", "geojson"],
            "immutable": ["/built/*", "app/assets/*"],
            "browser": "1d",
            "html": "2h",
            "bypass": ["/reports/*", "/exact", "app/secret/*.png", "https://acme.example/x%20y"],
            "respect_origin": ["/feed", "/api/public/*"],
            "query": "ignore",
            "tiered": False,
        },
        portal=PORTAL,
    ),
    "nothing static": client({"static": "bypass", "browser": "origin", "query": "sort"}),
    "single parameters": client({"query": {"only": ["v"]}}, plan="enterprise"),
}


@pytest.mark.parametrize("name", CASES)
def test_every_plan_that_may_have_the_rules_takes_them(name: str) -> None:
    found = CASES[name]
    made = [
        {
            "ref": r.ref,
            "expression": r.expression,
            "action": r.action,
            "action_parameters": dict(r.parameters),
        }
        for r in rules(found)
    ]
    assert check_rules(made, caching.PHASE, plans.TABLE[found.plan.value]) == made
    assert len(made) <= LIMITS[found.plan].cache_rules
    assert len({rule["ref"] for rule in made}) == len(made)
    assert all(" matches " not in rule["expression"] for rule in made), "regular expressions need Business"


@pytest.mark.parametrize("cache", ["none", None])
def test_a_zone_that_keeps_its_own_declares_nothing(cache: str | None) -> None:
    found = client(cache, hosts={"plain": HOSTS["plain"], "www": HOSTS["www"]} if cache is None else HOSTS)
    declared = declare(found)
    assert caching.PHASE not in declared.rulesets
    assert declared.tiered_cache is None
    assert [setting.id for setting in declared.settings if setting.key.startswith("cache")] == []


def test_defaults_have_settings_and_tiered_cache() -> None:
    declared = declare(client())
    found = {s.id: s.value for s in declared.settings if s.key.startswith("cache.")}
    assert found == {"browser_cache_ttl": 0, "cache_level": "aggressive"}
    assert declared.tiered_cache is True


URLS = {
    ("acme.example", "/"): Treatment.PAGE,
    ("acme.example", "/about.html"): Treatment.PAGE,
    ("acme.example", "/site.css"): Treatment.STATIC,
    ("acme.example", "/Logo.PNG"): Treatment.STATIC,
    ("acme.example", "/invoice.pdf"): Treatment.OTHER,
    ("acme.example", "/_next/static/x/y.js"): Treatment.IMMUTABLE,
    ("acme.example", "/_next/static/data"): Treatment.IMMUTABLE,
    ("acme.example", "/api/x"): Treatment.NEVER,
    ("acme.example", "/API/logo.png"): Treatment.NEVER,
    ("acme.example", "/login"): Treatment.NEVER,
    ("acme.example", "/Login/"): Treatment.NEVER,
    ("acme.example", "/loginx"): Treatment.PAGE,
    ("app.acme.example", "/x.css"): Treatment.STATIC,
}
WITH_PORTAL = {
    **URLS,
    ("app.acme.example", "/x.css"): Treatment.PRIVATE_STATIC,
    ("app.acme.example", "/p/enter"): Treatment.NEVER,
    ("acme.example", "/p/enter"): Treatment.PAGE,
    ("app.acme.example", "/p/orders/17.png"): Treatment.NEVER,
    ("app.acme.example", "/p/orders"): Treatment.NEVER,
}
SAID = {
    ("acme.example", "/invoice.pdf"): Treatment.STATIC,
    ("acme.example", "/_next/static/x.js"): Treatment.STATIC,
    ("acme.example", "/built/x.js"): Treatment.IMMUTABLE,
    ("app.acme.example", "/assets/x.js"): Treatment.IMMUTABLE,
    ("acme.example", "/assets/x.js"): Treatment.STATIC,
    ("acme.example", "/reports/x.png"): Treatment.NEVER,
    ("acme.example", "/exact"): Treatment.NEVER,
    ("acme.example", "/exact/"): Treatment.NEVER,
    ("acme.example", "/exact/more"): Treatment.PAGE,
    ("app.acme.example", "/secret/a.png"): Treatment.NEVER,
    ("acme.example", "/secret/a.png"): Treatment.STATIC,
    ("acme.example", "/x%20y"): Treatment.NEVER,
    ("acme.example", "/feed"): Treatment.ORIGIN,
    ("acme.example", "/api/public/x"): Treatment.ORIGIN,
    ("acme.example", "/api/x"): Treatment.NEVER,
}


@pytest.mark.parametrize(
    ("name", "url", "wanted"),
    [
        *(("nothing said", url, wanted) for url, wanted in URLS.items()),
        *(("a portal", url, wanted) for url, wanted in WITH_PORTAL.items()),
        *(("everything said", url, wanted) for url, wanted in SAID.items()),
        ("nothing static", ("acme.example", "/site.css"), Treatment.NEVER),
    ],
)
def test_what_the_rules_do_is_what_is_said_of_a_url(
    name: str, url: tuple[str, str], wanted: Treatment
) -> None:
    found = CASES[name]
    assert words.treatment(found, *url) is wanted
    assert _by_rules(rules(found), *url) is wanted


def _by_rules(these: tuple[Rule, ...], host: str, path: str, **headers: str) -> Treatment:
    """What the last matching rules make of a request, by the edge's own evaluation."""
    fields = _Fields(host, path, headers)
    merged: dict[str, Any] = {}
    last = ""
    for rule in these:
        if compile_filter(rule.expression)(fields):
            merged.update(rule.parameters)
            last = rule.ref
    if "cache" not in merged:
        return Treatment.OTHER
    if last == "cache-pages":
        return Treatment.PAGE
    if merged["cache"] is False:
        return Treatment.NEVER
    return {
        "cache-static": Treatment.STATIC,
        "cache-portal-static": Treatment.PRIVATE_STATIC,
        "cache-immutable": Treatment.IMMUTABLE,
        "cache-origin": Treatment.ORIGIN,
    }[last]


class _Fields(dict[str, Any]):
    def __init__(self, host: str, path: str, headers: dict[str, str]) -> None:
        super().__init__(
            {
                "http.host": host.encode(),
                "http.request.uri.path": path.encode(),
                "http.request.uri.path.extension": words.suffix_of(path).encode(),
                "http.cookie": headers.get("cookie", "").encode(),
                "http.request.headers": {k.encode(): [v.encode()] for k, v in headers.items()},
            }
        )


def test_requests_with_credentials_are_never_kept() -> None:
    for path in ("/site.css", "/_next/static/x.js", "/"):
        assert _by_rules(rules(client()), "acme.example", path, authorization="Basic eA==") is Treatment.NEVER


@pytest.mark.parametrize(
    "cookie", ["PHPSESSID=1", "connect.sid=1", "x-auth=1", "acme_id=1", "wp_logged_in_x=1"]
)
def test_pages_are_kept_for_visitors_who_are_nobody(cookie: str) -> None:
    found = rules(client({"html": "2h"}, portal=PORTAL))
    pages = next(rule for rule in found if rule.ref == "cache-pages")
    holds = compile_filter(pages.expression)
    assert holds(_Fields("acme.example", "/", {}))
    assert holds(_Fields("acme.example", "/", {"cookie": "theme=dark; _ga=1"}))
    assert not holds(_Fields("acme.example", "/", {"cookie": f"theme=dark; {cookie}"}))


def test_errors_and_redirects_are_not_kept_under_a_time_of_the_rules_own() -> None:
    for rule in rules(client({"html": "2h"})):
        edge = rule.parameters.get("edge_ttl", {})
        if edge.get("mode") == "override_origin":
            assert edge["status_code_ttl"] == list(caching.NO_ERRORS)


def test_cloudflares_own_parser_takes_every_expression() -> None:
    for found in CASES.values():
        for rule in rules(found):
            result = parse_expression(rule.expression)
            assert not result.get("error"), (rule.ref, result)


@pytest.mark.parametrize("key", ["bypass", "immutable", "respect_origin"])
def test_what_is_no_path_is_bad_input_that_names_its_key(key: str) -> None:
    with pytest.raises(InputError) as caught:
        declare(client({key: ["nonsense"]}))
    assert key in str(caught.value)


def test_references_stay_when_the_rules_around_them_change() -> None:
    one = {rule.ref for rule in rules(client())}
    many = {rule.ref for rule in rules(CASES["everything said"])}
    assert one <= many

"""Redirect rules: what they match, where they lead, and that Cloudflare's own parser takes them."""

from __future__ import annotations

from urllib.parse import urlsplit

import octorules_wirefilter
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from launchready.client_file.model import ClientFile
from launchready.declared import Declared, Redirect, declare
from launchready.edge.rules import compile_filter, compile_value
from launchready.errors import InputError

pytestmark = pytest.mark.slow

Q = "launchready=1&x=a%20b"


def declared(*redirects: dict[str, object], **keys: object) -> Declared:
    keys.setdefault("hosts", {"@": {"address": "203.0.113.10"}, "www": {"redirect": "@"}})
    return declare(ClientFile.model_validate({"domain": "acme.example", "redirects": redirects, **keys}))


def rule(source: str, to: str, **options: object) -> Redirect:
    return declared({"from": source, "to": to, **options}).redirects[0]


def assert_parses(found: Redirect) -> None:
    assert octorules_wirefilter.parse_expression(found.expression).get("error") is None, found.expression
    if found.dynamic:
        value = f'{found.target} eq "x"'
        assert octorules_wirefilter.parse_expression(value).get("error") is None, found.target


def location(found: Redirect, url: str) -> str | None:
    """Where the edge's evaluator of the rules language sends a request; None when the rule does not match."""
    parts = urlsplit(url)
    fields = {
        "ssl": parts.scheme == "https",
        "http.host": parts.netloc.encode(),
        "http.request.uri.path": (parts.path or "/").encode(),
        "http.request.uri.query": parts.query.encode(),
        "http.request.full_uri": url.encode(),
    }
    if not compile_filter(found.expression)(fields):
        return None
    target = (compile_value(found.target)(fields) or b"").decode() if found.dynamic else found.target
    return f"{target}?{parts.query}" if found.keep_query and parts.query else target


def assert_examples_hold(found: Redirect) -> None:
    assert found.examples
    for request, expected in found.examples:
        assert location(found, request) == expected, found


def test_a_path_with_a_star_carries_what_the_star_matched() -> None:
    found = rule("acme.example/old/*", "https://acme.example/new/${1}")
    assert found.expression == (
        '(http.host eq "acme.example" and http.request.uri.path strict wildcard r"/old/*")'
    )
    assert found.target == (
        'wildcard_replace(http.request.uri.path, r"/old/*", r"https://acme.example/new/${1}", "s")'
    )
    assert (found.dynamic, found.status, found.keep_query) == (True, 301, True)
    assert found.examples == (
        ("https://acme.example/old/sample1", "https://acme.example/new/sample1"),
        (f"https://acme.example/old/sample1?{Q}", f"https://acme.example/new/sample1?{Q}"),
    )


def test_a_host_alone_sends_every_path_to_the_target_as_it_is() -> None:
    found = rule("old.acme.example", "https://acme.example/moved", status=308)
    assert found.expression == 'http.host eq "old.acme.example"'
    assert (found.target, found.dynamic, found.status) == ("https://acme.example/moved", False, 308)
    assert found.examples[0] == ("https://old.acme.example/any/path", "https://acme.example/moved")


def test_an_exact_path_matches_that_path_only() -> None:
    found = rule("acme.example/a", "https://acme.example/b")
    assert found.expression == '(http.host eq "acme.example" and http.request.uri.path eq "/a")'


def test_a_query_in_the_source_is_matched_and_kept() -> None:
    found = rule("acme.example/a?id=7", "https://acme.example/b")
    assert found.expression.endswith('and http.request.uri.query eq "id=7")')
    assert found.examples == (("https://acme.example/a?id=7", "https://acme.example/b?id=7"),)


def test_the_query_is_dropped_when_it_is_not_wanted() -> None:
    found = rule("acme.example/a", "https://acme.example/b", keep_query=False)
    assert not found.keep_query
    assert found.examples[1] == (f"https://acme.example/a?{Q}", "https://acme.example/b")


def test_a_target_with_its_own_query_keeps_only_that_and_says_so() -> None:
    plan = declared({"from": "acme.example/a", "to": "https://acme.example/b?c=d"})
    assert not plan.redirects[0].keep_query
    assert plan.redirects[0].examples[1] == (f"https://acme.example/a?{Q}", "https://acme.example/b?c=d")
    assert any(note.startswith("redirects[0]:") for note in plan.notes)


def test_a_star_in_the_host_is_taken_from_the_host() -> None:
    found = rule("*.acme.example/x", "https://acme.example/${1}")
    assert found.target == 'wildcard_replace(http.host, r"*.acme.example", r"https://acme.example/${1}")'
    assert found.examples[0] == ("https://www.acme.example/x", "https://acme.example/www")


def test_captures_of_both_host_and_path_come_from_the_full_uri_with_its_query() -> None:
    found = rule("*.acme.example/foo/*", "https://acme.example/${1}/${2}")
    assert found.target == (
        'wildcard_replace(http.request.full_uri, r"*://*.acme.example/foo/*", r"https://acme.example/${2}/${3}")'
    )
    assert not found.keep_query, "the last capture brings the query along"
    assert found.examples[1] == (
        f"https://www.acme.example/foo/sample1?{Q}",
        f"https://acme.example/www/sample1?{Q}",
    )


def test_a_redirect_only_host_keeps_scheme_path_and_query() -> None:
    found = declared().redirects[0]
    assert found.target == (
        'wildcard_replace(http.request.full_uri, r"*://www.acme.example/*", r"${1}://acme.example/${2}")'
    )
    assert (found.status, found.key) == (301, "hosts.www")
    assert_examples_hold(found)
    assert (f"https://www.acme.example/any/path?{Q}", f"https://acme.example/any/path?{Q}") in found.examples


def test_a_host_that_redirects_to_a_bare_url_keeps_the_path() -> None:
    hosts = {"a": {"redirect": "https://Other.example"}, "b": {"redirect": "https://other.example/"}}
    keeps, fixed = declared(hosts=hosts).redirects
    assert_examples_hold(keeps)
    assert_examples_hold(fixed)
    assert keeps.examples[0] == ("https://a.acme.example/sample1", "https://other.example/sample1")
    assert (fixed.target, fixed.dynamic) == ("https://other.example/", False)


def test_rules_of_the_file_come_before_redirect_only_hosts() -> None:
    plan = declared({"from": "www.acme.example/shop", "to": "https://shop.example/"})
    assert [found.key for found in plan.redirects] == ["redirects[0]", "hosts.www"]


def test_a_reference_stays_when_a_rule_moves_or_its_target_changes() -> None:
    one, two = (
        {"from": "acme.example/a", "to": "https://x.example/"},
        {"from": "acme.example/b", "to": "https://x.example/"},
    )
    refs = {found.key: found.ref for found in declared(one, two).redirects}
    moved = declared(two, {**one, "to": "https://y.example/", "status": 302}).redirects
    assert refs["redirects[0]"] == moved[1].ref
    assert refs["redirects[1]"] == moved[0].ref


def test_two_rules_for_one_source_still_have_two_references() -> None:
    same = {"from": "acme.example/a", "to": "https://x.example/"}
    refs = [found.ref for found in declared(same, same).redirects]
    assert len(set(refs)) == len(refs)


def test_dollars_and_international_names_are_escaped() -> None:
    found = rule("acme.example/preis/*", "https://bücher.example/$9/ü/${1}")
    assert 'r"https://xn--bcher-kva.example/$$9/%C3%BC/${1}"' in found.target
    assert found.examples[0][1] == "https://xn--bcher-kva.example/$9/%C3%BC/sample1"
    assert_parses(found)


def test_a_path_is_matched_as_a_request_carries_it() -> None:
    found = rule("acme.example/Ünter seite/%7euser/%c3%bc/100%", "https://acme.example/")
    assert 'eq "/%C3%9Cnter%20seite/~user/%C3%BC/100%25"' in found.expression


@pytest.mark.parametrize(
    ("source", "other"),
    [
        ("acme.example/a", "https://acme.example/A"),
        ("acme.example/a", "https://acme.example/a/"),
        ("acme.example/a", "https://www.acme.example/a"),
        ("acme.example/a/*", "https://acme.example/a"),
        ("acme.example/a/*", "https://acme.example/A/b"),
        ("*.acme.example/a", "https://acme.example/a"),
        ("acme.example/", "https://acme.example/a"),
        ("acme.example/a?b=c", "https://acme.example/a?b=d"),
    ],
)
def test_other_requests_do_not_match(source: str, other: str) -> None:
    assert location(rule(source, "https://x.example/"), other) is None


def test_scheme_path_and_query_of_a_redirect_only_host_are_kept_for_plain_http_too() -> None:
    found = declared().redirects[0]
    assert location(found, "http://www.acme.example/a/b?c=http://d/") == "http://acme.example/a/b?c=http://d/"


def test_a_wildcard_host_redirects_every_name_that_the_zone_does_not_have() -> None:
    hosts = {"@": {"address": "203.0.113.1"}, "app": {"cname": "a.example"}, "*": {"redirect": "@"}}
    found = declared(hosts=hosts).redirects[0]
    assert_parses(found)
    assert_examples_hold(found)
    assert location(found, "https://x.acme.example/a?b=c") == "https://acme.example/a?b=c"
    assert location(found, "https://app.acme.example/a") is None
    assert location(found, "https://acme.example/a") is None
    assert found.examples[0] == ("https://launchready.acme.example/", "https://acme.example/")


def test_a_wildcard_host_that_redirects_to_a_bare_url_keeps_the_path() -> None:
    found = declared(hosts={"*": {"redirect": "https://other.example"}}).redirects[0]
    assert_examples_hold(found)
    assert location(found, "https://x.acme.example/a/b?c=d") == "https://other.example/a/b?c=d"


def test_examples_that_an_earlier_rule_answers_are_left_out() -> None:
    hosts = {"www": {"redirect": "@"}, "shop": {"redirect": "@"}, "@": {"address": "203.0.113.1"}}
    plan = declared(
        {"from": "www.acme.example/x", "to": "https://acme.example/first"},
        {"from": "*.acme.example/x", "to": "https://acme.example/second"},
        {"from": "www.acme.example/any/*", "to": "https://acme.example/third"},
        hosts=hosts,
    )
    rules = {found.key: found for found in plan.redirects}
    assert rules["redirects[1]"].examples == ()
    assert [request for request, _ in rules["hosts.www"].examples] == ["https://www.acme.example/"]
    assert len(rules["hosts.shop"].examples) == 2


SEGMENT = st.sampled_from(["a", "bc", "d.e", "f-g", "*", "h*", "*i", "%7E", "ü", "$1", 'q"q'])
SOURCES = st.tuples(
    st.sampled_from(["acme.example", "www.acme.example", "*.acme.example", "app-*.acme.example"]),
    st.one_of(st.none(), st.lists(SEGMENT, max_size=4).map(lambda parts: "/" + "/".join(parts))),
)


@settings(max_examples=300, deadline=None)
@given(SOURCES, st.data())
def test_every_example_is_what_the_edges_evaluator_makes_of_the_rule(
    source: tuple[str, str | None], data: st.DataObject
) -> None:
    host, path = source
    stars = host.count("*") + (path or "").count("*")
    parts = st.sampled_from(["x", "y/z", "$", "ü", *(f"${{{number}}}" for number in range(1, stars + 1))])
    to = "https://acme.example/" + "/".join(data.draw(st.lists(parts, max_size=4)))
    try:
        found = rule(f"{host}{path or ''}", to, keep_query=data.draw(st.booleans()))
    except InputError as error:
        assume("both host and path" in str(error))  # the one thing that Cloudflare can't express
        return
    assert_parses(found)
    assert_examples_hold(found)


@pytest.mark.parametrize(
    ("source", "to", "reason"),
    [
        ("acme.example/a", "https://acme.example/${1}", "has 0 star"),
        ("acme.example/*", "https://acme.example/${2}", "has 1 star"),
        ("acme.example/*", "https://acme.example/${0}", "has 1 star"),
        ("acme.example/**", "https://acme.example/", "two stars in a row"),
        ("acme.example:8443/a", "https://acme.example/", "a port or user"),
        ("acme.example/a", "ftp://acme.example/", "no http:// or https:// URL"),
        ("acme.example/a", "/relative", "no http:// or https:// URL"),
        ("acme.example/*", "https://acme.example/" + "${1}" * 9, "9 references"),
        ("*.acme.example/a/*/b", "https://acme.example/${1}/${2}", "both host and path"),
    ],
)
def test_a_redirect_that_has_no_meaning_is_refused_by_its_key(source: str, to: str, reason: str) -> None:
    with pytest.raises(InputError, match=reason) as caught:
        rule(source, to)
    assert caught.value.where is not None
    assert caught.value.where.key == "launchready:redirects[0]"


PATHS = st.lists(
    st.text(alphabet=st.characters(min_codepoint=33, max_codepoint=0x17F, exclude_characters="/?#*")),
    max_size=4,
).map("/".join)


@settings(max_examples=150, deadline=None)
@given(PATHS, PATHS)
def test_cloudflares_parser_takes_every_expression_whatever_the_path_holds(path: str, target: str) -> None:
    for source, to in (
        (f"acme.example/{path}", f"https://acme.example/{target.replace('${', '$')}"),
        (f"acme.example/{path}/*", f"https://acme.example/{target.replace('${', '$')}/${{1}}"),
        (f"*.acme.example/{path}/*", f"https://acme.example/${{1}}/{target.replace('${', '$')}/${{2}}"),
    ):
        assert_parses(rule(source, to))

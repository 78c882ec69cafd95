"""What expressions mean: Cloudflare's documented examples, missing values, bounds and speed."""

from __future__ import annotations

import ipaddress
import time
from typing import Any

import pytest

from launchready.edge.rules import FIELDS, RuleError, absent, compile_filter, compile_value

BASE: dict[str, Any] = {name: absent(kind) for name, kind in FIELDS.items()} | {
    "http.host": b"www.example.com",
    "http.request.method": b"GET",
    "http.request.uri.path": b"/blog/first-post",
    "http.request.uri.query": b"category=Foo&order=desc&category=Bar",
    "http.request.full_uri": b"https://apps.example.com/calendar/admin?expand=true",
    "http.request.headers": {b"accept": [b"application/json"], b"x-list": [b"a,b,,c"], b"n": [b"1", b"22"]},
    "http.request.headers.names": [b"accept", b"Content-Type"],
    "http.request.uri.args": {b"filter": [b"waf", b"botm", b"cdn"]},
    "http.request.body.raw": b'{"company":"cloudflare","n":{"id":356},"list":["x","y"]}',
    "http.request.timestamp.sec": 1_484_063_800,
    "ip.src": ipaddress.ip_address("198.51.100.7"),
    "ssl": True,
    "cf.threat_score": 6,
}


def matches(expression: str, **fields: Any) -> bool:
    return compile_filter(expression)(
        BASE | {name.replace("__", "."): value for name, value in fields.items()}
    )


def value(expression: str, **fields: Any) -> bytes | None:
    return compile_value(expression)(BASE | {name.replace("__", "."): item for name, item in fields.items()})


@pytest.mark.parametrize(
    "expression",
    [
        "ssl and not (not ssl)",
        'http.host eq "www.example.com" and http.request.method in {"GET" "HEAD"}',
        'http.host ne "example.com"',
        'http.host contains "example"',
        'http.host wildcard "*.EXAMPLE.com"',
        'http.request.uri.path strict wildcard "/blog/*"',
        'http.request.full_uri wildcard r"https://*.example.com/*/admin?expand=*"',
        'http.request.uri.path matches r"^/blog/[a-z-]+$"',
        'starts_with(http.request.uri.path, "/blog") and ends_with(http.request.uri.path, "post")',
        "ip.src in {198.51.100.1 198.51.100.3..198.51.100.7 192.0.2.0/24 2001:db8::/32}",
        "ip.src in {198.51.100/24} and ip.src eq 198.51.100.7 and ip.src ne ::1",
        "cf.threat_score in {1 5..7} and cf.threat_score gt 5 and cf.threat_score & 4",
        'any(lower(http.request.headers.names[*])[*] == "content-type")',
        'all(len(http.request.uri.args["filter"][*])[*] in {3 4})',
        'len(http.request.uri.args["filter"][1]) eq 4',
        'len(http.request.uri.args["filter"]) >= 0',
        'not len(http.request.uri.args["order"]) >= 0',
        'lookup_json_string(http.request.body.raw, "company") == "cloudflare"',
        'lookup_json_integer(http.request.body.raw, "n", "id") == 356',
        'lookup_json_string(http.request.body.raw, "list", 1) == "y"',
        'has_key(http.request.headers, "accept") and has_value(http.request.headers["n"], "22")',
        'any(split(http.request.headers["x-list"][0], ",", 3)[*] eq ",c")',
        "cidr(ip.src, 24, 64) eq 198.51.100.0",
        'any((http.request.headers["n"][*] eq "1") and (http.request.headers["n"][*] eq "1"))',
        "true",
        "http.host eq 77:77:77:2e:65:78:61:6d:70:6c:65:2e:63:6f:6d",
    ],
)
def test_matches(expression: str) -> None:
    assert matches(expression) is True
    assert matches(f"not ({expression})") is False


@pytest.mark.parametrize(
    "expression",
    [
        'http.request.headers["missing"][0] eq "a"',
        'http.request.headers["missing"][0] ne "a"',
        'http.request.headers["accept"][1] contains "a"',
        'lower(http.request.headers["missing"][0]) eq ""',
        'any(http.request.headers["missing"][*] eq "a")',
        'http.user_agent contains "curl"',
        "ip.src in $office",
        "ip.src lt ::1",
        'http.host strict wildcard "*.EXAMPLE.com"',
        'http.host wildcard "example.com"',
        'http.host eq "WWW.example.com"',
        'http.request.uri.path wildcard "*.first-post"',
    ],
)
def test_does_not_match(expression: str) -> None:
    assert matches(expression) is False


def test_precedence_is_not_and_xor_or() -> None:
    for text, wanted in (
        ("true or true and false", True),
        ("true xor true and false", True),
        ("true xor true or true", True),
        ("false and true or true", True),
        ("not false and false", False),
        ("true xor true xor true", True),
    ):
        assert matches(text) is wanted, text


def test_lists_come_with_the_fields() -> None:
    fields = BASE | {"$office": {ipaddress.ip_address("198.51.100.7")}}
    assert compile_filter("ip.src in $office")(fields) is True


@pytest.mark.parametrize(
    ("expression", "wanted"),
    [
        ('concat("https://example.com", http.request.uri.path)', b"https://example.com/blog/first-post"),
        (
            'wildcard_replace(http.request.full_uri, "https://*.example.com/*/*", '
            '"https://example.com/${1}/${2}/${3}")',
            b"https://example.com/apps/calendar/admin?expand=true",
        ),
        (
            'wildcard_replace(http.request.full_uri, "/applications/*", "/apps/${1}")',
            b"https://apps.example.com/calendar/admin?expand=true",
        ),
        ('wildcard_replace(http.request.uri.path, "/BLOG/*", "/$$${1}")', b"/$first-post"),
        ('wildcard_replace(http.request.uri.path, "/BLOG/*", "/${1}", "s")', b"/blog/first-post"),
        ('regex_replace(http.request.uri.path, "^/blog/([^-]*)-(.*)$", "/${2}/${1}")', b"/post/first"),
        ('regex_replace(http.request.uri.path, "t", "T")', b"/blog/firsT-post"),
        ('regex_replace(http.request.uri.path, "^/none$", "/x")', b"/blog/first-post"),
        ('remove_query_args(http.request.uri.query, "category")', b"order=desc"),
        ('remove_query_args(http.request.uri.query, "order")', b"category=Foo&category=Bar"),
        ('remove_bytes(http.host, "\\x2e\\x77")', b"examplecom"),
        ("substring(http.host, 0, -4)", b"www.example"),
        ("substring(http.host, -3)", b"com"),
        ("to_string(ssl)", b"true"),
        ("to_string(ip.src)", b"198.51.100.7"),
        ('join(http.request.headers.names, "+")', b"accept+Content-Type"),
        ('coalesce(http.request.headers["none"][0], "y")', b"y"),
        ("upper(http.request.method)", b"GET"),
        ("encode_base64(http.request.method)", b"R0VU"),
        ('http.request.headers["missing"][0]', None),
        ('concat("a", http.request.headers["missing"][0])', None),
        ('"https://example.com/"', b"https://example.com/"),
    ],
)
def test_values(expression: str, wanted: bytes | None) -> None:
    assert value(expression) == wanted


def test_url_decode_options() -> None:
    assert value("url_decode(http.host)", http__host=b"John+Doe%2520") == b"John Doe%20"
    assert value('url_decode(http.host, "r")', http__host=b"%252520") == b" "
    assert value('url_decode(http.host, "u")', http__host=b"%u2601") == "\u2601".encode()


def test_timed_hmac_accepts_a_fresh_token_only() -> None:
    import base64
    import hashlib
    import hmac

    code = base64.b64encode(hmac.new(b"key", b"/a.jpg1484063787", hashlib.sha256).digest()).decode()
    token = f"/a.jpg?verify=1484063787-{code}".replace("+", "%2B").encode()
    text = 'is_timed_hmac_valid_v0("key", http.request.uri, 100, http.request.timestamp.sec, 8)'
    assert matches(text, http__request__uri=token)
    assert not matches(text, http__request__uri=token, http__request__timestamp__sec=1_484_063_999)
    assert not matches(text.replace('"key"', '"other"'), http__request__uri=token)


def test_no_pattern_can_stall_the_edge() -> None:
    hostile = b"a" * 20_000 + b"!"
    for text in (
        'http.host matches "^(a+)+$"',
        'http.host wildcard "*a*a*a*a*a*a*a*a*a*b"',
        'regex_replace(http.host, "(a|aa)+$", "x") eq "y"',
    ):
        begun = time.perf_counter()
        assert matches(text, http__host=hostile) is False
        assert time.perf_counter() - begun < 1.0


def test_three_hundred_rules_take_less_than_a_millisecond() -> None:
    rules = [
        compile_filter(text)
        for number in range(100)
        for text in (
            f'http.host eq "host{number}.example.com"',
            f'http.host eq "www.example.com" and http.request.uri.path eq "/old/{number}"',
            f'http.request.full_uri wildcard "https://h{number}.example.com/*"',
        )
    ]
    best = min(_seconds(rules) for _ in range(20))
    assert len(rules) == 300
    assert best < 0.001


def _seconds(rules: list[Any]) -> float:
    begun = time.perf_counter()
    assert not any(rule(BASE) for rule in rules)
    return time.perf_counter() - begun


def test_compiled_expressions_are_cached_by_their_text() -> None:
    assert compile_filter('http.host eq "x"') is compile_filter('http.host eq "x"')


def test_bad_patterns_in_functions_are_refused_when_the_rule_is_written() -> None:
    for text in (
        'regex_replace(http.host, "(", "x")',
        'wildcard_replace(http.host, "a**", "x")',
    ):
        with pytest.raises(RuleError):
            compile_value(text)

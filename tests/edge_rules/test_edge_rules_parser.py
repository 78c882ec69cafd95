"""The parser agrees with Cloudflare's own (octorules_wirefilter) on what is an expression."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from octorules_wirefilter import get_schema_info, parse_expression

from launchready.edge.rules import FIELDS, RuleError, compile_filter, compile_value

ACCEPTED = r"""
http.host eq "a" and ip.src in {1.2.3.0/24 1.1.1.1..1.1.1.9 ::1}
any(lower(http.request.headers.names[*])[*] == "x")
not not ssl
notssl
!ssl && (ssl) || ssl ^^ ssl
ssl andssl
http.host in {"a""b"}
http.host in {}
http.host in $list_one
cf.threat_score in {1 2..5 -3..-1 0x1..0x5}
cf.threat_score eq 010
cf.threat_score & 3
cf.threat_score bitwise_and 3
http.host < "z"
http.host eq 61:62:63
http.host contains 61:62
http.host in {61:62}
http.host eq "\101\x41\"\\"
http.host wildcard "a\\*b"
http.host wildcard r"a\*b"
http.host strict wildcard"*.x"
http.host matches "\d+\"x"
http.host ~ r#"a"b"#
starts_with(http.host, http.user_agent)
concat("a", http.host, "b") eq "x"
concat(http.request.headers.names, http.request.headers.values)[0] eq "a"
substring(http.host, 1, 2) eq "a"
to_string(len(http.host)) eq "3"
has_key(http.request.headers, "x")
has_value(http.request.headers["x"], "x")
any(not http.request.headers.names[*] contains "a")
any((http.request.headers.names[*] eq "a") and (http.request.headers.names[*] eq "b"))
any(starts_with(http.request.headers.names[*], "x"))
all(not len(http.request.uri.args["f"][*])[*] in {3 4})
http.request.headers["x"][0] eq "a" xor not ssl
lower(http.request.headers["x"][*])[0] eq "x"
http.request.headers[ "x" ][ 0 ] eq "a"
lower ( http.host ) eq "a"
cidr(ip.src, 24, 64) eq 1.2.3.0
cidr6(ip.src, 64) in {1.2.3.0/24}
ip.src > 1.2.3.4
ip.src eq ::ffff:1.2.3.4
any(http.request.body.multipart.filenames[*][*] eq "a")
any(http.request.headers[*][0] eq "a")
any(split(http.host, ".", 5)[*] eq "a")
split(http.host, ".", 3)[0] eq "a"
coalesce(http.request.headers["x"][0], "y") eq "a"
http.host eq http.user_agent
cf.threat_score == 9223372036854775807
""".strip().splitlines()

REFUSED = r"""
http.host
http.host == 3
http.foo eq "x"
foo(http.host) eq "x"
"a" eq http.host
http.host eq 'a'
http.host EQ "a"
http.host eq "\n"
http.host eq "\x6"
http.host eq 61
http.host eq "a
http.host contains {"a"}
http.host in {"a","b"}
http.host in "a"
http.host matches "("
http.host matches "(?=a)"
http.host matches 3
http.host !~ "a"
http.host not in {"a"}
http.host wildcard "a**b"
http.host wildcard r"a\b"
http.host wildcard "*1*2*3*4*5*6*7*8*9*10*11"
http.host strict  wildcard "a"
http.host bitwise_and 3
http.host[0] eq "a"
http.request.headers["x"] eq "a"
http.request.headers[0] eq "a"
http.request.headers["x"][0][0] eq "a"
http.request.headers["x"][-1] eq "a"
http.request.headers["x"] [0] eq "a"
http.request.headers["x"][*] == "a"
lower(http.request.headers["x"]) eq "a"
lower(lower(http.request.headers.names[*]))[*] eq "a"
(http.host) eq "a"
ssl eq true
ssl in {1}
ssl and
(ssl
ssl )
not
ssl // comment
# comment
ip.src eq 1.2.3.0/24
ip.src == "1.2.3.4"
ip.src in 1.2.3.0/24
ip.src in {1.2.3.1/24}
ip.src in {1.2.3.9..1.2.3.1}
ip.src in {1.2.3.4/33}
cf.threat_score in {1..0}
cf.threat_score == 9223372036854775808
cf.threat_score == 1.5
any(ssl)
any(http.request.headers.names)
any(http.request.headers.names[*] contains "a" or ssl)
starts_with("a", "a")
starts_with(http.host, "a") eq true
lower("A") eq "a"
lower(http.host, "x") eq "a"
lower() eq "a"
len("abc") eq 3
concat() eq "a"
concat("a") eq "a"
concat(http.host, ip.src) eq "a"
to_string(http.host) eq "x"
regex_replace("x", "a", "b") eq "c"
""".strip().splitlines()


def oracle(expression: str) -> bool:
    return "error" not in parse_expression(expression)


def ours(expression: str) -> bool:
    try:
        compile_filter(expression)
    except RuleError:
        return False
    return True


@pytest.mark.parametrize("expression", ACCEPTED)
def test_accepts_what_cloudflares_parser_accepts(expression: str) -> None:
    assert oracle(expression)
    compile_filter(expression)


@pytest.mark.parametrize("expression", REFUSED)
def test_refuses_what_cloudflares_parser_refuses(expression: str) -> None:
    assert not oracle(expression)
    with pytest.raises(RuleError, match="column"):
        compile_filter(expression)


@pytest.mark.parametrize(
    "expression",
    [
        "true",
        "(true) and not false",
        'len(http.request.uri.args["filter"]) >= 0',
        'to_string(ssl) eq "true"',
        'substring(http.host, -3) eq "com"',
        'url_decode(http.host, "r") eq "a"',
        'lookup_json_string(http.request.body.raw, "a", 0) eq "b"',
    ],
)
def test_accepts_what_only_the_documentation_allows(expression: str) -> None:
    compile_filter(expression)


def test_refusal_names_the_column() -> None:
    with pytest.raises(RuleError) as caught:
        compile_filter('http.host eq "a" and http.hots eq "b"')
    assert caught.value.column == 22
    assert "http.hots" in str(caught.value)


def test_nesting_and_length_are_bounded() -> None:
    with pytest.raises(RuleError, match="nested"):
        compile_filter("(" * 5000 + "ssl" + ")" * 5000)
    with pytest.raises(RuleError, match="longer"):
        compile_filter("ssl or " * 20_000 + "ssl")


def test_a_value_expression_must_be_a_string() -> None:
    compile_value('concat("https://example.com", http.request.uri.path)')
    compile_value('"https://example.com/"')
    for refused in ("len(http.host)", "http.request.headers.names", "ssl", 'concat("a", "b") eq "ab"'):
        with pytest.raises(RuleError):
            compile_value(refused)


def test_knows_every_field_of_cloudflares_parser_with_its_type() -> None:
    names = {"STRING": "String", "INT": "Integer", "BOOL": "Bool", "IP": "IP"}
    for field in get_schema_info()["fields"]:
        field["type"] = field["type"].replace("MAP_STRING_INT", "MAP_INT")
        assert field["name"] in FIELDS, field
        *layers, primitive = field["type"].split("_")
        shown = names[primitive]
        for layer in reversed(layers):
            shown = f"{layer.capitalize()}<{shown}>"
        assert str(FIELDS[field["name"]]) == shown


# --- generated expressions ------------------------------------------------------------------

_string = st.text(alphabet="ab.*/\\\"xA0'{}", max_size=6)
_quoted = _string.map(lambda text: '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"')
_broken = _string.map(lambda text: f'"{text}"')
_raw = st.text(alphabet="ab.*/\\x#", max_size=6).map(lambda text: f'r##"{text}"##')
_text = st.one_of(_quoted, _broken, _raw)
_number = st.one_of(st.integers(-20, 99).map(str), st.sampled_from(["007", "0x1f", "08", "1..2", "9" * 19]))
_address = st.sampled_from(
    ["10.0.0.1", "::1", "10.0.0.0/8", "10.0.0.1/8", "1.1.1.1..1.1.1.9", "1.2.3", "10/8", "1.2.300", "a::b::c"]
)
_bytes_field = st.sampled_from(
    ["http.host", "http.request.uri.path", 'http.request.headers["a"][0]', "lower(http.host)", "http.cookie"]
)
_lifted = st.sampled_from(
    [
        "http.request.headers.names[*]",
        'http.request.headers["a"][*]',
        "lower(http.request.headers.names[*])[*]",
    ]
)
_order = st.sampled_from(["eq", "ne", "==", "!=", "lt", "<", ">=", "ge", "gt", "le", "<=", ">"])
_bytes_op = st.one_of(_order, st.sampled_from(["contains", "wildcard", "strict wildcard", "in", "~"]))


def _set(item: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.lists(item, max_size=3).map(lambda items: "{" + " ".join(items) + "}")


_operand = st.one_of(_text, _set(_text), _number, _address)
_comparison = st.one_of(
    st.builds("{} {} {}".format, _bytes_field, _bytes_op, _operand),
    st.builds("{} {} {}".format, st.just("cf.threat_score"), _order, st.one_of(_number, _text)),
    st.builds("{} in {}".format, st.just("cf.threat_score"), _set(_number)),
    st.builds("{} {} {}".format, st.just("ip.src"), _order, _address),
    st.builds("ip.src in {}".format, _set(_address)),
    st.builds("{}({} {} {})".format, st.sampled_from(["any", "all"]), _lifted, _bytes_op, _operand),
    st.builds("{}({}, {})".format, st.sampled_from(["starts_with", "ends_with"]), _bytes_field, _text),
    st.sampled_from(["ssl", "http.host", "http.nothing", "cf.client.bot"]),
)
_expression = st.recursive(
    _comparison,
    lambda inner: st.one_of(
        st.builds(
            "{} {} {}".format, inner, st.sampled_from(["and", "or", "xor", "&&", "||", "^^", "&"]), inner
        ),
        inner.map("({})".format),
        inner.map("not {}".format),
        inner.map("!{}".format),
    ),
    max_leaves=5,
)


@settings(max_examples=600, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
@given(_expression)
def test_generated_expressions_are_judged_alike(expression: str) -> None:
    assert ours(expression) == oracle(expression), expression

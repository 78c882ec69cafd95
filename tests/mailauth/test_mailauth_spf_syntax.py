"""SPF records as text: the grammar, and where it is broken."""

from __future__ import annotations

import pytest

from launchready.mailauth import spf
from launchready.mailauth.dns import text_of
from launchready.mailauth.spf import Qualifier


@pytest.mark.parametrize(
    "text", ["v=spf1", "v=spf1 -all", "V=SPF1 -ALL", "v=spf1  a  mx ", "v=Spf1 +A:Mail.Example.Com"]
)
def test_these_are_spf_records(text: str) -> None:
    assert spf.is_spf(text)
    assert spf.parse(text).problems == ()


@pytest.mark.parametrize(
    "text", ["", "v=spf10 -all", "v=spf1;-all", " v=spf1 -all", "v=spf2.0/pra -all", "spf1 -all"]
)
def test_these_are_none(text: str) -> None:
    assert not spf.is_spf(text)


@pytest.mark.parametrize(
    "text", ['"v=spf1 -all"', "v=spf1;-all", " v=spf1 -all", "v = spf1 -all", "v=spf -all"]
)
def test_what_was_meant_as_spf_is_recognised(text: str) -> None:
    assert spf.resembles_spf(text)


@pytest.mark.parametrize("text", ["v=DMARC1; p=none", "google-site-verification=spf1", "v=spf1 -all"])
def test_other_text_is_not_taken_for_a_failed_attempt(text: str) -> None:
    assert not spf.resembles_spf(text)


def test_terms_are_read_with_qualifier_case_domain_and_lengths() -> None:
    record = spf.parse(
        "v=spf1 +INCLUDE:_spf.Example.com ?a ~mx/24//64 -ip4:192.0.2.0/24 ip6:2001:db8::/32 exists:%{i}.x.org"
    )
    assert [(m.name, m.qualifier) for m in record.mechanisms] == [
        ("include", Qualifier.PASS), ("a", Qualifier.NEUTRAL), ("mx", Qualifier.SOFTFAIL),
        ("ip4", Qualifier.FAIL), ("ip6", Qualifier.PASS), ("exists", Qualifier.PASS),
    ]  # fmt: skip
    assert record.mechanisms[0].domain == "_spf.Example.com"
    assert (record.mechanisms[2].cidr4, record.mechanisms[2].cidr6) == (24, 64)
    assert str(record.mechanisms[3].network) == "192.0.2.0/24"
    assert record.mechanisms[0].position == 7


@pytest.mark.parametrize(
    ("term", "message"),
    [
        ("ip4:192.0.2.256", "no IPv4 address"),
        ("ip4:192.0.2", "no IPv4 address"),
        ("ip4:192.0.2.1/33", "out of range"),
        ("ip4:192.0.2.1/", "out of range"),
        ("ip4:192.0.2.1/08", "out of range"),
        ("ip4", "needs an address"),
        ("ip6:192.0.2.1", "no IPv6 address"),
        ("ip6:2001:db8::/129", "out of range"),
        ("ip6:fe80::1%eth0", "scope"),
        ("all:example.com", "no argument"),
        ("-all.", "unknown mechanism"),
        ("include", "needs a domain"),
        ("include:", "empty domain"),
        ("include:localhost", "its last label"),
        ("include:example.com/24", "its last label"),
        ("exists", "needs a domain"),
        ("a:", "empty domain"),
        ("a:192.0.2.1", "its last label"),
        ("a/33", "out of range"),
        ("mx//129", "out of range"),
        ("ptr/24", "no network length"),
        ("ipv4:192.0.2.1", "did you mean 'ip4'"),
        ("a,", "commas"),
        ("moo", "unknown mechanism"),
        ("=a", "unknown mechanism"),
        ("a:%{x}.example.com", "is no macro"),
        ("a:%{d0}.example.com", "keeps no label"),
        ("a:%{t}.example.com", "explanations only"),
        ("a:%(d).example.com", "is no macro"),
        ("a:100%", "is no macro"),
        ("a:\u00e4.example.com", "not allowed"),
        ("redirect=", "empty domain"),
        ("exp=nothing", "its last label"),
        ("v=spf1", None),
    ],
)
def test_a_broken_term_is_reported_with_its_place(term: str, message: str | None) -> None:
    record = spf.parse(f"v=spf1 mx {term} -all")
    if message is None:  # `v=` is an unknown modifier: legal, and ignored
        assert record.problems == ()
        return
    (problem,) = record.problems
    assert message in problem.message
    assert (problem.position, problem.term) == (10, term)
    assert [m.name for m in record.mechanisms] == ["mx", "all"]


def test_every_problem_is_reported_at_once() -> None:
    record = spf.parse("v=spf1 ip4:1 foo redirect=a.org redirect=b.org")
    assert [problem.term for problem in record.problems] == ["ip4:1", "foo", "redirect=b.org"]


def test_unknown_modifiers_are_allowed() -> None:
    assert spf.parse("v=spf1 op=auth match.sub-domains_9=%{d} -all").problems == ()


def test_redirect_is_dropped_beside_all() -> None:
    assert spf.parse("v=spf1 redirect=_spf.example.com").redirect == "_spf.example.com"
    assert spf.parse("v=spf1 redirect=_spf.example.com ?all").redirect is None


def test_character_strings_are_joined_without_a_space() -> None:
    assert text_of('"v=spf1 include:_spf.exa" "mple.com -all"') == "v=spf1 include:_spf.example.com -all"
    assert text_of(r'"semi\;colon \"quoted\" \228"') == 'semi;colon "quoted" ä'
    assert text_of("bare") == "bare"

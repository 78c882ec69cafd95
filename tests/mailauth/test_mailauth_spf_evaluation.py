"""check_host: verdicts, limits, macros. Facts of RFC 7208, in zones of our own."""

from __future__ import annotations

import pytest

from launchready.mailauth import spf
from launchready.mailauth.spf import Fault, Result
from tests.mailauth.zones import lookup_in, txt

ZONE = {
    **txt(
        list_example_org="v=spf1 ip4:192.0.2.0/24 a:mail.example.org mx include:other.example.org -all",
        other_example_org="v=spf1 ip6:2001:db8::/32 ~all",
        neutral_example_org="v=spf1 ip4:192.0.2.1",
        redirect_example_org="v=spf1 redirect=other.example.org",
        lost_example_org="v=spf1 redirect=nowhere.example.org",
        gone_example_org="v=spf1 include:nowhere.example.org -all",
        macro_example_org="v=spf1 exists:%{ir}.%{l1r+}.%{v}.%{d2} -all exp=why.example.org",
        why_example_org="%{i} is not a sender of %{D}: %{S}",
        loop_example_org="v=spf1 include:loop.example.org -all",
    ),
    "list.example.org": {
        "TXT": ["v=spf1 ip4:192.0.2.0/24 a:mail.example.org mx include:other.example.org -all"],
        "MX": ["10 mx1.example.org."],
    },
    "mail.example.org": {"A": ["198.51.100.1"]},
    "mx1.example.org": {"A": ["198.51.100.2"], "AAAA": ["2001:db9::2"]},
    "1.2.0.192.strong.in-addr.example.org": {"A": ["127.0.0.2"]},
    "broken.example.org": {"TXT": ["v=spf1 a:silent.example.org -all"]},
    "silent.example.org": {"A": "SERVFAIL", "AAAA": "TIMEOUT"},
    "twice.example.org": {"TXT": ["v=spf1 -all", "V=SPF1 +all"]},
    "void.example.org": {"TXT": ["v=spf1 a:v1.example.org a:v2.example.org a:v3.example.org +all"]},
    "ptr.example.org": {"TXT": ["v=spf1 ptr -all"]},
    "9.2.0.192.in-addr.arpa": {"PTR": ["liar.example.net.", "host.ptr.example.org."]},
    "host.ptr.example.org": {"A": ["192.0.2.9"]},
    "liar.example.net": {"A": ["192.0.2.77"]},
}


def ask(ip: str, domain: str, sender: str = "") -> spf.Verdict:
    return spf.check_host(ip, domain, sender or f"strong-bad@{domain}", "helo.example.net", lookup_in(ZONE))


@pytest.mark.parametrize(
    ("ip", "domain", "result"),
    [
        ("192.0.2.5", "list.example.org", Result.PASS),
        ("198.51.100.1", "LIST.example.org.", Result.PASS),
        ("198.51.100.2", "list.example.org", Result.PASS),
        ("2001:db9::2", "list.example.org", Result.PASS),
        ("::ffff:192.0.2.5", "list.example.org", Result.PASS),
        ("2001:db8::1", "list.example.org", Result.PASS),
        ("203.0.113.1", "list.example.org", Result.FAIL),
        ("203.0.113.1", "neutral.example.org", Result.NEUTRAL),
        ("203.0.113.1", "redirect.example.org", Result.SOFTFAIL),
        ("203.0.113.1", "lost.example.org", Result.PERMERROR),
        ("203.0.113.1", "gone.example.org", Result.PERMERROR),
        ("203.0.113.1", "broken.example.org", Result.TEMPERROR),
        ("2001:db8::9", "broken.example.org", Result.TEMPERROR),
        ("203.0.113.1", "twice.example.org", Result.PERMERROR),
        ("203.0.113.1", "void.example.org", Result.PERMERROR),
        ("203.0.113.1", "loop.example.org", Result.PERMERROR),
        ("203.0.113.1", "absent.example.org", Result.NONE),
        ("203.0.113.1", "localhost", Result.NONE),
        ("203.0.113.1", "bad..example.org", Result.NONE),
        ("192.0.2.9", "ptr.example.org", Result.PASS),
        ("192.0.2.77", "ptr.example.org", Result.FAIL),
        ("192.0.2.1", "macro.example.org", Result.PASS),
    ],
)
def test_verdict(ip: str, domain: str, result: Result) -> None:
    sender = "strong+bad@macro.example.org" if domain.startswith("macro") else ""
    assert ask(ip, domain, sender).result is result


@pytest.mark.parametrize(
    ("domain", "fault"),
    [
        ("gone.example.org", Fault.INCLUDE_NONE),
        ("lost.example.org", Fault.NO_RECORD),
        ("broken.example.org", Fault.DNS),
        ("twice.example.org", Fault.MANY_RECORDS),
        ("void.example.org", Fault.VOID),
        ("loop.example.org", Fault.LOOKUPS),
    ],
)
def test_an_error_says_why(domain: str, fault: Fault) -> None:
    verdict = ask("203.0.113.1", domain)
    assert verdict.fault is fault
    assert "example.org" in verdict.detail or "void" in verdict.detail


def test_a_fail_carries_the_domains_own_words_with_macros_expanded() -> None:
    verdict = ask("192.0.2.2", "macro.example.org", "a/b@macro.example.org")
    assert verdict.result is Result.FAIL
    assert verdict.explanation == "192.0.2.2 is not a sender of macro.example.org: a%2Fb%40macro.example.org"


@pytest.mark.parametrize(
    ("macro", "value"),
    [
        ("%{s}", "strong-bad@email.example.com"),
        ("%{o}", "email.example.com"),
        ("%{d}", "email.example.com"),
        ("%{d4}", "email.example.com"),
        ("%{d2}", "example.com"),
        ("%{d1}", "com"),
        ("%{dr}", "com.example.email"),
        ("%{d2r}", "example.email"),
        ("%{l}", "strong-bad"),
        ("%{l-}", "strong.bad"),
        ("%{lr-}", "bad.strong"),
        ("%{l1r-}", "strong"),
        ("%{ir}.%{v}._spf.%{d2}", "3.2.0.192.in-addr._spf.example.com"),
        ("%%%_%-", "% %20"),
    ],
)
def test_macros_expand_as_in_the_rfc(macro: str, value: str) -> None:
    """The values of RFC 7208 §7.4, asked for one by one through an explanation."""
    zone = {
        "email.example.com": {"TXT": ["v=spf1 -all exp=x.example.com"]},
        "x.example.com": {"TXT": [macro]},
    }
    verdict = spf.check_host(
        "192.0.2.3", "email.example.com", "strong-bad@email.example.com", "h", lookup_in(zone)
    )
    assert verdict.explanation == value


def test_an_ipv6_client_expands_to_nibbles() -> None:
    zone = {
        "example.com": {"TXT": ["v=spf1 -all exp=x.example.com"]},
        "x.example.com": {"TXT": ["%{ir}.%{v}"]},
    }
    verdict = spf.check_host("2001:db8::cb01", "example.com", "a@example.com", "h", lookup_in(zone))
    assert verdict.explanation == "1.0.b.c" + ".0" * 20 + ".8.b.d.0.1.0.0.2.ip6"


def test_the_eleventh_lookup_is_an_error_and_the_tenth_is_not() -> None:
    for count, result in ((10, Result.FAIL), (11, Result.PERMERROR)):
        terms = " ".join(f"a:h{i}.example.org" for i in range(count))
        zone = {"example.org": {"TXT": [f"v=spf1 {terms} -all"]}}
        zone |= {f"h{i}.example.org": {"A": ["198.51.100.1"]} for i in range(count)}
        verdict = spf.check_host("192.0.2.1", "example.org", "a@example.org", "h", lookup_in(zone))
        assert verdict.result is result


def test_what_the_lookup_raises_passes_through() -> None:
    def unknown(name: str, rdtype: str) -> spf.Verdict:
        raise KeyError(name)

    with pytest.raises(KeyError):
        spf.check_host("192.0.2.1", "example.org", "a@example.org", "h", unknown)  # type: ignore[arg-type]

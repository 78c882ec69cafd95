"""The pictures, from evidence: what they say in words, and that they are well-formed."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from launchready.evidence.types import Cause, Evidence, HttpProbe, HttpResult, LoadProbe, LoadResult
from launchready.report.html.pictures.certificates import lifetimes
from launchready.report.html.pictures.latency import latency_histogram, loads
from launchready.report.html.pictures.redirect_map import MOST, hops, redirect_map
from launchready.report.html.pictures.spf_tree import spf_tree
from launchready.report.html.pictures.svg import Picture, el, shortened
from tests.report.report_kit import HOSTILE, dns, evidence, pictured, redirect


def shown(picture: Picture | None) -> str:
    assert picture is not None
    return " ".join("".join(element.itertext()) for element in ET.fromstring(str(picture.svg)).iter("text"))


def test_the_redirect_map_leaves_our_own_trials_out() -> None:
    found = hops(pictured())
    assert sorted(found) == ["http://acme.example/", "http://www.acme.example/", "https://www.acme.example/"]
    assert found["http://acme.example/"] == ("https://acme.example/", 302)


def test_the_redirect_map_says_who_leads_where() -> None:
    picture = redirect_map(pictured())
    assert picture is not None
    assert picture.summary == "3 redirects, 1 end"
    for words in ("http://www.acme.example/", "https://acme.example/", "301", "302"):
        assert words in shown(picture)


def test_a_circle_of_redirects_is_marked_and_ends() -> None:
    picture = redirect_map(
        evidence(
            redirect("https://a.example/", "https://b.example/"),
            redirect("https://b.example/", "https://a.example/"),
        )
    )
    assert picture is not None
    assert "1 in a circle" in picture.summary
    assert "↻" in shown(picture)
    itself = redirect_map(evidence(redirect("https://a.example/", "https://a.example/")))
    assert itself is not None
    assert "1 in a circle" in itself.summary


def test_a_long_chain_that_ends_in_a_circle_is_drawn_whole() -> None:
    chain = [redirect(f"https://h{n}.example/", f"https://h{n + 1}.example/") for n in range(9)]
    picture = redirect_map(evidence(*chain, redirect("https://h9.example/", "https://h7.example/")))
    for number in range(10):
        assert f"https://h{number}.example/" in shown(picture)


def test_a_thousand_redirects_are_counted_and_not_all_drawn() -> None:
    many = evidence(*(redirect(f"https://h{n}.acme.example/", "https://acme.example/") for n in range(1000)))
    picture = redirect_map(many)
    assert picture is not None
    assert f"{1000 - MOST} more are not drawn" in picture.summary


def test_without_redirects_there_is_no_map() -> None:
    assert redirect_map(evidence()) is None
    assert redirect_map(evidence(HttpResult(HttpProbe("https://acme.example/"), Cause.TIMEOUT))) is None


def test_the_spf_tree_counts_what_a_receiver_looks_up() -> None:
    picture = spf_tree(pictured(), "acme.example")
    assert picture is not None
    assert picture.summary.startswith("3 of 10 DNS look-ups")
    for words in (
        "acme.example",
        "include:_spf.mail.example",
        "include:b.mail.example",
        "mx",
        "3 of 10 look-ups",
    ):
        assert words in shown(picture)
    assert "has no SPF record" in picture.summary, "the include of nothing is a trouble"


def test_an_spf_record_that_was_not_followed_yet_says_so_and_none_draws_nothing() -> None:
    partly = spf_tree(evidence(dns("acme.example", "TXT", '"v=spf1 include:x.example -all"')), "acme.example")
    assert partly is not None
    assert "NOT_ASKED" in partly.summary
    assert spf_tree(evidence(dns("acme.example", "TXT", '"hello"')), "acme.example") is None
    two = evidence(dns("acme.example", "TXT", '"v=spf1 -all"', '"v=spf1 ~all"'))
    assert spf_tree(two, "acme.example") is None
    assert spf_tree(Evidence(), "acme.example") is None


def test_certificates_are_sorted_by_their_end_and_judged() -> None:
    first, second = lifetimes(pictured())
    assert (first.hosts, first.state, first.days_left) == (("old.acme.example",), "over", -2)
    assert (second.hosts, second.state, second.days_left) == (("acme.example",), "good", 60)
    assert second.issuer == "Test <b>Authority</b>"
    for one in (first, second):
        assert ET.fromstring(str(one.bar)).attrib["aria-hidden"] == "true"
    assert lifetimes(Evidence()) == ()


def test_the_histogram_tells_percentiles_and_the_limit() -> None:
    (load,) = loads(pictured())
    picture = latency_histogram(load)
    assert picture.summary == ("100 answers, half within 60 ms, 95 of 100 within 640 ms; the limit is 500 ms")
    assert "p95 640 ms" in shown(picture)
    assert "limit 500 ms" in shown(picture)
    bars = list(ET.fromstring(str(picture.svg)).iter("rect"))
    assert len(bars) == 26, "empty ones are bars too: 25 ms each"
    assert sum("bad" in bar.attrib["class"] for bar in bars) == 6


@pytest.mark.parametrize("upper", [0.001, 25.0, 119_000.0])
def test_a_histogram_of_one_extreme_answer_is_drawn(upper: float) -> None:
    result = LoadResult(LoadProbe(0, HOSTILE), None, 1, 1, p50=upper, p95=upper, buckets=((upper, 1),))
    picture = latency_histogram(result)
    assert picture.svg
    ET.fromstring(str(picture.svg))


def test_a_load_that_could_not_be_run_draws_nothing() -> None:
    assert list(loads(evidence(LoadResult(LoadProbe(0, "/x"), Cause.TIMEOUT)))) == []


def test_what_is_drawn_is_escaped_and_cut() -> None:
    picture = redirect_map(
        evidence(redirect("https://acme.example/" + HOSTILE.replace("?", ""), "https://acme.example/"))
    )
    if picture is not None:
        assert "<script>" not in str(picture.svg)
        ET.fromstring(str(picture.svg))
    assert str(el("text", "<b>", x='"')) == '<text x="&#34;">&lt;b&gt;</text>'
    assert shortened("a" * 100, 11) == "aaaaaa…aaaa"

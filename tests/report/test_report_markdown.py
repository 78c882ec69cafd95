"""Markdown as a CommonMark parser with GitHub's tables reads it."""

from __future__ import annotations

import re
from pathlib import Path

from markdown_it import MarkdownIt
from selectolax.lexbor import LexborHTMLParser

from launchready.checklist.registry import Status
from launchready.report import render_markdown
from launchready.report.markdown import MOST
from launchready.report.safe import markdown_text
from tests.report.report_kit import HOSTILE, client_file, everything, finding, hostile, verification, waived


def html(text: str) -> LexborHTMLParser:
    return LexborHTMLParser(MarkdownIt("gfm-like", {"linkify": False}).render(text))


def headings(text: str) -> list[str]:
    return [node.text() for node in html(text).css("h2, h3")]


def scorecard(page: LexborHTMLParser) -> list[list[str]]:
    return [[cell.text() for cell in row.css("td")] for row in page.css("table")[0].css("tbody tr")]


def test_the_verdict_comes_first_failures_before_the_rest() -> None:
    text = render_markdown(verification(*everything()))
    assert text.splitlines()[0] == "<!-- launchready:acme -->"
    assert headings(text) == ["❌ Not ready: acme", "Failed (3)", "Could not be found out (1)", "Waived (1)"]
    items = [node.text() for node in html(text).css("li")]
    assert items[0].startswith("critical"), "the most severe first"


def test_the_scorecard_is_a_table_with_each_row() -> None:
    rows = scorecard(html(render_markdown(verification(*everything()))))
    assert ["Encryption", "❌ Fail", "1", "2", "·", "1"] in rows
    assert {len(row) for row in rows} == {6}


def test_passes_and_notes_are_folded() -> None:
    page = html(render_markdown(verification(*everything())))
    assert [node.text() for node in page.css("summary")] == ["Notes (1)", "1 pass"]
    assert page.css("details table")


def test_a_failure_names_its_fix_and_its_line(tmp_path: Path) -> None:
    text = html(render_markdown(verification(finding(Status.FAIL)), client_file(tmp_path))).text()
    for words in ("launchready:tls.min_version", "stacks/Pulumi.acme.yaml:4", 'set it to "1.2"', "RFC 8996"):
        assert words in text


def test_what_is_waived_has_its_reason_and_date() -> None:
    assert "until 2027-01-31: moves next week" in html(render_markdown(verification(waived()))).text()


def test_ten_thousand_failures_fit_and_the_rest_is_counted() -> None:
    many = verification(*(finding(Status.FAIL, subject=f"h{n}.acme.example") for n in range(10_000)))
    text = render_markdown(many)
    assert len(text) <= MOST
    assert len(text) > MOST * 0.9, "the room is used"
    shown = text.count("**high**")
    told = re.search(r"… and (\d+) failures more", text)
    assert told is not None
    assert shown + int(told[1]) == 10_000


def test_no_page_is_longer_than_it_may_be() -> None:
    for most in (1_500, 5_000, 20_000):
        assert len(render_markdown(verification(*hostile(), *everything()), most=most)) <= most


def test_hostile_findings_make_no_markup() -> None:
    text = render_markdown(verification(*hostile(), notes=(HOSTILE,)))
    page = html(text)
    assert page.css("script, style, a, img, iframe, h1") == []
    assert len(page.css("table")) == 2, "no table has come of it, none was cut"
    assert {len(row) for row in scorecard(page)} == {6}
    assert [node.text() for node in page.css("summary")] == ["Notes (1)", "1 pass"]
    assert "<script>alert(1)</script>" in page.text(), "it is told, as text"
    for character in "\x1b\x07\x00\u202e\u2028\ud800":
        assert character not in text


def test_nobody_is_mentioned() -> None:
    """GitHub makes mentions and issue links of text, but not inside code."""
    page = html(render_markdown(verification(*hostile())))
    for node in page.css("li code"):
        node.decompose()
    assert "@everyone" not in "".join(node.text() for node in page.css("li"))


def test_text_is_shown_as_it_is() -> None:
    for text in (
        "a*b*c",
        "1. one",
        "- two",
        "# three",
        "v=spf1 a:x -all | y",
        "www.acme.example",
        "<b>",
        "a_b_c",
    ):
        assert html(f"| x |\n| --- |\n| {markdown_text(text)} |\n").css("td")[0].text() == text
        assert html(markdown_text(text)).text().strip() == text

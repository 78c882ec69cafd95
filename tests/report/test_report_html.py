"""The page, as a parser reads it: order, landmarks, policy, and nothing that could load or run."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import pytest
from selectolax.lexbor import LexborHTMLParser

from launchready.checklist.registry import Fix, Status
from launchready.report import Context, render_html
from launchready.report.paste import to_paste
from launchready.report.words import SCORECARD, linked, title
from tests.report.report_kit import (
    HOSTILE,
    client_file,
    everything,
    finding,
    hostile,
    pictured,
    unknown,
    verification,
)


def page(*findings: object, context: Context | None = None, **changes: object) -> LexborHTMLParser:
    return LexborHTMLParser(render_html(verification(*findings, **changes), context or Context()))  # type: ignore[arg-type]


def words(parser: LexborHTMLParser, selector: str) -> list[str]:
    return [re.sub(r"\s+", " ", node.text()).strip() for node in parser.css(selector)]


def test_the_verdict_is_the_title_and_the_first_heading() -> None:
    parsed = page(*everything())
    assert words(parsed, "title") == ["acme.example: Not ready"]
    assert words(parsed, "h1") == ["Not ready"]
    assert "Something must be mended" in words(parsed, ".verdict")[0]


def test_the_scorecard_has_the_ten_rows_in_order_and_then_the_others() -> None:
    ten = page(*everything(), not_checked=tuple(row for row in SCORECARD if row not in ("tls", "authn")))
    tables = ten.css("table.scorecard")
    assert words(tables[0], "tbody th") == [title(row) for row in SCORECARD]
    assert words(tables[1], "tbody th") == ["DNS"]
    rows = {
        row[0].text(): row[1].text().strip() for row in (r.css("th, td") for r in tables[0].css("tbody tr"))
    }
    assert rows["Encryption"] == "Fail"
    assert rows["Signing in"] == "Does not apply"
    assert rows["Secrets"] == "Not checked"


def test_failures_come_first_and_passes_are_folded() -> None:
    parsed = page(*everything())
    row = parsed.css_first("#row-tls")
    kinds = [node.attributes.get("class", "") for node in row.css("article.card")]
    assert kinds == ["card ", "card waived"]
    text = row.html or ""
    assert text.index("card ") < text.index("<details><summary>1 pass")
    assert "3 certificates" in words(row, ".inside .check")[0]


def test_what_one_change_mends_is_one_card_with_every_place() -> None:
    places = words(page(*everything()), "#row-tls .card .places li strong")
    assert places == ["app.acme.example", "www.acme.example"]


def test_a_thousand_places_are_counted_and_not_all_told() -> None:
    places = words(page(*(finding(Status.FAIL, subject=f"h{n}.example") for n in range(1000))), ".places li")
    assert len(places) == 61
    assert places[-1] == "and 940 more, all in the JSON document"


def test_the_fix_can_be_pasted_and_says_where(tmp_path: Path) -> None:
    parsed = page(finding(Status.FAIL), context=client_file(tmp_path))
    assert words(parsed, "pre") == ["launchready:tls: min_version: '1.2'"]
    assert words(parsed, ".key") == ["launchready:tls.min_version at stacks/Pulumi.acme.yaml:4"]


def test_what_to_paste_is_yaml_with_the_models_default() -> None:
    assert (
        to_paste("launchready:email.dmarc.policy") == "launchready:email:\n  dmarc:\n    policy: quarantine"
    )
    for key in (
        "launchready:hosts",
        "launchready:records[0]",
        "launchready:domain",
        "launchready:no.such",
        "",
    ):
        assert to_paste(key) is None


def test_what_could_not_be_found_out_advises_nothing() -> None:
    parsed = page(unknown())
    assert words(parsed, "h1") == ["Unproven"]
    assert "SERVFAIL" in words(parsed, ".card.doubt")[0]
    assert words(parsed, "pre") == []


def test_a_waiver_has_its_reason_and_date() -> None:
    (row,) = words(page(*everything()), "section[aria-labelledby=waivers] tbody tr")
    assert "moves next week" in row
    assert "31 January 2027" in row


def test_evidence_references_and_notes_are_told() -> None:
    parsed = page(*everything())
    assert "tls:www.acme.example:443+tls1.0" in words(parsed, ".ids li")
    assert "portal: none – nothing behind a login was checked" in words(parsed, "ul.notes li")
    links = {node.attributes["href"]: node.text() for node in parsed.css("main a[rel]")}
    assert links["https://www.rfc-editor.org/rfc/rfc8996#section-1"] == "RFC 8996 §1"


def test_references_are_taken_apart() -> None:
    parts = linked("OWASP API8:2023; RFC 7208 §4.6.4 (limits); web.dev/articles/ttfb (good)")
    assert "".join(part.text for part in parts) == (
        "OWASP API8:2023; RFC 7208 §4.6.4 (limits); web.dev/articles/ttfb (good)"
    )
    assert [part.href for part in parts if part.href] == [
        "https://www.rfc-editor.org/rfc/rfc7208#section-4.6.4", "https://web.dev/articles/ttfb",
    ]  # fmt: skip


def test_the_page_has_its_landmarks_its_language_and_one_order_of_headings() -> None:
    parsed = page(*everything(), evidence=pictured())
    assert parsed.css_first("html").attributes["lang"] == "en"
    for landmark in ("header", "main", "footer", "a.skip"):
        assert parsed.css_matches(landmark), landmark
    levels = [int(str(node.tag)[1]) for node in parsed.css("h1, h2, h3, h4")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels)), levels
    ids = [node.attributes["id"] for node in parsed.css("[id]")]
    assert len(ids) == len(set(ids))
    targets = [str(node.attributes["href"])[1:] for node in parsed.css("a[href^='#']")]
    assert set(targets) <= set(ids)


def test_nothing_is_loaded_and_nothing_runs() -> None:
    text = render_html(verification(*everything(), evidence=pictured()))
    parsed = LexborHTMLParser(text)
    assert parsed.css("script, iframe, object, embed, img, link[rel=stylesheet], form") == []
    policy = parsed.css_first("meta[http-equiv='Content-Security-Policy']").attributes["content"]
    assert "default-src 'none'" in str(policy)
    for node in parsed.css("*"):
        assert not [name for name in node.attributes if name.startswith("on")]
        assert not str(node.attributes.get("src") or "")
    assert "url(" not in text
    assert "@import" not in text


def test_hostile_findings_are_shown_as_text() -> None:
    text = render_html(verification(*hostile(), notes=(HOSTILE,), client=HOSTILE, only=(HOSTILE,)))
    parsed = LexborHTMLParser(text)
    assert parsed.css("script") == []
    assert len(parsed.css("style")) == 1
    assert parsed.css("details details script, a[href^=javascript]") == []
    assert "<script>alert(1)</script>" in words(parsed, ".card")[0]
    for character in "\x1b\x07\x00\u202e\u2028\ud800":
        assert character not in text
    assert len(parsed.css("#row-tls .card")) == 2


def test_a_hostile_reference_makes_no_link_but_its_own() -> None:
    parsed = page(finding(Status.FAIL, reference='javascript:alert(1)" onclick="x; RFC 1" onload="y'))
    (link,) = parsed.css(".card .meta a")
    assert link.attributes["href"] == "https://www.rfc-editor.org/rfc/rfc1"
    assert set(link.attributes) == {"href", "rel"}


@pytest.mark.parametrize("findings", [(), (finding(Status.PASS),)])
def test_a_run_with_little_in_it_is_a_page_too(findings: tuple[object, ...]) -> None:
    assert words(page(*findings), "h1") == ["Ready"]


def test_a_fix_whose_key_the_file_lacks_leads_to_the_nearest(tmp_path: Path) -> None:
    context = client_file(tmp_path)
    place = context.place(finding(Status.FAIL, fix=Fix("launchready:email.dmarc.policy", "x")))
    assert str(place) == "stacks/Pulumi.acme.yaml:5"
    assert str(context.place(finding(Status.FAIL, fix=Fix("launchready:hosts", "x")))).endswith(":1")

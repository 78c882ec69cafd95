"""What a client is handed: everything that was set up, in words, and nothing that is not for them."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt
from selectolax.lexbor import LexborHTMLParser

from launchready.checklist.registry import ROWS, Status
from launchready.cli.app import app
from launchready.cli.handover import _names
from launchready.client_file import read
from launchready.client_file.secrets import PassphraseKey
from launchready.declared import declare
from launchready.report.handover import Known, handover, outputs_from, render_html, render_markdown
from launchready.report.handover.deliverables import DELIVERABLES
from launchready.report.saved import Saved
from tests.report.report_kit import HOSTILE, finding, verification

TODAY = date(2026, 11, 24)
CANARY = "canary-7f3a91-must-not-show"
ACCOUNT, ZONE = "0a1b2c3d4e5f60718293a4b5c6d7e8f9", "023e105f4ecef8ad9ca31a8372d0c353"
OUTPUTS = {
    "nameservers": ["jack.ns.cloudflare.com", "kiki.ns.cloudflare.com"],
    "ds_record": "acme.example. 3600 IN DS 2371 13 2 AABBCCDD EEFF0011",
    "zone_id": ZONE,
    "environment_arns": {"DATABASE_URL": "arn:aws:ssm:us-east-1:123456789012:parameter/x"},
}
BODY = """
config:
  launchready:domain: acme.example
  launchready:account: "{account}"
  launchready:hosts:
    "@": {{address: 203.0.113.10}}
    www: {{redirect: "@"}}
    api: {{address: 203.0.113.20, proxied: false}}
    staging: {{address: 203.0.113.11, exposure: {{private: {{allow: [198.51.100.0/24]}}}}}}
  launchready:redirects: [{{from: "acme.example/old/*", to: "https://acme.example/new/${{1}}"}}]
  launchready:email:
    senders: [google]
    receive: google
    dkim:
      old2025: {{generate: rsa, sender: own, until: 2027-02-01}}
      new2026: {{generate: rsa, sender: own}}
    dmarc: {{stages: [{{policy: quarantine, until: 2027-03-01}}, reject]}}
  launchready:monitors:
    notify: {{email: [ops@acme.example], sms: ["+14155550100"], slack: {{secure: "{secure}"}}}}
  launchready:environment:
    variables:
      DATABASE_URL: {{secret: {{secure: "{secure}"}}, rotate_after: 90d}}
      PUBLIC_API_URL: {{value: "https://api.acme.example/{canary}", scope: browser}}
  launchready:waivers: [{{check: tls.hsts.preload, reason: "not yet", until: 2027-06-30}}]
encryptionsalt: {salt}
"""


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Known:
    key = PassphraseKey.create("rehearsal")
    path = tmp_path_factory.mktemp("client") / "Pulumi.acme.yaml"
    body = BODY.replace("sender: own", "sender: app").replace("[google]", "[google, {{name: app}}]")
    sealed, salt = key.encrypt(CANARY), key.encryptionsalt
    path.write_text(body.format(account=ACCOUNT, secure=sealed, salt=salt, canary=CANARY))
    client = read(path).client
    proof = verification(
        finding(Status.PASS, check="tls.certificate.expiry", subject="acme.example",
                observed="100% of 90 days left, until 2027-02-22"),
        finding(Status.PASS, check="tls.certificate.expiry", subject="api.acme.example",
                observed="20% of 90 days left, until 2026-12-12"),
        finding(Status.FAIL),
    )  # fmt: skip
    return Known(
        client, declare(client), TODAY, Saved.of(proof), OUTPUTS, commands=frozenset(_names(command()))
    )


def command() -> Any:
    import typer

    return typer.main.get_command(app)


def text_of(known: Known) -> str:
    parsed = LexborHTMLParser(render_html(handover(known)))
    for node in parsed.css("style"):
        node.decompose()
    return re.sub(r"\s+", " ", parsed.body.text() if parsed.body else "")


def test_what_was_set_up_is_told_in_words(known: Known) -> None:
    text = text_of(known)
    for words in (
        "staging.acme.example", "only from 198.51.100.0/24", "leads to acme.example",
        "directly from 203.0.113.20", "acme.example/old/*", "for good",
        "Mail to the domain is taken by Google Workspace", "goes to the spam folder",
        "ops@acme.example", "+14155550100", "https://acme.example/", "DATABASE_URL", "every 90 days",
    ):  # fmt: skip
        assert words in text, words


def test_it_says_what_to_renew_and_when_the_first_first(known: Known) -> None:
    table = next(s for s in handover(known).sections if s.id == "renewals").blocks[0]
    when = [str(row[0][0]) for row in table.rows]  # type: ignore[union-attr]
    assert when[:5] == ["2026-12-12", "2027-02-01", "2027-02-22", "2027-03-01", "2027-06-30"]
    assert "every 90 days" in when
    text = text_of(known)
    assert "launch env rotate acme NAME" in text
    assert "launch dkim rotate acme" in text
    assert "Registration of acme.example" in text
    later = text_of(replace(known, today=date(2027, 2, 10)))
    assert "2027-02-01 (past)" in later


def test_the_registrars_part_comes_from_the_stack(known: Known) -> None:
    text = text_of(known)
    for words in ("jack.ns.cloudflare.com", "kiki.ns.cloudflare.com", "2371", "AABBCCDDEEFF0011"):
        assert words in text
    without = text_of(replace(known, outputs=None, why_no_outputs="the stack was not read"))
    assert "are shown at Cloudflare" in without
    assert "the stack was not read" in without


@pytest.mark.parametrize("record", [None, "", "nonsense", "DS 1 2", "1 2 x AB", 7, ["DS"]])
def test_a_ds_that_can_not_be_read_is_not_printed(known: Known, record: object) -> None:
    assert "is shown at Cloudflare" in text_of(replace(known, outputs={**OUTPUTS, "ds_record": record}))


def test_the_deliverables_have_the_verifications_status_as_proof(known: Known) -> None:
    rows = LexborHTMLParser(render_html(handover(known))).css(
        "section[aria-labelledby=deliverables] tbody tr"
    )
    cells = {row.css("th")[0].text().strip(): re.sub(r"\s+", " ", row.css("td")[-1].text()) for row in rows}
    assert len(cells) == len(DELIVERABLES) >= 7
    assert "Encryption Fail" in cells["Cloudflare setup, SSL issuance, HTTPS enforcement"]
    assert "Mail Not checked" in cells["SPF, DKIM and DMARC configuration"]
    assert {row for _, _, rows in DELIVERABLES for row in rows} == set(ROWS), "each row proves something"


def test_without_a_verification_it_says_that_nothing_is_proved(known: Known) -> None:
    text = text_of(replace(known, verification=None))
    assert "nothing in it is proved" in text
    assert "not verified yet" in text
    assert "--verification" in text


def test_what_is_still_open_is_told(known: Known) -> None:
    text = text_of(known)
    assert "Verdict: not ready" in text
    assert "high: www.acme.example: accepts TLS 1.0" in text


@pytest.mark.parametrize("render", [render_html, render_markdown])
def test_no_secret_and_no_inner_id_is_in_it(known: Known, render: Any) -> None:
    text = render(handover(known))
    for inner in (CANARY, ACCOUNT, ZONE, "arn:aws", "secure", "v1:", "123456789012"):
        assert inner not in text, inner
    assert "DATABASE" in text


def test_every_command_that_it_names_exists(known: Known) -> None:
    names = set(_names(command()))
    told = re.findall(r"\blaunch ((?:[a-z]+ )?[a-z]+)\b", " ".join(codes(known)))
    assert told
    for one in told:
        assert one in names or one.split()[0] in names, one


def codes(known: Known) -> list[str]:
    return [node.text() for node in LexborHTMLParser(render_html(handover(known))).css("code")]


def test_commands_that_this_version_lacks_are_not_named(known: Known) -> None:
    assert not [code for code in codes(replace(known, commands=frozenset())) if code.startswith("launch ")]


def test_rolling_back_is_a_command_where_there_is_one(known: Known) -> None:
    assert "launch rollback acme" in codes(replace(known, commands=frozenset({"rollback"})))
    assert "git log -- stacks/Pulumi.acme.yaml" in codes(replace(known, commands=frozenset({"up"})))


def test_the_markdown_has_the_same_sections_and_whole_tables(known: Known) -> None:
    document = handover(known)
    page = LexborHTMLParser(MarkdownIt("gfm-like", {"linkify": False}).render(render_markdown(document)))
    assert [node.text() for node in page.css("h2")] == [section.title for section in document.sections]
    for table in page.css("table"):
        assert len({len(row.css("th, td")) for row in table.css("tr")}) == 1
    assert "ops@acme.example" in page.text().replace("\u2060", "")


def test_hostile_texts_in_the_file_and_the_verification_harm_nothing(known: Known) -> None:
    bad = Saved.of(verification(finding(Status.FAIL, subject=HOSTILE, observed=HOSTILE)))
    outputs = {"nameservers": [HOSTILE], "ds_record": f"DS 1 2 3 {HOSTILE}"}
    waivers = (known.client.waivers[0].model_copy(update={"reason": HOSTILE}),)
    client = known.client.model_copy(update={"waivers": waivers})
    document = handover(replace(known, client=client, verification=bad, outputs=outputs))
    page = LexborHTMLParser(render_html(document))
    assert page.css("script") == []
    assert len(page.css("style")) == 1
    text = render_markdown(document)
    assert (
        LexborHTMLParser(MarkdownIt("gfm-like", {"linkify": False}).render(text)).css("script, a, img") == []
    )
    for character in "\x1b\x00\u202e\ud800":
        assert character not in text


def test_outputs_are_read_plain_or_wrapped() -> None:
    assert outputs_from(json.loads('{"a": 1, "b": {"value": [2], "secret": false}}')) == {"a": 1, "b": [2]}
    assert outputs_from([]) is None


def test_a_domain_that_declares_nothing_is_handed_over_too(tmp_path: Path) -> None:
    path = tmp_path / "Pulumi.bare.yaml"
    path.write_text("config:\n  launchready:domain: bare.example\n  launchready:monitors: none\n")
    client = read(path).client
    text = text_of(Known(client, declare(client), TODAY))
    assert "Nothing watches the site" in text
    assert "No host of the domain answers visitors yet" in text

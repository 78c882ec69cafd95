"""BIMI's tags and its logo (SVG Tiny PS); TLS reporting with several addresses."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from launchready.mailauth import bimi, svg_tiny_ps, tls_rpt

GOOD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<!-- ours -->\n'
    '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" version="1.2" '
    'baseProfile="tiny-ps" viewBox="0 0 64 64"><title>Acme</title><desc>A square</desc>'
    '<defs><linearGradient id="g"><stop offset="0" stop-color="#123"/></linearGradient>'
    '<path id="p" d="M0 0h64v64H0z"/></defs><rect width="64" height="64" fill="url(#g)"/>'
    '<use xlink:href="#p"/></svg>'
)


def test_a_sound_logo_has_no_problem() -> None:
    assert svg_tiny_ps.problems(GOOD.encode()) == ()


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('version="1.2"', 'version="1.1"', "version"),
        ('baseProfile="tiny-ps"', 'baseProfile="tiny"', "baseProfile"),
        ("<title>Acme</title>", "", "no title"),
        ("<title>Acme</title>", "<title> </title>", "title with a text"),
        (">Acme<", f">{'A' * 65}<", "64 characters"),
        ('viewBox="0 0 64 64"', 'viewBox="0 0 64 32"', "not square"),
        ('viewBox="0 0 64 64"', "", "no viewBox"),
        ('viewBox="0 0 64 64"', 'viewBox="0 0 64 64" x="0"', "root has x="),
        ("<desc>", "<script>alert(1)</script><desc>", "<script>"),
        ("<desc>", '<image href="#p"/><desc>', "<image>"),
        ("<desc>", "<style>a{}</style><desc>", "<style>"),
        ("<desc>", '<animate attributeName="x"/><desc>', "<animate>"),
        ("<desc>", '<a xlink:href="#p"/><desc>', "<a>"),
        ("<desc>", "<foreignObject/><desc>", "<foreignObject>"),
        ('href="#p"', 'href="https://evil.example/x.svg#p"', "outside of the file"),
        ('fill="url(#g)"', 'fill="url(https://evil.example/g)"', "outside of the file"),
        ('fill="url(#g)"', 'style="fill:red"', "style="),
        ('fill="url(#g)"', 'onclick="x()"', "script onclick"),
        ('xmlns="http://www.w3.org/2000/svg"', 'xmlns="http://example.net"', "not an svg"),
        ("<!-- ours -->", '<!DOCTYPE svg [<!ENTITY a "b">]>', "document type"),
        ("</svg>", "", "no XML"),
        ("A square", "x" * 33_000, "receivers take"),
    ],
)
def test_a_logo_that_receivers_do_not_show_is_told(old: str, new: str, problem: str) -> None:
    assert old in GOOD
    found = svg_tiny_ps.problems(GOOD.replace(old, new, 1).encode())
    assert any(problem in text for text in found), found


@settings(max_examples=100, deadline=None, derandomize=True)
@given(
    st.one_of(st.binary(max_size=200), st.text(max_size=100).map(lambda t: GOOD.replace("Acme", t).encode()))
)
def test_no_junk_makes_it_stumble(data: bytes) -> None:
    svg_tiny_ps.problems(data)
    svg_tiny_ps.problems(GOOD.encode("utf-16"))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("v=BIMI1; l=https://a.example/l.svg; avp=brand", None),
        ("v=BIMI1; l=https://a.example/l.svg; avp=Personal; lps=help,team-", None),
        ("v=BIMI1; l=https://a.example/l.svg; lps=", None),
        ("v=BIMI1; l=; a=;", None),
        ("v=BIMI1; l=https://a.example/l.svg; avp=logo", "avp=logo"),
        ("v=BIMI1; l=https://a.example/l.svg; lps=a b", "lps=a b"),
        ("v=BIMI1; a=https://a.example/vmc.pem", "no l="),
        ("v=BIMI1; l=https://a.example/l.png", "no SVG"),
    ],
)
def test_bimis_tags_are_judged(text: str, problem: str | None) -> None:
    found = bimi.parse(text).problems
    assert (not found) if problem is None else any(problem in p for p in found)


def test_a_bimi_record_round_trips_with_every_tag() -> None:
    record = bimi.parse(bimi.record("https://a.example/l.svg", "https://a.example/v.pem", "personal"))
    assert (record.logo, record.authority, record.avatar, record.problems) == (
        "https://a.example/l.svg", "https://a.example/v.pem", "personal", (),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("rua", "problem"),
    [
        ("mailto:a@example.com,https://example.com/tls", None),
        ("mailto:a@example.com , mailto:b@example.com", None),
        ("mailto:a@example.com,,mailto:b@example.com", "empty place"),
        ("mailto:a@example.com,", "empty place"),
        ("mailto:a@example.com,mailto:a@example.com", "named twice"),
        ("mailto:a@example.com!10m", "%21"),
    ],
)
def test_several_tls_report_addresses_are_judged(rua: str, problem: str | None) -> None:
    found = tls_rpt.parse(f"v=TLSRPTv1; rua={rua}").problems
    assert (not found) if problem is None else any(problem in p for p in found)

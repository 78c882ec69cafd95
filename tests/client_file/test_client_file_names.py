"""Host names in one form: lower-case A-labels, relative to the zone."""

from __future__ import annotations

import pytest

from launchready.client_file.names import fqdn, is_hostname, relative, to_ascii


@pytest.mark.parametrize(
    ("text", "ascii_name"),
    [
        ("WWW.Example.COM.", "www.example.com"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("BÜCHER.example", "xn--bcher-kva.example"),
        ("_dmarc.example", "_dmarc.example"),
        ("*.shop", "*.shop"),
        ("@", "@"),
    ],
)
def test_names_become_lower_case_a_labels(text: str, ascii_name: str) -> None:
    assert to_ascii(text) == ascii_name
    assert to_ascii(ascii_name) == ascii_name


@pytest.mark.parametrize(
    "text", ["", ".", "a..b", "x" * 64, "a b", "ex*mple", ".".join(["x" * 60] * 5), "a/b", "☃☃.x\u200d"]
)
def test_what_is_no_name_is_refused_with_a_reason(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        to_ascii(text)


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("acme.example", "@"),
        ("acme.example.", "@"),
        ("@", "@"),
        ("www", "www"),
        ("WWW.acme.example", "www"),
        ("a.b.acme.example.", "a.b"),
        ("other.example.", "other.example."),
        ("notacme.example", "notacme.example"),
    ],
)
def test_names_are_relative_to_the_zone(name: str, short: str) -> None:
    assert relative(name, "acme.example") == short
    assert relative(short, "acme.example") == short


def test_a_short_name_has_one_full_name() -> None:
    assert fqdn("@", "acme.example") == "acme.example"
    assert fqdn("a.b", "acme.example") == "a.b.acme.example"
    assert fqdn("other.example.", "acme.example") == "other.example"


def test_host_names_have_no_underscores_or_wildcards() -> None:
    assert is_hostname("a-1.example")
    assert not is_hostname("_a.example")
    assert not is_hostname("*.example")
    assert not is_hostname("a-.example")

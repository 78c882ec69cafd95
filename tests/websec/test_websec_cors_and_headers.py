"""Origins as browsers send them, strangers that nobody has, grants read from answers, header values."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchready.websec.cors import OriginError, grant, parse_origin, strangers
from launchready.websec.headers import (
    BANNERS,
    BASELINE,
    FEATURES,
    MAX_VALUE,
    NAME,
    fixed,
    parse_permissions,
    permissions_policy,
    strange_characters,
)


@pytest.mark.parametrize(
    "origin",
    ["https://app.acme.example", "http://localhost:3000", "https://[::1]:8443", "https://203.0.113.9"],
)
def test_an_origin_is_taken_as_it_is(origin: str) -> None:
    assert parse_origin(origin) == origin


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("https://app.acme.example/", "https://app.acme.example"),
        ("https://app.acme.example/login", "https://app.acme.example"),
        ("https://App.Acme.example", "https://app.acme.example"),
        ("https://app.acme.example:443", "https://app.acme.example"),
        ("https://user@app.acme.example", "https://app.acme.example"),
        ("app.acme.example", "https://app.acme.example"),
        ("https://", None),
        ("ftp://app.acme.example", None),
        ("https://exa mple", None),
        ("https://[::1", None),
    ],
)
def test_what_no_browser_sends_is_refused_with_what_was_meant(text: str, meant: str | None) -> None:
    with pytest.raises(OriginError) as caught:
        parse_origin(text)
    assert caught.value.meant == meant


@given(st.text())
def test_junk_is_an_origin_or_an_origin_error(text: str) -> None:
    try:
        meant = parse_origin(text)
    except OriginError as error:
        meant = error.meant or "https://acme.example"
    assert parse_origin(meant) == meant


def test_strangers_are_names_that_nobody_has_and_never_a_trusted_one() -> None:
    trusted = ("https://app.acme.example", "null", "http://app.acme.example")
    found = {s.kind: s.origin for s in strangers("api.acme.example", "acme.example", "zzz", trusted)}
    assert found["reflection"] == "https://zzz.invalid"
    assert found["prefix"] == "https://zzzacme.example"
    assert found["subdomain"] == "https://zzz.acme.example"
    assert not set(found) & {"null"}
    origins = [s.origin for s in strangers("api.acme.example", "acme.example", "zzz", trusted)]
    assert not set(origins) & set(trusted)
    assert "https://app.acme.example.zzz.invalid" in origins
    assert "https://acme.example.zzz.invalid" in origins


def test_a_grant_is_read_as_a_browser_reads_it() -> None:
    given_ = grant(
        [
            ("access-control-allow-origin", "https://a.example"),
            ("access-control-allow-credentials", "true"),
            ("access-control-allow-methods", "put, DELETE"),
            ("vary", "Accept-Encoding"),
            ("vary", "Origin, X"),
        ]
    )
    assert given_.admits("https://a.example")
    assert not given_.admits("https://b.example")
    assert given_.credentials
    assert given_.methods == {"PUT", "DELETE"}
    assert given_.vary == {"accept-encoding", "origin", "x"}


@pytest.mark.parametrize(
    "headers",
    [
        [("access-control-allow-origin", "https://a.example, https://b.example")],
        [
            ("access-control-allow-origin", "https://a.example"),
            ("access-control-allow-origin", "https://a.example"),
        ],
    ],
)
def test_several_origins_in_an_answer_admit_none(headers: list[tuple[str, str]]) -> None:
    assert not grant(headers).admits("https://a.example")


def test_the_baseline_fits_into_rules() -> None:
    for name, value in BASELINE.items():
        assert NAME.fullmatch(name)
        assert fixed(name) is None
        assert strange_characters(value) == ""
        assert 0 < len(value) <= MAX_VALUE
    assert all(fixed(name) is None and NAME.fullmatch(name) for name in BANNERS)
    assert set(parse_permissions(BASELINE["permissions-policy"])) <= FEATURES


@pytest.mark.parametrize("name", ["Server", "cf-ray", "X-CF-Thing", "eh-cache-tag", "Content-Length", "Date"])
def test_headers_that_no_rule_may_change_are_known(name: str) -> None:
    assert fixed(name)


def test_a_permissions_policy_is_written_and_read() -> None:
    features = {"camera": (), "geolocation": ("self", "https://maps.example"), "fullscreen": ("*",)}
    text = permissions_policy(features)
    assert text == 'camera=(), geolocation=(self "https://maps.example"), fullscreen=*'
    assert parse_permissions(text) == features


@pytest.mark.parametrize(
    "text", ["camera 'none'", "camera=", "camera=(https://a.example)", "camera=(self", "", "a=b c=d"]
)
def test_a_permissions_policy_that_browsers_drop_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_permissions(text)


@given(st.text())
def test_junk_is_a_permissions_policy_or_a_value_error(text: str) -> None:
    try:
        features = parse_permissions(text)
    except ValueError:
        return
    assert features

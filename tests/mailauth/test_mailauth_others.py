"""TLS reporting, MTA-STS, BIMI and MX, as text."""

from __future__ import annotations

import pytest

from launchready.mailauth import bimi, mta_sts, mx, tls_rpt
from launchready.mailauth.tags import parse_tags

POLICY = "version: STSv1\r\nmode: enforce\r\nmx: mail.example.com\r\nmx: *.example.net\r\nmax_age: 604800\r\n"


def test_a_tls_reporting_record_round_trips() -> None:
    record = tls_rpt.parse(tls_rpt.record(["mailto:tls@example.com", "https://example.com/tls"]))
    assert (record.rua, record.problems) == (("mailto:tls@example.com", "https://example.com/tls"), ())


@pytest.mark.parametrize(
    "text",
    [
        "v=TLSRPTv1",
        "v=TLSRPTv1;",
        "v=TLSRPTv2; rua=mailto:a@example.com",
        "v=TLSRPTv1; rua=tls@example.com",
        "v=TLSRPTv1; rua=mailto:nobody",
        "v=TLSRPTv1; rua=http://example.com",
        "v=TLSRPTv1; rua=https://",
    ],
)
def test_a_bad_tls_reporting_record_is_told(text: str) -> None:
    assert tls_rpt.parse(text).problems


def test_an_mta_sts_record_has_an_id() -> None:
    assert mta_sts.parse_record("v=STSv1; id=20261124T0930Z;").problems == ()
    for text in ("v=STSv1;", "v=STSv1; id=a-b", "v=STSv1; id=" + "a" * 33, "id=1; v=STSv1", "v=STSv2; id=1"):
        assert mta_sts.parse_record(text).problems, text


def test_an_mta_sts_policy_is_read() -> None:
    policy = mta_sts.parse_policy(POLICY)
    assert (policy.mode, policy.max_age, policy.problems) == ("enforce", 604800, ())
    assert policy.allows("MAIL.example.com.")
    assert policy.allows("a.example.net")
    assert not policy.allows("a.b.example.net")
    assert not policy.allows("example.net")


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("STSv1", "STSv2", "version"),
        ("enforce", "force", "mode"),
        ("604800", "31557601", "max_age"),
        ("604800", "-1", "max_age"),
        ("604800", "week", "max_age"),
        ("*.example.net", "*.*.net", "mx"),
        ("mx: mail.example.com\r\nmx: *.example.net\r\n", "", "no mx"),
        ("mode: enforce", "mode enforce", "line 2"),
    ],
)
def test_a_bad_mta_sts_policy_is_told(old: str, new: str, problem: str) -> None:
    assert any(problem in found for found in mta_sts.parse_policy(POLICY.replace(old, new)).problems)


def test_a_bimi_record_round_trips_and_may_decline() -> None:
    record = bimi.parse(bimi.record("https://example.com/logo.svg", "https://example.com/vmc.pem"))
    assert (record.logo, record.authority, record.problems) == (
        "https://example.com/logo.svg",
        "https://example.com/vmc.pem",
        (),
    )
    assert bimi.parse("v=BIMI1; l=; a=;").declines
    for text in (
        "v=BIMI1;",
        "v=BIMI1; l=http://example.com/a.svg",
        "v=BIMI1; l=https://example.com/a.png",
        "l=; v=BIMI1",
    ):
        assert bimi.parse(text).problems, text


def test_mx_records_tell_hosts_from_the_null_mx() -> None:
    assert mx.parse(["20 b.example.com.", "10 A.example.com."]).hosts == (
        (10, "a.example.com"),
        (20, "b.example.com"),
    )
    assert mx.parse([mx.NULL]).null
    assert mx.parse([mx.NULL]).problems == ()
    beside = mx.parse([mx.NULL, "10 a.example.com."])
    assert not beside.null
    assert "beside other" in beside.problems[0]
    assert "preference" in mx.parse(["10 ."]).problems[0]
    assert mx.parse([]).hosts == ()


def test_tag_lists_keep_places_and_the_first_of_a_repeated_tag() -> None:
    tags = parse_tags("v=X; a = 1 ;b=2; a=3;")
    assert [(t.name, t.value, t.position) for t in tags.tags][:2] == [("v", "X", 0), ("a", "1", 4)]
    assert tags.get("a") == "1"
    assert any("more than once" in problem for problem in tags.problems)

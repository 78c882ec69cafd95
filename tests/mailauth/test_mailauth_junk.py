"""What strangers publish never raises: every parser answers with problems instead."""

from __future__ import annotations

import base64

from hypothesis import given, settings
from hypothesis import strategies as st

from launchready.mailauth import bimi, dkim, dmarc, mta_sts, spf, tls_rpt
from launchready.mailauth.dns import Answer, text_of
from launchready.mailauth.presets import world_records

KEY = base64.b64decode(text_of(world_records()["*.dkim.amazonses.com"]["TXT"][0]).partition("p=")[2])
PIECES = st.sampled_from(
    [
        "v=spf1 ",
        "v=DMARC1; ",
        "v=DKIM1; ",
        "p=",
        "include:",
        "a",
        "mx/",
        "//",
        "%{",
        "}",
        "ip4:",
        "ip6:",
        "rua=",
        "mailto:",
        "@",
        "https://[",
        "; ",
        "=",
        ",",
        "!",
        "redirect=",
        "exp=",
        "\\",
        '"',
        "\x00",
        "\u00e9",
        "none",
    ]
)
JUNK = st.one_of(
    st.text(max_size=80), st.lists(st.one_of(PIECES, st.text(max_size=4)), max_size=12).map("".join)
)


@settings(max_examples=400, deadline=None, derandomize=True)
@given(JUNK)
def test_parsers_take_any_text(text: str) -> None:
    for prefix in ("", "v=spf1 "):
        record = spf.parse(prefix + text)
        assert all(0 <= problem.position <= len(record.text) for problem in record.problems)
    for parse in (
        dmarc.parse,
        dkim.parse_key,
        mta_sts.parse_record,
        mta_sts.parse_policy,
        bimi.parse,
        tls_rpt.parse,
    ):
        assert isinstance(parse(text).problems, tuple)
        assert isinstance(parse("v=DMARC1; p=none; rua=" + text).problems, tuple)
    assert isinstance(text_of(text), str)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(JUNK, st.sampled_from(["192.0.2.1", "2001:db8::1"]))
def test_evaluation_takes_any_record(text: str, client: str) -> None:
    def lookup(name: str, rdtype: str) -> Answer:
        return Answer((f"v=spf1 {text}",)) if rdtype == "TXT" else Answer()

    verdict = spf.check_host(client, "example.org", "a@example.org", "h", lookup)
    assert verdict.result in set(spf.Result)
    assert spf.tree("example.org", lookup).explain()


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.integers(0, len(KEY) - 1), st.integers(0, 255))
def test_a_damaged_key_is_a_problem_or_another_key(place: int, value: int) -> None:
    damaged = base64.b64encode(KEY[:place] + bytes([value]) + KEY[place + 1 :]).decode()
    key = dkim.parse_key(f"v=DKIM1; p={damaged}")
    assert key.usable == (key.bits >= dkim.MINIMUM_BITS and not key.problems)

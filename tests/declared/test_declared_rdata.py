"""Record data by type: canonical content and data, both ways, and what is refused."""

from __future__ import annotations

import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from launchready.declared import rdata
from launchready.declared.rdata import text
from launchready.declared.rdata.value import Given, Rdata

HEX = "ab" * 32

CASES = [
    ("A", "192.0.2.1", "192.0.2.1", None),
    ("AAAA", "2001:DB8:0:0::1", "2001:db8::1", None),
    ("CNAME", "App.Host.EXAMPLE.", "app.host.example", None),
    ("NS", "ns1.example.", "ns1.example", None),
    ("PTR", "a.example", "a.example", None),
    ("MX", "10 Mail.Example.", "mail.example", None),
    ("TXT", "plain text", '"plain text"', None),
    ("TXT", '"two" "strings"', '"two" "strings"', None),
    ("CAA", '0 issue "letsencrypt.org"', '0 issue "letsencrypt.org"',
     {"flags": 0, "tag": "issue", "value": "letsencrypt.org"}),
    ("SRV", "10 5 5060 Sip.Example.", "10 5 5060 sip.example",
     {"priority": 10, "weight": 5, "port": 5060, "target": "sip.example"}),
    ("URI", '10 1 "https://a.example/b"', '10 1 "https://a.example/b"',
     {"weight": 1, "target": "https://a.example/b"}),
    ("HTTPS", '1 . ipv4hint=192.0.2.1 alpn=h3,h2', '1 . alpn="h3,h2" ipv4hint="192.0.2.1"',
     {"priority": 1, "target": ".", "value": 'alpn="h3,h2" ipv4hint="192.0.2.1"'}),
    ("SVCB", "0 svc.example.", "0 svc.example", {"priority": 0, "target": "svc.example", "value": ""}),
    ("TLSA", f"3 1 1 {HEX.upper()}", f"3 1 1 {HEX}",
     {"usage": 3, "selector": 1, "matching_type": 1, "certificate": HEX}),
    ("SMIMEA", "3 0 0 AB CD", "3 0 0 abcd",
     {"usage": 3, "selector": 0, "matching_type": 0, "certificate": "abcd"}),
    ("SSHFP", f"4 2 {HEX}", f"4 2 {HEX}", {"algorithm": 4, "type": 2, "fingerprint": HEX}),
    ("DS", f"2371 13 2 {HEX}", f"2371 13 2 {HEX}",
     {"key_tag": 2371, "algorithm": 13, "digest_type": 2, "digest": HEX}),
    ("DNSKEY", "257 3 13 AQAB AQAB", "257 3 13 AQABAQAB",
     {"flags": 257, "protocol": 3, "algorithm": 13, "public_key": "AQABAQAB"}),
    ("CERT", "PKIX 1 RSASHA256 AQAB", "1 1 8 AQAB",
     {"type": 1, "key_tag": 1, "algorithm": 8, "certificate": "AQAB"}),
    ("NAPTR", '100 10 "S" "SIP+D2U" "" _sip._udp.Example.', '100 10 "S" "SIP+D2U" "" _sip._udp.example',
     {"order": 100, "preference": 10, "flags": "S", "service": "SIP+D2U", "regex": "",
      "replacement": "_sip._udp.example"}),
    ("LOC", "37 46 46.5 N 122 23 35 W 12m 100m 0m 0m", "37 46 46.5 N 122 23 35 W 12m 100m 0m 0m",
     {"lat_degrees": 37, "lat_minutes": 46, "lat_seconds": 46.5, "lat_direction": "N",
      "long_degrees": 122, "long_minutes": 23, "long_seconds": 35, "long_direction": "W",
      "altitude": 12, "size": 100, "precision_horz": 0, "precision_vert": 0}),
    ("OPENPGPKEY", "AQAB AQAB", "AQABAQAB", None),
]  # fmt: skip


def canonical(rdtype: str, content: str | None, data: object = None, priority: int | None = None) -> Rdata:
    return rdata.canonical(rdtype, Given(content, data, priority, "acme.example"))  # type: ignore[arg-type]


def parsed(rdtype: str, presentation: str) -> dns.rdata.Rdata:
    return dns.rdata.from_text(
        dns.rdataclass.IN,
        dns.rdatatype.from_text(rdtype),
        presentation,
        origin=dns.name.root,
        relativize=False,
    )


def test_the_table_covers_every_type_that_is_tested_and_no_other() -> None:
    assert {case[0] for case in CASES} == set(rdata.CANONICALISERS)


@pytest.mark.parametrize(("rdtype", "given_content", "content", "data"), CASES)
def test_a_presentation_becomes_the_canonical_content_and_data(
    rdtype: str, given_content: str, content: str, data: object
) -> None:
    value = canonical(rdtype, given_content)
    assert value.content == content
    assert value.data == data


@pytest.mark.parametrize(("rdtype", "given_content", "content", "data"), CASES)
def test_content_and_data_lead_to_the_same_record(
    rdtype: str, given_content: str, content: str, data: object
) -> None:
    value = canonical(rdtype, given_content)
    again = canonical(rdtype, None if data else value.content, data, value.priority)
    assert again == value == canonical(rdtype, value.content, None, value.priority)


@pytest.mark.parametrize(("rdtype", "given_content", "content", "data"), CASES)
def test_the_presentation_is_the_rdata_that_a_zone_file_gives(
    rdtype: str, given_content: str, content: str, data: object
) -> None:
    value = canonical(rdtype, given_content)
    served = parsed(rdtype, rdata.presentation(rdtype, value.content, value.priority))
    given_text = text.quote([b"plain text"]) if given_content == "plain text" else given_content
    assert served.to_digestable() == parsed(rdtype, given_text).to_digestable()


def test_a_null_mx_is_priority_nought_and_the_root() -> None:
    value = canonical("MX", ".", priority=0)
    assert value == Rdata(".", None, 0)
    assert rdata.presentation("MX", value.content, value.priority) == "0 ."


def test_an_srv_in_the_apis_own_form_takes_its_priority_from_beside() -> None:
    assert canonical("SRV", "5 5060 sip.example", priority=10) == canonical("SRV", "10 5 5060 sip.example.")


@pytest.mark.parametrize(
    ("rdtype", "content", "data", "priority", "reason"),
    [
        ("A", "192.0.2.256", None, None, "no IPv4 address"),
        ("A", "2001:db8::1", None, None, "no IPv4 address"),
        ("AAAA", "192.0.2.1", None, None, "no IPv6 address"),
        ("AAAA", "fe80::1%eth0", None, None, "zone index"),
        ("CNAME", "", None, None, "content is missing"),
        ("CNAME", ".", None, None, "the root is no target"),
        ("CNAME", "a b", None, None, "no DNS label"),
        ("MX", "mail.example", None, None, "priority is missing"),
        ("MX", "10 mail.example", None, 20, "two priorities"),
        ("MX", ".", None, 10, "null MX"),
        ("TXT", '"open', None, None, "not a row of quoted strings"),
        ("TXT", '"a" b', None, None, "not a row of quoted strings"),
        ("TXT", '"\\999"', None, None, "is no byte"),
        ("CAA", None, {"flags": 0, "tag": "issue"}, None, "data.value must be a string"),
        ("CAA", None, {"flags": 300, "tag": "issue", "value": "x"}, None, "0–255"),
        ("CAA", None, {"flag": 0, "tag": "issue", "value": "x"}, None, "data has no flag"),
        ("CAA", None, None, None, "content or data is missing"),
        ("SRV", "10 5 sip.example", None, None, "is no SRV data"),
        ("SRV", None, {"weight": 5, "port": 1, "target": "a.example"}, None, "priority is missing"),
        ("SRV", None, {"priority": 1.5, "weight": 5, "port": 1, "target": "a"}, None, "whole number"),
        ("TLSA", "3 1 1 zz", None, None, "is no TLSA data"),
        ("LOC", "91 0 0 N 0 0 0 E 0m", None, None, "is no LOC data"),
        ("A", None, {"x": 1}, None, "takes content, not data"),
        ("ANY", "x", None, None, "no such record type"),
    ],
)
def test_what_is_no_data_of_the_type_is_refused_with_the_reason(
    rdtype: str, content: str | None, data: object, priority: int | None, reason: str
) -> None:
    with pytest.raises(ValueError, match=reason):
        canonical(rdtype, content, data, priority)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.binary(max_size=700), min_size=1, max_size=4))
def test_txt_strings_survive_quoting_whatever_their_bytes(strings: list[bytes]) -> None:
    content = text.quote(text.split(strings))
    assert b"".join(text.parse(content)) == b"".join(strings)
    wire = parsed("TXT", content)
    assert b"".join(wire.strings) == b"".join(strings)  # type: ignore[attr-defined]
    assert all(len(string) <= 255 for string in text.parse(content))


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=700))
def test_unquoted_text_is_served_as_the_bytes_it_is(value: str) -> None:
    if value.strip().startswith('"'):
        return
    content = canonical("TXT", value).content
    assert text.value(content) == value.strip().encode()
    assert canonical("TXT", content).content == content


@settings(max_examples=100, deadline=None)
@given(st.ip_addresses(v=6))
def test_any_spelling_of_an_ipv6_address_gives_one_content(address: object) -> None:
    exploded = address.exploded  # type: ignore[attr-defined]
    assert canonical("AAAA", exploded) == canonical("AAAA", str(address).upper())


def test_string_boundaries_stay_where_a_zone_file_has_them() -> None:
    assert canonical("TXT", '"v=DKIM1; " "k=rsa"').content == '"v=DKIM1; " "k=rsa"'
    assert canonical("TXT", "x" * 256).content == f'"{"x" * 255}" "x"'

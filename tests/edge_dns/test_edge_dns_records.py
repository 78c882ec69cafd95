"""The API's JSON of each record type becomes the rdata that dnspython reads from presentation form."""

from __future__ import annotations

import dns.name
import dns.rdata
import pytest
from edge_dns_kit import record
from hypothesis import given
from hypothesis import strategies as st

from launchready.edge.dns.records import SERVED_TYPES, RecordError, render
from launchready.edge.dns.txt import txt_strings

KEY = "mDMEYxxSABYJKwYBBAHaRw8BAQdA"
CASES = [
    ("A", {"content": "203.0.113.5"}, "203.0.113.5"),
    ("AAAA", {"content": "2001:db8::1"}, "2001:db8::1"),
    ("CNAME", {"content": "Target.Example.net"}, "Target.Example.net."),
    ("MX", {"content": "mail.acme.example", "priority": 10}, "10 mail.acme.example."),
    ("MX", {"content": ".", "priority": 0}, "0 ."),
    ("TXT", {"content": '"one" "two"'}, '"one" "two"'),
    ("TXT", {"content": 'say "hi"\\now'}, '"say \\"hi\\"\\\\now"'),
    ("TXT", {"content": '"tab\\009 quote\\" end"'}, '"tab\\009 quote\\" end"'),
    ("CAA", {"content": '0 issue "letsencrypt.org"'}, '0 issue "letsencrypt.org"'),
    ("CAA", {"data": {"flags": 128, "tag": "iodef", "value": "mailto:a@b.c"}}, '128 iodef "mailto:a@b.c"'),
    ("CAA", {"data": {"flags": 0, "tag": "issue", "value": ";"}}, '0 issue ";"'),
    (
        "SRV",
        {"data": {"priority": 1, "weight": 2, "port": 443, "target": "s.example"}},
        "1 2 443 s.example.",
    ),
    ("SRV", {"content": "2\t443\ts.example", "priority": 1}, "1 2 443 s.example."),
    ("SRV", {"content": "1 2 443 s.example."}, "1 2 443 s.example."),
    ("NS", {"content": "ns1.other.example"}, "ns1.other.example."),
    ("PTR", {"content": "host.acme.example"}, "host.acme.example."),
    (
        "DS",
        {"data": {"key_tag": 9, "algorithm": 13, "digest_type": 2, "digest": "AB" * 32}},
        f"9 13 2 {'ab' * 32}",
    ),
    ("DS", {"content": f"9 13 2 {'AB' * 32}"}, f"9 13 2 {'ab' * 32}"),
    (
        "TLSA",
        {"data": {"usage": 3, "selector": 1, "matching_type": 1, "certificate": "AB" * 32}},
        f"3 1 1 {'ab' * 32}",
    ),
    (
        "SMIMEA",
        {"data": {"usage": 3, "selector": 0, "matching_type": 0, "certificate": "abcd"}},
        "3 0 0 abcd",
    ),
    ("SSHFP", {"data": {"algorithm": 4, "type": 2, "fingerprint": "CD" * 32}}, f"4 2 {'cd' * 32}"),
    (
        "HTTPS",
        {"data": {"priority": 1, "target": ".", "value": 'alpn="h3,h2" ipv4hint="192.0.2.1"'}},
        '1 . alpn="h3,h2" ipv4hint="192.0.2.1"',
    ),
    ("HTTPS", {"data": {"priority": 0, "target": "other.example", "value": ""}}, "0 other.example."),
    ("SVCB", {"content": "1 svc.example. port=8443"}, "1 svc.example. port=8443"),
    (
        "NAPTR",
        {
            "data": {
                "order": 100,
                "preference": 10,
                "flags": "U",
                "service": "E2U+sip",
                "regex": "!^.*$!sip:a@b.c!",
                "replacement": ".",
            }
        },
        '100 10 "U" "E2U+sip" "!^.*$!sip:a@b.c!" .',
    ),
    (
        "LOC",
        {
            "data": {
                "lat_degrees": 37,
                "lat_minutes": 46,
                "lat_seconds": 46.5,
                "lat_direction": "N",
                "long_degrees": 122,
                "long_minutes": 23,
                "long_seconds": 35,
                "long_direction": "W",
                "altitude": -3.5,
                "size": 100,
                "precision_horz": 10,
                "precision_vert": 2,
            }
        },
        "37 46 46.500 N 122 23 35.000 W -3.50m 100m 10m 2m",
    ),
    (
        "CERT",
        {"data": {"type": 1, "key_tag": 7, "algorithm": 8, "certificate": "AQID"}},
        "1 7 8 AQID",
    ),
    (
        "DNSKEY",
        {"data": {"flags": 257, "protocol": 3, "algorithm": 13, "public_key": "AQID" * 16}},
        f"257 3 13 {'AQID' * 16}",
    ),
    (
        "URI",
        {"data": {"weight": 5, "target": "https://a.example/x"}, "priority": 10},
        '10 5 "https://a.example/x"',
    ),
    ("URI", {"content": '5 "https://a.example/x"', "priority": 10}, '10 5 "https://a.example/x"'),
    ("OPENPGPKEY", {"content": KEY}, KEY),
]


@pytest.mark.parametrize(("kind", "fields", "expected"), CASES)
def test_a_record_is_rendered_as_its_presentation_form_says(kind, fields, expected):
    rendered = render(record("x.acme.example", kind, **fields))
    wanted = dns.rdata.from_text("IN", kind, expected, origin=dns.name.root, relativize=False)
    assert rendered.to_wire() == wanted.to_wire()


def test_every_type_that_is_served_has_a_case():
    assert {kind for kind, _, _ in CASES} == set(SERVED_TYPES)


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("A", {"content": "2001:db8::1"}),
        ("A", {"content": None}),
        ("CNAME", {"content": "a..b"}),
        ("MX", {"content": "mail.example", "priority": "much"}),
        ("CAA", {"data": {"flags": 999, "tag": "issue", "value": "x"}}),
        ("TXT", {"content": '"\\300"'}),
        ("SRV", {"content": "443"}),
        ("URI", {"data": {"weight": 99_999, "target": "x"}}),
        (
            "LOC",
            {"data": {"lat_degrees": 91, "lat_direction": "N", "long_degrees": 0, "long_direction": "E"}},
        ),
        ("OPENPGPKEY", {"content": "***"}),
        ("SPF", {"content": "v=spf1 -all"}),
    ],
)
def test_content_that_is_not_of_its_type_is_refused_by_name(kind, fields):
    with pytest.raises(RecordError, match=kind):
        render(record("x.acme.example", kind, **fields))


@given(st.text(alphabet=st.characters(blacklist_characters='"', blacklist_categories=("Cs",)), max_size=1200))
def test_plain_txt_is_split_at_255_bytes_and_loses_nothing(text):
    strings = txt_strings(text)
    assert b"".join(strings) == text.encode()
    assert all(len(part) == 255 for part in strings[:-1])
    assert len(strings[-1]) <= 255


@given(st.lists(st.binary(max_size=300), min_size=1, max_size=4))
def test_quoted_txt_keeps_the_borders_of_its_strings(parts):
    quoted = " ".join('"' + "".join(f"\\{byte:03d}" for byte in part) + '"' for part in parts)
    expected = [part[i : i + 255] for part in parts for i in range(0, len(part) or 1, 255)]
    assert txt_strings(quoted) == expected

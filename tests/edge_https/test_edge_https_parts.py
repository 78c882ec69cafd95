"""The parts by themselves: sites, the connect map, the authority, normalisation, fields, rewriting."""

from __future__ import annotations

import ipaddress
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from edge_https_front import ZONE, Front, add_record, build_zone
from hypothesis import given
from hypothesis import strategies as st

from launchready.edge.ca import CertificateAuthority, LeafSpec
from launchready.edge.https import client_hello
from launchready.edge.https.client_hello import HelloError
from launchready.edge.https.connect import Addresses, ConnectMap
from launchready.edge.https.fields import RequestFields, normalised_path
from launchready.edge.https.messages import Request, Response, host_of
from launchready.edge.https.rewrite import rewrite_links
from launchready.edge.https.sites import Sites
from launchready.edge.rules import FIELDS
from launchready.edge.state import Clock, EdgeState
from launchready.edge.world.origins import origin_address


@pytest.fixture
def state() -> EdgeState:
    made = EdgeState()
    zone = build_zone()
    made.zones[zone.id] = zone
    return made


# --- sites ----------------------------------------------------------------------------------------


def test_sites_know_proxied_and_dns_only_hosts_and_their_targets(state: EdgeState) -> None:
    sites = Sites(state)
    apex, app, direct = (sites.find(name) for name in (ZONE, f"app.{ZONE}", f"direct.{ZONE}"))
    assert apex is not None
    assert (apex.proxied, apex.targets, apex.originless) == (True, ("203.0.113.10",), False)
    assert app is not None
    assert app.targets == ("acme-app.host.example",)
    assert direct is not None
    assert not direct.proxied
    www = sites.find(f"www.{ZONE}")
    assert www is not None
    assert www.originless
    assert sites.find("other.example") is None
    assert sites.find(f"nothing.{ZONE}") is None


def test_wildcards_follow_the_closest_encloser(state: EdgeState) -> None:
    zone = next(iter(state.zones.values()))
    sites = Sites(state)
    assert sites.find(f"a.wild.{ZONE}") is not None
    assert sites.find(f"a.b.wild.{ZONE}") is not None
    assert sites.find(f"wild.{ZONE}") is None  # an empty non-terminal
    add_record(zone, f"b.wild.{ZONE}", "TXT", '"x"')
    assert sites.find(f"a.b.wild.{ZONE}") is None  # b exists now: the wildcard no longer reaches below it
    assert sites.find(f"b.wild.{ZONE}") is None
    assert sites.find(f"c.wild.{ZONE}") is not None


def test_the_longest_zone_answers(state: EdgeState) -> None:
    inner = build_zone(f"inner.{ZONE}")
    state.zones[inner.id] = inner
    site = Sites(state).find(f"app.inner.{ZONE}")
    assert site is not None
    assert site.zone is inner


# --- the connect map --------------------------------------------------------------------------------


WHERE = Addresses("127.0.0.1:1080", "127.0.0.1:1443", "127.0.0.1:2080", "127.0.0.1:2443")


async def test_connect_says_where_hosts_addresses_and_targets_listen(state: EdgeState) -> None:
    zone = next(iter(state.zones.values()))
    state.connect["198.51.100.1:53"] = "127.0.0.1:5353"
    add_record(zone, f"six.{ZONE}", "AAAA", "2001:db8::1", proxied=False)
    add_record(zone, f"shared.{ZONE}", "A", "203.0.113.10", proxied=False)
    add_record(zone, f"_dmarc.{ZONE}", "CNAME", "dmarc.vendor.example", proxied=False)
    made = ConnectMap(state, Sites(state), WHERE)
    assert state.connect[f"{ZONE}:443"] == "127.0.0.1:1443"
    assert state.connect[f"{ZONE}:80"] == "127.0.0.1:1080"
    assert state.connect[f"direct.{ZONE}:443"] == "127.0.0.1:2443"
    assert state.connect["203.0.113.10:443"] == "127.0.0.1:2443"
    assert state.connect["acme-app.host.example:80"] == "127.0.0.1:2080"
    assert state.connect[f"{origin_address(state, 'acme-app.host.example')}:443"] == "127.0.0.1:2443"
    assert state.connect["127.0.0.1:443"] == "127.0.0.1:1443"
    assert state.connect["[2001:db8::1]:443"] == "127.0.0.1:2443"
    assert "[100::]:443" not in state.connect
    assert f"_dmarc.{ZONE}:443" not in state.connect
    made.close()
    assert state.connect == {"198.51.100.1:53": "127.0.0.1:5353"}
    assert made.refresh not in state.on_change


async def test_connect_follows_the_state(front: Front) -> None:
    record = add_record(front.zone, f"new.{ZONE}", "A", "203.0.113.77", proxied=False)
    front.state.changed()
    front.https.refresh_connect()
    assert front.state.connect[f"new.{ZONE}:443"] == front.https.origins.https
    record["proxied"] = True
    front.zone.put_record(record)
    front.https.refresh_connect()
    assert front.state.connect[f"new.{ZONE}:443"] == front.https.https
    front.zone.drop_record(record["id"])
    front.https.refresh_connect()
    assert f"new.{ZONE}:443" not in front.state.connect
    assert "203.0.113.77:443" not in front.state.connect
    front.state.zones.clear()
    front.https.refresh_connect()
    assert set(front.state.connect) == {"127.0.0.1:80", "127.0.0.1:443"}


async def test_connect_is_quick_for_thousands_of_hosts(state: EdgeState) -> None:
    zone = next(iter(state.zones.values()))
    for number in range(2200):
        content = f"t{number}.far.example" if number % 2 else str(ipaddress.ip_address(0xC6120000 + number))
        add_record(zone, f"h{number}.{ZONE}", "CNAME" if number % 2 else "A", content, proxied=number % 3 > 0)
    made = ConnectMap(state, Sites(state), WHERE)
    begun = time.perf_counter()
    made.refresh()  # nothing has changed
    assert time.perf_counter() - begun < 0.1
    assert len(state.connect) > 10_000
    made.close()


# --- the authority ----------------------------------------------------------------------------------


def test_leaves_are_kept_until_they_are_due(tmp_path: Path) -> None:
    times = [datetime.now(UTC)]
    authority = CertificateAuthority(tmp_path, lambda: times[0])
    spec = LeafSpec((ZONE, f"*.{ZONE}"))
    first = authority.leaf(spec)
    assert authority.leaf(LeafSpec((ZONE, f"*.{ZONE}"))) == first
    assert first.stat().st_mode & 0o077 == 0
    times[0] += timedelta(days=31)
    again = authority.leaf(spec)
    assert again != first
    # Clients live by the machine's clock, so the new one must be valid already.
    leaf = x509.load_pem_x509_certificates(again.read_bytes())[0]
    assert leaf.not_valid_before_utc < datetime.now(UTC)


def test_long_names_and_addresses_are_certified(tmp_path: Path) -> None:
    authority = CertificateAuthority(tmp_path)
    long = ".".join(["a" * 60] * 3)
    leaf = x509.load_pem_x509_certificates(authority.leaf(LeafSpec((long, "203.0.113.1"))).read_bytes())[0]
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == [long]
    assert names.get_values_for_type(x509.IPAddress) == [ipaddress.ip_address("203.0.113.1")]


def test_a_leaf_takes_milliseconds(tmp_path: Path) -> None:
    authority = CertificateAuthority(tmp_path)
    authority.leaf(LeafSpec(("first.example",)))
    begun = time.perf_counter()
    for number in range(20):
        authority.leaf(LeafSpec((f"h{number}.example",)))
    assert time.perf_counter() - begun < 1.0


# --- small functions ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        (b"/", b"/"),
        (b"/a//b///c", b"/a/b/c"),
        (b"/a/./b/../c", b"/a/c"),
        (b"/../../a", b"/a"),
        (b"/a/..", b"/"),
        (b"/a/.", b"/a/"),
        (b"/a\\b", b"/a/b"),
        (b"/%7Euser/%41%2f%20", b"/~user/A%2F%20"),
        (b"/a%2Fb", b"/a%2Fb"),
        (b"/a/", b"/a/"),
    ],
)
def test_paths_are_normalised(path: bytes, wanted: bytes) -> None:
    assert normalised_path(path) == wanted


@given(st.binary(max_size=30).map(lambda tail: b"/" + tail))
def test_a_normalised_path_is_a_path_without_dots(path: bytes) -> None:
    done = normalised_path(path)
    assert done.startswith(b"/")
    assert b"//" not in done
    assert not {b".", b".."} & set(done.split(b"/"))


@pytest.mark.parametrize(
    ("authority", "host"),
    [
        ("Acme.Example:8443", "acme.example"),
        ("acme.example.", "acme.example"),
        ("[2001:db8::1]:443", "2001:db8::1"),
        ("203.0.113.1", "203.0.113.1"),
        ("a:b", ""),
        ("", ""),
    ],
)
def test_hosts_are_read_from_authorities(authority: str, host: str) -> None:
    assert host_of(authority) == host


def fields(**changes: Any) -> RequestFields:
    given: dict[str, Any] = {
        "method": "GET",
        "scheme": "https",
        "host": ZONE,
        "target": "/A/b.CSS?x=1&y=2&x=3",
        "headers": [
            ("cookie", "a=1; b=%20"),
            ("accept-language", "de;q=0.5, en, fr;q=0.9"),
            ("n", "1"),
            ("n", "2"),
        ],
        "client": ipaddress.ip_address("198.51.100.1"),
        "version": "HTTP/2",
        "tls_version": "TLSv1.3",
    }
    return RequestFields(Request(**given | changes), Clock(), ZONE, "0123456789abcdef")


def test_every_field_has_a_value_of_its_type_or_none() -> None:
    kinds = {"String": bytes, "Integer": int, "Bool": bool, "Array": list, "Map": dict}
    for answered in (False, True):
        made = fields()
        if answered:
            made.answered(Response(200, [("content-type", "text/html; charset=utf-8"), ("x", "1")]))
        for name, kind in FIELDS.items():
            value = made[name]
            if value is not None and kind.name in kinds:
                assert isinstance(value, kinds[kind.name]), name


def test_fields_show_the_request_as_cloudflare_does() -> None:
    made = fields()
    assert made["http.request.full_uri"] == b"https://acme.example/A/b.CSS?x=1&y=2&x=3"
    assert made["http.request.uri.path.extension"] == b"css"
    assert made["http.request.uri.args"] == {b"x": [b"1", b"3"], b"y": [b"2"]}
    assert made["http.request.cookies"] == {b"a": [b"1"], b"b": [b" "]}
    assert made["http.request.headers"][b"n"] == [b"1", b"2"]
    assert made["http.request.accepted_languages"] == [b"en", b"fr", b"de"]
    assert made["http.response.code"] is None
    made.answered(Response(404, []))
    assert made["http.response.code"] == 404


async def test_rewriting_leaves_everything_else_alone() -> None:
    page = b'<a href="http://bad.example/">x</a><a href="http://acme.example:8080/">y</a><A HREF=http://acme.example>z</A>'
    answer = Response(200, [("content-type", "text/html")], page)
    done = await rewrite_links(answer, lambda host: host == "acme.example")
    assert done.body == page.replace(b"HREF=http://", b"HREF=https://")
    assert done.header("content-length") == str(len(page) + 1)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_hello_an_error_or_a_wish_for_more(data: bytes) -> None:
    for start in (b"", b"\x16\x03\x01\x00\x40\x01\x00\x00\x3c\x03\x03"):
        received = start + data
        try:
            needed = client_hello.wanted(received)
            if needed <= len(received):
                client_hello.parse(received[:needed])
        except HelloError:
            pass

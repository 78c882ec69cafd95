"""What the name servers answer, over real sockets: as Cloudflare would, and as RFC 1034, 4592, 8482 say."""

from __future__ import annotations

import dns.rcode
import dns.rdatatype
import pytest
from edge_dns_kit import SERVERS, ask, record, serving, shown, zone

from launchready.edge.dns.answer import Resolved
from launchready.edge.dns.names import labels_of
from launchready.edge.dns.rrset import Rcode, Type, rrset_of


def acme():
    return zone(
        "acme.example",
        record("acme.example", "A", "203.0.113.10", proxied=True),
        record("acme.example", "MX", "mx.acme.example", priority=10),
        record("direct.acme.example", "A", "203.0.113.11", ttl=120),
        record("www.acme.example", "CNAME", "direct.acme.example"),
        record("far.acme.example", "CNAME", "elsewhere.test"),
        record("app.acme.example", "CNAME", "platform.test", proxied=True),
        record("go.acme.example", "AAAA", "100::", proxied=True),
        record("a.b.c.acme.example", "TXT", "deep"),
        record("*.wild.acme.example", "TXT", "wild"),
        record("host.wild.acme.example", "A", "203.0.113.12"),
        record("one.acme.example", "CNAME", "two.acme.example"),
        record("two.acme.example", "CNAME", "one.acme.example"),
        record("team.acme.example", "NS", "ns1.team.acme.example", ttl=3600),
        record("ns1.team.acme.example", "A", "203.0.113.53", ttl=3600),
        record("to-shop.acme.example", "CNAME", "www.shop.example"),
    )


@pytest.fixture
async def edge():
    shop = zone("shop.example", record("www.shop.example", "A", "203.0.113.77"))
    async with serving(acme(), shop) as pair:
        yield pair


@pytest.mark.parametrize(
    ("name", "kind", "answer"),
    [
        ("acme.example", "A", ["acme.example 300 A 127.0.0.1"]),
        ("acme.example", "MX", ["acme.example 300 MX 10 mx.acme.example."]),
        ("acme.example", "NS", [f"acme.example 86400 NS {server}." for server in SERVERS]),
        ("direct.acme.example", "A", ["direct.acme.example 120 A 203.0.113.11"]),
        (
            "www.acme.example",
            "A",
            ["direct.acme.example 120 A 203.0.113.11", "www.acme.example 300 CNAME direct.acme.example."],
        ),
        ("www.acme.example", "CNAME", ["www.acme.example 300 CNAME direct.acme.example."]),
        ("far.acme.example", "A", ["far.acme.example 300 CNAME elsewhere.test."]),
        ("app.acme.example", "A", ["app.acme.example 300 A 127.0.0.1"]),
        ("go.acme.example", "A", ["go.acme.example 300 A 127.0.0.1"]),
        ("x.y.wild.acme.example", "TXT", ['x.y.wild.acme.example 300 TXT "wild"']),
        ("*.wild.acme.example", "TXT", ['*.wild.acme.example 300 TXT "wild"']),
        (
            "to-shop.acme.example",
            "A",
            ["to-shop.acme.example 300 CNAME www.shop.example.", "www.shop.example 300 A 203.0.113.77"],
        ),
        (
            "one.acme.example",
            "A",
            ["one.acme.example 300 CNAME two.acme.example.", "two.acme.example 300 CNAME one.acme.example."],
        ),
        ("acme.example", "ANY", ['acme.example 3789 HINFO "RFC8482" ""']),
    ],
)
async def test_data_is_answered_by_both_servers(edge, name, kind, answer):
    _, authority = edge
    for server in (0, 1):
        reply = await ask(authority, name, kind, server=server, tcp=kind == "ANY")
        assert (reply.rcode(), shown(reply)) == (dns.rcode.NOERROR, answer)
        assert reply.flags & 0x0400, "AA"


@pytest.mark.parametrize(
    ("name", "kind", "rcode"),
    [
        ("acme.example", "AAAA", dns.rcode.NOERROR),
        ("app.acme.example", "CNAME", dns.rcode.NOERROR),
        ("app.acme.example", "TXT", dns.rcode.NOERROR),
        ("c.acme.example", "A", dns.rcode.NOERROR),
        ("b.c.acme.example", "TXT", dns.rcode.NOERROR),
        ("wild.acme.example", "TXT", dns.rcode.NOERROR),
        ("host.wild.acme.example", "TXT", dns.rcode.NOERROR),
        ("x.wild.acme.example", "A", dns.rcode.NOERROR),
        ("x.host.wild.acme.example", "TXT", dns.rcode.NXDOMAIN),
        ("nope.acme.example", "A", dns.rcode.NXDOMAIN),
        ("x.b.c.acme.example", "TXT", dns.rcode.NXDOMAIN),
        ("nope.acme.example", "ANY", dns.rcode.NXDOMAIN),
    ],
)
async def test_absence_is_told_with_the_soa(edge, name, kind, rcode):
    state, authority = edge
    reply = await ask(authority, name, kind, tcp=kind == "ANY")
    assert (reply.rcode(), shown(reply)) == (rcode, [])
    (soa,) = reply.authority
    serial = next(iter(state.zones.values())).serial
    assert f"{soa.ttl} {soa[0]}" == (
        f"1800 ada.ns.cloudflare.com. dns.cloudflare.com. {serial} 10000 2400 604800 1800"
    )


async def test_a_delegation_is_a_referral_with_glue(edge):
    _, authority = edge
    for name in ("team.acme.example", "x.team.acme.example"):
        reply = await ask(authority, name, "A")
        assert not reply.flags & 0x0400
        assert not reply.answer
        assert [r.to_text() for r in reply.authority] == [
            "team.acme.example. 3600 IN NS ns1.team.acme.example."
        ]
        assert [r.to_text() for r in reply.additional] == ["ns1.team.acme.example. 3600 IN A 203.0.113.53"]
    ds = await ask(authority, "team.acme.example", "DS")
    assert ds.flags & 0x0400
    assert ds.authority[0].rdtype == dns.rdatatype.SOA


@pytest.mark.parametrize("name", ["other.example", "example", ".", "acme.example.evil.test"])
async def test_foreign_names_are_refused(edge, name):
    _, authority = edge
    assert (await ask(authority, name, "A")).rcode() == dns.rcode.REFUSED


@pytest.mark.parametrize("kind", ["AXFR", "IXFR"])
async def test_transfers_are_refused(edge, kind):
    _, authority = edge
    query = dns.message.make_query("acme.example", kind)
    reply = dns.message.from_wire(authority.servers[0].respond(query.to_wire(), True))
    assert reply.rcode() == dns.rcode.REFUSED


async def test_what_the_state_says_is_served_at_once(edge):
    state, authority = edge
    acme_zone = next(iter(state.zones.values()))
    assert (await ask(authority, "new.acme.example", "TXT")).rcode() == dns.rcode.NXDOMAIN
    fresh = record("deep.new.acme.example", "TXT", "fresh")
    acme_zone.put_record(fresh)
    assert (await ask(authority, "new.acme.example", "TXT")).rcode() == dns.rcode.NOERROR
    assert shown(await ask(authority, "deep.new.acme.example", "TXT")) == [
        'deep.new.acme.example 300 TXT "fresh"'
    ]
    acme_zone.drop_record(fresh["id"])
    assert (await ask(authority, "new.acme.example", "TXT")).rcode() == dns.rcode.NXDOMAIN
    state.addresses = {"A": ["127.0.0.1", "127.0.0.2"], "AAAA": ["::1"]}
    assert len(shown(await ask(authority, "go.acme.example", "A"))) == 2
    assert shown(await ask(authority, "go.acme.example", "AAAA")) == ["go.acme.example 300 AAAA ::1"]
    acme_zone.info["paused"] = True
    assert shown(await ask(authority, "go.acme.example", "AAAA")) == ["go.acme.example 300 AAAA 100::"]
    del state.zones[acme_zone.id]
    assert (await ask(authority, "acme.example", "A")).rcode() == dns.rcode.REFUSED


async def test_one_family_is_served_where_the_settings_say_so(edge):
    state, authority = edge
    state.addresses = {"A": ["127.0.0.1"], "AAAA": ["::1"]}
    only = record("six.acme.example", "CNAME", "x.test", proxied=True, settings={"ipv6_only": True})
    next(iter(state.zones.values())).put_record(only)
    assert shown(await ask(authority, "six.acme.example", "A")) == []
    assert shown(await ask(authority, "six.acme.example", "AAAA")) == ["six.acme.example 300 AAAA ::1"]


def resolve(name, rdtype):
    """An outside world of two names."""
    if name == labels_of("slow.test"):
        return Resolved(Rcode.SERVFAIL)
    if name == labels_of("origin.test") and rdtype == Type.A:
        return Resolved(Rcode.NOERROR, [rrset_of(name, Type.A, 60, [bytes((198, 18, 0, 1))])])
    return Resolved(Rcode.NXDOMAIN)


async def test_an_apex_alias_is_flattened_beside_other_data():
    flat = zone(
        "flat.example",
        record("flat.example", "CNAME", "origin.test"),
        record("flat.example", "TXT", "beside"),
        record("bad.flat.example", "CNAME", "slow.test", settings={"flatten_cname": True}),
        record("www.flat.example", "CNAME", "flat.example"),
        record("plain.flat.example", "CNAME", "origin.test"),
    )
    async with serving(flat) as (_, authority):
        authority.use_resolver(resolve)
        assert shown(await ask(authority, "flat.example", "A")) == ["flat.example 60 A 198.18.0.1"]
        assert shown(await ask(authority, "flat.example", "TXT")) == ['flat.example 300 TXT "beside"']
        for kind in ("AAAA", "CNAME"):
            reply = await ask(authority, "flat.example", kind)
            assert (reply.rcode(), reply.answer) == (dns.rcode.NOERROR, [])
        assert len(shown(await ask(authority, "www.flat.example", "A"))) == 2
        assert (await ask(authority, "bad.flat.example", "A")).rcode() == dns.rcode.SERVFAIL
        assert "CNAME" in shown(await ask(authority, "plain.flat.example", "A"))[0]
        flat.settings["cname_flattening"] = {"id": "cname_flattening", "value": "flatten_all"}
        assert shown(await ask(authority, "plain.flat.example", "A")) == [
            "plain.flat.example 60 A 198.18.0.1"
        ]


async def test_records_of_one_name_are_one_rrset_without_repeats():
    many = zone(
        "many.example",
        record("many.example", "A", "203.0.113.1", ttl=600),
        record("many.example", "A", "203.0.113.2", ttl=120),
        record("many.example", "NS", "ns.elsewhere.test"),
        record("x.many.example", "CNAME", "Target.Test"),
        record("bad.many.example", "A", "not an address"),
    )
    async with serving(many) as (_, authority):
        assert shown(await ask(authority, "many.example", "A")) == [
            "many.example 120 A 203.0.113.1",
            "many.example 120 A 203.0.113.2",
        ]
        assert len(shown(await ask(authority, "many.example", "NS"))) == 2
        assert shown(await ask(authority, "x.many.example", "CNAME")) == [
            "x.many.example 300 CNAME Target.Test."
        ]
        assert (await ask(authority, "bad.many.example", "A")).rcode() == dns.rcode.SERVFAIL

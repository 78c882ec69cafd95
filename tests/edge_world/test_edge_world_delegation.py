"""Root, parents and registrar: what the delegation of a domain says, right or wrong."""

from __future__ import annotations

import dns.flags
import dns.rcode
import dns.rdatatype
import pytest
from edge_world_kit import SERVERS, acme, authentic, record, running, zone

from launchready.edge.world import registrar
from launchready.edge.world.defects import KINDS
from launchready.errors import InputError

ROOT, PARENT, ELSEWHERE = "198.51.100.41", "198.51.100.53", "198.51.100.55"


@pytest.fixture
async def edge():
    async with running(acme()) as made:
        yield made


def authority_of(reply):
    return sorted(
        f"{r.name} {dns.rdatatype.to_text(r.rdtype)} {rdata}"
        for r in reply.authority
        for rdata in r
        if r.rdtype in (dns.rdatatype.NS, dns.rdatatype.DS, dns.rdatatype.SOA)
    )


async def test_root_and_parent_refer_with_glue_and_ds(edge):
    root = await edge.ask("www.acme.example", server=ROOT, dnssec=True)
    assert not root.flags & dns.flags.AA
    assert {line.split(" ", 2)[1] for line in authority_of(root)} == {"NS", "DS"}
    assert {r.to_text() for r in root.additional} == {
        "a.nic.example. 3600 IN A 198.51.100.53",
        "b.nic.example. 3600 IN A 198.51.100.54",
    }
    parent = await edge.ask("www.acme.example", server=PARENT, dnssec=True)
    ds = next(iter(edge.state.zones.values())).dnssec["ds"].split(" ", 4)[4]
    assert authority_of(parent) == [
        f"acme.example. DS {' '.join(ds.split()[:3])} {ds.split()[3].lower()}",
        *(f"acme.example. NS {server}." for server in SERVERS),
    ]


async def test_what_is_known_elsewhere_is_delegated_there_unsigned(edge):
    root = await edge.ask("mx.mail.test", server=ROOT, dnssec=True)
    assert authority_of(root)[0] == "test. NS elsewhere.root-servers.net."
    assert any(r.rdtype == dns.rdatatype.NSEC for r in root.authority)
    there = await edge.ask("mx.mail.test", server=ELSEWHERE)
    assert there.flags & dns.flags.AA
    assert there.answer[0][0].to_text() == "192.0.2.25"
    assert (await edge.ask("acme.example", server=ELSEWHERE)).rcode() == dns.rcode.REFUSED
    assert (await edge.ask("nobody.example", server=PARENT)).rcode() == dns.rcode.SERVFAIL


@pytest.mark.parametrize(
    "domain",
    ["is-a.dev", "client.is-a.dev", "shop.co.uk", "acme.com", "acme.net", "mail.test", "x.deep.example"],
)
async def test_the_parent_of_a_domain_is_one_label_up(domain):
    async with running(zone(domain, record(domain, "A", "203.0.113.8"))) as edge:
        parent = domain.partition(".")[2]
        assert (await edge.found(domain)) == ("NOERROR", ["203.0.113.8"])
        assert authentic(await edge.ask(domain))
        assert await edge.found(parent, "NS") == ("NOERROR", [f"a.nic.{parent}.", f"b.nic.{parent}."])
        assert await edge.found("elsewhere.root-servers.net") == ("NOERROR", [ELSEWHERE])


async def test_domains_at_many_depths_live_together():
    names = ["acme.example", "a.host.example", "b.acme.example", "x.y.z.example", "is-a.dev"]
    zones = [zone(name, record(name, "TXT", name)) for name in names]
    zones[0].put_record(record("b.acme.example", "NS", SERVERS[0]))
    ds = zones[2].dnssec
    zones[0].put_record(
        record(
            "b.acme.example",
            "DS",
            data={"key_tag": ds["key_tag"], "algorithm": 13, "digest_type": 2, "digest": ds["digest"]},
        )
    )
    zones[4].put_record(record("www.is-a.dev", "CNAME", "free.host.example"))
    async with running(*zones) as edge:
        for name in names:
            assert await edge.found(name, "TXT") == ("NOERROR", [f'"{name}"']), name
            assert authentic(await edge.ask(name, "TXT")), name
        assert (await edge.found("www.is-a.dev"))[0] == "NOERROR"
        assert (await edge.found("free.host.example"))[0] == "NOERROR"


async def test_a_zone_within_a_signed_zone_may_be_unsigned():
    outer = zone("acme.example", record("sub.acme.example", "NS", SERVERS[0]))
    inner = zone("sub.acme.example", record("sub.acme.example", "A", "203.0.113.4"), signed=False)
    async with running(outer, inner) as edge:
        reply = await edge.ask("sub.acme.example")
        assert (reply.rcode(), authentic(reply)) == (dns.rcode.NOERROR, False)


async def test_the_registrar_follows_the_zone(edge):
    client = next(iter(edge.state.zones.values()))
    assert len((await edge.found("acme.example", "DS"))[1]) == 1
    client.dnssec["status"] = "disabled"
    assert await edge.found("acme.example", "DS") == ("NOERROR", [])
    reply = await edge.ask("www.acme.example")
    assert (reply.rcode(), authentic(reply)) == (dns.rcode.NOERROR, False)


async def test_what_a_person_sets_stays_until_it_is_given_back(edge):
    registrar.set_ds(edge.state, "acme.example", [f"acme.example. 3600 IN DS 1 13 2 {'ab' * 32}"])
    assert await edge.found("acme.example", "DS") == ("NOERROR", [f"1 13 2 {'ab' * 32}"])
    assert (await edge.found("www.acme.example"))[0] == "SERVFAIL"
    registrar.set_ds(edge.state, "acme.example", [])
    assert await edge.found("www.acme.example") == ("NOERROR", ["127.0.0.1"])
    registrar.set_ns(
        edge.state, "acme.example", ["ns1.acme.example."], {"ns1.acme.example": ["198.51.100.2"]}
    )
    reply = await edge.ask("acme.example", server=PARENT)
    assert authority_of(reply) == ["acme.example. NS ns1.acme.example."]
    assert [r.to_text() for r in reply.additional] == ["ns1.acme.example. 3600 IN A 198.51.100.2"]
    assert await edge.found("www.acme.example") == ("NOERROR", ["127.0.0.1"])
    registrar.follow(edge.state, "acme.example")
    assert authentic(await edge.ask("www.acme.example"))


async def test_a_manual_registrar_delegates_nothing_by_itself():
    async with running(acme(), auto=False) as edge:
        assert (await edge.found("www.acme.example"))[0] == "SERVFAIL"
        registrar.set_ns(edge.state, "acme.example", SERVERS)
        reply = await edge.ask("www.acme.example")
        assert (reply.rcode(), authentic(reply)) == (dns.rcode.NOERROR, False)
        registrar.set_ns(edge.state, "acme.example", ["ns1.old-host.test"])
        assert (await edge.found("www.acme.example"))[0] == "SERVFAIL"
        registrar.set_ns(edge.state, "acme.example", [])
        assert (await edge.found("www.acme.example"))[0] == "NXDOMAIN"


@pytest.mark.parametrize("ds", ["", "1 2 3", "x 13 2 AB", "1 13 2 nothex"])
def test_what_is_no_ds_is_refused(ds):
    from launchready.edge.state import EdgeState

    with pytest.raises(InputError):
        registrar.set_ds(EdgeState(), "acme.example", [ds])


@pytest.mark.parametrize(
    ("kind", "ns", "ds", "rcode"),
    [
        ("world.ns_mismatch", ["ada.ns.cloudflare.com."], 1, "NOERROR"),
        ("world.stale_ds", [f"{server}." for server in SERVERS], 1, "SERVFAIL"),
        ("world.missing_ds", [f"{server}." for server in SERVERS], 0, "NOERROR"),
        ("world.lame_delegation", ["ns1.gone.invalid."], 1, "SERVFAIL"),
    ],
)
async def test_a_wrong_delegation_shows_at_the_parent_and_in_the_resolver(edge, kind, ns, ds, rcode):
    edge.defect(kind, "acme.example")
    referral = await edge.ask("acme.example", server=PARENT, dnssec=True)
    lines = authority_of(referral)
    assert [line.split()[2] for line in lines if " NS " in line] == ns
    assert sum(" DS " in line for line in lines) == ds
    assert (await edge.found("www.acme.example"))[0] == rcode


async def test_wrong_glue_leads_nowhere(edge):
    registrar.set_ns(edge.state, "acme.example", ["ns1.acme.example"], {"ns1.acme.example": ["198.51.100.1"]})
    assert (await edge.found("www.acme.example"))[0] == "NOERROR"
    edge.defect("world.glue_mismatch", "acme.example", address="192.0.2.77")
    referral = await edge.ask("acme.example", server=PARENT)
    assert referral.additional[0][0].to_text() == "192.0.2.77"
    assert (await edge.found("www.acme.example"))[0] == "SERVFAIL"


async def test_parents_can_fail_too(edge):
    edge.defect("dns.servfail", "parent1")
    assert (await edge.found("www.acme.example"))[0] == "NOERROR"
    edge.defect("dns.timeout", "parent2")
    assert (await edge.found("www.acme.example"))[0] == "SERVFAIL"
    edge.state.defects.clear()
    edge.defect("dns.refused", "root")
    assert (await edge.found("www.acme.example"))[0] == "SERVFAIL"


def test_every_kind_is_described_in_one_line():
    assert all(kind.startswith("world.") and "\n" not in text for kind, text in KINDS.items())

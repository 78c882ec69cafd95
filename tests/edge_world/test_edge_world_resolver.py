"""The recursive resolver: what it knows, what it does not, and that failures show."""

from __future__ import annotations

import asyncio

import dns.exception
import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import pytest
from edge_world_kit import SERVERS, acme, authentic, record, running, zone

from launchready.edge.world.origins import NETWORK, cname_targets, origin_address
from launchready.mailauth.presets import PRESETS, world_records


@pytest.fixture
async def edge():
    async with running(
        acme(), zone("shop.co.uk", record("shop.co.uk", "A", "203.0.113.9"), signed=False)
    ) as made:
        yield made


@pytest.mark.parametrize(
    ("name", "kind", "data"),
    [
        ("www.acme.example", "A", ["127.0.0.1"]),
        ("alias.acme.example", "A", ["127.0.0.1"]),
        ("acme.example", "MX", ["10 mx.mail.test."]),
        ("x.wild.acme.example", "TXT", ['"wild"']),
        ("shop.co.uk", "A", ["203.0.113.9"]),
        ("acme.example", "NS", [f"{server}." for server in SERVERS]),
        ("ada.ns.cloudflare.com", "A", ["198.51.100.1"]),
        ("bob.ns.cloudflare.com", "A", ["198.51.100.2"]),
        ("_spf.mail.test", "TXT", ['"v=spf1 ip4:192.0.2.0/24 -all"']),
        ("mx.mail.test", "A", ["192.0.2.25"]),
        ("mx.mail.test", "AAAA", ["2001:db8::25"]),
        ("alias.mail.test", "A", ["192.0.2.25"]),
        ("s1._domainkey.acme.example", "TXT", ['"v=DKIM1; p=AAAA"']),
        ("any.thing.dkim.mail.test", "TXT", ['"v=DKIM1; p=AAAA"']),
        ("example", "NS", ["a.nic.example.", "b.nic.example."]),
        ("co.uk", "NS", ["a.nic.co.uk.", "b.nic.co.uk."]),
        ("a.nic.co.uk", "A", ["198.51.100.53"]),
        (".", "NS", ["a.root-servers.net."]),
        ("a.root-servers.net", "A", ["198.51.100.41"]),
    ],
)
@pytest.mark.parametrize("tcp", [False, True])
async def test_what_the_world_knows_is_answered(edge, name, kind, data, tcp):
    reply = await edge.ask(name, kind, tcp=tcp)
    assert reply.flags & dns.flags.RA
    assert not reply.flags & dns.flags.AA
    assert await edge.found(name, kind, tcp=tcp) == ("NOERROR", data)


@pytest.mark.parametrize(
    ("name", "kind", "rcode"),
    [
        ("www.acme.example", "TXT", "NOERROR"),
        ("wild.acme.example", "TXT", "NOERROR"),
        ("mx.mail.test", "TXT", "NOERROR"),
        ("mail.test", "A", "NOERROR"),
        ("nope.acme.example", "A", "NXDOMAIN"),
        ("nope.shop.co.uk", "A", "NXDOMAIN"),
        ("unknown.example", "A", "SERVFAIL"),
        ("unknown.co.uk", "A", "SERVFAIL"),
        ("com", "DS", "SERVFAIL"),
        ("nope.mail.test", "A", "SERVFAIL"),
        ("unknown.invalid", "A", "SERVFAIL"),
        ("x.validation.test", "A", "SERVFAIL"),
        ("_acme-challenge.acme.example", "TXT", "SERVFAIL"),
        ("x.lost.acme.example", "A", "SERVFAIL"),
        ("1.2.0.192.in-addr.arpa", "PTR", "SERVFAIL"),
    ],
)
async def test_absence_is_told_only_inside_what_is_known(edge, name, kind, rcode):
    if (name, kind) == ("com", "DS"):
        assert await edge.found(name, kind) == ("NOERROR", [])
        return
    assert await edge.found(name, kind) == (rcode, [])


async def test_foreign_targets_of_hosts_have_one_stable_address_each(edge):
    _, (address,) = await edge.found("acme-app.platform.test")
    assert address == origin_address(edge.state, "ACME-app.platform.test.")
    assert address in {str(host) for host in NETWORK}
    assert await edge.found("app.acme.example") == ("NOERROR", [address])
    assert await edge.found("acme.example") == ("NOERROR", [address])
    assert await edge.found("acme-app.platform.test", "AAAA") == ("NOERROR", [])
    assert await edge.found("other.platform.test") == ("SERVFAIL", [])
    assert cname_targets(edge.state) == {"acme-app.platform.test", "www.acme.example"}


def test_no_two_foreign_hosts_share_an_address(edge_state):
    addresses = {origin_address(edge_state, f"host{index}.platform.test") for index in range(3_000)}
    assert len(addresses) == 3_000
    assert edge_state.origin_names[origin_address(edge_state, "host7.platform.test")] == "host7.platform.test"


@pytest.fixture
def edge_state():
    from launchready.edge.state import EdgeState

    return EdgeState()


async def test_a_target_known_for_its_mail_also_is_a_host(edge):
    client = next(iter(edge.state.zones.values()))
    client.put_record(record("links.acme.example", "CNAME", "u1.dkim.mail.test"))
    rcode, data = await edge.found("links.acme.example")
    assert (rcode, len(data)) == ("NOERROR", 1)
    assert await edge.found("u1.dkim.mail.test", "TXT") == ("NOERROR", ['"v=DKIM1; p=AAAA"'])


async def test_a_change_is_seen_at_once(edge):
    client = next(iter(edge.state.zones.values()))
    assert (await edge.found("new.acme.example"))[0] == "NXDOMAIN"
    client.put_record(record("new.acme.example", "CNAME", "new.platform.test"))
    assert (await edge.found("new.acme.example"))[0] == "NOERROR"
    later = zone("later.example", record("later.example", "A", "203.0.113.3"))
    assert (await edge.found("later.example"))[0] == "SERVFAIL"
    edge.state.zones[later.id] = later
    assert await edge.found("later.example") == ("NOERROR", ["203.0.113.3"])
    assert authentic(await edge.ask("later.example"))


@pytest.mark.parametrize("kind", ["dns.servfail", "dns.refused", "dns.timeout", "dns.lame"])
async def test_what_all_servers_do_wrong_the_resolver_suffers(edge, kind):
    edge.defect(kind, "acme.example")
    assert await edge.found("www.acme.example") == ("SERVFAIL", [])
    assert (await edge.found("shop.co.uk"))[0] == "NOERROR"


@pytest.mark.parametrize("kind", ["dns.servfail", "dns.timeout", "dns.refused", "dns.lame", "dns.no_tcp"])
async def test_what_one_server_does_wrong_the_other_makes_good(edge, kind):
    edge.defect(kind, "ns1")
    assert await edge.found("www.acme.example") == ("NOERROR", ["127.0.0.1"])


async def test_truncation_is_followed_to_tcp_and_shows_where_there_is_none(edge):
    edge.defect("dns.truncate_always", "*")
    assert (await edge.found("www.acme.example"))[0] == "NOERROR"
    edge.defect("dns.no_tcp", "*")
    assert (await edge.found("www.acme.example"))[0] == "SERVFAIL"


async def test_the_resolver_itself_can_fail(edge):
    edge.defect("world.resolver_servfail", "acme.example")
    assert (await edge.found("www.acme.example"))[0] == "SERVFAIL"
    edge.defect("world.resolver_timeout", "shop.co.uk")
    with pytest.raises(dns.exception.Timeout):
        await edge.ask("shop.co.uk", patience=0.3)


async def test_names_that_refer_to_each_other_without_end_fail(edge):
    client = next(iter(edge.state.zones.values()))
    other = zone("other.example", record("other.example", "CNAME", "loop.acme.example"))
    edge.state.zones[other.id] = other
    client.put_record(record("loop.acme.example", "CNAME", "other.example", settings={"flatten_cname": True}))
    assert await edge.found("loop.acme.example") == ("SERVFAIL", [])
    assert await edge.found("other.example") == ("SERVFAIL", [])


async def test_the_presets_names_are_all_served():
    async with running(acme(), records=None) as edge:
        for name, types in world_records().items():
            for kind, data in types.items():
                asked = name.replace("*.", "x1.")
                rcode, found = await edge.found(asked, kind, tcp=True)
                assert (rcode, len(found)) == ("NOERROR", len(data)), (asked, kind)
        for preset in PRESETS.values():
            for _, host in preset.mx("acme.example"):
                assert (await edge.found(host))[1], host
        assert any(key.startswith("192.0.2.") and key.endswith(":25") for key in edge.state.connect)


@pytest.mark.parametrize(
    ("change", "rcode"),
    [
        (lambda m: m.set_opcode(4), dns.rcode.NOTIMP),
        (lambda m: m.use_edns(1), dns.rcode.BADVERS),
        (
            lambda m: m.question.__setitem__(0, dns.rrset.from_text("version.bind.", 0, "CH", "TXT")),
            dns.rcode.REFUSED,
        ),
    ],
)
async def test_odd_questions_are_answered_by_their_code(edge, change, rcode):
    message = dns.message.make_query("www.acme.example", "A")
    change(message)
    host, _, port = edge.world.resolver.rpartition(":")
    reply = await dns.asyncquery.udp(message, host, port=int(port), timeout=3)
    assert reply.rcode() == rcode


async def test_many_questions_at_once_are_all_answered(edge):
    replies = await asyncio.gather(*(edge.found("www.acme.example") for _ in range(200)))
    assert all(reply == ("NOERROR", ["127.0.0.1"]) for reply in replies)

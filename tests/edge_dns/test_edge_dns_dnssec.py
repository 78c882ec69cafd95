"""Signed zones, judged by dnspython's validator: the keys are those that the API's DS names."""

from __future__ import annotations

import time

import dns.dnssec
import dns.name
import dns.rcode
import dns.rdata
import dns.rdatatype
import pytest
from edge_dns_kit import ask, keys_of, record, serving, validate_section, zone

from launchready.edge.dns.answer import Resolved
from launchready.edge.dns.keys import ensure_keys, keys_from_pem
from launchready.edge.dns.rrset import Rcode, Type, rrset_of
from launchready.edge.dns.sign import DAY, Signer, nsec_rrset, type_bitmap

ORIGIN = dns.name.from_text("acme.example")


def resolve(name, rdtype):
    rrsets = [rrset_of(name, Type.A, 60, [bytes((198, 18, 0, 1))])] if rdtype == Type.A else []
    return Resolved(Rcode.NOERROR, rrsets)


@pytest.fixture
async def edge():
    acme = zone(
        "acme.example",
        record("acme.example", "CNAME", "origin.test"),
        record("acme.example", "MX", "MX.Acme.Example", priority=10),
        record("www.acme.example", "A", "203.0.113.1", proxied=True),
        record("*.wild.acme.example", "TXT", '"one" "two"'),
        record("alias.acme.example", "CNAME", "www.acme.example"),
        record("deep.ent.acme.example", "A", "203.0.113.2"),
        record("team.acme.example", "NS", "ns1.team.acme.example"),
        record("ns1.team.acme.example", "A", "203.0.113.53"),
        record("safe.acme.example", "NS", "ns.safe.test"),
        record(
            "safe.acme.example",
            "DS",
            data={"key_tag": 9, "algorithm": 13, "digest_type": 2, "digest": "AB" * 32},
        ),
        signed=True,
    )
    async with serving(acme) as (state, authority):
        authority.use_resolver(resolve)
        yield acme, authority, state


async def test_the_apis_ds_is_the_ds_of_the_served_key(edge):
    acme, authority, _ = edge
    keys = (await keys_of(authority, "acme.example"))[ORIGIN]
    (ksk,) = [key for key in keys if key.flags == acme.dnssec["flags"]]
    made = dns.dnssec.make_ds(ORIGIN, ksk, "SHA256")
    assert acme.dnssec["ds"].split() == ["acme.example.", "3600", "IN", "DS", *made.to_text().upper().split()]
    assert {key.flags for key in keys} == {256, 257}
    assert ensure_keys(acme).items() <= acme.dnssec.items()


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("acme.example", "SOA"),
        ("acme.example", "NS"),
        ("acme.example", "MX"),
        ("acme.example", "A"),
        ("acme.example", "CDS"),
        ("acme.example", "CDNSKEY"),
        ("www.acme.example", "A"),
        ("alias.acme.example", "A"),
        ("x.wild.acme.example", "TXT"),
        ("y.x.wild.acme.example", "TXT"),
        ("www.acme.example", "ANY"),
        ("safe.acme.example", "DS"),
    ],
)
async def test_positive_answers_validate(edge, name, kind):
    _, authority, _ = edge
    reply = await ask(authority, name, kind, dnssec=True, tcp=kind == "ANY")
    assert validate_section(reply.answer, await keys_of(authority, "acme.example")) >= 1


async def test_signatures_come_only_when_asked_for(edge):
    _, authority, _ = edge
    for kind in ("A", "AAAA"):
        reply = await ask(authority, "www.acme.example", kind)
        kinds = {rrset.rdtype for rrset in (*reply.answer, *reply.authority)}
        assert not kinds & {dns.rdatatype.RRSIG, dns.rdatatype.NSEC}


@pytest.mark.parametrize(
    ("name", "kind", "types"),
    [
        ("www.acme.example", "TXT", "A RRSIG NSEC"),
        ("acme.example", "TXT", "A NS SOA MX AAAA RRSIG NSEC DNSKEY CDS CDNSKEY"),
        ("acme.example", "AAAA", "A NS SOA MX RRSIG NSEC DNSKEY CDS CDNSKEY"),
        ("ent.acme.example", "A", "RRSIG NSEC"),
        ("q.wild.acme.example", "A", "TXT RRSIG NSEC"),
        ("nope.acme.example", "A", "RRSIG NSEC NXNAME"),
        ("team.acme.example", "DS", "NS RRSIG NSEC"),
    ],
)
async def test_absence_is_proven_by_one_compact_nsec(edge, name, kind, types):
    _, authority, _ = edge
    reply = await ask(authority, name, kind, dnssec=True)
    assert (reply.rcode(), reply.answer) == (dns.rcode.NOERROR, [])
    assert validate_section(reply.authority, await keys_of(authority, "acme.example")) == 2
    (nsec,) = [r for r in reply.authority if r.rdtype == dns.rdatatype.NSEC]
    assert nsec.name == dns.name.from_text(name)
    assert nsec[0].to_text() == f"\\000.{name}. {types}"


async def test_the_response_code_of_absence_follows_the_flags(edge):
    _, authority, _ = edge
    plain = await ask(authority, "nope.acme.example", "A")
    compact = await ask(authority, "nope.acme.example", "A", dnssec=True, compact=True)
    assert plain.rcode() == dns.rcode.NXDOMAIN
    assert compact.rcode() == dns.rcode.NXDOMAIN
    assert compact.ednsflags & 0x4000
    assert any(r.rdtype == dns.rdatatype.NSEC for r in compact.authority)
    asked = await ask(authority, "www.acme.example", "TYPE128")
    assert asked.rcode() == dns.rcode.FORMERR


async def test_referrals_carry_ds_or_the_proof_that_there_is_none(edge):
    _, authority, _ = edge
    keys = await keys_of(authority, "acme.example")
    insecure = await ask(authority, "x.team.acme.example", "A", dnssec=True)
    assert validate_section(insecure.authority, keys, unsigned=("NS",)) == 1
    assert any(r.rdtype == dns.rdatatype.NSEC for r in insecure.authority)
    secure = await ask(authority, "x.safe.acme.example", "A", dnssec=True)
    assert validate_section(secure.authority, keys, unsigned=("NS",)) == 1
    assert any(r.rdtype == dns.rdatatype.DS for r in secure.authority)


@pytest.mark.parametrize(
    ("status", "signed"),
    [("active", True), ("pending", True), ("pending-disabled", True), ("disabled", False)],
)
async def test_a_zone_is_signed_while_the_api_says_so(edge, status, signed):
    acme, authority, _ = edge
    acme.dnssec["status"] = status
    reply = await ask(authority, "www.acme.example", "A", dnssec=True)
    assert any(r.rdtype == dns.rdatatype.RRSIG for r in reply.answer) is signed
    keys = await ask(authority, "acme.example", "DNSKEY", dnssec=True)
    assert bool(keys.answer) is signed
    absent = await ask(authority, "nope.acme.example", "A", dnssec=True)
    assert absent.rcode() == (dns.rcode.NOERROR if signed else dns.rcode.NXDOMAIN)


def test_signatures_are_kept_until_they_are_half_way_through():
    now = [time.time()]
    signer = Signer(lambda: now[0])
    acme = zone("acme.example", signed=True)
    keys = keys_from_pem(acme.signing_key_pem)
    rrset = rrset_of((b"acme", b"example"), Type.A, 60, [b"\1\2\3\4"])
    first = signer.rrsig(rrset, (b"acme", b"example"), keys)
    now[0] += DAY / 4
    assert signer.rrsig(rrset, (b"acme", b"example"), keys) is first
    now[0] += DAY / 2
    later = signer.rrsig(rrset, (b"acme", b"example"), keys)
    assert later is not first
    rdata = dns.rdata.from_wire(1, 46, later.rdatas[0], 0, len(later.rdatas[0]))
    assert rdata.inception < now[0] < rdata.expiration


def test_a_zone_with_one_key_signs_all_with_it():
    acme = zone("acme.example", signed=True)
    alone = acme.signing_key_pem.split("-----END PRIVATE KEY-----\n")[0] + "-----END PRIVATE KEY-----\n"
    keys = keys_from_pem(alone)
    assert keys.ksk is keys.zsk
    assert keys.ksk.flags == 257


@pytest.mark.parametrize(
    "name", [(b"a" * 63,) * 3 + (b"b" * 61,), (b"c" * 62, *((b"a" * 63,) * 2), b"d" * 62)]
)
def test_the_next_name_of_the_longest_names_is_a_name_and_lies_behind(name):
    nsec = nsec_rrset(name, [1], 60)
    rdata = dns.rdata.from_wire(1, 47, nsec.rdatas[0], 0, len(nsec.rdatas[0]))
    assert dns.name.Name((*name, b"")) < rdata.next


def test_type_bitmaps_are_those_of_dnspython():
    kinds = [1, 2, 47, 128, 257, 65280]
    text = " ".join(dns.rdatatype.to_text(dns.rdatatype.RdataType.make(kind)) for kind in kinds)
    wanted = dns.rdata.from_text("IN", "NSEC", f". {text}")
    assert b"\0" + type_bitmap(kinds) == wanted.to_wire()

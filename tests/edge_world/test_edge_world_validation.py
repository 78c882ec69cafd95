"""DNSSEC from the world's root: AD for what validates, SERVFAIL for what must not be believed; and delv."""

from __future__ import annotations

import asyncio
import shutil

import dns.edns
import dns.flags
import dns.rcode
import dns.rdatatype
import pytest
from edge_world_kit import acme, authentic, running


@pytest.fixture
async def edge():
    async with running(acme()) as made:
        yield made


@pytest.mark.parametrize(
    ("name", "kind", "secure"),
    [
        ("www.acme.example", "A", True),
        ("acme.example", "A", True),
        ("x.wild.acme.example", "TXT", True),
        ("www.acme.example", "TXT", True),
        ("nope.acme.example", "A", True),
        ("acme.example", "DS", True),
        ("example", "DNSKEY", True),
        ("app.acme.example", "A", False),
        ("mx.mail.test", "A", False),
    ],
)
async def test_ad_is_set_exactly_when_all_of_the_answer_validates(edge, name, kind, secure):
    assert authentic(await edge.ask(name, kind, dnssec=True)) is secure
    assert authentic(await edge.ask(name, kind)) is secure
    assert not authentic(await edge.ask(name, kind, checking=False))


async def test_the_code_of_an_absent_name_follows_the_clients_flags(edge):
    assert (await edge.ask("nope.acme.example")).rcode() == dns.rcode.NXDOMAIN
    signed = await edge.ask("nope.acme.example", dnssec=True)
    assert signed.rcode() == dns.rcode.NOERROR
    assert any(r.rdtype == dns.rdatatype.NSEC for r in signed.authority)
    assert (await edge.ask("nope.acme.example", dnssec=True, compact=True)).rcode() == dns.rcode.NXDOMAIN


@pytest.mark.parametrize(
    ("kind", "code"),
    [("dns.bogus_signature", 6), ("dns.expired_signature", 7), ("dns.missing_signature", 10)],
)
@pytest.mark.parametrize("name", ["www.acme.example", "nope.acme.example"])
async def test_wrong_signatures_make_servfail_with_the_reason(edge, kind, code, name):
    edge.defect(kind, "acme.example")
    reply = await edge.ask(name)
    assert reply.rcode() == dns.rcode.SERVFAIL
    (reason,) = [option for option in reply.options if isinstance(option, dns.edns.EDEOption)]
    assert int(reason.code) in (code, 9) if kind == "dns.missing_signature" else int(reason.code) == code
    unchecked = await edge.ask(name, checking=False)
    assert unchecked.rcode() in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN)


async def test_a_stale_ds_makes_the_zone_bogus(edge):
    edge.defect("world.stale_ds", "acme.example")
    reply = await edge.ask("www.acme.example")
    assert reply.rcode() == dns.rcode.SERVFAIL
    assert int(reply.options[0].code) == 9


async def delv(edge, tmp_path, *question):
    binary = shutil.which("delv")
    if binary is None:
        pytest.skip("needs delv (bind9-dnsutils)")
    anchor = tmp_path / "anchor.conf"
    edge.world.write_trust_anchor(anchor)
    host, _, port = edge.world.resolver.rpartition(":")
    process = await asyncio.create_subprocess_exec(
        binary,
        f"@{host}",
        "-p",
        port,
        "-a",
        str(anchor),
        "+root=.",
        *question,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    async with asyncio.timeout(20):
        return (await process.communicate())[0].decode()


@pytest.mark.parametrize(
    ("name", "kind", "said"),
    [
        ("www.acme.example", "A", "; fully validated"),
        ("acme.example", "A", "; fully validated"),
        ("alias.acme.example", "A", "; fully validated"),
        ("x.wild.acme.example", "TXT", "; fully validated"),
        ("www.acme.example", "TXT", "; negative response, fully validated"),
        ("nope.acme.example", "A", "; negative response, fully validated"),
        ("mx.mail.test", "A", "; unsigned answer"),
    ],
)
async def test_delv_agrees(edge, tmp_path, name, kind, said):
    assert said in (await delv(edge, tmp_path, name, kind)).splitlines()


async def test_delv_refuses_what_is_bogus(edge, tmp_path):
    edge.defect("dns.bogus_signature", "www.acme.example")
    assert "resolution failed" in await delv(edge, tmp_path, "www.acme.example", "A")


async def test_delv_validates_from_the_ds_that_the_api_shows(edge, tmp_path):
    client = next(iter(edge.state.zones.values()))
    tag, algorithm, digest_type, digest = client.dnssec["ds"].split()[4:]
    anchor = tmp_path / "api.conf"
    anchor.write_text(
        f'trust-anchors {{ "acme.example" static-ds {tag} {algorithm} {digest_type} "{digest}"; }};\n'
    )
    binary = shutil.which("delv")
    if binary is None:
        pytest.skip("needs delv (bind9-dnsutils)")
    host, _, port = edge.authority.nameservers[0].rpartition(":")
    process = await asyncio.create_subprocess_exec(
        binary, f"@{host}", "-p", port, "-a", str(anchor), "+root=acme.example", "www.acme.example", "A",
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    assert "; fully validated" in (await process.communicate())[0].decode()

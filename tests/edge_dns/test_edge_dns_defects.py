"""Each defect by name: what it does on the wire, and that the other server is as it should be."""

from __future__ import annotations

import time

import dns.dnssec
import dns.exception
import dns.flags
import dns.rcode
import dns.rdatatype
import pytest
from edge_dns_kit import ask, defect, keys_of, record, serving, shown, validate_section, zone

from launchready.edge.dns.defects import KINDS

WWW = "www.acme.example"


@pytest.fixture
async def edge():
    acme = zone(
        "acme.example",
        record(WWW, "A", "203.0.113.1"),
        record(WWW, "A", "203.0.113.2"),
        record(WWW, "TXT", "text"),
        record("acme.example", "MX", "mx.acme.example", priority=10),
        signed=True,
    )
    async with serving(acme) as (state, authority):
        yield state, authority, acme


async def outcome(authority, name=WWW, kind="A", **kwargs):
    """Response code and data, or "silence"."""
    try:
        reply = await ask(authority, name, kind, patience=0.3, **kwargs)
    except (dns.exception.Timeout, EOFError, ConnectionError):
        return "silence"
    return dns.rcode.to_text(reply.rcode()), shown(reply, kind)


GOOD = ("NOERROR", [f"{WWW} 300 A 203.0.113.1", f"{WWW} 300 A 203.0.113.2"])
BOTH_KINDS = [
    ("dns.servfail", ("SERVFAIL", [])),
    ("dns.refused", ("REFUSED", [])),
    ("dns.timeout", "silence"),
]


@pytest.mark.parametrize(("kind", "expected"), BOTH_KINDS)
@pytest.mark.parametrize("where", [WWW, "acme.example", "*", "ns1", "198.51.100.1", "ada.ns.cloudflare.com"])
async def test_failures_hit_the_name_the_zone_or_the_server(edge, kind, expected, where):
    state, authority, _ = edge
    state.defects.append(defect(kind, where))
    assert await outcome(authority) == expected
    on_one_server = where in ("ns1", "198.51.100.1", "ada.ns.cloudflare.com")
    assert await outcome(authority, server=1) == (GOOD if on_one_server else expected)
    state.defects.clear()
    assert await outcome(authority) == GOOD


async def test_failures_can_be_of_one_type_one_server_and_the_apex_alone(edge):
    state, authority, _ = edge
    state.defects.append(defect("dns.servfail", "acme.example", type="TXT", server="ns2"))
    assert await outcome(authority, kind="TXT", server=1) == ("SERVFAIL", [])
    assert await outcome(authority, server=1) == GOOD
    assert (await outcome(authority, kind="TXT"))[0] == "NOERROR"
    state.defects[:] = [defect("dns.servfail", "acme.example", exact=True)]
    assert await outcome(authority) == GOOD
    assert (await outcome(authority, "acme.example", "MX"))[0] == "SERVFAIL"


async def test_a_server_without_tcp_closes_the_connection(edge):
    state, authority, _ = edge
    assert await outcome(authority, tcp=True) == GOOD
    state.defects.append(defect("dns.no_tcp", "ns1"))
    assert await outcome(authority, tcp=True) == "silence"
    assert await outcome(authority, tcp=True, server=1) == GOOD
    assert await outcome(authority) == GOOD


async def test_a_server_without_edns_answers_plain_questions_only(edge):
    state, authority, _ = edge
    state.defects.append(defect("dns.no_edns", "ns1"))
    assert await outcome(authority) == ("FORMERR", [])
    assert await outcome(authority, edns=False) == GOOD


async def test_a_lame_server_has_no_authority(edge):
    state, authority, _ = edge
    state.defects.append(defect("dns.lame", "ns2"))
    reply = await ask(authority, WWW, "A", server=1)
    assert not reply.flags & dns.flags.AA
    assert not reply.answer
    assert reply.authority[0].name.to_text() == "."
    assert await outcome(authority) == GOOD


async def test_truncation_sends_the_client_to_tcp(edge):
    state, authority, _ = edge
    state.defects.append(defect("dns.truncate_always", WWW))
    reply = await ask(authority, WWW, "A")
    assert reply.flags & dns.flags.TC
    assert not reply.answer
    assert await outcome(authority, tcp=True) == GOOD


async def test_a_stale_server_serves_what_was_when_it_fell_behind(edge):
    state, authority, acme = edge
    state.defects.append(defect("dns.stale", "ns2"))
    state.changed()
    acme.put_record(record(WWW, "A", "203.0.113.3"))
    assert len((await outcome(authority))[1]) == 3
    assert await outcome(authority, server=1) == GOOD
    serials = [(await ask(authority, "acme.example", "SOA", server=i)).answer[0][0].serial for i in (0, 1)]
    assert serials[0] == serials[1] + 1
    reply = await ask(authority, WWW, "A", server=1, dnssec=True)
    assert validate_section(reply.answer, await keys_of(authority, "acme.example")) == 1


async def test_an_older_copy_can_be_described(edge):
    state, authority, _ = edge
    old = {"name": WWW, "type": "A", "content": "192.0.2.9"}
    state.defects.append(defect("dns.stale", "ns2", drop=[f"{WWW} TXT"], records=[old]))
    assert await outcome(authority, server=1) == ("NOERROR", [f"{WWW} 300 A 192.0.2.9"])
    assert await outcome(authority, kind="TXT", server=1) == ("NOERROR", [])
    state.defects[:] = [defect("dns.stale", "ns2", drop=[WWW])]
    assert (await outcome(authority, server=1))[0] == "NXDOMAIN"
    assert await outcome(authority) == GOOD


async def test_serials_disagree(edge):
    state, authority, _ = edge
    state.defects.append(defect("dns.soa_disagree", "ns2", delta=-3))
    serials = [(await ask(authority, "acme.example", "SOA", server=i)).answer[0][0].serial for i in (0, 1)]
    assert serials[0] - serials[1] == 3


async def test_data_can_be_hidden_added_and_given_another_ttl(edge):
    state, authority, _ = edge
    hidden = defect("dns.hide_record", WWW, type="A", content="203.0.113.1", server="ns2")
    state.defects.append(hidden)
    assert await outcome(authority, server=1) == ("NOERROR", [f"{WWW} 300 A 203.0.113.2"])
    assert await outcome(authority) == GOOD
    state.defects[:] = [defect("dns.hide_record", WWW, type="A")]
    assert await outcome(authority) == ("NOERROR", [])
    state.defects[:] = [defect("dns.hide_record", WWW)]
    assert (await outcome(authority))[0] == "NXDOMAIN"
    extra = {"type": "TXT", "content": "more", "ttl": 60}
    state.defects[:] = [defect("dns.extra_record", WWW, record=extra)]
    assert await outcome(authority, kind="TXT") == (
        "NOERROR",
        [f'{WWW} 300 TXT "more"', f'{WWW} 300 TXT "text"'],
    )
    state.defects[:] = [defect("dns.extra_record", "new.acme.example", record=extra)]
    assert await outcome(authority, "new.acme.example", "TXT") == (
        "NOERROR",
        ['new.acme.example 60 TXT "more"'],
    )
    state.defects[:] = [defect("dns.ttl", WWW, ttl=7, type="A")]
    assert await outcome(authority) == ("NOERROR", [line.replace("300", "7") for line in GOOD[1]])
    assert await outcome(authority, kind="TXT") == ("NOERROR", [f'{WWW} 300 TXT "text"'])


async def test_extra_name_servers_and_a_lost_apex_can_be_shown(edge):
    state, authority, _ = edge
    other = {"type": "NS", "content": "ns9.other.test"}
    state.defects.append(defect("dns.extra_record", "acme.example", record=other))
    assert len((await outcome(authority, "acme.example", "NS"))[1]) == 3
    state.defects[:] = [defect("dns.nxdomain", "acme.example")]
    assert (await outcome(authority))[0] == "NXDOMAIN"
    assert await outcome(authority, "acme.example", "MX") == ("NOERROR", [])


async def test_signatures_can_be_wrong_in_three_ways(edge):
    state, authority, _ = edge
    keys = await keys_of(authority, "acme.example")
    for kind in ("dns.bogus_signature", "dns.expired_signature"):
        state.defects[:] = [defect(kind, WWW)]
        reply = await ask(authority, WWW, "A", dnssec=True)
        with pytest.raises(dns.dnssec.ValidationFailure):
            validate_section(reply.answer, keys)
        if kind == "dns.expired_signature":
            assert validate_section(reply.answer, keys, now=time.time() - 3 * 86_400) == 1
        other = await ask(authority, "acme.example", "MX", dnssec=True)
        assert validate_section(other.answer, keys) == 1
    state.defects[:] = [defect("dns.missing_signature", "acme.example", server="ns1", type="A")]
    reply = await ask(authority, WWW, "A", dnssec=True)
    assert [r.rdtype for r in reply.answer] == [dns.rdatatype.A]
    assert len((await ask(authority, WWW, "A", dnssec=True, server=1)).answer) == 2


async def test_a_defect_with_unusable_options_answers_servfail_and_says_why(edge):
    state, authority, _ = edge
    state.defects.append(defect("dns.extra_record", WWW, record={"type": "A", "content": "nonsense"}))
    reply = await ask(authority, WWW, "A")
    assert reply.rcode() == dns.rcode.SERVFAIL
    assert "A" in reply.options[0].text


def test_every_kind_is_described_in_one_line():
    assert all(kind.startswith("dns.") and "\n" not in text for kind, text in KINDS.items())

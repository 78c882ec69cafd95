"""Messages from the network: anything may come; only questions are answered."""

from __future__ import annotations

import struct

import dns.edns
import dns.flags
import dns.message
import dns.opcode
import dns.rcode
import pytest
from edge_dns_kit import record, state_of, zone
from hypothesis import example, given, settings
from hypothesis import strategies as st

from launchready.edge.dns.authority import Authority


@pytest.fixture(scope="module")
def respond():
    acme = zone(
        "acme.example",
        record("www.acme.example", "A", "203.0.113.1"),
        *(record("big.acme.example", "TXT", f"{index:03d}" + "x" * 200) for index in range(10)),
        signed=True,
    )
    return Authority(state_of(acme)).servers[0].respond


def query(name="www.acme.example", kind="A", **kwargs):
    return dns.message.make_query(name, kind, **kwargs)


@settings(max_examples=400)
@given(st.binary(max_size=80))
@example(b"\0" * 12)
@example(b"\0\1\0\0\0\1\0\0\0\0\0\0\xc0\x0c\0\1\0\1")
def test_no_message_does_harm(respond, data):
    reply = respond(data, False)
    if reply is not None:
        assert reply[:2] == data[:2]
        assert reply[2] & 0x80


@settings(max_examples=300)
@given(st.data())
def test_a_question_with_any_byte_changed_does_no_harm(respond, data):
    wire = bytearray(query(use_edns=0, payload=1232, want_dnssec=True).to_wire())
    wire[data.draw(st.integers(0, len(wire) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(wire)))
    for message in (bytes(wire), bytes(wire[:cut])):
        reply = respond(message, False)
        assert reply is None or reply[2] & 0x80


def test_a_response_is_never_answered(respond):
    message = query()
    message.flags |= dns.flags.QR
    assert respond(message.to_wire(), False) is None
    assert respond(b"\0" * 11, False) is None


@pytest.mark.parametrize(
    "wire",
    [
        query().to_wire()[:-1],
        query().to_wire() + b"\0",
        struct.pack("!HHHHHH", 7, 0, 0, 0, 0, 0),
        struct.pack("!HHHHHH", 7, 0, 2, 0, 0, 0) + query().to_wire()[12:] * 2,
        struct.pack("!HHHHHH", 7, 0, 1, 0, 0, 0) + b"\xc0\x0c\0\1\0\1",
        struct.pack("!HHHHHH", 7, 0, 1, 0, 0, 0) + (b"\x3f" + b"a" * 63) * 4 + b"\0\0\1\0\1",
        struct.pack("!HHHHHH", 7, 0, 1, 0, 0, 2) + query().to_wire()[12:] + b"\0\0\x29\4\xd0\0\0\0\0\0\0" * 2,
    ],
    ids=["cut", "trailing", "no question", "two questions", "pointer", "long name", "two OPT"],
)
def test_a_malformed_question_gets_formerr(respond, wire):
    reply = dns.message.from_wire(respond(wire, False), ignore_trailing=True)
    assert reply.rcode() == dns.rcode.FORMERR


def test_other_opcodes_are_not_implemented(respond):
    message = dns.message.make_query("acme.example", "SOA")
    message.set_opcode(dns.opcode.NOTIFY)
    reply = dns.message.from_wire(respond(message.to_wire(), False))
    assert (reply.rcode(), reply.opcode()) == (dns.rcode.NOTIMP, dns.opcode.NOTIFY)


def test_an_unknown_edns_version_gets_badvers(respond):
    reply = dns.message.from_wire(respond(query(use_edns=1).to_wire(), False))
    assert reply.rcode() == dns.rcode.BADVERS
    assert reply.edns == 0


def test_the_case_of_the_question_is_kept(respond):
    reply = dns.message.from_wire(respond(query("wWw.AcMe.eXample").to_wire(), False))
    assert reply.question[0].name.to_text() == "wWw.AcMe.eXample."
    assert reply.answer[0].name.to_text() == "wWw.AcMe.eXample."


@pytest.mark.parametrize(("edns", "limit"), [(None, 512), (600, 600), (100, 512), (4096, 1232)])
def test_a_udp_reply_never_is_longer_than_the_client_takes(respond, edns, limit):
    asked = query("big.acme.example", "TXT", **({} if edns is None else {"use_edns": 0, "payload": edns}))
    wire = respond(asked.to_wire(), False)
    reply = dns.message.from_wire(wire)
    assert len(wire) <= limit
    assert reply.flags & dns.flags.TC
    assert not reply.answer
    whole = dns.message.from_wire(respond(asked.to_wire(), True))
    assert len(whole.answer[0]) == 10
    assert not whole.flags & dns.flags.TC


def test_edns_is_answered_with_edns_only(respond):
    assert dns.message.from_wire(respond(query(use_edns=-1).to_wire(), False)).edns == -1
    reply = dns.message.from_wire(respond(query(want_dnssec=True).to_wire(), False))
    assert (reply.edns, reply.payload) == (0, 1232)
    assert reply.ednsflags & dns.flags.DO
    cookie = dns.edns.GenericOption(10, b"12345678")
    assert dns.message.from_wire(respond(query(use_edns=0, options=[cookie]).to_wire(), False)).answer

"""The DNS client against servers that answer, cut, lie, keep silent and are not there."""

from __future__ import annotations

import asyncio
import socket

import dns.flags
import dns.message
import pytest

from launchready.evidence.dns_client import DnsClient
from launchready.evidence.limits import Limits
from launchready.evidence.types import PARENT, RESOLVER, Cause, DnsProbe, DnsResult
from tests.evidence.loopback import Answer, NameServer, name_server, reply

ZONE = "acme.example"
SOA = f"{ZONE}. 1800 SOA ns.{ZONE}. dns.{ZONE}. 1 10000 2400 604800 1800"
QUICK = Limits(dns_timeouts=(0.2, 0.2), dns_give_up_after=2)


async def ask(
    answer: Answer, probe: DnsProbe, *, tcp: Answer | None = None, unchecked: bool = False
) -> tuple[DnsResult, NameServer]:
    async with name_server(answer, tcp) as server, DnsClient(QUICK) as client:
        result = await client.ask(probe, server.endpoint, label="192.0.2.1", zone=ZONE, unchecked=unchecked)
    return result, server


def at(rdtype: str, name: str = ZONE, server: str = "192.0.2.1", **how: object) -> DnsProbe:
    return DnsProbe(name, rdtype, server, **how)  # type: ignore[arg-type]


async def test_an_answer_keeps_data_ttl_flags_and_server() -> None:
    result, server = await ask(
        lambda q: reply(q, f'{ZONE}. 300 TXT "a b" "c"', f"{ZONE}. 300 TXT v=spf1"), at("TXT")
    )
    assert (result.cause, result.server, result.ttl) == (None, "192.0.2.1", 300)
    assert result.data == ('"a b" "c"', '"v=spf1"')
    assert {"aa", "edns"} <= result.flags
    assert server.asked == [f"udp TXT {ZONE}+edns"]


@pytest.mark.parametrize(
    ("rcode", "cause"),
    [
        ("NXDOMAIN", Cause.NXDOMAIN),
        ("SERVFAIL", Cause.SERVFAIL),
        ("REFUSED", Cause.REFUSED),
        ("NOTAUTH", Cause.LAME),
        ("YXDOMAIN", Cause.MALFORMED),
    ],
)
async def test_each_rcode_has_its_own_cause(rcode: str, cause: Cause) -> None:
    result, _ = await ask(lambda q: reply(q, rcode=rcode, authority=[SOA]), at("A"))
    assert result.cause is cause
    assert result.answered is (cause is Cause.NXDOMAIN)


async def test_no_data_is_nodata_and_keeps_the_soa() -> None:
    result, _ = await ask(lambda q: reply(q, authority=[SOA]), at("A"))
    assert result.cause is Cause.NODATA
    assert result.authority[0].type == "SOA"


async def test_silence_is_a_timeout_after_every_try() -> None:
    result, server = await ask(lambda q: None, at("A"))
    assert result.cause is Cause.TIMEOUT
    assert "2 tries" in result.detail
    assert len(server.asked) == 2


async def test_a_server_that_never_answers_is_given_up() -> None:
    async with name_server(lambda q: None) as server, DnsClient(QUICK) as client:
        for number in range(4):
            result = await client.ask(at("A", f"n{number}.{ZONE}"), server.endpoint, label="x", zone=ZONE)
    assert "given up" in result.detail
    assert len(server.asked) == 2 * QUICK.dns_give_up_after


async def test_one_lost_datagram_is_asked_again() -> None:
    lost = iter([True, False])
    result, server = await ask(lambda q: None if next(lost) else reply(q, f"{ZONE}. 1 A 192.0.2.9"), at("A"))
    assert result.data == ("192.0.2.9",)
    assert len(server.asked) == 2


async def test_a_closed_port_is_known_at_once() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as held:
        held.bind(("127.0.0.1", 0))
        endpoint = held.getsockname()
    async with DnsClient(Limits(dns_timeouts=(20.0,))) as client:
        result = await client.ask(at("A"), endpoint, label="x", zone=ZONE)
    assert result.cause is Cause.CONNECTION_REFUSED
    assert result.seconds < 5


async def test_a_cut_answer_is_fetched_over_tcp() -> None:
    def cut(query: dns.message.Message) -> dns.message.Message:
        response = reply(query)
        response.flags |= dns.flags.TC
        return response

    whole = [f"{ZONE}. 60 TXT {'x' * 250}{number}" for number in range(20)]
    result, server = await ask(cut, at("TXT"), tcp=lambda q: reply(q, *whole))
    assert len(result.data) == 20
    assert "tcp" in result.flags
    assert [line.split()[0] for line in server.asked] == ["udp", "tcp"]


async def test_a_server_without_edns_is_asked_without() -> None:
    def old(query: dns.message.Message) -> dns.message.Message:
        return reply(query, rcode="FORMERR") if query.edns >= 0 else reply(query, f"{ZONE}. 1 A 192.0.2.9")

    result, server = await ask(old, at("A"))
    assert result.data == ("192.0.2.9",)
    assert "edns" not in result.flags
    assert server.asked == [f"udp A {ZONE}+edns", f"udp A {ZONE}"]


async def test_answers_to_other_questions_are_ignored() -> None:
    def forged(query: dns.message.Message) -> bytes:
        other = dns.message.make_query("evil.example", "A", id=query.id)
        return reply(other, "evil.example. 1 A 192.0.2.66").to_wire()

    result, _ = await ask(forged, at("A"))
    assert result.cause is Cause.TIMEOUT


async def test_the_case_of_the_question_does_not_matter() -> None:
    def shouting(query: dns.message.Message) -> bytes:
        wire = reply(query, f"{ZONE}. 1 A 192.0.2.9").to_wire()
        return wire.replace(b"\x04acme", b"\x04ACME")

    result, _ = await ask(shouting, at("A"))
    assert result.data == ("192.0.2.9",)
    assert result.answer[0].name == ZONE


async def test_rubbish_is_malformed_and_not_a_crash() -> None:
    def rubbish(query: dns.message.Message) -> bytes:
        return reply(query, f"{ZONE}. 1 A 192.0.2.9").to_wire()[:-9]

    result, _ = await ask(rubbish, at("A"))
    assert result.cause is Cause.MALFORMED


async def test_an_answer_without_authority_is_lame() -> None:
    def not_mine(query: dns.message.Message) -> dns.message.Message:
        response = reply(query, f"{ZONE}. 1 A 192.0.2.9")
        response.flags &= ~dns.flags.AA
        return response

    result, _ = await ask(not_mine, at("A"))
    assert result.cause is Cause.LAME


@pytest.mark.parametrize(
    ("owner", "server", "cause"),
    [
        (f"sub.{ZONE}.", "192.0.2.1", None),
        (".", "192.0.2.1", Cause.LAME),
        (f"{ZONE}.", "192.0.2.1", Cause.LAME),
        (f"{ZONE}.", PARENT, None),
    ],
)
async def test_referrals_count_downwards_only(owner: str, server: str, cause: Cause | None) -> None:
    def refers(query: dns.message.Message) -> dns.message.Message:
        response = reply(query, authority=[f"{owner} 300 NS ns.elsewhere.example."])
        response.flags &= ~dns.flags.AA
        return response

    result, _ = await ask(refers, at("A", f"x.sub.{ZONE}", server))
    assert result.cause is cause


async def test_an_alias_is_an_answer_of_an_authoritative_server_and_nodata_of_a_resolver() -> None:
    def alias(query: dns.message.Message) -> dns.message.Message:
        return reply(query, f"www.{ZONE}. 300 CNAME elsewhere.example.")

    own, _ = await ask(alias, at("A", f"www.{ZONE}"))
    resolved, _ = await ask(alias, at("A", f"www.{ZONE}", RESOLVER))
    assert (own.cause, own.data) == (None, ())
    assert resolved.cause is Cause.NODATA


async def test_compact_denial_is_an_absent_name() -> None:
    name = f"gone.{ZONE}"
    proof = f"{name}. 300 NSEC \\000.{name}. RRSIG NSEC TYPE128"
    result, server = await ask(lambda q: reply(q, authority=[SOA, proof]), at("A", name, dnssec=True))
    assert result.cause is Cause.NXDOMAIN
    assert server.asked == [f"udp A {name}+edns+do"]


async def test_only_resolvers_are_asked_to_recurse() -> None:
    answer = f"{ZONE}. 1 A 192.0.2.9"
    _, authoritative = await ask(lambda q: reply(q, answer), at("A"))
    _, resolver = await ask(lambda q: reply(q, answer), at("A", ZONE, RESOLVER))
    _, tested = await ask(lambda q: reply(q, answer), at("A", recursion=True))
    _, unchecked = await ask(lambda q: reply(q, answer), at("A", ZONE, RESOLVER), unchecked=True)
    flags = [
        s.asked[0].removeprefix(f"udp A {ZONE}+edns") for s in (authoritative, resolver, tested, unchecked)
    ]
    assert flags == ["", "+rd", "+rd", "+cd+rd"]


async def test_a_tcp_probe_never_uses_udp() -> None:
    result, server = await ask(lambda q: reply(q, f"{ZONE}. 1 A 192.0.2.9"), at("A", transport="tcp"))
    assert result.cause is None
    assert [line.split()[0] for line in server.asked] == ["tcp"]


async def test_what_is_no_name_is_malformed() -> None:
    result, _ = await ask(lambda q: reply(q), at("A", "a..b"))
    assert result.cause is Cause.MALFORMED


async def test_two_thousand_questions_are_not_lost() -> None:
    """Volume: everything is answered, with no more in flight than allowed."""
    one = name_server(lambda q: reply(q, f"{q.question[0].name} 1 A 192.0.2.9"))
    async with one as server, DnsClient(Limits(dns_in_flight=64)) as client:
        results = await asyncio.gather(
            *(client.ask(at("A", f"n{n}.{ZONE}"), server.endpoint, label="x", zone=ZONE) for n in range(2000))
        )
    assert all(result.data == ("192.0.2.9",) for result in results)

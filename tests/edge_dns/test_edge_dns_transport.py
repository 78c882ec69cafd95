"""Sockets: TCP with pipelined questions and an idle limit, ports, and speed."""

from __future__ import annotations

import asyncio
import shutil
import struct
import time

import dns.message
import dns.rcode
import pytest
from edge_dns_kit import ask, record, serving, shown, state_of, zone

from launchready.edge.dns.authority import ADDRESSES, Authority
from launchready.edge.dns.endpoint import DnsEndpoint
from launchready.errors import EdgeError


def echo(message, tcp):
    return message


def framed(message: bytes) -> bytes:
    return struct.pack("!H", len(message)) + message


async def opened(endpoint):
    host, _, port = endpoint.address.rpartition(":")
    return await asyncio.open_connection(host, int(port))


@pytest.fixture
async def endpoint():
    made = DnsEndpoint(echo, idle_seconds=0.2)
    await made.start("127.0.0.1")
    yield made
    await made.close()


async def test_tcp_answers_pipelined_questions_in_order(endpoint):
    reader, writer = await opened(endpoint)
    messages = [bytes([index]) * (index + 1) for index in range(50)]
    writer.write(b"".join(map(framed, messages)))
    for message in messages:
        assert await reader.readexactly(2 + len(message)) == framed(message)
    writer.close()


async def test_an_idle_or_half_dead_connection_is_closed(endpoint):
    for start in (b"", b"\0", framed(b"x" * 20)[:-1]):
        reader, writer = await opened(endpoint)
        writer.write(start)
        async with asyncio.timeout(3):
            assert await reader.read() == b""
        writer.close()


async def test_closing_ends_open_connections():
    made = DnsEndpoint(echo, idle_seconds=30)
    await made.start("127.0.0.1")
    reader, writer = await opened(made)
    writer.write(framed(b"hello"))
    await reader.readexactly(7)
    async with asyncio.timeout(3):
        await made.close()
    assert await reader.read() == b""
    writer.close()


async def test_a_taken_port_is_named(endpoint):
    port = int(endpoint.address.rpartition(":")[2])
    with pytest.raises(EdgeError, match=str(port)):
        await DnsEndpoint(echo).start("127.0.0.1", port)


async def test_connect_says_where_the_servers_listen():
    async with serving(zone("acme.example")) as (state, authority):
        assert [state.connect[f"{address}:53"] for address in ADDRESSES] == authority.nameservers
        assert len(set(authority.nameservers)) == 2


@pytest.mark.parametrize("dnssec", [False, True])
def test_a_big_zone_is_answered_at_1500_questions_a_second_of_cpu(dnssec):
    hosts = [record(f"h{index}.acme.example", "A", "203.0.113.1") for index in range(17_636)]
    authority = Authority(state_of(zone("acme.example", *hosts, signed=True)))
    names = [f"h{index * 5}.acme.example" for index in range(1_000)] + [
        f"no{i}.acme.example" for i in range(500)
    ]
    asked = [dns.message.make_query(name, "A", want_dnssec=dnssec).to_wire() for name in names]
    began = time.process_time()
    replies = [authority.servers[0].respond(message, False) for message in asked]
    spent = time.process_time() - began
    assert all(replies)
    assert len(asked) / spent > 1_500


async def test_dig_reads_the_answers_without_a_warning():
    dig = shutil.which("dig")
    if dig is None:
        pytest.skip("needs dig (bind9-dnsutils)")
    big = [record("big.acme.example", "TXT", f"{index:03d}" + "x" * 250) for index in range(8)]
    async with serving(zone("acme.example", *big, signed=True)) as (_, authority):
        host, _, port = authority.nameservers[0].rpartition(":")
        process = await asyncio.create_subprocess_exec(
            dig,
            f"@{host}",
            "-p",
            port,
            "+norec",
            "+dnssec",
            "big.acme.example",
            "TXT",
            stdout=asyncio.subprocess.PIPE,
        )
        out = (await process.communicate())[0].decode()
        assert "status: NOERROR" in out
        assert out.count("\tTXT\t") == 8
        assert "Truncated, retrying in TCP mode" in out
        assert "WARNING" not in out
        assert "malformed" not in out.lower()
        reply = await ask(authority, "big.acme.example", "TXT", tcp=True)
        assert (reply.rcode(), len(shown(reply))) == (dns.rcode.NOERROR, 8)

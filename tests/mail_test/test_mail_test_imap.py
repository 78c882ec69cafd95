"""Fetching from a mailbox: a real conversation on loopback, and servers that want to do harm."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from launchready.errors import InputError, LaunchreadyError
from launchready.mailops.imap import Mailbox, newest

MESSAGE = b"From: a@acme.example\r\n\r\nHello.\r\n"
PASSWORD = "a mailbox secret"
Say = Callable[[str, bytes], bytes]


def honest(command: str, tag: bytes) -> bytes:
    """What a server with two matching mails says."""
    if command == "CAPABILITY":
        return b"* CAPABILITY IMAP4rev1\r\n"
    if command == "SEARCH":
        return b"* SEARCH 3 17\r\n"
    if command == "FETCH SIZE":
        return b"* 17 FETCH (RFC822.SIZE %d)\r\n" % len(MESSAGE)
    if command == "FETCH BODY":
        return b"* 17 FETCH (BODY[] {%d}\r\n%s)\r\n" % (len(MESSAGE), MESSAGE)
    return b"* 17 EXISTS\r\n" if command in ("SELECT", "EXAMINE") else b""


@asynccontextmanager
async def server(say: Say = honest, *, login: bytes = b"OK") -> AsyncIterator[tuple[str, list[bytes]]]:
    asked: list[bytes] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            writer.write(b"* OK ready\r\n")
            while line := await reader.readline():
                asked.append(line)
                tag, _, rest = line.strip().partition(b" ")
                command = rest.split(b" ")[0].decode().upper()
                if command == "FETCH":
                    command += " SIZE" if b"SIZE" in rest else " BODY"
                    assert b" 17 " in b" " + rest.partition(b" ")[2]
                status = login if command == "LOGIN" else b"OK"
                writer.write(say(command, tag) + tag + b" " + status + b" done\r\n")
                await writer.drain()
        except OSError:
            pass
        finally:
            writer.close()

    running = await asyncio.start_server(handle, "127.0.0.1", 0)
    async with running:
        port = running.sockets[0].getsockname()[1]
        yield f"imap://ada%40acme@127.0.0.1:{port}/INBOX", asked


async def fetch(url: str) -> bytes:
    return await asyncio.to_thread(newest, Mailbox.of(url), PASSWORD, "acme.example")


async def test_the_newest_mail_of_the_domain_is_fetched_and_left_unread() -> None:
    async with server() as (url, asked):
        assert await fetch(url) == MESSAGE
    told = b"".join(asked)
    assert b'LOGIN ada@acme "a mailbox secret"' in told
    assert b"EXAMINE" in told
    assert b"BODY.PEEK[]" in told
    assert b'FROM "@acme.example"' in told


async def test_a_refused_log_in_says_so_without_the_password() -> None:
    def echo(command: str, _tag: bytes) -> bytes:
        return honest(command, b"")

    async with server(echo, login=b"NO " + PASSWORD.encode()) as (url, _):
        with pytest.raises(LaunchreadyError) as raised:
            await fetch(url)
    assert PASSWORD not in str(raised.value)


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("SEARCH", b"* SEARCH\r\n"),
        ("SEARCH", b"* SEARCH ) NOOP\r\n"),
        ("FETCH SIZE", b"* 17 FETCH (RFC822.SIZE 99999999999)\r\n"),
        ("FETCH BODY", b"* 17 FETCH (BODY[] {99999999999}\r\n"),
        ("FETCH BODY", b"* 17 FETCH (BODY[] NIL)\r\n"),
        ("FETCH BODY", b"x" * 1_000_000),
        ("SELECT", b"* BYE \x1b[31mgone\r\n"),
    ],
)
async def test_a_server_that_wants_to_do_harm_gets_an_error(command: str, answer: bytes) -> None:
    def say(asked: str, tag: bytes) -> bytes:
        return answer if asked.replace("EXAMINE", "SELECT") == command else honest(asked, tag)

    async with server(say) as (url, _):
        with pytest.raises(LaunchreadyError) as raised:
            await fetch(url)
    assert not re.search(r"[\x00-\x1f\x7f]", str(raised.value).replace("\n", ""))


async def test_nobody_there() -> None:
    async with server() as (url, _):
        pass
    with pytest.raises(LaunchreadyError, match=r"127\.0\.0\.1"):
        await fetch(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://mail.example/",
        "imaps://mail.example/INBOX",
        "imaps://ada:secret@mail.example/",
        "imap://ada@mail.example/",
        'imaps://ada@mail.example/a"b',
        "imaps://ada@mail.example/a%0d%0ab",
        "imaps://ada@[mail/",
        "imaps://ada@mail.example:99999/",
    ],
)
def test_urls_that_are_refused(url: str) -> None:
    with pytest.raises(InputError) as raised:
        Mailbox.of(url)
    assert "secret" not in str(raised.value)

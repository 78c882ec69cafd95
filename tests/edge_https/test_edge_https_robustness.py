"""Hostile and broken clients: everything is bounded, nothing crashes, closing is clean."""

from __future__ import annotations

import asyncio
import gc
import logging
import ssl
import time
from collections.abc import AsyncIterator
from pathlib import Path

import h2.config
import h2.connection
import h2.events
import httpx
import pytest
from edge_https_front import ZONE, Front, application, put_setting, start_front

from launchready.edge.https import http1, http2
from launchready.edge.https.listener import Deadlines
from launchready.edge.https.messages import Request, Response
from launchready.edge.https.server import Https
from launchready.errors import EdgeError

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def plain(front: Front) -> Streams:
    put_setting(front.zone, "always_use_https", "off")
    return await asyncio.open_connection("127.0.0.1", front.port(ZONE, 80))


async def tls(front: Front, *alpn: str) -> Streams:
    context = front.context()
    context.set_alpn_protocols(list(alpn))
    return await asyncio.open_connection("127.0.0.1", front.port(ZONE), ssl=context, server_hostname=ZONE)


async def still_serves(front: Front) -> None:
    assert (await front.get(f"https://{ZONE}/")).status_code == 200


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"\x00\x01\x02\x03\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/9.9\r\nHost: acme.example\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: acme.example\r\nx: " + b"a" * 200_000 + b"\r\n\r\n",
        b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\nHost: acme.example\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: acme.example\r\n" + b"x: y\r\n" * 5000 + b"\r\n",
        b"GET / HTTP/1.1\r\nHost: a b:c\r\n\r\n",
        b"GET foo HTTP/1.1\r\nHost: acme.example\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: acme.example\r\nContent-Length: -5\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: acme.example\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
    ],
)
async def test_malformed_requests_get_400_and_the_connection_ends(front: Front, request_bytes: bytes) -> None:
    reader, writer = await plain(front)
    writer.write(request_bytes)
    try:
        answer = await asyncio.wait_for(reader.read(), 5)
        assert answer.startswith((b"HTTP/1.1 400", b"HTTP/1.0 400"))
        assert b"server: cloudflare" in answer.lower()
        assert b"aiohttp" not in answer.lower()
        assert b"Traceback" not in answer
    except ConnectionResetError:
        assert len(request_bytes) > 100_000  # closed before all of it was read
    writer.close()
    await still_serves(front)


async def test_absolute_form_and_asterisk_form_are_understood(front: Front) -> None:
    for line, status in (
        (f"GET http://{ZONE}/a?b HTTP/1.1\r\nHost: other.example", b"200"),
        (f"OPTIONS * HTTP/1.1\r\nHost: {ZONE}", b"204"),
        (f"GET http://{ZONE}?q HTTP/1.1\r\nHost: {ZONE}", b"200"),
    ):
        reader, writer = await plain(front)
        writer.write(f"{line}\r\nConnection: close\r\n\r\n".encode())
        answer = await asyncio.wait_for(reader.read(), 5)
        assert answer.split(b" ")[1] == status, answer
        writer.close()


async def test_a_header_section_that_does_not_end_is_given_up(tmp_path: Path) -> None:
    async for front in start_front(tmp_path, Https(deadlines=Deadlines(first_request=0.2))):
        reader, writer = await plain(front)
        writer.write(b"GET / HTTP/1.1\r\nHost: acme.ex")
        assert await asyncio.wait_for(reader.read(), 5) == b""
        writer.close()
        await still_serves(front)


async def test_a_body_that_does_not_come_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http1, "BODY_SECONDS", 0.2)
    async with application() as url:
        async for front in start_front(tmp_path, Https(url)):
            reader, writer = await plain(front)
            writer.write(f"PUT / HTTP/1.1\r\nHost: {ZONE}\r\nContent-Length: 50\r\n\r\nabc".encode())
            answer = await asyncio.wait_for(reader.read(), 5)
            assert answer.startswith(b"HTTP/1.1 408")
            writer.close()
            await still_serves(front)


async def test_a_client_that_does_not_read_is_given_up(front: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http1, "SEND_SECONDS", 0.2)
    monkeypatch.setattr(http2, "SEND_SECONDS", 0.2)
    front.https.origins.set_pages(ZONE, {"/": {"body": "z" * 20_000_000}})
    reader, writer = await tls(front, "http/1.1")
    writer.transport.pause_reading()
    writer.write(f"GET / HTTP/1.1\r\nHost: {ZONE}\r\n\r\n".encode())
    await asyncio.sleep(0.5)
    writer.transport.resume_reading()
    with pytest.raises((asyncio.IncompleteReadError, ConnectionError, ssl.SSLError)):
        await asyncio.wait_for(reader.readexactly(20_000_000), 5)
    writer.close()
    client = H2Client(*await tls(front, "h2"))
    client.get(1)
    ended = False
    while not ended:
        events = await client.events()
        assert events is not None
        ended = any(isinstance(event, h2.events.StreamReset) for event in events)
    client.writer.close()


@pytest.mark.parametrize("http2", [False, True])
async def test_an_answer_that_breaks_off_does_not_look_whole(front: Front, *, http2: bool) -> None:
    async def breaks(request: Request) -> Response:
        async def parts() -> AsyncIterator[bytes]:
            yield b"a" * 1000
            raise ConnectionError("the origin broke off")

        return Response(200, [("content-type", "text/plain")], parts())

    monkey = front.https.origins
    assert monkey._plain is not None
    assert monkey._tls is not None
    for listener in (monkey._plain, monkey._tls):
        listener._http1._app = breaks
    with pytest.raises(httpx.RemoteProtocolError):
        await front.get(f"https://{ZONE}/", http2=http2)
    await still_fails_softly(front)


async def still_fails_softly(front: Front) -> None:
    answer = await front.get(f"https://www.{ZONE}/")
    assert answer.status_code == 522


async def test_a_zone_that_can_not_be_served_does_not_end_the_listener(
    front: Front, caplog: pytest.LogCaptureFixture
) -> None:
    front.zone.settings["min_tls_version"] = {}
    with pytest.raises((ssl.SSLError, OSError)):
        await tls(front)
    assert "a connection failed" in caplog.text
    put_setting(front.zone, "min_tls_version", "1.2")
    front.zone.settings["ssl"] = {}
    for version2 in (False, True):
        assert (await front.get(f"https://{ZONE}/", http2=version2)).status_code == 500
    put_setting(front.zone, "ssl", "strict")
    await still_serves(front)


@pytest.mark.parametrize("version2", [False, True])
async def test_text_beyond_ascii_passes_unharmed(tmp_path: Path, *, version2: bool) -> None:
    name = "J\u00fcrgen"
    async with application() as url:
        async for front in start_front(tmp_path, Https(url)):
            answer = await front.get(f"https://{ZONE}/", http2=version2, headers={"x-name": name.encode()})
            assert answer.json()["headers"]["x-name"] == name


async def test_clients_that_vanish_leave_nothing_behind(front: Front) -> None:
    for _ in range(30):
        _, writer = await tls(front, "http/1.1")
        writer.write(f"GET / HTTP/1.1\r\nHost: {ZONE}\r\n\r\n".encode())
        writer.transport.abort()
        _, half = await plain(front)
        half.write(b"GET / HT")
        half.transport.abort()
    await still_serves(front)


async def test_expect_continue_is_answered(front: Front) -> None:
    front.https.origins.set_pages(ZONE, {"*": {"body": "ok"}})
    reader, writer = await plain(front)
    writer.write(
        f"PUT /x HTTP/1.1\r\nHost: {ZONE}\r\nExpect: 100-continue\r\nContent-Length: 3\r\n"
        "Connection: close\r\n\r\n".encode()
    )
    assert (await asyncio.wait_for(reader.readline(), 5)).startswith(b"HTTP/1.1 100")
    writer.write(b"abc")
    assert b"HTTP/1.1 200" in await asyncio.wait_for(reader.read(), 5)
    writer.close()


async def test_pipelined_requests_are_answered_in_order(front: Front) -> None:
    reader, writer = await plain(front)
    one = f"GET /robots.txt HTTP/1.1\r\nHost: {ZONE}\r\n\r\n"
    last = f"GET /favicon.ico HTTP/1.1\r\nHost: {ZONE}\r\nConnection: close\r\n\r\n"
    writer.write((one * 5 + last).encode())
    answer = await asyncio.wait_for(reader.read(), 5)
    assert answer.count(b"HTTP/1.1 200 OK") == 5
    assert answer.count(b"HTTP/1.1 404") == 1
    writer.close()


# --- HTTP/2 ---------------------------------------------------------------------------------------


class H2Client:
    """As little of a client as the tests need."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.connection = h2.connection.H2Connection(h2.config.H2Configuration(client_side=True))
        self.connection.initiate_connection()
        self.flush()

    def flush(self) -> None:
        self.writer.write(self.connection.data_to_send())

    def get(self, stream: int, *, end: bool = True) -> None:
        headers = [(":method", "GET"), (":scheme", "https"), (":authority", ZONE), (":path", "/")]
        self.connection.send_headers(stream, headers, end_stream=end)
        self.flush()

    async def events(self) -> list[h2.events.Event] | None:
        """None at the end of the connection."""
        data = await asyncio.wait_for(self.reader.read(65_536), 5)
        if not data:
            return None
        events = self.connection.receive_data(data)
        self.flush()
        return events


async def test_a_client_with_a_tiny_window_gets_everything_slowly(front: Front) -> None:
    front.https.origins.set_pages(ZONE, {"/": {"body": "y" * 5000}})
    client = H2Client(*await tls(front, "h2"))
    client.connection.update_settings({h2.settings.SettingCodes.INITIAL_WINDOW_SIZE: 100})
    client.get(1)
    size, ended = 0, False
    while not ended:
        events = await client.events()
        assert events is not None
        for event in events:
            if isinstance(event, h2.events.DataReceived):
                size += len(event.data or b"")
                if event.stream_ended is None:
                    client.connection.increment_flow_control_window(100, 1)
            ended = ended or isinstance(event, h2.events.StreamEnded)
        client.flush()
    assert size == 5000
    client.writer.close()


async def test_many_streams_share_a_connection(front: Front) -> None:
    client = H2Client(*await tls(front, "h2"))
    for stream in range(1, 100, 2):
        client.get(stream)
    answered = 0
    while answered < 50:
        events = await client.events()
        assert events is not None
        answered += sum(isinstance(event, h2.events.StreamEnded) for event in events)
    client.writer.close()


async def test_a_flood_of_cancelled_streams_ends_the_connection(
    front: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http2, "MAX_RESETS", 50)
    client = H2Client(*await tls(front, "h2"))
    try:
        for stream in range(1, 400, 2):
            client.get(stream)
            client.connection.reset_stream(stream)
            client.flush()
        while await client.events() is not None:
            pass
    except (ConnectionError, h2.exceptions.ProtocolError):
        pass
    client.writer.close()
    await still_serves(front)


@pytest.mark.parametrize(
    "garbage", [b"\x00" * 5000, b"GET / HTTP/1.1\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\xff\xff"]
)
async def test_garbage_in_place_of_http2_ends_the_connection(front: Front, garbage: bytes) -> None:
    reader, writer = await tls(front, "h2")
    writer.write(garbage)
    if not garbage.startswith(b"PRI"):
        await asyncio.wait_for(reader.read(), 5)
    writer.close()
    await still_serves(front)


@pytest.mark.parametrize(
    ("name", "value", "status"),
    [
        (":authority", "a b", b"409"),
        (":authority", "", b"409"),
        (":path", "@other.example/", b"400"),
        (":path", ":80@other.example/", b"400"),
        (":path", "//other.example/", b"200"),
        (":path", "/a b", b"400"),
        (":method", "GE T", b"400"),
        (":method", "CONNECT", b"405"),
    ],
)
async def test_http2_pseudo_headers_can_not_lead_astray(
    front: Front, name: str, value: str, status: bytes
) -> None:
    client = H2Client(*await tls(front, "h2"))
    client.connection.config.validate_outbound_headers = False
    given = {":method": "GET", ":scheme": "https", ":authority": ZONE, ":path": "/"} | {name: value}
    client.connection.send_headers(1, list(given.items()), end_stream=True)
    client.flush()
    found = b""
    while not found:
        events = await client.events()
        if events is None:
            found = b"closed"
            break
        for event in events:
            if isinstance(event, h2.events.ResponseReceived):
                found = dict(event.headers)[b":status"]
    assert found in (status, b"closed")
    client.writer.close()
    await still_serves(front)


# --- start, close, speed ----------------------------------------------------------------------------


async def test_a_taken_port_is_an_edge_error_and_nothing_stays_open(front: Front, tmp_path: Path) -> None:
    taken = int(front.https.https.rpartition(":")[2])
    second = Https()
    with pytest.raises(EdgeError, match=f"can't listen on 127.0.0.1:{taken}"):
        await second.start("127.0.0.1", front.state, front.authority, https_port=taken)
    await still_serves(front)


async def test_closing_with_open_connections_is_quick_and_quiet(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    complaints: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
    ports: list[int] = []
    writers: list[asyncio.StreamWriter] = []
    async for front in start_front(tmp_path):
        ports = [int(front.https.http.rpartition(":")[2]), int(front.https.https.rpartition(":")[2])]
        for opened in (plain(front), tls(front, "h2"), tls(front, "http/1.1")):
            _, writer = await opened
            writers.append(writer)
        _, half = await asyncio.open_connection("127.0.0.1", ports[1])
        half.write(b"\x16\x03\x01")
        writers.append(half)
        writers[0].write(f"PUT / HTTP/1.1\r\nHost: {ZONE}\r\nContent-Length: 10\r\n\r\n".encode())
        await writers[0].drain()
        begun = time.monotonic()
    assert time.monotonic() - begun < 3
    for writer in writers:
        writer.transport.abort()
    for port in ports:
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", port)
    await asyncio.sleep(0)
    gc.collect()
    assert complaints == []
    assert [record.getMessage() for record in caplog.records] == []


async def test_speed_of_requests_and_handshakes(front: Front) -> None:
    """In processor time, client and server together: other programs on the machine don't count."""
    reader, writer = await tls(front, "http/1.1")
    request = f"GET /robots.txt HTTP/1.1\r\nHost: {ZONE}\r\n\r\n".encode()
    begun = time.process_time()
    for _ in range(400):
        writer.write(request)
        while not (await reader.readline()).startswith(b"Allow"):
            pass
    assert 400 / (time.process_time() - begun) > 400
    writer.close()
    context = front.context()
    begun = time.process_time()
    for _ in range(150):
        _, writer = await asyncio.open_connection(
            "127.0.0.1", front.port(ZONE), ssl=context, server_hostname=ZONE
        )
        writer.transport.abort()
    assert 150 / (time.process_time() - begun) > 150

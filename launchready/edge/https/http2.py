"""HTTP/2 (RFC 9113) over the ``h2`` state machine, with flow control both ways and bounds on everything."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
from collections import deque
from collections.abc import AsyncIterator
from typing import cast

import h2.config
import h2.connection
import h2.errors
import h2.events
import h2.exceptions
import h2.settings

from launchready.edge.https.messages import HOP_BY_HOP, App, Request, Response, close_body, host_of, text_of

log = logging.getLogger(__name__)

IDLE_SECONDS = 75.0
BODY_SECONDS = 30.0
SEND_SECONDS = 60.0
"""The longest that a client may keep its window shut."""
MAX_STREAMS = 100
MAX_HEADER_BYTES = 32_768
MAX_RESETS = 1_000
"""More streams than this cancelled by the client on one connection is an attack (CVE-2023-44487)."""
WINDOW = 1 << 20
MAX_BACKLOG = 8 << 20
"""Bytes written that a client does not read while it goes on asking."""
_CHUNK = 16_384


class _Stream:
    """One request and its response: what arrived of the body, and room for sending."""

    __slots__ = ("arrived", "ended", "parts", "reset", "room", "task")

    def __init__(self) -> None:
        self.parts: deque[tuple[bytes, int]] = deque()
        self.ended = False
        self.reset = False
        self.arrived = asyncio.Event()
        self.room = asyncio.Event()
        self.task: asyncio.Task[None] | None = None


class Http2Protocol(asyncio.Protocol):
    """One connection. ``live`` is the server's set of connections, for its shutdown."""

    def __init__(self, app: App, live: set[Http2Protocol]) -> None:
        self._app = app
        self._live = live
        self._connection = h2.connection.H2Connection(
            h2.config.H2Configuration(client_side=False, header_encoding=None)
        )
        self._streams: dict[int, _Stream] = {}
        self._transport: asyncio.Transport | None = None
        self._resets = 0
        self._writable = asyncio.Event()
        self._writable.set()
        self._idle: asyncio.TimerHandle | None = None
        self._closing = False

    # --- the connection -------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._live.add(self)
        self._connection.local_settings = h2.settings.Settings(
            client=False,
            initial_values={
                h2.settings.SettingCodes.MAX_CONCURRENT_STREAMS: MAX_STREAMS,
                h2.settings.SettingCodes.MAX_HEADER_LIST_SIZE: MAX_HEADER_BYTES,
                h2.settings.SettingCodes.INITIAL_WINDOW_SIZE: WINDOW,
            },
        )
        self._connection.initiate_connection()
        self._connection.increment_flow_control_window(WINDOW)
        self._flush()
        self._watch()

    def connection_lost(self, exc: BaseException | None) -> None:
        self._live.discard(self)
        self._closing = True
        if self._idle is not None:
            self._idle.cancel()
        self._writable.set()
        for stream in self._streams.values():
            self._abandon(stream)

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    def data_received(self, data: bytes) -> None:
        try:
            events = self._connection.receive_data(data)
        except h2.exceptions.ProtocolError as error:
            log.info("closed an HTTP/2 connection: %s", error)
            self._flush()
            self.close()
            return
        for event in events:
            self._handle(event)
        self._flush()
        if self._transport is not None and self._transport.get_write_buffer_size() > MAX_BACKLOG:
            log.warning("cut an HTTP/2 connection that asks and does not read")
            self._transport.abort()

    def close(self) -> None:
        """Say goodbye and end; running requests are cancelled."""
        if self._transport is None or self._closing:
            return
        self._closing = True
        try:
            self._connection.close_connection()
        except h2.exceptions.ProtocolError:
            log.debug("the connection was already closed")
        self._flush()
        self._transport.close()

    @property
    def tasks(self) -> list[asyncio.Task[None]]:
        return [stream.task for stream in self._streams.values() if stream.task is not None]

    def _flush(self) -> None:
        data = self._connection.data_to_send()
        if data and self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    def _watch(self) -> None:
        """(Re)start the clock that ends an idle connection."""
        if self._idle is not None:
            self._idle.cancel()
        self._idle = asyncio.get_running_loop().call_later(IDLE_SECONDS, self._idled)

    def _idled(self) -> None:
        if self._streams:
            self._watch()
        else:
            self.close()

    # --- events ---------------------------------------------------------------------------

    def _handle(self, event: h2.events.Event) -> None:
        if isinstance(event, h2.events.RequestReceived):
            self._begin(event)
        elif isinstance(event, h2.events.DataReceived):
            self._received(event)
        elif isinstance(event, h2.events.StreamEnded):
            stream = self._streams.get(event.stream_id)
            if stream is not None:
                stream.ended = True
                stream.arrived.set()
        elif isinstance(event, h2.events.StreamReset):
            self._reset(event.stream_id)
        elif isinstance(event, h2.events.WindowUpdated | h2.events.RemoteSettingsChanged):
            for stream in self._streams.values():
                stream.room.set()
        elif isinstance(event, h2.events.ConnectionTerminated):
            self.close()

    def _begin(self, event: h2.events.RequestReceived) -> None:
        if self._closing:
            return
        stream = self._streams[event.stream_id] = _Stream()
        stream.ended = event.stream_ended is not None
        headers = [(text_of(key), text_of(value)) for key, value in event.headers]
        stream.task = asyncio.get_running_loop().create_task(self._serve(event.stream_id, stream, headers))
        self._watch()

    def _received(self, event: h2.events.DataReceived) -> None:
        stream = self._streams.get(event.stream_id)
        if stream is None or stream.reset:
            self._connection.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            return
        stream.parts.append((event.data or b"", event.flow_controlled_length))
        stream.arrived.set()

    def _reset(self, stream_id: int) -> None:
        self._resets += 1
        stream = self._streams.get(stream_id)
        if stream is not None:
            self._abandon(stream)
        if self._resets > MAX_RESETS:
            log.warning("closed an HTTP/2 connection that kept cancelling its requests")
            self.close()

    @staticmethod
    def _abandon(stream: _Stream) -> None:
        stream.reset = True
        stream.arrived.set()
        stream.room.set()
        if stream.task is not None:
            stream.task.cancel()

    # --- one request ------------------------------------------------------------------------

    async def _serve(self, stream_id: int, stream: _Stream, headers: list[tuple[str, str]]) -> None:
        try:
            response = await self._app(self._request(stream_id, stream, headers))
            try:
                await self._respond(stream_id, stream, response, headers)
            finally:
                await close_body(response)
        except h2.exceptions.ProtocolError as error:
            log.debug("a stream ended early: %s", error)
        except (OSError, TimeoutError) as error:
            log.info("an answer was broken off: %s", error or type(error).__name__)
            self._give_up(stream_id)
        except Exception:  # the connection outlives a failed request
            log.exception("a request failed")
            self._give_up(stream_id)
        finally:
            self._streams.pop(stream_id, None)
            if not self._closing:
                self._finish(stream_id, stream)

    def _finish(self, stream_id: int, stream: _Stream) -> None:
        """Give back the window of a body that nobody read, and stop its sender."""
        for _, size in stream.parts:
            if size:
                self._acknowledge(size, stream_id)
        if not stream.ended and not stream.reset:
            self._give_up(stream_id, h2.errors.ErrorCodes.NO_ERROR)
        self._flush()

    def _give_up(self, stream_id: int, code: int = h2.errors.ErrorCodes.INTERNAL_ERROR) -> None:
        try:
            self._connection.reset_stream(stream_id, error_code=code)
        except h2.exceptions.ProtocolError:
            log.debug("stream %d was already closed", stream_id)
        self._flush()

    def _request(self, stream_id: int, stream: _Stream, headers: list[tuple[str, str]]) -> Request:
        pseudo = {key: value for key, value in headers if key.startswith(":")}
        plain = [(key, value) for key, value in headers if not key.startswith(":")]
        cookies = [value for key, value in plain if key == "cookie"]
        if len(cookies) > 1:
            plain = [(key, value) for key, value in plain if key != "cookie"]
            plain.append(("cookie", "; ".join(cookies)))
        transport = cast(asyncio.Transport, self._transport)
        peer, local = transport.get_extra_info("peername"), transport.get_extra_info("sockname")
        tls = transport.get_extra_info("ssl_object")
        length = next((value for key, value in plain if key == "content-length"), "")
        authority = pseudo.get(":authority") or next((value for key, value in plain if key == "host"), "")
        return Request(
            method=pseudo.get(":method", "GET"),
            scheme=pseudo.get(":scheme", "https"),
            host=host_of(authority),
            target=pseudo.get(":path", "/"),
            headers=[("host", authority), *((key, value) for key, value in plain if key != "host")],
            client=ipaddress.ip_address(peer[0] if peer else "127.0.0.1"),
            version="HTTP/2",
            # a short body may have arrived whole with the headers, before this task began
            body=None if stream.ended and not stream.parts else self._body(stream_id, stream),
            length=int(length) if length.isdigit() else None,
            tls_version=(tls.version() or "") if tls else "",
            tls_cipher=(tls.cipher() or ("",))[0] if tls else "",
            port=local[1] if local else 0,
        )

    async def _body(self, stream_id: int, stream: _Stream) -> AsyncIterator[bytes]:
        while True:
            while stream.parts:
                data, size = stream.parts.popleft()
                self._acknowledge(size, stream_id)
                self._flush()
                if data:
                    yield data
            if stream.ended or stream.reset:
                return
            stream.arrived.clear()
            async with asyncio.timeout(BODY_SECONDS):
                await stream.arrived.wait()

    def _acknowledge(self, size: int, stream_id: int) -> None:
        try:
            self._connection.acknowledge_received_data(size, stream_id)
        except h2.exceptions.ProtocolError:
            log.debug("stream %d is closed", stream_id)

    async def _respond(
        self, stream_id: int, stream: _Stream, response: Response, request: list[tuple[str, str]]
    ) -> None:
        empty = dict(request).get(":method") == "HEAD" or response.status in (204, 304)
        headers = [(":status", str(response.status))]
        headers += [(key, value) for key, value in response.headers if key not in HOP_BY_HOP]
        if isinstance(response.body, bytes):
            if not empty and not response.header("content-length"):
                headers.append(("content-length", str(len(response.body))))
            empty = empty or not response.body
        self._connection.send_headers(stream_id, headers, end_stream=empty)
        if empty:
            self._flush()
        elif isinstance(response.body, bytes):
            await self._send(stream_id, stream, response.body, end=True)
        else:
            async for part in response.body:
                await self._send(stream_id, stream, part, end=False)
            await self._send(stream_id, stream, b"", end=True)

    async def _send(self, stream_id: int, stream: _Stream, data: bytes, *, end: bool) -> None:
        """Send within the client's flow-control window and no faster than the socket takes it."""
        position = 0
        while True:
            async with asyncio.timeout(SEND_SECONDS):
                await self._writable.wait()
            if stream.reset or self._closing:
                return
            room = self._connection.local_flow_control_window(stream_id)
            size = min(len(data) - position, room, _CHUNK, self._connection.max_outbound_frame_size)
            last = position + size == len(data)
            if size > 0 or last:
                self._connection.send_data(
                    stream_id, data[position : position + size], end_stream=end and last
                )
                position += size
                self._flush()
                if last:
                    return
            else:
                stream.room.clear()
                async with asyncio.timeout(SEND_SECONDS):
                    await stream.room.wait()

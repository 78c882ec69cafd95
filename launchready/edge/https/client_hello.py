"""Reading a TLS ClientHello without consuming it (RFC 8446 §4.1.2, RFC 6066 §3).

What the client wants decides which certificate, versions and ciphers it gets, before OpenSSL sees a byte.
"""

from __future__ import annotations

from dataclasses import dataclass

MAX_HELLO = 65_536
RECORD_HEADER = 5
_HANDSHAKE_RECORD = 22
_CLIENT_HELLO = 1
_SERVER_NAME, _ALPN, _SUPPORTED_VERSIONS = 0, 16, 43
_KNOWN_VERSIONS = range(0x0301, 0x0305)


class HelloError(ValueError):
    """The bytes are not a TLS ClientHello."""


@dataclass(frozen=True, slots=True)
class ClientHello:
    """``server_name`` is lower-case without a trailing dot, "" when absent. Versions: 0x0301 … 0x0304."""

    server_name: str
    versions: frozenset[int]
    ciphers: frozenset[int]
    alpn: tuple[str, ...]
    size: int
    """Bytes on the wire."""


def wanted(data: bytes) -> int:
    """How many bytes the whole hello takes, as far as ``data`` tells: more than ``len(data)`` = read on.

    A hello may be spread over several records. Raises HelloError as soon as it can't be one.
    """
    if data[:1] and data[0] != _HANDSHAKE_RECORD:
        raise HelloError("not a TLS handshake record")
    position, collected = 0, bytearray()
    while True:
        if len(data) < position + RECORD_HEADER:
            return position + RECORD_HEADER
        kind, major = data[position], data[position + 1]
        length = int.from_bytes(data[position + 3 : position + 5])
        if kind != _HANDSHAKE_RECORD or major != 3 or not 0 < length <= 2**14 + 256:
            raise HelloError("not a TLS handshake record")
        position += RECORD_HEADER + length
        if position > MAX_HELLO:
            raise HelloError("the ClientHello is too long")
        if len(data) < position:
            return position
        collected += data[position - length : position]
        if collected[0] != _CLIENT_HELLO:
            raise HelloError("not a ClientHello")
        if len(collected) >= 4 and len(collected) >= 4 + int.from_bytes(collected[1:4]):
            return position


def parse(data: bytes) -> ClientHello:
    """``data``: the whole hello as ``wanted`` measured it. Raises HelloError."""
    body = bytearray()
    position = 0
    while position < len(data):
        length = int.from_bytes(data[position + 3 : position + 5])
        body += data[position + RECORD_HEADER : position + RECORD_HEADER + length]
        position += RECORD_HEADER + length
    reader = _Reader(bytes(body[4 : 4 + int.from_bytes(body[1:4])]))
    legacy = reader.number(2)
    reader.take(32)
    reader.block(1)
    suites = reader.block(2)
    reader.block(1)
    extensions = _extensions(reader)
    if len(suites) % 2:
        raise HelloError("odd cipher list")
    return ClientHello(
        server_name=_server_name(extensions.get(_SERVER_NAME)),
        versions=_versions(legacy, extensions.get(_SUPPORTED_VERSIONS)),
        ciphers=frozenset(int.from_bytes(suites[i : i + 2]) for i in range(0, len(suites), 2)),
        alpn=_alpn(extensions.get(_ALPN)),
        size=len(data),
    )


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def take(self, count: int) -> bytes:
        if self.at + count > len(self.data):
            raise HelloError("the ClientHello is cut short")
        self.at += count
        return self.data[self.at - count : self.at]

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size))

    def block(self, size: int) -> bytes:
        """A block with a length in front of ``size`` bytes."""
        return self.take(self.number(size))

    @property
    def left(self) -> bool:
        return self.at < len(self.data)


def _extensions(reader: _Reader) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    if not reader.left:
        return found
    block = _Reader(reader.block(2))
    while block.left:
        kind = block.number(2)
        found[kind] = block.block(2)
    return found


def _server_name(extension: bytes | None) -> str:
    if extension is None:
        return ""
    names = _Reader(_Reader(extension).block(2))
    while names.left:
        kind, name = names.number(1), names.block(2)
        if kind == 0:
            try:
                return name.decode("ascii").lower().rstrip(".")
            except UnicodeDecodeError:
                raise HelloError("the server name is not ASCII") from None
    return ""


def _versions(legacy: int, extension: bytes | None) -> frozenset[int]:
    """Without supported_versions a client takes everything up to its legacy version."""
    if extension is None:
        return frozenset(version for version in _KNOWN_VERSIONS if version <= min(legacy, 0x0303))
    listed = _Reader(extension).block(1)
    offered = {int.from_bytes(listed[i : i + 2]) for i in range(0, len(listed) - 1, 2)}
    return frozenset(offered & set(_KNOWN_VERSIONS))


def _alpn(extension: bytes | None) -> tuple[str, ...]:
    if extension is None:
        return ()
    names, found = _Reader(_Reader(extension).block(2)), []
    while names.left:
        found.append(names.block(1).decode("latin-1"))
    return tuple(found)

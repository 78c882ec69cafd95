"""A bare ClientHello that offers nothing but ciphers which a server must refuse, and what comes back.

OpenSSL no longer builds RC4, 3DES or export ciphers, so a normal handshake can't offer them. The answer
to a hello is in clear (RFC 5246 §7.4.1, RFC 8446 §4.1.3): a ServerHello names the chosen cipher, an
alert refuses.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

WEAK_CIPHERS: dict[int, str] = {
    0x0001: "TLS_RSA_WITH_NULL_MD5",
    0x0002: "TLS_RSA_WITH_NULL_SHA",
    0x003B: "TLS_RSA_WITH_NULL_SHA256",
    0xC006: "TLS_ECDHE_ECDSA_WITH_NULL_SHA",
    0xC010: "TLS_ECDHE_RSA_WITH_NULL_SHA",
    0x0003: "TLS_RSA_EXPORT_WITH_RC4_40_MD5",
    0x0008: "TLS_RSA_EXPORT_WITH_DES40_CBC_SHA",
    0x0014: "TLS_DHE_RSA_EXPORT_WITH_DES40_CBC_SHA",
    0x0004: "TLS_RSA_WITH_RC4_128_MD5",
    0x0005: "TLS_RSA_WITH_RC4_128_SHA",
    0xC007: "TLS_ECDHE_ECDSA_WITH_RC4_128_SHA",
    0xC011: "TLS_ECDHE_RSA_WITH_RC4_128_SHA",
    0x0009: "TLS_RSA_WITH_DES_CBC_SHA",
    0x000A: "TLS_RSA_WITH_3DES_EDE_CBC_SHA",
    0x0016: "TLS_DHE_RSA_WITH_3DES_EDE_CBC_SHA",
    0xC008: "TLS_ECDHE_ECDSA_WITH_3DES_EDE_CBC_SHA",
    0xC012: "TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA",
    0x0018: "TLS_DH_anon_WITH_RC4_128_MD5",
    0x001B: "TLS_DH_anon_WITH_3DES_EDE_CBC_SHA",
    0x0034: "TLS_DH_anon_WITH_AES_128_CBC_SHA",
    0x003A: "TLS_DH_anon_WITH_AES_256_CBC_SHA",
    0x00A6: "TLS_DH_anon_WITH_AES_128_GCM_SHA256",
    0xC015: "TLS_ECDH_anon_WITH_NULL_SHA",
    0xC016: "TLS_ECDH_anon_WITH_RC4_128_SHA",
    0xC018: "TLS_ECDH_anon_WITH_AES_128_CBC_SHA",
    0xC019: "TLS_ECDH_anon_WITH_AES_256_CBC_SHA",
}
"""IANA TLS cipher suites without encryption, without authentication, or broken (RFC 9325 §4.1, RFC 7465)."""

ALERTS: dict[int, str] = {
    0: "close_notify", 10: "unexpected_message", 40: "handshake_failure", 47: "illegal_parameter",
    50: "decode_error", 70: "protocol_version", 71: "insufficient_security", 80: "internal_error",
    86: "inappropriate_fallback", 109: "missing_extension", 112: "unrecognized_name",
}  # fmt: skip
VERSIONS = {0x0300: "SSLv3", 0x0301: "TLSv1", 0x0302: "TLSv1.1", 0x0303: "TLSv1.2", 0x0304: "TLSv1.3"}

_CURVES = (0x001D, 0x0017, 0x0018, 0x0019)
_SIGNATURES = (0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601, 0x0203, 0x0201)


@dataclass(frozen=True, slots=True)
class HelloAnswer:
    """``cipher`` and ``version`` when the server took one of ours; ``alert`` when it refused."""

    version: str = ""
    cipher: str = ""
    alert: str = ""


def client_hello(host: str, random: bytes) -> bytes:
    """A record with a TLS 1.2 ClientHello for ``host``. ``random``: 32 bytes."""
    ciphers = b"".join(struct.pack("!H", code) for code in WEAK_CIPHERS)
    name = host.encode("ascii")
    extensions = b"".join(
        (
            _extension(0, _sized(2, b"\0" + _sized(2, name))),
            _extension(10, _sized(2, b"".join(struct.pack("!H", curve) for curve in _CURVES))),
            _extension(11, _sized(1, b"\0")),
            _extension(13, _sized(2, b"".join(struct.pack("!H", scheme) for scheme in _SIGNATURES))),
            _extension(0xFF01, b"\0"),
        )
    )
    body = b"\x03\x03" + random + b"\0" + _sized(2, ciphers) + _sized(1, b"\0") + _sized(2, extensions)
    return b"\x16\x03\x01" + _sized(2, b"\x01" + len(body).to_bytes(3, "big") + body)


def read_answer(record_type: int, payload: bytes) -> HelloAnswer | None:
    """The meaning of the first record that came back; None when it is no TLS answer to a hello."""
    if record_type == 0x15 and len(payload) >= 2:
        return HelloAnswer(alert=ALERTS.get(payload[1], f"alert {payload[1]}"))
    if record_type != 0x16 or len(payload) < 41 or payload[0] != 2:
        return None
    version = int.from_bytes(payload[4:6], "big")
    after_session = 39 + payload[38]
    code = int.from_bytes(payload[after_session : after_session + 2], "big")
    if code not in WEAK_CIPHERS:
        return None
    return HelloAnswer(VERSIONS.get(version, hex(version)), WEAK_CIPHERS[code])


def _sized(width: int, data: bytes) -> bytes:
    return len(data).to_bytes(width, "big") + data


def _extension(kind: int, data: bytes) -> bytes:
    return struct.pack("!HH", kind, len(data)) + data

"""One TLS handshake: what was agreed on, the chain as sent, and whether a client would trust it.

The first try verifies, so that OpenSSL itself judges chain and name. If it refuses, a second try
without verification brings the chain for the checks to explain. Offering one old version at a time
needs security level 0 (OpenSSL 3 refuses TLS 1.0 and 1.1 above it).
"""

from __future__ import annotations

import asyncio
import re
import secrets
import ssl
import warnings
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import certifi

from launchready.evidence.dialer import Target
from launchready.evidence.limits import Limits
from launchready.evidence.tls_hello import client_hello, read_answer
from launchready.evidence.types import Cause, TlsProbe, TlsResult

_VERSIONS = {
    "1.0": ssl.TLSVersion.TLSv1,
    "1.1": ssl.TLSVersion.TLSv1_1,
    "1.2": ssl.TLSVersion.TLSv1_2,
    "1.3": ssl.TLSVersion.TLSv1_3,
}
_ALERT = re.compile(r"^(?:SSLV3|TLSV1|TLSV13)_(?:ALERT_)?(?P<name>[A-Z_]+)$")
_REFUSED_VERSION = ("UNSUPPORTED_PROTOCOL", "WRONG_SSL_VERSION")
"""OpenSSL's words when the server answered with a version that was not offered: a refusal without alert."""

DER = 2
"""``_ssl.ENCODING_DER``."""


@dataclass(slots=True)
class Contexts:
    """SSL contexts, made once each. ``ca``: trust only this file (the edge's), else the system's store."""

    ca: Path | None = None
    _made: dict[str, ssl.SSLContext] = field(default_factory=dict)

    def verifying(self) -> ssl.SSLContext:
        return self._get("verify", lambda: self._negotiating(verify=True))

    def unverified(self) -> ssl.SSLContext:
        """Accepts any certificate and any version: for evidence only, trust is judged elsewhere."""
        return self._get("any", lambda: self._negotiating(verify=False))

    def http(self) -> ssl.SSLContext:
        """As ``unverified``, for HTTP/1.1."""

        def make() -> ssl.SSLContext:
            context = self._negotiating(verify=False)
            context.set_alpn_protocols(["http/1.1"])
            return context

        return self._get("http", make)

    def trusted_http(self) -> ssl.SSLContext:
        """As ``http``, for what carries credentials: chain and name must be good."""

        def make() -> ssl.SSLContext:
            context = self._negotiating(verify=True)
            context.set_alpn_protocols(["http/1.1"])
            return context

        return self._get("trusted http", make)

    def only(self, version: str) -> ssl.SSLContext:
        return self._get(version, lambda: self._single(version))

    def _get(self, key: str, make: Any) -> ssl.SSLContext:
        if key not in self._made:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)  # TLS 1.0 and 1.1 are offered on purpose
                self._made[key] = make()
        return self._made[key]

    def _negotiating(self, *, verify: bool) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.set_alpn_protocols(["h2", "http/1.1"])
        if verify:
            if self.ca is not None:
                context.load_verify_locations(self.ca)
            else:
                context.load_default_certs()
                if not context.cert_store_stats()["x509_ca"]:
                    # A machine without a store would call the whole internet untrusted.
                    context.load_verify_locations(certifi.where())
            # Browsers still take what Python's own list leaves out (RSA key exchange, CBC): other checks
            # judge ciphers. Level 2 refuses keys of less than 112 bits of security.
            context.set_ciphers("DEFAULT:@SECLEVEL=2")
            return context
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
        return context

    def _single(self, version: str) -> ssl.SSLContext:
        context = self._negotiating(verify=False)
        context.minimum_version = _VERSIONS["1.0"]  # before the maximum, or the pair is refused half-set
        context.maximum_version = _VERSIONS[version]
        context.minimum_version = _VERSIONS[version]
        return context


async def handshake(probe: TlsProbe, target: Target, contexts: Contexts, limits: Limits) -> TlsResult:
    """One handshake; never raises for what the network or the peer does."""
    if probe.weak:
        return await _weak_hello(probe, target, limits)
    if probe.version is not None:
        return await _connect(probe, target, contexts.only(probe.version), limits)
    verified = await _connect(probe, target, contexts.verifying(), limits)
    if verified.cause is None:
        return replace(verified, trusted=True)
    if not verified.trust_error:
        if verified.cause is not Cause.TLS:
            return verified
        plain = await _connect(probe, target, contexts.unverified(), limits)
        if plain.cause is not None:
            return verified
        return replace(plain, trusted=False, trust_error=f"a strict client fails: {verified.detail}")
    plain = await _connect(probe, target, contexts.unverified(), limits)
    return replace(plain, trusted=False, trust_error=verified.trust_error)


async def _connect(probe: TlsProbe, target: Target, context: ssl.SSLContext, limits: Limits) -> TlsResult:
    result = TlsResult(probe, None, address=target.address)
    try:
        async with asyncio.timeout(limits.connect_timeout + limits.handshake_timeout):
            _, writer = await asyncio.open_connection(
                target.host, target.port, ssl=context, server_hostname=probe.host,
                ssl_handshake_timeout=limits.handshake_timeout,
            )  # fmt: skip
    except ssl.SSLCertVerificationError as error:
        return replace(result, cause=Cause.TLS, trust_error=error.verify_message or str(error))
    except ssl.SSLError as error:
        return _refused(result, error)
    except (TimeoutError, OSError) as error:
        cause, detail = cause_of(error)
        return replace(result, cause=cause, detail=detail)
    try:
        return _agreed(result, writer.get_extra_info("ssl_object"))
    finally:
        writer.transport.abort()


def _agreed(result: TlsResult, tls: ssl.SSLObject) -> TlsResult:
    cipher = tls.cipher()
    return replace(
        result,
        version=tls.version(),
        cipher=cipher[0] if cipher else None,
        alpn=tls.selected_alpn_protocol(),
        chain=_sent_chain(tls),
    )


def _sent_chain(tls: Any) -> tuple[bytes, ...]:
    """The certificates as sent, DER, leaf first. Python 3.13 made this public; 3.10–3.12 keep it below."""
    if hasattr(tls, "get_unverified_chain"):
        return tuple(tls.get_unverified_chain())
    chain = tls._sslobj.get_unverified_chain() or ()
    return tuple(certificate.public_bytes(DER) for certificate in chain)


def _refused(result: TlsResult, error: ssl.SSLError) -> TlsResult:
    reason = error.reason or ""
    if reason in ("NO_PROTOCOLS_AVAILABLE", "NO_CIPHERS_AVAILABLE"):
        return replace(result, cause=Cause.NOT_PROBED, detail="this machine's OpenSSL can't offer it")
    match = _ALERT.match(reason)
    alert = match["name"].lower() if match else ""
    if reason in _REFUSED_VERSION:
        alert = "protocol_version"
    detail = reason.replace("_", " ").lower() or str(error)
    if isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return replace(result, cause=Cause.RESET, detail="closed during the handshake")
    return replace(result, cause=Cause.TLS, alert=alert, detail=detail)


def cause_of(error: BaseException) -> tuple[Cause, str]:
    """The typed cause of a connection's failure, and its words."""
    if isinstance(error, TimeoutError):
        return Cause.TIMEOUT, "no answer in time"
    if isinstance(error, ConnectionRefusedError):
        return Cause.CONNECTION_REFUSED, "connection refused"
    if isinstance(error, ConnectionAbortedError) and error.errno is None:
        return Cause.TIMEOUT, "no handshake in time"  # asyncio's word for ssl_handshake_timeout
    if isinstance(error, ConnectionResetError | ConnectionAbortedError | BrokenPipeError):
        return Cause.RESET, "connection reset"
    if isinstance(error, ssl.SSLError):
        return Cause.TLS, (error.reason or str(error)).replace("_", " ").lower()
    if isinstance(error, OSError):
        return Cause.UNREACHABLE, error.strerror or str(error)
    return Cause.MALFORMED, str(error)


async def _weak_hello(probe: TlsProbe, target: Target, limits: Limits) -> TlsResult:
    result = TlsResult(probe, None, address=target.address)
    try:
        async with asyncio.timeout(limits.connect_timeout + limits.handshake_timeout):
            record_type, payload = await _first_record(
                target, client_hello(probe.host, secrets.token_bytes(32))
            )
    except (asyncio.IncompleteReadError, ConnectionResetError, BrokenPipeError):
        return replace(result, cause=Cause.RESET, detail="closed during the handshake")
    except (TimeoutError, OSError) as error:
        cause, detail = cause_of(error)
        return replace(result, cause=cause, detail=detail)
    answer = read_answer(record_type, payload)
    if answer is None:
        return replace(result, cause=Cause.MALFORMED, detail="no TLS answer to a ClientHello")
    if answer.alert:
        return replace(result, cause=Cause.TLS, alert=answer.alert, detail=answer.alert)
    return replace(result, version=answer.version, cipher=answer.cipher)


async def _first_record(target: Target, hello: bytes) -> tuple[int, bytes]:
    reader, writer = await asyncio.open_connection(target.host, target.port)
    try:
        writer.write(hello)
        await writer.drain()
        head = await reader.readexactly(5)
        if head[1] != 3:  # no TLS record: its length means nothing
            return 0, b""
        return head[0], await reader.readexactly(int.from_bytes(head[3:5], "big"))
    finally:
        writer.transport.abort()

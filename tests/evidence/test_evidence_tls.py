"""The TLS prober against servers that are good, old, untrusted, plain, cut and silent."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import threading
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from cryptography import x509

from launchready.evidence.dialer import Target
from launchready.evidence.limits import Limits
from launchready.evidence.tls_probe import Contexts, handshake
from launchready.evidence.types import Cause, TlsProbe, TlsResult
from tests.bad_twins.certificates import Leaf, issue
from tests.evidence.loopback import Handler, listening

HOST = "www.acme.example"
LIMITS = Limits(connect_timeout=5.0, handshake_timeout=5.0)


async def nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(1)


def shake_hands(listener: socket.socket, context: ssl.SSLContext) -> None:
    """Blocking, in a thread: asyncio's server hangs up without sending its alert."""
    while True:
        try:
            raw, _ = listener.accept()
        except OSError:
            return
        with contextlib.suppress(OSError), raw:
            raw.settimeout(5)
            with context.wrap_socket(raw, server_side=True) as wrapped:
                wrapped.recv(1)


@asynccontextmanager
async def tls_server(
    directory: Path, leaf: Leaf | None = None, *, least: str = "TLSv1_2", most: str = "TLSv1_3",
    ciphers: str = "DEFAULT:@SECLEVEL=0",
) -> AsyncIterator[tuple[Target, Path]]:  # fmt: skip
    pem, ca = issue(leaf or Leaf((HOST,)), directory)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = getattr(ssl.TLSVersion, least)
        context.maximum_version = getattr(ssl.TLSVersion, most)
    context.set_ciphers(ciphers)
    context.load_cert_chain(pem)
    context.set_alpn_protocols(["h2", "http/1.1"])
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=shake_hands, args=(listener, context), daemon=True)
        thread.start()
        host, port = listener.getsockname()
        yield Target("192.0.2.1", host, port), ca
        listener.shutdown(socket.SHUT_RDWR)
    await asyncio.to_thread(thread.join, 5)


async def look(target: Target, ca: Path, version: str | None = None, *, weak: bool = False) -> TlsResult:
    return await handshake(TlsProbe(HOST, version=version, weak=weak), target, Contexts(ca), LIMITS)


async def test_a_good_host_is_trusted_and_its_chain_is_kept_as_sent(tmp_path: Path) -> None:
    async with tls_server(tmp_path) as (target, ca):
        result = await look(target, ca)
    assert (result.cause, result.trusted, result.version, result.alpn) == (None, True, "TLSv1.3", "h2")
    assert result.address == "192.0.2.1"
    names = [x509.load_der_x509_certificate(der).subject.rfc4514_string() for der in result.chain]
    assert names == [f"CN={HOST}", "CN=twin test root"]


@pytest.mark.parametrize(
    ("leaf", "words"),
    [
        (Leaf(("other.example",)), "Hostname mismatch"),
        (Leaf((HOST,), age=100.0), "expired"),
        (Leaf((HOST,), age=-5.0), "not yet valid"),
    ],
)
async def test_a_bad_certificate_is_explained_and_still_collected(
    tmp_path: Path, leaf: Leaf, words: str
) -> None:
    async with tls_server(tmp_path, leaf) as (target, ca):
        result = await look(target, ca)
    assert (result.cause, result.trusted) == (None, False)
    assert words in result.trust_error
    assert len(result.chain) == 2


async def test_another_authority_is_not_trusted(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    _, stranger = issue(Leaf(("x.example",)), tmp_path / "other")
    async with tls_server(tmp_path) as (target, _):
        result = await look(target, stranger)
    assert result.trusted is False
    assert result.trust_error


@pytest.mark.parametrize("version", ["1.0", "1.1"])
async def test_an_old_version_is_refused_by_an_alert(tmp_path: Path, version: str) -> None:
    async with tls_server(tmp_path) as (target, ca):
        result = await look(target, ca, version)
    assert (result.cause, result.alert) == (Cause.TLS, "protocol_version")


@pytest.mark.parametrize("version", ["1.0", "1.1", "1.2", "1.3"])
async def test_each_version_can_be_offered_alone(tmp_path: Path, version: str) -> None:
    async with tls_server(tmp_path, least="TLSv1") as (target, ca):
        result = await look(target, ca, version)
    assert (result.cause, result.version) == (None, {"1.0": "TLSv1"}.get(version, f"TLSv{version}"))


async def test_a_host_that_speaks_only_old_tls_is_seen_and_not_trusted(tmp_path: Path) -> None:
    async with tls_server(tmp_path, least="TLSv1", most="TLSv1_1") as (target, ca):
        result = await look(target, ca)
    assert (result.cause, result.version, result.trusted) == (None, "TLSv1.1", False)


async def test_broken_ciphers_are_refused_or_named(tmp_path: Path) -> None:
    async with tls_server(tmp_path) as (target, ca):
        refused = await look(target, ca, weak=True)
    async with tls_server(tmp_path, ciphers="AECDH-AES128-SHA:@SECLEVEL=0") as (target, ca):
        taken = await look(target, ca, weak=True)
    assert (refused.cause, refused.alert) == (Cause.TLS, "handshake_failure")
    assert (taken.cause, taken.cipher) == (None, "TLS_ECDH_anon_WITH_AES_128_CBC_SHA")


def raw(response: bytes) -> Handler:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(4096)
        writer.write(response)
        await writer.drain()

    return handle


@pytest.mark.parametrize("weak", [False, True])
async def test_a_connection_that_is_cut_is_no_refusal(tmp_path: Path, weak: bool) -> None:
    _, ca = issue(Leaf((HOST,)), tmp_path)
    async with listening(raw(b"")) as (host, port):
        result = await look(Target("192.0.2.1", host, port), ca, None if weak else "1.1", weak=weak)
    assert (result.cause, result.alert) == (Cause.RESET, "")


async def test_plain_http_on_the_port_is_no_refusal_of_a_version(tmp_path: Path) -> None:
    _, ca = issue(Leaf((HOST,)), tmp_path)
    async with listening(raw(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as (host, port):
        target = Target("192.0.2.1", host, port)
        offered = await look(target, ca, "1.1")
        weak = await look(target, ca, weak=True)
    assert (offered.cause, offered.alert) == (Cause.TLS, "")
    assert weak.cause is Cause.MALFORMED


async def test_silence_is_a_timeout(tmp_path: Path) -> None:
    _, ca = issue(Leaf((HOST,)), tmp_path)

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with listening(silent) as (host, port):
        limits = Limits(connect_timeout=0.2, handshake_timeout=0.2)
        result = await handshake(TlsProbe(HOST), Target("192.0.2.1", host, port), Contexts(ca), limits)
    assert result.cause is Cause.TIMEOUT


async def test_a_closed_port_is_refused(tmp_path: Path) -> None:
    _, ca = issue(Leaf((HOST,)), tmp_path)
    async with listening(nothing) as (host, port):
        pass
    result = await look(Target("192.0.2.1", host, port), ca)
    assert result.cause is Cause.CONNECTION_REFUSED

"""What a TLS client meets: chains, versions per host, refusals, defects; judged by OpenSSL."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
import time
import warnings
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from edge_https_front import ZONE, Front, add_record, build_zone, put_setting, start_front

from launchready.edge.https.defects import TLS
from launchready.edge.https.listener import Deadlines
from launchready.edge.https.server import Https
from launchready.edge.state import Defect


def only(front: Front, version: ssl.TLSVersion, *, verify: bool = True) -> ssl.SSLContext:
    context = front.context()
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # old versions are asked for on purpose
        context.minimum_version = context.maximum_version = version
    return context


async def served(front: Front, host: str = ZONE, *, at: str | None = None) -> list[x509.Certificate]:
    """The chain as sent, by openssl: Python shows the leaf only."""
    command = ["openssl", "s_client", "-connect", f"127.0.0.1:{front.port(at or host)}", "-servername", host]
    command += ["-showcerts", "-cipher", "DEFAULT:@SECLEVEL=0"]
    process = await asyncio.create_subprocess_exec(
        *command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    text, _ = await asyncio.wait_for(process.communicate(), 10)
    return x509.load_pem_x509_certificates(text)


async def test_a_good_host_validates_and_speaks_http2_by_tls13(front: Front) -> None:
    context = front.context()
    context.set_alpn_protocols(["h2", "http/1.1"])
    tls = await front.handshake(ZONE, context)
    assert tls.version == "TLSv1.3"
    assert tls.alpn == "h2"
    leaf, intermediate = await served(front)
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == [ZONE, f"*.{ZONE}"]
    assert (leaf.not_valid_after_utc - leaf.not_valid_before_utc).days <= 90
    assert isinstance(leaf.public_key(), ec.EllipticCurvePublicKey)
    assert leaf.issuer == intermediate.subject


async def test_without_alpn_http1_is_spoken(front: Front) -> None:
    reader, writer = await asyncio.open_connection(
        "127.0.0.1", front.port(ZONE), ssl=front.context(), server_hostname=ZONE
    )
    writer.write(f"GET / HTTP/1.0\r\nHost: {ZONE}\r\n\r\n".encode())
    assert (await reader.read()).startswith(b"HTTP/1.0 200")
    writer.close()
    await writer.wait_closed()


async def test_minimum_version_is_enforced_with_the_right_alert(front: Front) -> None:
    for refused in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1):
        with pytest.raises(ssl.SSLError, match="ALERT_PROTOCOL_VERSION"):
            await front.handshake(ZONE, only(front, refused))
    for taken in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        await front.handshake(ZONE, only(front, taken))


async def test_minimum_version_follows_the_setting_at_once(front: Front) -> None:
    put_setting(front.zone, "min_tls_version", "1.0")
    assert (await front.handshake(ZONE, only(front, ssl.TLSVersion.TLSv1))).version == "TLSv1"
    assert (await front.handshake(ZONE, only(front, ssl.TLSVersion.TLSv1_1))).version == "TLSv1.1"
    put_setting(front.zone, "min_tls_version", "1.3")
    with pytest.raises(ssl.SSLError, match="ALERT_PROTOCOL_VERSION"):
        await front.handshake(ZONE, only(front, ssl.TLSVersion.TLSv1_2))


async def test_tls13_off_is_enforced(front: Front) -> None:
    put_setting(front.zone, "tls_1_3", "off")
    with pytest.raises(ssl.SSLError, match="ALERT_PROTOCOL_VERSION"):
        await front.handshake(ZONE, only(front, ssl.TLSVersion.TLSv1_3))
    assert (await front.handshake(ZONE, front.context())).version == "TLSv1.2"


async def test_two_zones_have_their_own_minimum_on_one_port(front: Front) -> None:
    other = build_zone("old.example")
    put_setting(other, "min_tls_version", "1.0")
    front.state.zones[other.id] = other
    front.state.changed()
    await front.handshake("old.example", only(front, ssl.TLSVersion.TLSv1))
    with pytest.raises(ssl.SSLError, match="ALERT_PROTOCOL_VERSION"):
        await front.handshake(ZONE, only(front, ssl.TLSVersion.TLSv1))


@pytest.mark.parametrize("host", ["unknown.acme.example", "elsewhere.example", "direct.acme.example", None])
async def test_hosts_that_are_not_the_edges_get_a_handshake_failure(front: Front, host: str | None) -> None:
    context = front.context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with pytest.raises(ssl.SSLError, match="ALERT_HANDSHAKE_FAILURE"):
        await front.handshake(host, context)


async def test_universal_ssl_covers_one_label_and_packs_cover_more(front: Front) -> None:
    deep = f"deep.er.{ZONE}"
    with pytest.raises(ssl.SSLError, match="ALERT_HANDSHAKE_FAILURE"):
        await front.handshake(deep, front.context())
    pack = {"hosts": [ZONE, deep], "status": "active", "validity_days": 30}
    front.zone.extra["certificate_packs"] = {"1": pack}
    await front.handshake(deep, front.context())
    leaf = (await served(front, deep))[0]
    assert (leaf.not_valid_after_utc - leaf.not_valid_before_utc).days == 30


async def test_universal_ssl_off_means_no_certificate(front: Front) -> None:
    front.zone.extra["universal_ssl"] = {"enabled": False}
    with pytest.raises(ssl.SSLError, match="ALERT_HANDSHAKE_FAILURE"):
        await front.handshake(ZONE, front.context())


async def test_no_common_cipher_is_answered_with_an_alert(front: Front) -> None:
    context = only(front, ssl.TLSVersion.TLSv1_2)
    context.set_ciphers("AES128-SHA")
    with pytest.raises(ssl.SSLError, match="ALERT_HANDSHAKE_FAILURE"):
        await front.handshake(ZONE, context)


async def test_a_proxied_wildcard_is_served_and_a_paused_zone_is_not(front: Front) -> None:
    add_record(front.zone, f"*.{ZONE}", "A", "203.0.113.9")
    await front.handshake(f"anything.{ZONE}", front.context())
    edge = front.port(ZONE)
    front.zone.info["paused"] = True
    opening = asyncio.open_connection("127.0.0.1", edge, ssl=front.context(), server_hostname=ZONE)
    with pytest.raises(ssl.SSLError, match="ALERT_HANDSHAKE_FAILURE"):
        await opening


async def test_dns_only_hosts_reach_an_origin_with_a_valid_certificate(front: Front) -> None:
    await front.handshake("direct.acme.example", front.context(), at="direct.acme.example")
    await front.handshake("x.wild.acme.example", front.context(), at="*.wild.acme.example")


# --- the hello ----------------------------------------------------------------------------------


class _Trickle:
    """A TLS client that sends its hello in small pieces."""

    def __init__(self, context: ssl.SSLContext, host: str) -> None:
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.incoming, self.outgoing, server_hostname=host)

    async def run(self, port: int, size: int) -> str | None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            while True:
                try:
                    self.tls.do_handshake()
                    return self.tls.version()
                except ssl.SSLWantReadError:
                    data = self.outgoing.read()
                    for start in range(0, len(data), size):
                        writer.write(data[start : start + size])
                        await writer.drain()
                        await asyncio.sleep(0)
                    received = await asyncio.wait_for(reader.read(65_536), 5)
                    if not received:
                        return None
                    self.incoming.write(received)
        finally:
            writer.close()


async def test_a_hello_in_many_segments_is_understood(front: Front) -> None:
    client = _Trickle(front.context(), ZONE)
    assert await client.run(front.port(ZONE), 7) == "TLSv1.3"


async def test_a_hello_spread_over_records_is_understood(front: Front) -> None:
    client = _Trickle(front.context(), ZONE)
    with pytest.raises(ssl.SSLWantReadError):
        client.tls.do_handshake()
    record = client.outgoing.read()
    body = record[5:]
    pieces = [body[:3], body[3:50], body[50:]]
    split = b"".join(record[:3] + len(piece).to_bytes(2) + piece for piece in pieces)
    reader, writer = await asyncio.open_connection("127.0.0.1", front.port(ZONE))
    writer.write(split)
    first = await asyncio.wait_for(reader.readexactly(6), 5)
    writer.close()
    assert first[0] == 22
    assert first[5] == 2  # a ServerHello


@pytest.mark.parametrize("start", [b"", b"\x16\x03\x01\x02\x00\x01", b"\x16"])
async def test_a_hello_that_does_not_come_is_given_up(tmp_path: Path, start: bytes) -> None:
    part = Https(deadlines=Deadlines(hello=0.2))
    async for front in start_front(tmp_path, part):
        reader, writer = await asyncio.open_connection("127.0.0.1", front.port(ZONE))
        writer.write(start)
        begun = time.monotonic()
        with suppress(ConnectionResetError):  # what it sent was never read
            assert await asyncio.wait_for(reader.read(), 5) == b""
        assert time.monotonic() - begun < 3
        writer.close()


async def test_an_incomplete_hello_costs_no_processor_time(tmp_path: Path) -> None:
    async for front in start_front(tmp_path):
        _, writer = await asyncio.open_connection("127.0.0.1", front.port(ZONE))
        writer.write(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")
        await writer.drain()
        begun = time.process_time()
        await asyncio.sleep(0.3)
        assert time.process_time() - begun < 0.1
        writer.close()


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x00" * 100,
        b"\xff" * 5000,
        b"\x16\x03\x01\x00\x05\x02\x00\x00\x00\x00",
        b"\x16\x03\x01\x00\x08\x01\x00\x00\x04\x03\x03\x00\x00",
        b"\x16\x03\x01\xff\xff" + b"\x01" * 100,
        b"SSH-2.0-OpenSSH\r\n",
    ],
)
async def test_garbage_gets_an_alert_and_the_next_client_is_served(front: Front, garbage: bytes) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", front.port(ZONE))
    writer.write(garbage)
    writer.write_eof()
    answer = await asyncio.wait_for(reader.read(), 5)
    assert answer[:1] == b"\x15"
    writer.close()
    await front.handshake(ZONE, front.context())


async def test_plain_http_on_the_tls_port_is_told_so(front: Front) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", front.port(ZONE))
    writer.write(f"GET / HTTP/1.1\r\nHost: {ZONE}\r\n\r\n".encode())
    answer = await asyncio.wait_for(reader.read(), 5)
    assert answer.startswith(b"HTTP/1.1 400")
    assert b"plain HTTP request was sent to HTTPS port" in answer
    writer.close()


# --- defects --------------------------------------------------------------------------------------


async def refusal(front: Front, host: str = ZONE) -> str:
    with pytest.raises((ssl.SSLError, OSError)) as caught:
        await front.handshake(host, front.context())
    return str(caught.value)


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("tls.expired", "certificate has expired"),
        ("tls.not_yet_valid", "certificate is not yet valid"),
        ("tls.wrong_name", "Hostname mismatch"),
        ("tls.self_signed", "self-signed certificate"),
        ("tls.untrusted", "unable to get local issuer certificate"),
        ("tls.incomplete_chain", "unable to get local issuer certificate"),
        ("tls.weak_key", "too weak"),
        ("tls.handshake_failure", "ALERT_HANDSHAKE_FAILURE"),
        ("tls.plaintext_on_443", "WRONG_VERSION_NUMBER"),
    ],
)
async def test_defects_that_a_client_refuses(front: Front, kind: str, message: str) -> None:
    front.state.defects.append(Defect(kind, ZONE))
    assert message.lower() in (await refusal(front)).lower()
    await front.handshake(f"app.{ZONE}", front.context())  # its neighbour is well
    front.state.defects.clear()
    await front.handshake(ZONE, front.context())


async def test_defects_that_only_a_look_at_the_certificate_shows(front: Front) -> None:
    now = datetime.now(UTC)
    front.state.defects[:] = [Defect("tls.near_expiry", ZONE)]
    leaf = (await served(front))[0]
    used = (now - leaf.not_valid_before_utc) / (leaf.not_valid_after_utc - leaf.not_valid_before_utc)
    assert 0.89 < used < 0.91
    front.state.defects[:] = [Defect("tls.too_long_lifetime", ZONE)]
    leaf = (await served(front))[0]
    assert (leaf.not_valid_after_utc - leaf.not_valid_before_utc).days == 400
    front.state.defects[:] = [Defect("tls.weak_key", ZONE)]
    key = (await served(front))[0].public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    assert key.key_size == 1024
    front.state.defects[:] = [Defect("tls.wrong_order", ZONE)]
    leaf, second, third = await served(front)
    assert leaf.issuer == third.subject
    assert second.subject == second.issuer
    await front.handshake(ZONE, front.context())


async def test_defects_of_versions_and_ciphers(front: Front) -> None:
    front.state.defects[:] = [Defect("tls.min_version", ZONE)]
    await front.handshake(ZONE, only(front, ssl.TLSVersion.TLSv1))
    front.state.defects[:] = [Defect("tls.no_tls13", ZONE)]
    assert (await front.handshake(ZONE, front.context())).version == "TLSv1.2"
    front.state.defects[:] = [Defect("tls.weak_cipher", ZONE)]
    tls = await front.handshake(ZONE, only(front, ssl.TLSVersion.TLSv1_2))
    assert tls.cipher == "AES128-SHA"


async def test_a_hanging_host_never_answers(front: Front) -> None:
    front.state.defects[:] = [Defect("tls.hang", ZONE)]
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.3):
            await front.handshake(ZONE, front.context())
    await front.handshake(f"app.{ZONE}", front.context())


def test_every_defect_has_a_test_here() -> None:
    text = Path(__file__).read_text()
    assert [kind for kind in TLS if f'"{kind}"' not in text] == []

"""What is behind the edge: SSL modes, failures and their codes, what origins are told, and pages."""

from __future__ import annotations

import asyncio
import hashlib
import re
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from edge_https_front import ZONE, Front, add_record, application, build_zone, put_setting, start_front

from launchready.edge.ca import CertificateAuthority
from launchready.edge.https.rewrite import MAX_HTML
from launchready.edge.https.server import Https
from launchready.edge.https.upstream import OriginTimeouts
from launchready.edge.origin import PageError
from launchready.edge.state import Defect, EdgeState
from launchready.errors import InputError

TARGET = "203.0.113.10"


@asynccontextmanager
async def fronted(tmp_path: Path, url: str) -> AsyncIterator[Front]:
    async for front in start_front(tmp_path, Https(url)):
        yield front


# --- SSL modes ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mode", "defect", "status"),
    [
        ("strict", None, 200),
        ("strict", "tls.expired", 526),
        ("strict", "tls.self_signed", 526),
        ("strict", "tls.wrong_name", 526),
        ("strict", "tls.untrusted", 526),
        ("strict", "tls.handshake_failure", 525),
        ("full", "tls.expired", 200),
        ("full", "tls.wrong_name", 200),
        ("full", "tls.handshake_failure", 525),
        ("flexible", "tls.handshake_failure", 200),
    ],
)
async def test_ssl_modes_judge_the_origins_certificate(
    front: Front, mode: str, defect: str | None, status: int
) -> None:
    put_setting(front.zone, "ssl", mode)
    if defect:
        front.state.defects.append(Defect(defect, TARGET))
    answer = await front.get(f"https://{ZONE}/")
    assert answer.status_code == status


async def test_mode_off_sends_https_to_http_and_forces_nothing(front: Front) -> None:
    put_setting(front.zone, "ssl", "off")
    answer = await front.get(f"https://{ZONE}/a?b")
    assert answer.headers["location"] == f"http://{ZONE}/a?b"
    assert (await front.get(f"http://{ZONE}/")).status_code == 200


async def test_flexible_with_an_origin_that_forces_https_loops_for_ever(front: Front) -> None:
    pages = {"http:*": {"status": 301, "headers": {"location": "https://{host}{uri}"}}}
    front.https.origins.set_pages(TARGET, pages)
    put_setting(front.zone, "ssl", "flexible")
    answer = await front.get(f"https://{ZONE}/a?b")
    assert (answer.status_code, answer.headers["location"]) == (301, f"https://{ZONE}/a?b")
    put_setting(front.zone, "ssl", "full")
    assert (await front.get(f"https://{ZONE}/a?b")).status_code == 200


async def test_hosts_without_an_origin(front: Front) -> None:
    assert (await front.get(f"https://www.{ZONE}/")).status_code == 522
    add_record(front.zone, f"lost.{ZONE}", "CNAME", f"missing.{ZONE}")
    answer = await front.get(f"https://lost.{ZONE}/")
    assert answer.status_code == 530
    assert answer.text == "error code: 530"


async def test_cname_chains_inside_the_zone_are_followed(front: Front) -> None:
    add_record(front.zone, f"one.{ZONE}", "CNAME", f"two.{ZONE}")
    add_record(front.zone, f"two.{ZONE}", "CNAME", "far.host.example", proxied=False)
    add_record(front.zone, f"round.{ZONE}", "CNAME", f"round.{ZONE}")
    front.https.origins.set_pages("far.host.example", {"*": {"body": "far away"}})
    assert (await front.get(f"https://one.{ZONE}/")).text == "far away"
    assert (await front.get(f"https://round.{ZONE}/")).status_code == 530


async def test_an_origin_that_is_too_slow(tmp_path: Path) -> None:
    async for front in start_front(tmp_path, Https(timeouts=OriginTimeouts(connect=0.3, read=0.3))):
        front.state.defects.append(Defect("tls.hang", TARGET))
        assert (await front.get(f"https://{ZONE}/")).status_code in (522, 524, 525)


# --- pages ----------------------------------------------------------------------------------------


async def test_the_plain_page_names_the_host_and_has_no_foreign_parts(front: Front) -> None:
    for url in (f"https://{ZONE}/", f"https://direct.{ZONE}/x"):
        answer = await front.get(url)
        assert answer.status_code == 200
        assert f"<title>{httpx_host(url)}</title>" in answer.text
        assert "http://" not in answer.text
        parts = re.findall(r'(?:src|href)="([^"]*)"', answer.text)
        assert len(parts) == 4
        for part in parts:
            assert part.startswith("/")
            assert (await front.get(url.rpartition("/")[0] + part)).status_code == 200
    assert (await front.get(f"https://{ZONE}/none.css")).status_code == 404
    assert (await front.get(f"https://{ZONE}/.well-known/security.txt")).status_code == 404
    assert (await front.get(f"https://{ZONE}/", method="POST", content=b"x")).status_code == 405


def httpx_host(url: str) -> str:
    return url.partition("://")[2].partition("/")[0]


@pytest.mark.parametrize("http2", [False, True])
async def test_head_and_conditional_requests(front: Front, *, http2: bool) -> None:
    whole = await front.get(f"https://{ZONE}/", http2=http2)
    head = await front.get(f"https://{ZONE}/", method="HEAD", http2=http2)
    assert head.status_code == 200
    assert head.content == b""
    assert head.headers.get("content-length") != "0"
    same = await front.get(f"https://{ZONE}/", http2=http2, headers={"if-none-match": whole.headers["etag"]})
    assert (same.status_code, same.content) == (304, b"")


async def test_pages_are_set_for_a_target_a_host_or_all_paths(front: Front) -> None:
    origins = front.https.origins
    origins.set_pages(
        "acme-app.host.example", {"/a": {"status": 418, "headers": {"x-a": "{host}"}, "body": "tea"}}
    )
    answer = await front.get(f"https://app.{ZONE}/a?q")
    assert (answer.status_code, answer.text, answer.headers["x-a"]) == (418, "tea", f"app.{ZONE}")
    assert (await front.get(f"https://app.{ZONE}/b")).status_code == 200
    origins.set_pages(f"app.{ZONE}", {"*": {"status": 503}})
    assert (await front.get(f"https://app.{ZONE}/b")).status_code == 503
    origins.set_pages(f"app.{ZONE}", {})
    assert (await front.get(f"https://app.{ZONE}/b")).status_code == 200


@pytest.mark.parametrize(
    "pages",
    [
        {"a": {}},
        {"/": {"status": 99}},
        {"/": {"code": 200}},
        {"/": "x"},
        {"/": {"headers": {"a": "b\r\nc: d"}}},
        {"/": {"body": 3}},
    ],
)
def test_bad_pages_are_refused(pages: dict[str, dict[str, object]]) -> None:
    with pytest.raises(PageError):
        Https().origins.set_pages("x", pages)


async def test_links_to_hosts_that_speak_https_are_rewritten(front: Front) -> None:
    page = (
        f"<a href=\"http://app.{ZONE}/x\">a</a><img src='http://www.{ZONE}/i.png'>"
        f'<a href="http://deep.er.{ZONE}/">no certificate</a><a href="http://other.example/">b</a>'
        f"<p>http://app.{ZONE}/</p>"
    )
    front.https.origins.set_pages(
        TARGET, {"/": {"body": page}, "/t": {"body": page, "headers": {"content-type": "text/plain"}}}
    )
    answer = await front.get(f"https://{ZONE}/")
    assert f'href="https://app.{ZONE}/x"' in answer.text
    assert f"src='https://www.{ZONE}/i.png'" in answer.text
    assert f'href="http://deep.er.{ZONE}/"' in answer.text
    assert 'href="http://other.example/"' in answer.text
    assert f"<p>http://app.{ZONE}/</p>" in answer.text
    assert (await front.get(f"https://{ZONE}/t")).text == page
    put_setting(front.zone, "automatic_https_rewrites", "off")
    assert (await front.get(f"https://{ZONE}/")).text == page


async def test_a_page_that_is_too_long_to_rewrite_passes_whole(front: Front) -> None:
    page = "x" * (MAX_HTML + 1000) + f'<a href="http://app.{ZONE}/">'
    front.https.origins.set_pages(TARGET, {"/": {"body": page}})
    for http2 in (False, True):
        assert (await front.get(f"https://{ZONE}/", http2=http2)).text == page


# --- the user's own application --------------------------------------------------------------------


async def test_an_application_is_told_what_cloudflare_tells(tmp_path: Path) -> None:
    async with application() as url, fronted(tmp_path, url) as front:
        answer = await front.get(
            f"https://{ZONE}/a%2Fb?x=1",
            headers={"x-forwarded-for": "192.0.2.9", "connection": "x-hop", "x-hop": "1", "cookie": "s=1"},
        )
        told = answer.json()
        assert told["target"] == "/a%2Fb?x=1"
        headers = told["headers"]
        assert headers["host"] == ZONE
        assert headers["x-forwarded-for"] == "192.0.2.9,127.0.0.1"
        assert headers["x-forwarded-proto"] == "https"
        assert headers["cf-connecting-ip"] == "127.0.0.1"
        assert headers["cookie"] == "s=1"
        assert "x-hop" not in headers
        assert answer.headers["server"] == "cloudflare"
        assert answer.headers["set-cookie"] == "a=1"
        direct = await front.get(f"https://direct.{ZONE}/")
        assert direct.headers["server"] == "theirs"
        assert direct.json()["headers"]["x-forwarded-proto"] == "https"


@pytest.mark.parametrize("http2", [False, True])
async def test_bodies_are_streamed_both_ways(tmp_path: Path, *, http2: bool) -> None:
    body = bytes(range(256)) * 20_000  # 5 MB, beyond every window

    async def parts() -> AsyncIterator[bytes]:
        for start in range(0, len(body), 100_000):
            yield body[start : start + 100_000]

    async with application() as url, fronted(tmp_path, url) as front:
        for content in (body, parts()):
            answer = await front.get(f"https://{ZONE}/", method="PUT", content=content, http2=http2)
            assert answer.json()["size"] == len(body)
            assert answer.json()["digest"] == hashlib.sha256(body).hexdigest()
            assert answer.json()["method"] == "PUT"
        answer = await front.get(f"https://{ZONE}/stream", http2=http2)
        assert answer.content == b"x" * 1_000_000


async def test_bodies_beyond_the_plans_limit_are_refused(front: Front) -> None:
    reader, writer = await asyncio.open_connection(
        "127.0.0.1", front.port(ZONE), ssl=front.context(), server_hostname=ZONE
    )
    writer.write(f"POST / HTTP/1.1\r\nHost: {ZONE}\r\nContent-Length: 100000001\r\n\r\n".encode())
    answer = await asyncio.wait_for(reader.readline(), 5)
    assert answer.startswith(b"HTTP/1.1 413")
    writer.close()


async def test_gzip_pages_are_rewritten_and_stay_gzip(tmp_path: Path) -> None:
    async with application() as url, fronted(tmp_path, url) as front:
        answer = await front.get(f"https://{ZONE}/gzip", headers={"accept-encoding": "gzip, br"})
        assert answer.headers["content-encoding"] == "gzip"
        assert answer.text == '<a href="https://app.acme.example/x">x</a>'


async def test_an_application_that_breaks_off_or_is_gone_gives_502(tmp_path: Path) -> None:
    async with application() as url, fronted(tmp_path, url) as front:
        assert (await front.get(f"https://{ZONE}/broken")).status_code == 502
    async with fronted(tmp_path, url) as front:
        answer = await front.get(f"https://{ZONE}/")
        assert answer.status_code == 502
        assert url in answer.text


@pytest.mark.parametrize("url", ["http://192.0.2.1:80", "https://example.com", "ftp://127.0.0.1", "nonsense"])
def test_an_application_elsewhere_is_refused(url: str) -> None:
    with pytest.raises(InputError, match="not an http URL on this machine"):
        Https(url)


async def test_requests_that_go_round_in_circles_are_ended(tmp_path: Path) -> None:
    """The edge is its own origin."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    state, zone = EdgeState(), build_zone()
    state.zones[zone.id] = zone
    put_setting(zone, "always_use_https", "off")
    authority = CertificateAuthority(tmp_path)
    https = Https(f"http://127.0.0.1:{port}")
    await https.start("127.0.0.1", state, authority, http_port=port)
    front = Front(state, zone, authority, https)
    answer = await front.get(f"https://{ZONE}/", headers={"accept": "text/html"})
    assert answer.status_code == 403
    assert 'class="cf-error-code">1000<' in answer.text
    await front.clients[0].aclose()
    await https.close()

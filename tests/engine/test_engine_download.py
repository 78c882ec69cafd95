"""The official release, from a server on loopback: verified, refused when wrong, skipped when unreachable."""

from __future__ import annotations

import hashlib
import io
import socket
import tarfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from launchready.engine.build import pinned_version
from launchready.engine.download import archive_name, download
from launchready.errors import EngineError


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LAUNCHREADY_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def archive() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name in ("pulumi", "pulumi-language-python"):
            body = f"#!/bin/sh\necho {name}\n".encode()
            member = tarfile.TarInfo(f"pulumi/{name}")
            member.size, member.mode = len(body), 0o755
            tar.addfile(member, io.BytesIO(body))
    return buffer.getvalue()


@contextmanager
def releases(files: dict[str, bytes]) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = files.get(self.path.lstrip("/"))
            self.send_response(200 if body is not None else 404)
            self.send_header("content-length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def test_a_release_with_the_right_checksum_is_unpacked_with_its_language_host() -> None:
    body, version = archive(), pinned_version()
    name = archive_name(version)
    sums = f"{hashlib.sha256(body).hexdigest()}  {name}\n".encode()
    with releases({name: body, f"pulumi-{version}-checksums.txt": sums}) as base:
        path = download(lambda *_: None, releases=base)
    assert path is not None
    assert path.read_text().startswith("#!/bin/sh")
    assert (path.parent / "pulumi-language-python").exists()
    assert download(lambda *_: None, releases="http://127.0.0.1:9") == path, "kept for ever"


def test_a_release_with_a_wrong_checksum_is_refused_and_not_kept(own_cache: Path) -> None:
    version = pinned_version()
    name = archive_name(version)
    sums = f"{'0' * 64}  {name}\n".encode()
    files = {name: archive(), f"pulumi-{version}-checksums.txt": sums}
    with releases(files) as base, pytest.raises(EngineError, match="checksum"):
        download(lambda *_: None, releases=base)
    assert not list(own_cache.rglob("pulumi"))


def test_an_unreachable_release_page_is_no_error_but_no_engine_either() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert download(lambda *_: None, releases=f"http://127.0.0.1:{port}", timeout=2.0) is None

"""The official Pulumi release, where the internet is reached; its checksum is verified before use."""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import tarfile
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from launchready.engine.build import Progress, pinned_version
from launchready.engine.cache import cache_directory, exclusive
from launchready.errors import EngineError

if TYPE_CHECKING:
    import httpx

RELEASES = "https://get.pulumi.com/releases/sdk"
"""The vendor's download page; `LAUNCHREADY_PULUMI_RELEASES` names a mirror."""
LIMIT_BYTES = 600 * 1024 * 1024


def archive_name(version: str) -> str:
    system = {"Linux": "linux", "Darwin": "darwin"}.get(platform.system(), "")
    machine = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64", "arm64": "arm64"}.get(
        platform.machine().lower(), ""
    )
    if not system or not machine:
        raise EngineError(f"there is no official Pulumi release for {platform.system()} {platform.machine()}")
    return f"pulumi-v{version}-{system}-{machine}.tar.gz"


def downloaded_path() -> Path:
    return cache_directory() / "engine" / f"official-{pinned_version()}" / "pulumi" / "pulumi"


def download(progress: Progress, *, releases: str | None = None, timeout: float = 5.0) -> Path | None:
    """The official CLI (with its language host beside it), or None where the internet isn't reached.

    Raises EngineError when what came is not what the release's checksum file names.
    """
    target = downloaded_path()
    if target.exists():
        return target
    import httpx  # only whoever downloads waits for it

    base = releases or os.environ.get("LAUNCHREADY_PULUMI_RELEASES") or RELEASES
    version = pinned_version()
    name = archive_name(version)
    with exclusive(target.parent.parent.with_suffix(".lock")):
        if target.exists():
            return target
        try:
            with httpx.Client(timeout=timeout, follow_redirects=True) as client:
                sums = client.get(f"{base}/pulumi-{version}-checksums.txt").raise_for_status().text
                with tempfile.TemporaryDirectory(prefix="launchready-engine-") as scratch:
                    archive = Path(scratch) / name
                    digest = _fetch(client, f"{base}/{name}", archive, progress)
                    _verify(name, digest, sums)
                    _unpack(archive, target)
        except httpx.HTTPError:
            return None
    return target


def _fetch(client: httpx.Client, url: str, archive: Path, progress: Progress) -> str:
    """Stream ``url`` to a file; return its SHA-256 in hexadecimal."""
    digest, size = hashlib.sha256(), 0
    with client.stream("GET", url) as response, archive.open("wb") as file:
        response.raise_for_status()
        total = int(response.headers.get("content-length") or 0)
        for block in response.iter_bytes():
            size += len(block)
            if size > LIMIT_BYTES:
                raise EngineError(f"{url} is larger than {LIMIT_BYTES} bytes")
            digest.update(block)
            file.write(block)
            share = size / total if total else None
            progress(f"downloading the official Pulumi release: {size // 2**20} MB", share)
    return digest.hexdigest()


def _verify(name: str, digest: str, sums: str) -> None:
    pairs = [line.split() for line in sums.splitlines()]
    expected = {pair[1].lstrip("*"): pair[0] for pair in pairs if len(pair) == 2}
    if expected.get(name) != digest:
        raise EngineError(
            f"the checksum of {name} is {digest}, but the release says {expected.get(name, 'nothing')}",
            fix="try again; if it stays so, do not use this download",
        )


def _unpack(archive: Path, target: Path) -> None:
    home = target.parent.parent
    partial = home.with_name(f"{home.name}.{os.getpid()}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    with tarfile.open(archive) as tar:
        tar.extractall(partial, filter="data")
    shutil.rmtree(home, ignore_errors=True)
    partial.rename(home)
    if not target.exists():
        raise EngineError(f"the official archive holds no {target.relative_to(home)}")

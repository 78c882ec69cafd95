"""The edge document (``edge.json``): where everything listens. Written, read, trusted, ended.

Shape: docs/architecture.md, "The edge document". It holds the edge's token, so only its owner may
read it. A document whose process is gone is stale, and is told apart by the process's start time too,
since process ids come round again.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import tempfile
import time
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from launchready.errors import EdgeError, Where

SCHEMA = "launchready.edge/1"
NAME = "edge.json"
REGION = "us-east-1"
STOP_SECONDS = 10.0
ANSWER_SECONDS = 5.0
MAX_ANSWER = 64 * 1024 * 1024
_REQUIRED = ("api", "aws", "control", "dns", "http", "https", "ca", "token", "account", "plan", "pid")


def write_document(path: Path, document: Mapping[str, Any]) -> None:
    """Replaces the file in one step; readers see the old one or the new one. Raises OSError."""
    handle, temporary = tempfile.mkstemp(prefix=".edge-", suffix=".json", dir=path.parent)
    try:
        with os.fdopen(handle, "w") as stream:
            json.dump(document, stream, indent=1)
            stream.write("\n")
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def read_document(path: Path) -> dict[str, Any]:
    """The document of a running edge; ``path`` is the file or its directory.

    :raises EdgeError: no such file, not an edge document, or the edge that wrote it is gone.
    """
    if path.is_dir():
        path = path / NAME
    document = _load(path)
    if not is_running(document):
        raise EdgeError(
            f"the edge of process {document['pid']} has ended without removing its edge.json",
            where=Where(path),
            fix=f"start it again: launch edge --dir {path.parent}",
        )
    return document


def _load(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_text())
    except FileNotFoundError:
        raise EdgeError(
            "no edge is running here", where=Where(path), fix=f"start one: launch edge --dir {path.parent}"
        ) from None
    except (OSError, ValueError) as exc:
        raise EdgeError(f"the edge document can't be read: {exc}", where=Where(path)) from exc
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        raise EdgeError(f"this is no {SCHEMA} document", where=Where(path))
    missing = [key for key in _REQUIRED if key not in document]
    if missing or not isinstance(document["pid"], int):
        raise EdgeError(f"the edge document lacks {', '.join(missing) or 'a pid'}", where=Where(path))
    return document


def process_started(pid: int) -> str | None:
    """When the process started, in the kernel's ticks; None if it is gone, a zombie, or can't be told."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] in "ZX" else fields[19]


def is_running(document: Mapping[str, Any]) -> bool:
    """Whether the very process that wrote the document is alive."""
    pid = document["pid"]
    if Path("/proc/self/stat").exists():
        started = process_started(pid)
        return started is not None and document.get("pid_started") in (None, started)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def environment(document: Mapping[str, Any]) -> dict[str, str]:
    """The exports with which Pulumi, boto3 and the Cloudflare SDK talk to this edge."""
    directory = Path(document["ca"]).parent
    return {
        "CLOUDFLARE_BASE_URL": document["api"],
        "CLOUDFLARE_API_TOKEN": document["token"],
        "CLOUDFLARE_ACCOUNT_ID": document["account"],
        "LAUNCHREADY_EDGE_ACCOUNT": document["account"],
        "AWS_ENDPOINT_URL": document["aws"],
        "AWS_ACCESS_KEY_ID": "edge",
        "AWS_SECRET_ACCESS_KEY": "edge",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "PULUMI_BACKEND_URL": f"file://{directory / 'backend'}",
        "PULUMI_CONFIG_PASSPHRASE": "rehearsal",
    }


def stop(directory: Path, *, seconds: float = STOP_SECONDS) -> None:
    """Ends the edge of that directory and waits until its process is gone.

    :raises EdgeError: no edge is running there, or it would not end within twice ``seconds``.
    """
    path = directory / NAME
    document = _load(path)
    if not is_running(document):
        path.unlink(missing_ok=True)
        raise EdgeError(
            f"no edge is running here: process {document['pid']} is gone, and its edge.json is now removed",
            where=Where(path),
        )
    _ask_to_stop(document)
    if _wait_gone(document, seconds):
        return
    with contextlib.suppress(ProcessLookupError):
        os.kill(document["pid"], signal.SIGTERM)
    if not _wait_gone(document, seconds):
        raise EdgeError(
            f"the edge of process {document['pid']} does not end",
            where=Where(path),
            fix=f"end it by hand: kill -9 {document['pid']}",
        )


def current_document(document: Mapping[str, Any]) -> dict[str, Any]:
    """Ask a running edge for its document as it stands now. Raises EdgeError when it does not answer."""
    try:
        current: dict[str, Any] = json.loads(_control(document, "edge.json", "GET"))
    except (OSError, ValueError) as error:
        raise EdgeError(
            f"the local edge does not answer: {error}", fix="start it again: launch edge"
        ) from error
    return current


def _ask_to_stop(document: Mapping[str, Any]) -> None:
    """Asks the control API; an edge that no longer answers is left to the signal."""
    with contextlib.suppress(OSError):
        _control(document, "stop", "POST")


def _control(document: Mapping[str, Any], path: str, method: str) -> bytes:
    """One call of the control API. Raises OSError (URLError, a time-out) and EdgeError off loopback."""
    url = f"{document['control']}/{path}"
    if not url.startswith("http://127."):
        raise EdgeError(f"{url} is not on loopback")
    request = urllib.request.Request(  # noqa: S310 - checked above
        url, method=method, headers={"Authorization": f"Bearer {document['token']}"}
    )
    with urllib.request.urlopen(request, timeout=ANSWER_SECONDS) as response:  # noqa: S310
        body: bytes = response.read(MAX_ANSWER)
    return body


def _wait_gone(document: Mapping[str, Any], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while is_running(document):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True

"""A stack's outputs straight from the engine's state file, where the backend is a directory.

Asking the engine for them takes a second and more memory than a whole verification. Whatever is not
exactly what this version knows is left to the engine.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

PROJECT = "launchready"
VERSION = 3
"""Of the checkpoint's format (Pulumi SDK, apitype.VersionedCheckpoint)."""
SIGNATURE = "4dabf18193072939515e22adb298388d"
"""The key that marks a special value (Pulumi SDK, resource.SigKey): a secret, an asset, …"""
_PENDING = re.compile(rb'(?<!\\)"pending_operations"\s*:\s*\[\s*[^\s\]]')
"""A list of them with something in it; a text that has the same words has its quotes escaped."""
MOST_BYTES = 256 * 1024 * 1024


def outputs_in_file(backend_url: str, stack: str) -> Mapping[str, Any] | None:
    """The stack's outputs, a secret one as ``[secret]``; None where only the engine can tell."""
    parts = urlsplit(backend_url)
    if parts.scheme != "file" or parts.netloc not in ("", "localhost") or "/" in stack:
        return None
    place = Path(unquote(parts.path)) / ".pulumi" / "stacks" / PROJECT
    for path, read in ((place / f"{stack}.json", _plain), (place / f"{stack}.json.gz", _packed)):
        try:
            return _outputs(json.loads(read(path)))
        except FileNotFoundError:
            continue
        except (OSError, EOFError, ValueError, RecursionError):
            return None
    return None


def pending_in_file(backend_url: str, stack: str) -> bool | None:
    """Whether the state has operations that never ended; None where only the engine can tell."""
    parts = urlsplit(backend_url)
    if parts.scheme != "file" or parts.netloc not in ("", "localhost") or "/" in stack:
        return None
    place = Path(unquote(parts.path)) / ".pulumi" / "stacks" / PROJECT
    for path, read in ((place / f"{stack}.json", _plain), (place / f"{stack}.json.gz", _packed)):
        try:
            return _PENDING.search(read(path)) is not None
        except FileNotFoundError:
            continue
        except (OSError, EOFError):
            return None
    return False


def _plain(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MOST_BYTES)


def _packed(path: Path) -> bytes:
    with gzip.open(path) as file:
        return file.read(MOST_BYTES)


def _outputs(document: Any) -> Mapping[str, Any] | None:
    """The outputs of the root resource; None unless the document is one of the version known here."""
    if not isinstance(document, Mapping) or document.get("version") != VERSION:
        return None
    try:
        resources = document["checkpoint"]["latest"]["resources"]
        root = next(one for one in resources if one["type"] == "pulumi:pulumi:Stack")
        return {str(key): _shown(value) for key, value in root.get("outputs", {}).items()}
    except (KeyError, TypeError, AttributeError, StopIteration):
        return None


def _shown(value: Any) -> Any:
    return "[secret]" if SIGNATURE in json.dumps(value) else value

"""Looking for the values of secrets in files: a build, a checkout's ``.env`` files. Told by name and place.

A value is looked for as it is, and as builds and transports write it: base64, percent-encoded, with
JSON's escapes, in hexadecimal. Short values would be found everywhere and are not looked for; the
caller says which.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, quote_plus

_URL = bytes.maketrans(b"+/", b"-_")
MINIMUM = 6
"""Characters; below, a hit proves nothing."""
CHUNK = 1024 * 1024
MAX_FILE = 256 * 1024 * 1024
SKIPPED = frozenset({".git", "node_modules", ".venv", "__pycache__"})
"""Directories of tools and of others' code; a build directory that is named itself is read whole."""


@dataclass(frozen=True, slots=True)
class Found:
    """A secret's value in a file. ``line`` is 1-based, None in a binary file. ``form``: how it is written."""

    name: str
    path: Path
    line: int | None
    form: str


@dataclass(frozen=True, slots=True)
class Scan:
    """What a scan found, and what it could not look at."""

    found: tuple[Found, ...]
    files: int
    unread: tuple[Path, ...]
    too_short: tuple[str, ...]


def forms(value: str) -> dict[str, bytes]:
    """How a value may be written, each form once: form → bytes."""
    raw = value.encode("utf-8")
    made = {
        "as it is": raw,
        **{f"base64 at byte {offset}": _inside_base64(raw, offset) for offset in range(3)},
        "percent-encoded": quote(value, safe="").encode(),
        "form-encoded": quote_plus(value).encode(),
        "JSON": json.dumps(value)[1:-1].encode(),
        "hexadecimal": raw.hex().encode(),
        "HEXADECIMAL": raw.hex().upper().encode(),
    }
    made |= {
        form.replace("base64", "base64url"): text.translate(_URL)
        for form, text in made.items()
        if "64" in form
    }
    unique: dict[str, bytes] = {}
    for form, text in made.items():
        if text and text not in unique.values():
            unique[form] = text
    return unique


def _inside_base64(raw: bytes, offset: int) -> bytes:
    """The characters that a value surely has in base64 when ``offset`` (modulo 3) bytes stand before it."""
    text = base64.b64encode(b"\0" * offset + raw).rstrip(b"=")
    text = text[(0, 2, 3)[offset] :]
    return text[:-1] if (offset + len(raw)) % 3 else text


def scan(root: Path, secrets: Mapping[str, str]) -> Scan:
    """Look for the values of ``secrets`` (name → value) in every file below ``root``, or in one file.

    Symbolic links to files are read, to directories not followed.
    """
    wanted = [
        (name, form, text)
        for name, value in secrets.items()
        if len(value) >= MINIMUM
        for form, text in forms(value).items()
    ]
    longest = max((len(text) for _, _, text in wanted), default=0)
    found: dict[tuple[str, Path], Found] = {}
    unread: list[Path] = []
    files = 0
    for path in _files(root):
        files += 1
        try:
            for hit in _in_file(path, wanted, longest):
                found.setdefault((hit.name, path), hit)
        except OSError:
            unread.append(path)
    short = tuple(name for name, value in secrets.items() if len(value) < MINIMUM)
    return Scan(tuple(found.values()), files, tuple(unread), short)


def _files(root: Path) -> Iterator[Path]:
    if root.is_file():
        yield root
        return
    for directory, names, files in os.walk(root):
        names[:] = sorted(name for name in names if name not in SKIPPED)
        for name in sorted(files):
            path = Path(directory) / name
            if path.is_file():
                yield path


def _in_file(path: Path, wanted: list[tuple[str, str, bytes]], longest: int) -> Iterator[Found]:
    """The first hit of each value, read in pieces that overlap by the longest value."""
    if path.stat().st_size > MAX_FILE:
        raise OSError("too big")
    seen: set[str] = set()
    lines, tail, binary = 1, b"", False
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            window = tail + chunk
            binary = binary or b"\0" in chunk
            for name, form, text in wanted:
                at = window.find(text) if name not in seen else -1
                if at >= 0:
                    seen.add(name)
                    yield Found(name, path, None if binary else lines + window.count(b"\n", 0, at), form)
            keep = window[-(longest - 1) :] if longest > 1 else b""
            lines += window.count(b"\n") - keep.count(b"\n")
            tail = keep

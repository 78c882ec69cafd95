"""From a kept answer to what one visitor gets: conditions, ranges, encodings (RFC 9110 §13, §14, §8.4)."""

from __future__ import annotations

import re
import zlib
from datetime import datetime
from email.utils import format_datetime

from launchready.edge.https.cache.directives import http_date
from launchready.edge.https.cache.store import Entry
from launchready.edge.https.messages import Request, Response

MAX_UNPACKED = 64 << 20
"""Bytes; what unpacks to more is asked of the origin for a visitor who takes no gzip."""
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")
CONDITIONS = ("if-none-match", "if-modified-since", "if-match", "if-unmodified-since", "if-range", "range")
"""What a visitor asks of the cache, and not of the origin."""
_ON_304 = (
    "age",
    "cache-control",
    "content-location",
    "date",
    "etag",
    "expires",
    "last-modified",
    "vary",
    "set-cookie",
)


def is_unchanged(request: Request, response: Response) -> bool:
    """Has the visitor this very answer already (RFC 9110 §13.2.2)?"""
    if response.status != 200:
        return False
    if wanted := request.header("if-none-match"):
        return wanted.strip() == "*" or _same(response.header("etag"), wanted)
    since, changed = (
        http_date(request.header("if-modified-since")),
        http_date(response.header("last-modified")),
    )
    return since is not None and changed is not None and changed <= since


def not_modified(response: Response) -> Response:
    """The 304 in an answer's place (RFC 9110 §15.4.5)."""
    return Response(304, [(name, value) for name, value in response.headers if name in _ON_304])


def _same(tag: str, list_: str) -> bool:
    """Weak comparison (RFC 9110 §8.8.3.2)."""
    bare = tag.removeprefix("W/")
    return bool(bare) and bare in [one.strip().removeprefix("W/") for one in list_.split(",")]


def kept_response(entry: Entry, request: Request) -> Response | None:
    """A kept answer for this visitor, whole; None when it is encoded as the visitor can't read it."""
    response = entry.response()
    encoding = response.header("content-encoding").strip().lower()
    if encoding in ("", "identity") or encoding in _accepted(request):
        return response
    body = _unpacked(entry.body) if encoding == "gzip" else None
    if body is None:
        return None
    response.body = body
    response.remove("content-encoding")
    response.set("content-length", str(len(body)))
    tag = response.header("etag")
    if tag and not tag.startswith("W/"):
        response.set("etag", f"W/{tag}")
    return response


def _accepted(request: Request) -> frozenset[str]:
    """Content codings that the visitor takes (RFC 9110 §12.5.3); ``q=0`` is a no."""
    found = set()
    for part in request.header("accept-encoding").lower().split(","):
        coding, _, quality = part.strip().partition(";")
        if not re.fullmatch(r"\s*q=0(?:\.0*)?\s*", quality):
            found.add(coding.strip())
    return frozenset(found)


def _unpacked(body: bytes) -> bytes | None:
    unpacker = zlib.decompressobj(wbits=31)
    try:
        found = unpacker.decompress(body, MAX_UNPACKED)
    except zlib.error:
        return None
    return found if unpacker.eof else None


def ranged(request: Request, response: Response) -> Response:
    """The part that was asked for: 206, or 416; the whole for several ranges and outdated If-Range."""
    body = response.body
    if response.status != 200 or not isinstance(body, bytes):
        return response
    response.set("accept-ranges", "bytes")
    found = _RANGE.fullmatch(request.header("range").strip())
    if found is None or not any(found.groups()) or not _if_range(request, response):
        return response
    first, last = found.groups()
    size = len(body)
    start = int(first) if first else max(0, size - int(last))
    end = min(int(last), size - 1) if first and last else size - 1
    if start >= size or end < start or (not first and int(last) == 0):
        return Response(416, [("content-range", f"bytes */{size}"), ("content-type", "text/plain")])
    part = Response(206, list(response.headers), body[start : end + 1])
    part.set("content-range", f"bytes {start}-{end}/{size}")
    part.set("content-length", str(end + 1 - start))
    return part


def _if_range(request: Request, response: Response) -> bool:
    """Strong comparison (RFC 9110 §13.1.5)."""
    wanted = request.header("if-range").strip()
    if not wanted:
        return True
    if wanted.startswith(('"', "W/")):
        return wanted == response.header("etag") and not wanted.startswith("W/")
    changed, known = http_date(response.header("last-modified")), http_date(wanted)
    return changed is not None and changed == known


def http_time(moment: datetime) -> str:
    """A Last-Modified for answers that the origin gave none (Smart Edge Revalidation)."""
    return format_datetime(moment, usegmt=True)

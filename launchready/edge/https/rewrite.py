"""Automatic HTTPS Rewrites: ``http://`` in HTML becomes ``https://`` for hosts that are known to speak it.

Source: developers.cloudflare.com/ssl/edge-certificates/additional-options/automatic-https-rewrites/.
"""

from __future__ import annotations

import gzip
import logging
import re
import zlib
from collections.abc import AsyncIterator, Callable

from launchready.edge.https.messages import Response

log = logging.getLogger(__name__)

MAX_HTML = 5 << 20
"""Longer pages pass as they are."""

_LINK = re.compile(
    rb"""(\b(?:href|src|srcset|action|formaction|poster|data|content)\s*=\s*["']?\s*)http://([A-Za-z0-9.-]+)"""
    rb"""(?=[/"'?#\s>])""",
    re.IGNORECASE,
)


async def rewrite_links(response: Response, secure: Callable[[str], bool]) -> Response:
    """``secure(host)``: whether that host is served over https."""
    media = response.header("content-type").partition(";")[0].strip().lower()
    encoding = response.header("content-encoding").strip().lower()
    if media != "text/html" or encoding not in ("", "identity", "gzip") or response.body == b"":
        return response
    whole, rest = await _collect(response.body)
    if rest is not None:
        response.body = rest
        return response
    packed = encoding == "gzip"
    page = _unpack(whole) if packed else whole
    if page is None:
        response.body = whole
        return response
    changed = _LINK.sub(
        lambda found: (
            found[1] + (b"https://" if secure(found[2].decode().lower()) else b"http://") + found[2]
        ),
        page,
    )
    response.body = whole if changed == page else gzip.compress(changed, 1) if packed else changed
    response.set("content-length", str(len(response.body)))
    return response


async def _collect(body: bytes | AsyncIterator[bytes]) -> tuple[bytes, AsyncIterator[bytes] | None]:
    """The whole body, or (as soon as it is too long) an iterator that gives all of it again."""
    if isinstance(body, bytes):
        return body, None
    parts, size = [], 0
    async for part in body:
        parts.append(part)
        size += len(part)
        if size > MAX_HTML:
            return b"", _again(parts, body)
    return b"".join(parts), None


async def _again(parts: list[bytes], rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    try:
        for part in parts:
            yield part
        async for part in rest:
            yield part
    finally:
        close = getattr(rest, "aclose", None)
        if close is not None:
            await close()


def _unpack(data: bytes) -> bytes | None:
    """None for damaged data and for pages beyond the limit."""
    unpacker = zlib.decompressobj(wbits=31)
    try:
        page = unpacker.decompress(data, MAX_HTML)
    except zlib.error as error:
        log.info("an origin sent broken gzip: %s", error)
        return None
    return page if unpacker.eof else None

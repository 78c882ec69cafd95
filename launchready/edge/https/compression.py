"""What Cloudflare packs on its way to visitors who take gzip.

developers.cloudflare.com/speed/optimization/content/compression/ (read in November 2026): answers with 2xx,
403 or 404 of these media types, of 48 bytes or more, unless they are packed already or their Cache-Control
says no-transform. A strong ETag becomes a weak one. Brotli and Zstandard, which it prefers, are left out:
no visitor of a rehearsal depends on which it is.
"""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import AsyncIterator

from launchready.edge.https.exchange import Exchange
from launchready.edge.https.messages import Response

LEAST_BYTES = 48
LEVEL = 1
_TYPES = frozenset(
    [
        "text/html",
        "text/richtext",
        "text/plain",
        "text/css",
        "text/x-script",
        "text/x-component",
        "text/x-java-source",
        "text/x-markdown",
        "application/javascript",
        "application/x-javascript",
        "text/javascript",
        "text/js",
        "image/x-icon",
        "image/vnd.microsoft.icon",
        "application/x-perl",
        "application/x-httpd-cgi",
        "text/xml",
        "application/xml",
        "application/rss+xml",
        "application/vnd.api+json",
        "application/x-protobuf",
        "application/json",
        "multipart/bag",
        "multipart/mixed",
        "application/xhtml+xml",
        "font/ttf",
        "font/otf",
        "font/x-woff",
        "image/svg+xml",
        "application/vnd.ms-fontobject",
        "application/ttf",
        "application/x-ttf",
        "application/otf",
        "application/x-otf",
        "application/truetype",
        "application/opentype",
        "application/x-opentype",
        "application/font-woff",
        "application/eot",
        "application/font",
        "application/font-sfnt",
        "application/wasm",
        "application/javascript-binast",
        "application/manifest+json",
        "application/ld+json",
        "application/graphql+json",
        "application/geo+json",
    ]
)
_NO = re.compile(r"\s*q\s*=\s*0(?:\.0*)?\s*")


def compress(exchange: Exchange, response: Response) -> None:
    """Pack the answer's body where Cloudflare would."""
    request = exchange.request
    if request.method == "HEAD" or not _takes_gzip(request.header("accept-encoding")):
        return
    if not _worth(response):
        return
    if isinstance(response.body, bytes):
        if len(response.body) < LEAST_BYTES:
            return
        response.body = gzip.compress(response.body, LEVEL)
        response.set("content-length", str(len(response.body)))
    else:
        length = response.header("content-length")
        if length.isdigit() and int(length) < LEAST_BYTES:
            return
        response.body = _packed(response.body)
        response.remove("content-length")
    response.set("content-encoding", "gzip")
    response.remove("accept-ranges")
    tag = response.header("etag")
    if tag and not tag.startswith("W/"):
        response.set("etag", f"W/{tag}")


def _worth(response: Response) -> bool:
    status = response.status
    if not (200 <= status < 300 or status in (403, 404)) or status in (204, 205, 206):
        return False
    media = response.header("content-type").partition(";")[0].strip().lower()
    encoding = response.header("content-encoding").strip().lower()
    no_transform = any(
        "no-transform" in value.lower() for name, value in response.headers if name == "cache-control"
    )
    return media in _TYPES and encoding in ("", "identity") and not no_transform


def _takes_gzip(header: str) -> bool:
    """RFC 9110 §12.5.3; ``q=0`` is a no."""
    for part in header.lower().split(","):
        coding, _, quality = part.partition(";")
        if coding.strip() == "gzip":
            return not _NO.fullmatch(quality)
    return False


async def _packed(body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    packer = zlib.compressobj(LEVEL, zlib.DEFLATED, 31)
    try:
        async for part in body:
            packed = packer.compress(part) + packer.flush(zlib.Z_SYNC_FLUSH)
            if packed:
                yield packed
        yield packer.flush()
    finally:
        close = getattr(body, "aclose", None)
        if close is not None:
            await close()

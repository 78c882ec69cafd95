"""What a plain origin serves: a pleasant page for every host, or pages set by a test or a person."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

from launchready.edge.https.messages import Headers, Request, Response
from launchready.errors import InputError


class PageError(InputError):
    """A page that can't be served as described."""


@dataclass(frozen=True, slots=True)
class Page:
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @classmethod
    def parse(cls, path: str, value: Mapping[str, Any]) -> Page:
        unknown = value.keys() - {"status", "headers", "body"}
        status = value.get("status", 200)
        headers = value.get("headers", {})
        body = value.get("body", "")
        if unknown or not isinstance(status, int) or not 200 <= status <= 599:
            raise PageError(f"{path}: a page has status (200–599), headers and body, nothing else")
        if not isinstance(headers, Mapping) or not isinstance(body, str | bytes):
            raise PageError(f"{path}: headers are an object of texts, body is a text")
        pairs = tuple((str(key).lower(), str(item)) for key, item in headers.items())
        if any("\n" in item or "\r" in item for pair in pairs for item in pair):
            raise PageError(f"{path}: a header must not hold a line break")
        return cls(status, pairs, body.encode() if isinstance(body, str) else body)


@dataclass(frozen=True, slots=True)
class Pages:
    """Pages by key, see ``Origins.set_pages``."""

    by_key: Mapping[str, Page]

    @classmethod
    def parse(cls, pages: Mapping[str, Mapping[str, Any]]) -> Pages:
        """Raises PageError."""
        out: dict[str, Page] = {}
        for key, value in pages.items():
            path = key.removeprefix("http:").removeprefix("https:")
            if path != "*" and not path.startswith("/"):
                raise PageError(
                    f"{key}: a page's key is a path or *, with http: or https: in front or without"
                )
            if not isinstance(value, Mapping):
                raise PageError(f"{key}: a page is an object")
            out[key] = Page.parse(key, value)
        return cls(out)

    def find(self, request: Request) -> Response | None:
        path = request.target.partition("?")[0]
        for wanted in (path, "*"):
            page = self.by_key.get(f"{request.scheme}:{wanted}") or self.by_key.get(wanted)
            if page is not None:
                return _served(page, request)
        return None


def _served(page: Page, request: Request) -> Response:
    places = {"{host}": request.host, "{uri}": request.target}
    headers: Headers = []
    for key, text in page.headers:
        value = text
        for place, filled in places.items():
            value = value.replace(place, filled)
        headers.append((key, value))
    response = Response(page.status, headers, page.body)
    if page.body and not response.header("content-type"):
        response.set("content-type", "text/html; charset=utf-8")
    return response


_PLAIN = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{host}</title>
<link rel="stylesheet" href="{style}">
<link rel="icon" href="{logo}">
<script src="{script}" defer></script>
</head>
<body>
<main>
<img src="{logo}" alt="" width="48" height="48">
<h1>{host}</h1>
<p>This is the origin of <strong>{host}</strong> in a rehearsal. The page behind <code>{path}</code> will be
the application's once it is launched.</p>
</main>
</body>
</html>
"""
_STYLE = """body { font: 1.1rem/1.5 system-ui, sans-serif; max-width: 36rem; margin: 15vh auto; }
body { padding: 0 1rem; }
h1 { font-size: 1.6rem; }
"""
_SCRIPT = "document.documentElement.dataset.ready = 'yes';\n"
_LOGO = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 48 48"><circle cx="24" cy="24" r="20"
 fill="none" stroke="#345" stroke-width="4"/><path d="M16 25l6 6 11-13" fill="none" stroke="#345"
 stroke-width="4"/></svg>
"""
STYLE, LOGO = "/site.css", "/logo.svg"
SCRIPT = f"/_app/immutable/start.{hashlib.sha256(_SCRIPT.encode()).hexdigest()[:8]}.js"
"""Named by its content, as build tools do."""
_FILES = {
    STYLE: ("text/css; charset=utf-8", _STYLE.encode()),
    LOGO: ("image/svg+xml", _LOGO.encode()),
    SCRIPT: ("text/javascript; charset=utf-8", _SCRIPT.encode()),
}
_SUFFIXES = ("avif", "css", "gif", "ico", "jpg", "js", "map", "mjs", "png", "svg", "webp", "woff", "woff2")
_ALLOW = "GET, HEAD, OPTIONS"


def plain_page(request: Request) -> Response:
    """200 for every path, but for files that don't exist and below ``/.well-known/``: a page would lie."""
    path = request.target.partition("?")[0]
    if request.method == "OPTIONS":
        return Response(204, [("allow", _ALLOW)])
    if request.method not in ("GET", "HEAD"):
        return _text(405, "This page can only be read.\n", [("allow", _ALLOW)])
    if path in _FILES:
        return _tagged(request, *_FILES[path])
    if path.startswith("/.well-known/") or path.rpartition(".")[2] in _SUFFIXES:
        return _text(404, "Not found.\n", [])
    if path == "/robots.txt":
        return _text(200, "User-agent: *\nAllow: /\n", [])
    places = {"style": STYLE, "logo": LOGO, "script": SCRIPT}
    body = _PLAIN.format(host=escape(request.host), path=escape(path), **places).encode()
    return _tagged(request, "text/html; charset=utf-8", body, [("cache-control", "no-cache")])


def _tagged(request: Request, media: str, body: bytes, more: Headers | None = None) -> Response:
    """With its ETag, or 304 for who has it."""
    tag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
    headers = [("etag", tag), *(more or [])]
    # compared weakly (RFC 9110 §13.1.2): the edge weakens a tag when it packs an answer
    if tag in [known.strip().removeprefix("W/") for known in request.header("if-none-match").split(",")]:
        return Response(304, headers)
    return Response(200, [("content-type", media), *headers], body)


def _text(status: int, text: str, headers: Headers) -> Response:
    return Response(status, [("content-type", "text/plain; charset=utf-8"), *headers], text.encode())

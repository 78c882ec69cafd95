"""A request as the portal's handlers see it, and the answers they give."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from launchready.edge.https.messages import Request, Response

MAX_BODY = 64 * 1024
"""Bytes of a request's body; the largest form of the portal has less than 2 kB."""


class Refusal(Exception):  # noqa: N818 - an answer, not a fault
    """An error that the visitor is told: a status, a word for programs and a sentence for people."""

    def __init__(
        self, status: int, word: str, sentence: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(word)
        self.status, self.word, self.sentence = status, word, sentence
        self.headers = dict(headers or {})

    def response(self) -> Response:
        answer = as_json(self.status, {"error": self.word, "message": self.sentence})
        for name, value in self.headers.items():
            answer.set(name, value)
        return answer


@dataclass(slots=True)
class Visit:
    """One request. ``body`` is parsed when a handler asks for it; ``address`` is the visitor's."""

    request: Request
    address: str
    raw: bytes = b""
    cookies: dict[str, str] = field(default_factory=dict)

    @property
    def path(self) -> str:
        return urlsplit(self.request.target).path

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.request.target).query, keep_blank_values=True))

    @property
    def bearer(self) -> str:
        kind, _, token = self.request.header("authorization").partition(" ")
        return token.strip() if kind.lower() == "bearer" else ""

    def fields(self, encoding: str) -> dict[str, Any]:
        """The body as an object. Raises Refusal: 415 for another type, 400 for what can't be read."""
        kind = self.request.header("content-type").partition(";")[0].strip().lower()
        wanted = "application/json" if encoding == "json" else "application/x-www-form-urlencoded"
        if kind != wanted:
            raise Refusal(415, "unsupported_media_type", f"Send {wanted}.")
        try:
            text = self.raw.decode()
            value = json.loads(text) if encoding == "json" else dict(parse_qsl(text, keep_blank_values=True))
        except (ValueError, RecursionError):
            raise Refusal(400, "malformed", "The request can't be read.") from None
        if not isinstance(value, dict):
            raise Refusal(400, "malformed", "The request must be an object.")
        return value


async def read_body(request: Request, limit: int) -> bytes:
    """The whole body. Raises Refusal 413 when it is longer than ``limit`` bytes."""
    if request.body is None:
        return b""
    if (request.length or 0) > limit:
        raise Refusal(413, "too_large", "The request is too large.")
    content = bytearray()
    async for part in request.body:
        content += part
        if len(content) > limit:
            raise Refusal(413, "too_large", "The request is too large.")
    return bytes(content)


def cookies_of(request: Request) -> dict[str, str]:
    """The cookies of a request; a header that can't be read has none."""
    try:
        jar = SimpleCookie("; ".join(value for name, value in request.headers if name == "cookie"))
    except CookieError:
        return {}
    return {name: morsel.value for name, morsel in jar.items()}


def as_json(status: int, value: Any) -> Response:
    """A JSON answer that nobody may keep."""
    body = json.dumps(value).encode()
    return Response(
        status, [("content-type", "application/json; charset=utf-8"), ("cache-control", "no-store")], body
    )


def as_text(status: int, kind: str, text: str, cache: str = "no-cache") -> Response:
    return Response(
        status, [("content-type", f"{kind}; charset=utf-8"), ("cache-control", cache)], text.encode()
    )

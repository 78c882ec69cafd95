"""What must not be kept in clear: marked in what a portal answered, before it becomes evidence."""

from __future__ import annotations

import functools
import hashlib
import html
import json
import re
from urllib.parse import quote, quote_plus

MIN_LENGTH = 4
"""A shorter value would be found everywhere."""
_COOKIE = re.compile(r"^([^=;\s]+)=([^;]*)")


@functools.lru_cache(maxsize=1024)
def _written(value: str) -> tuple[bytes, ...]:
    """A value as pages, URLs and JSON write it, the longest form first."""
    forms = {
        value,
        quote(value, safe=""),
        quote(value),
        quote_plus(value),
        json.dumps(value)[1:-1],
        json.dumps(value, ensure_ascii=False)[1:-1],
        html.escape(value),
        html.escape(value, quote=False),
    }
    return tuple(sorted((form.encode() for form in forms), key=len, reverse=True))


class Secrets:
    """Names and values that a play knows. ``nonce`` makes the marks of one run its own."""

    def __init__(self, nonce: str) -> None:
        self._nonce = nonce
        self._values: dict[str, str] = {}

    def add(self, name: str, value: str) -> None:
        if len(value) >= MIN_LENGTH:
            self._values[value] = name

    def clean(self, text: bytes) -> tuple[bytes, tuple[str, ...]]:
        """The text without the secrets, and the names of those that it had."""
        found: list[str] = []
        for value, name in sorted(self._values.items(), key=lambda item: -len(item[0])):
            for written in _written(value):
                if written in text:
                    found.append(name)
                    text = text.replace(written, b"****")
        return text, tuple(dict.fromkeys(found))

    def mark(self, value: str) -> str:
        """Equal for equal values, and tells nothing of them."""
        return "~" + hashlib.sha256(f"{self._nonce}{value}".encode()).hexdigest()[:12] if value else ""

    def header(self, name: str, value: str) -> str:
        """A header's value as evidence."""
        if name == "set-cookie":
            return _COOKIE.sub(lambda match: f"{match[1]}={self.mark(match[2])}", value, count=1)
        return self.clean(value.encode())[0].decode(errors="replace")

"""Secret-shaped strings in what is served. The reports name a kind and a place, never the text."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from functools import lru_cache

import re2  # type: ignore[import-untyped]

from launchready.client_file.secret_shapes import KNOWN_FORMS, looks_random

_BROWSER_KINDS = frozenset({"a Google API key"})
"""Meant for browsers: restricted by referrer, and not secret."""
_NEEDS_ENTROPY = frozenset({"an OpenAI or Anthropic key", "a URL with a password in it"})
"""Forms that names of style classes and examples in libraries share: the text must look random too."""
_FORMS = tuple((kind, re2.compile(pattern.pattern)) for kind, pattern in KNOWN_FORMS)
_HASHES = re2.compile(
    r"\$2[aby]\$\d\d\$[./A-Za-z0-9]{20,}|\$argon2(?:id|i|d)\$|\$scrypt\$|\$pbkdf2|\$6\$[./A-Za-z0-9]{8,}"
)
"""How stored passwords look (crypt(5), RFC 9106 §4 and its implementations)."""


@lru_cache(maxsize=512)
def kinds_in(body: bytes) -> tuple[str, ...]:
    """The kinds of secret-shaped strings in a text, with how many: ``a Stripe secret key (1)``."""
    text = body.decode("utf-8", "replace")
    found = []
    for kind, pattern in _FORMS:
        if kind in _BROWSER_KINDS:
            continue
        matches = {match.group(0) for match in pattern.finditer(text)}
        real = [one for one in matches if counts(kind, one)]
        if real:
            found.append(f"{kind} ({len(real)})")
    return tuple(found)


def hashes_in(body: bytes) -> bool:
    """Whether a text has a stored password in it."""
    return _HASHES.search(body.decode("utf-8", "replace")) is not None


def counts(kind: str, text: str) -> bool:
    """Whether a text of a secret's form is one: neither meant for browsers, nor a plain word of that form."""
    if kind == "a JSON Web Token":
        return not _is_public_token(text)
    if kind in _NEEDS_ENTROPY:
        return any(looks_random(word) for word in _words(text))
    return True


def _words(text: str) -> Iterator[str]:
    yield from re.split(r"[:/@]+", text)


def _is_public_token(token: str) -> bool:
    """Is it one that its issuer gives to browsers (an anonymous role)?"""
    part = token.split(".")[1]
    try:
        claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except ValueError:
        return False
    return isinstance(claims, dict) and claims.get("role") == "anon"

"""Secrets in a piece of text: by their issuer's form, by name and entropy, or because they are our own.

Stricter than what is asked of a served page, since a history holds everything: examples, fixtures, lock
files, minified scripts. A finding must look like a real key, not only like its form.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import quote, urlsplit

import re2  # type: ignore[import-untyped]

from launchready.checklist.secrets.shapes import counts
from launchready.client_file.secret_shapes import (
    KNOWN_FORMS,
    entropy,
    looks_random,
    public_prefix,
    secret_reason,
)
from launchready.leaks import places

PEM = "a private key in PEM"
URL = "a URL with a password in it"
JWT = "a JSON Web Token"
_FOR_BROWSERS = "a Google API key"
_NEEDS_NAME = {"a Mailgun key": b"mailgun", "a Twilio key": b"twilio"}
"""Forms that hashes share: their issuer must be named nearby."""
_LIVE = frozenset(
    name for name, _ in KNOWN_FORMS if name not in (PEM, URL, JWT, _FOR_BROWSERS, "a webhook signing secret")
)
"""Forms that count in tests and documentation too: a service accepts them, whoever wrote them there."""
_FORMS = tuple((kind, re2.compile(pattern.pattern.encode())) for kind, pattern in KNOWN_FORMS)
_ANY = re2.compile(b"|".join(b"(?:" + pattern.pattern.encode() + b")" for _, pattern in KNOWN_FORMS))
_ENV_LINE = re2.compile(
    rb"(?m)^[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_]*)[ \t]*=[ \t]*([^\r\n]{6,1000})"
)
_ASSIGNED = re2.compile(
    rb"(?i)([a-z0-9_.-]{0,60}(?:secret|password|passwd|token|api_?key|access_?key|secret_?key|private_?key))"
    rb"[\"']?[ \t]*(?::|=>|=)[ \t]*[\"']?([0-9A-Za-z+/_=.-]{20,200})"
)
_FIELD = re2.compile(
    rb"(?i)\b((?:[a-z0-9]+[_-])*(?:password|passwd|secret|token|api_?key|signature))"
    rb"[\"']?[ \t]*[=:][ \t]*[\"']?([^\s\"'&,;<>]{8,400})"
)
_AUTHORIZATION = re2.compile(rb"(?i)\b(bearer|basic)[ \t]+([0-9A-Za-z+/_=.~-]{16,1000})")
_PLACEHOLDER = re.compile(
    r"example|dummy|placeholder|change.?me|redacted|filtered|masked|sample|your[_-]|insert|x{4,}|0{6,}|"
    r"12345|abcdef|\*{3}|\.{3}|[<>]|\$[{(]|\{\{|%s|fake|notreal",
    re.I,
)
_WEAK = frozenset(
    (
        *("password", "passwd", "pass", "secret", "token", "changeit", "postgres", "mysql", "root", "admin"),
        *("user", "username", "guest", "test", "testing", "dev", "development", "local", "localhost"),
        *("none", "null", "true", "false", "undefined"),
    )
)
_RESERVED = re.compile(
    r"(?:^|\.)(?:example\.(?:com|net|org)|example|test|invalid|local|localhost|internal)$|^[^.]*$|^127\.|^\[?::1"
)
_LONG_LINE = 2_000
"""Bytes; lines beyond are minified or generated, and only forms and our own values count in them."""
_LEAST_TAIL = 20
_LEAST_ENTROPY = 3.0
_PEM_LOOK = 4_096
_PEM_BODY = 60
"""The least base64 of a real key (Ed25519, RFC 8410: 64 characters)."""
_LEAST_VALUE = 8


@dataclass(frozen=True, slots=True)
class Hit:
    """``kind``: what it is; ``at``: its place in the bytes; ``mark``: equal for equal texts."""

    kind: str
    at: int
    mark: bytes = field(repr=False)


@dataclass
class Finder:
    """``values``: our own secrets by name (in memory only). ``now``: tokens that ended before don't count."""

    now: datetime
    values: Mapping[str, str] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        self._own = [
            (name, form)
            for name, value in self.values.items()
            if len(value) >= _LEAST_VALUE and value.lower() not in _WEAK
            for form in _spellings(value)
        ]

    def hits(self, text: bytes, path: str, *, log: bool = False) -> Iterator[Hit]:
        """Every secret in a text. ``path``: where it lies (fixtures and lock files are judged otherwise)."""
        for name, form in self._own:
            at = text.find(form)
            if at >= 0:
                yield _hit(f"the value of {name}", at, form)
        quiet = places.is_example(path) and not log
        if _ANY.search(text) is not None:
            yield from self._forms(text, quiet)
        if quiet or places.is_generated(path):
            return
        if places.is_environment(path):
            yield from _environment(text)
        elif log:
            yield from _logged(text)
        elif places.is_source(path):
            yield from _assigned(text)

    def _forms(self, text: bytes, quiet: bool) -> Iterator[Hit]:
        for kind, pattern in _FORMS:
            if kind == _FOR_BROWSERS or (quiet and kind not in _LIVE):
                continue
            for match in pattern.finditer(text):
                found = match.group(0).decode("utf-8", "replace")
                if self._is_real(kind, found, text, match.start(), match.end(), quiet):
                    yield _hit(kind, match.start(), _whole(kind, match, text))

    def _is_real(self, kind: str, found: str, text: bytes, start: int, end: int, quiet: bool) -> bool:
        if kind == PEM:
            return _has_body(text, end)
        if kind == URL:
            return _has_password(found)
        if kind == JWT:
            return counts(kind, found) and self._token_lasts(found)
        if _PLACEHOLDER.search(found) or (quiet and "_test_" in found):
            return False
        issuer = _NEEDS_NAME.get(kind)
        if issuer is not None and issuer not in text[max(0, start - 200) : end + 200].lower():
            return False
        if kind == "a Slack webhook URL" and len(found.rpartition("/")[2]) < _LEAST_TAIL:
            return False  # the last part of a real one has 24 characters
        if kind == "a Square token" and text[max(0, start - 1) : start] in (b"+", b"/"):
            return False  # the middle of a longer base64 text
        long = len(found) >= _LEAST_TAIL and any(c.isdigit() for c in found)
        return long and entropy(found) >= _LEAST_ENTROPY and counts(kind, found)

    def _token_lasts(self, token: str) -> bool:
        part = token.split(".")[1]
        try:
            claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
        except ValueError:
            return False
        if not isinstance(claims, dict):
            return False
        if any(isinstance(value, str) and _PLACEHOLDER.search(value) for value in claims.values()):
            return False
        ends = claims.get("exp")
        return not isinstance(ends, int | float) or ends > self.now.timestamp()


def _hit(kind: str, at: int, text: bytes) -> Hit:
    return Hit(kind, at, hashlib.sha256(text).digest())


def _spellings(value: str) -> Iterator[bytes]:
    """A value as it is, in base64, and quoted for a URL."""
    plain = value.encode()
    forms = [plain, base64.b64encode(plain).rstrip(b"="), quote(value, safe="").encode()]
    if "\n" in value:
        forms.append(value.replace("\n", "\\n").encode())
    return iter(dict.fromkeys(forms))


def _whole(kind: str, match: re.Match[bytes], text: bytes) -> bytes:
    """What tells one secret from another: of a PEM key its first lines, else what matched."""
    return text[match.start() : match.end() + 200] if kind == PEM else match.group(0)


def _has_body(text: bytes, end: int) -> bool:
    body = text[end : end + _PEM_LOOK].split(b"-----")[0].decode("ascii", "replace")
    body = re.sub(
        r"(?m)^(?:Proc-Type|DEK-Info|Version|Comment):.*$", "", body.replace("\\r", "").replace("\\n", "\n")
    )
    bare = re.sub(r"[\s\"'+,\\]", "", body)
    return re.match(rf"[0-9A-Za-z/=]{{{_PEM_BODY}}}", bare) is not None and entropy(bare[:200]) >= 4.0


def _has_password(url: str) -> bool:
    try:
        parts = urlsplit(url.rstrip("\"'`)>,;"))
        password, host = parts.password or "", parts.hostname or ""
    except ValueError:
        return False
    if _PLACEHOLDER.search(url) or password.lower() in _WEAK or password.startswith(("$", "%", ":", "{")):
        return False
    if looks_random(password):
        return True
    mixed = any(c.isdigit() for c in password) and any(c.isalpha() for c in password)
    return len(password) >= 8 and mixed and not _RESERVED.search(host.lower())


def _environment(text: bytes) -> Iterator[Hit]:
    for match in _ENV_LINE.finditer(text):
        name, value = match.group(1).decode(), match.group(2).decode("utf-8", "replace").strip()
        value = value[1:].partition(value[0])[0] if value[0] in "\"'" else value.partition(" #")[0].strip()
        if len(value) < 6 or value.lower() in _WEAK or _PLACEHOLDER.search(value) or value.startswith("$"):
            continue
        reason = secret_reason(name, value, browser=public_prefix(name) is not None)
        if reason is None or (reason == "it looks random" and re.fullmatch(r"[0-9a-fA-F-]+", value)):
            continue
        yield _hit(f"a secret in an environment file ({name[:60]}: {reason})", match.start(1), value.encode())


def _valued(
    pattern: re2._Regexp[bytes], text: bytes, kind: Callable[[str], str], real: Callable[[str, str], bool]
) -> Iterator[Hit]:
    """Hits of a pattern of a name and a value, on lines that a person wrote."""
    for match in pattern.finditer(text):
        start = text.rfind(b"\n", 0, match.start()) + 1
        end = text.find(b"\n", match.end())
        if (end if end >= 0 else len(text)) - start > _LONG_LINE:
            continue
        name, value = match.group(1).decode("utf-8", "replace"), match.group(2).decode("utf-8", "replace")
        if not _PLACEHOLDER.search(value) and real(name, value):
            yield _hit(kind(name), match.start(1), value.encode())


def _assigned(text: bytes) -> Iterator[Hit]:
    return _valued(
        _ASSIGNED,
        text,
        lambda name: f"a random value called {name[-60:]}",
        lambda _, value: looks_random(value),
    )


def _logged(text: bytes) -> Iterator[Hit]:
    def field_real(name: str, value: str) -> bool:
        word = value.strip("[]()")
        if "passw" in name.lower():
            return word.lower() not in _WEAK and len(word) >= _LEAST_VALUE and len(set(word)) > 3
        return looks_random(word)

    def header_real(scheme: str, value: str) -> bool:
        return (
            looks_random(value.partition(".")[2] or value) if scheme.lower() == "bearer" else _is_pair(value)
        )

    yield from _valued(
        _FIELD, text, lambda name: f"a credential in the field {name[-60:].lower()}", field_real
    )
    yield from _valued(_AUTHORIZATION, text, lambda name: f"{name.capitalize()} credentials", header_real)


def _is_pair(value: str) -> bool:
    """Is it base64 of ``user:password`` (RFC 7617)?"""
    try:
        user, colon, password = base64.b64decode(value + "=" * (-len(value) % 4)).decode().partition(":")
    except ValueError:
        return False
    return bool(user and colon and password) and password.isprintable()

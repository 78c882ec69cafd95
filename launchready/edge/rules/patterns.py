"""Regular expressions and wildcards, both in linear time.

RE2 has no back-tracking, so no expression that a user writes can stall the edge; its syntax is
what Cloudflare's (Rust's) engine takes, without look-around and back-references.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import re2  # type: ignore[import-untyped]

MAX_STARS = 10
"""Cloudflare's limit of ``*`` in one wildcard."""

_MEMORY = 1 << 23
_REFERENCE = re.compile(rb"\$(?:(\$)|\{(\d)\})")

Matcher = Callable[[bytes], bool]


class PatternError(ValueError):
    """A pattern that can't be compiled; the text says why."""


def _options(*, latin1: bool) -> re2.Options:
    options = re2.Options()
    options.max_mem = _MEMORY
    options.log_errors = False
    options.encoding = re2.Options.Encoding.LATIN1 if latin1 else re2.Options.Encoding.UTF8
    return options


def regex(pattern: bytes) -> Matcher:
    """Whether the pattern is found anywhere in a value (``matches``)."""
    search = _compile(pattern, latin1=False).search
    return lambda value: search(value) is not None


def regex_replacer(pattern: bytes) -> Callable[[bytes, bytes], bytes]:
    """(value, replacement) → value with the first match replaced; ``${1}`` refers to a group."""
    compiled = _compile(pattern, latin1=False)

    def replace(value: bytes, replacement: bytes) -> bytes:
        match = compiled.search(value)
        if match is None:
            return value
        filled = _fill(replacement, lambda number: _group(match, number))
        return value[: match.start()] + filled + value[match.end() :]

    return replace


def wildcard(pattern: bytes, *, strict: bool) -> Matcher:
    """Whether a whole value matches; ``strict`` minds case."""
    parts = wildcard_parts(pattern)
    if len(parts) == 1:
        return _equals(parts[0], strict=strict)
    if len(parts) == 2 and not parts[1]:
        return _starts(parts[0], strict=strict)
    starts = _starts(parts[0], strict=strict)
    full = _wildcard_regex(parts, strict=strict).fullmatch
    return lambda value: starts(value) and full(value) is not None


def wildcard_replacer(pattern: bytes, *, strict: bool) -> Callable[[bytes, bytes], bytes]:
    """(value, replacement) → the replacement with ``${n}`` filled, or the value if it does not match."""
    full = _wildcard_regex(wildcard_parts(pattern), strict=strict).fullmatch

    def replace(value: bytes, replacement: bytes) -> bytes:
        match = full(value)
        return value if match is None else _fill(replacement, lambda number: _group(match, number))

    return replace


def wildcard_parts(pattern: bytes) -> list[bytes]:
    """The literal pieces between the stars. Raises PatternError for ``**``, bad escapes, too many stars."""
    parts, piece, position = [], bytearray(), 0
    while position < len(pattern):
        char = pattern[position : position + 1]
        if char == b"*":
            if pattern[position + 1 : position + 2] == b"*":
                raise PatternError("a wildcard must not hold two stars in a row")
            parts.append(bytes(piece))
            piece.clear()
        elif char == b"\\":
            position += 1
            escaped = pattern[position : position + 1]
            if escaped not in (b"*", b"\\"):
                raise PatternError("in a wildcard only \\* and \\\\ may be escaped")
            piece += escaped
        else:
            piece += char
        position += 1
    parts.append(bytes(piece))
    if len(parts) - 1 > MAX_STARS:
        raise PatternError(f"a wildcard may hold at most {MAX_STARS} stars")
    return parts


def _compile(pattern: bytes, *, latin1: bool) -> re2._Regexp:
    try:
        return re2.compile(pattern, _options(latin1=latin1))
    except re2.error as error:
        text = error.args[0] if error.args else "bad regular expression"
        raise PatternError(
            text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text)
        ) from None


def _wildcard_regex(parts: list[bytes], *, strict: bool) -> re2._Regexp:
    flags = b"(?s)" if strict else b"(?si)"
    body = b"(.*?)".join(re.escape(part) for part in parts)
    return _compile(flags + body, latin1=True)


def _group(match: re2._Match, number: int) -> bytes:
    try:
        return match.group(number) or b""
    except IndexError:
        return b""


def _fill(replacement: bytes, group: Callable[[int], bytes]) -> bytes:
    return _REFERENCE.sub(lambda found: b"$" if found[1] else group(int(found[2])), replacement)


def _equals(literal: bytes, *, strict: bool) -> Matcher:
    if strict:
        return lambda value: value == literal
    folded = literal.lower()
    return lambda value: value.lower() == folded


def _starts(literal: bytes, *, strict: bool) -> Matcher:
    if strict:
        return lambda value: value.startswith(literal)
    folded, length = literal.lower(), len(literal)
    return lambda value: value[:length].lower() == folded

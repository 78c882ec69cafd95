"""The functions of the rules language: signatures and what they do.

Source: Cloudflare's functions reference (developers.cloudflare.com/ruleset-engine/rules-language/functions/).
A function of a missing value is a missing value unless it says otherwise.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import ipaddress
import json
import re
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import unquote_to_bytes

from launchready.edge.rules.patterns import regex_replacer, wildcard_replacer
from launchready.edge.rules.types import BOOL, INT, IP, STRING, Type, array_of, map_of

STRINGS = array_of(STRING)
ANY_MAP = map_of(STRINGS)


@dataclass(frozen=True, slots=True)
class Parameter:
    """What one argument may be. ``kind``: a ``field`` (or call), a ``literal``, or either."""

    types: tuple[Type, ...]
    kind: Literal["any", "field", "literal"] = "any"


@dataclass(frozen=True, slots=True)
class Function:
    """``required`` parameters come first, optional ones follow; ``rest`` repeats the last one.

    ``returns`` None: the type of the first argument. ``lenient``: runs on missing values too.
    """

    parameters: tuple[Parameter, ...]
    returns: Type | None
    run: Callable[..., Any]
    required: int
    rest: bool = False
    lenient: bool = False


def _field(*types: Type) -> Parameter:
    return Parameter(types, "field")


def _literal(*types: Type) -> Parameter:
    return Parameter(types, "literal")


def _either(*types: Type) -> Parameter:
    return Parameter(types)


def _concat(*values: Any) -> Any:
    if isinstance(values[0], list):
        return [item for value in values for item in value]
    return b"".join(values)


def _substring(value: bytes, start: int, end: int | None = None) -> bytes:
    return value[start:] if end is None else value[start:end]


_UNICODE_ESCAPE = re.compile(rb"%u([0-9A-Fa-f]{4})")


def _character(found: re.Match[bytes]) -> bytes:
    return chr(int(found[1], 16)).encode("utf-8", "replace")


def _url_decode(value: bytes, options: bytes = b"") -> bytes:
    for _ in range(10 if b"r" in options else 1):
        decoded = value.replace(b"+", b" ")
        if b"u" in options:
            decoded = _UNICODE_ESCAPE.sub(
                lambda hit: chr(int(hit[1], 16)).encode("utf-8", "replace"), decoded
            )
        decoded = unquote_to_bytes(decoded)
        if decoded == value:
            break
        value = decoded
    return value


def _remove_query_args(query: bytes, *names: bytes) -> bytes:
    return b"&".join(part for part in query.split(b"&") if part.partition(b"=")[0] not in names)


def _to_string(value: Any) -> bytes:
    if isinstance(value, bool):
        return b"true" if value else b"false"
    return str(value).encode()


def _lookup(document: bytes, keys: Sequence[Any]) -> Any:
    try:
        value = json.loads(document)
    except ValueError:
        return None
    for key in keys:
        try:
            value = value[key.decode() if isinstance(key, bytes) else key]
        except (KeyError, IndexError, TypeError, UnicodeDecodeError):
            return None
    return value


def _lookup_string(document: bytes, *keys: Any) -> bytes | None:
    value = _lookup(document, keys)
    return value.encode() if isinstance(value, str) else None


def _lookup_integer(document: bytes, *keys: Any) -> int | None:
    value = _lookup(document, keys)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _encode_base64(value: bytes, options: bytes = b"") -> bytes:
    encoded = base64.urlsafe_b64encode(value) if b"u" in options else base64.b64encode(value)
    return encoded if b"p" in options or b"u" not in options else encoded.rstrip(b"=")


def _decode_base64(value: bytes) -> bytes | None:
    try:
        return base64.b64decode(value + b"=" * (-len(value) % 4), validate=True)
    except binascii.Error:
        return None


def _cidr(address: Any, bits4: int, bits6: int) -> Any:
    bits = bits4 if address.version == 4 else bits6
    return ipaddress.ip_network((address, bits), strict=False).network_address


def _uuidv4(seed: bytes) -> bytes:
    return str(uuid.UUID(bytes=hashlib.sha256(seed).digest()[:16], version=4)).encode()


def _coalesce(*values: Any) -> Any:
    return next((value for value in values if value is not None), None)


def _split(value: bytes, separator: bytes, limit: int) -> list[bytes]:
    return value.split(separator, limit - 1)


_TOKEN = re.compile(rb"(?s)(.+)(\d{10})-(.{43,})")


def _timed_hmac(key: bytes, token: bytes, ttl: int, now: int, separator: int = 0, flags: bytes = b"") -> bool:
    """Cloudflare's token: message, separator, ten digits of seconds, ``-``, base64 HMAC-SHA256."""
    found = _TOKEN.fullmatch(token)
    if found is None:
        return False
    message, issued, code = found[1][: len(found[1]) - separator], found[2], found[3]
    want = base64.b64encode(hmac.new(key, message + issued, hashlib.sha256).digest())
    got = code if b"s" in flags else unquote_to_bytes(code)
    if b"s" in flags:
        want = want.replace(b"+", b"-").replace(b"/", b"_").rstrip(b"=")
    return now - int(issued) <= ttl and hmac.compare_digest(want, got)


def _remove_bytes(value: bytes, unwanted: bytes) -> bytes:
    return value.translate(None, unwanted)


def _regex_replace(value: bytes, pattern: bytes, replacement: bytes) -> bytes:
    return regex_replacer(pattern)(value, replacement)


def _wildcard_replace(value: bytes, pattern: bytes, replacement: bytes, flags: bytes = b"") -> bytes:
    return wildcard_replacer(pattern, strict=b"s" in flags)(value, replacement)


def _plain(parameters: tuple[Parameter, ...], returns: Type | None, run: Callable[..., Any]) -> Function:
    return Function(parameters, returns, run, len(parameters))


_BYTES = _field(STRING)

FUNCTIONS: dict[str, Function] = {
    "any": _plain((_either(array_of(BOOL)),), BOOL, any),
    "all": _plain((_either(array_of(BOOL)),), BOOL, all),
    "cidr": _plain((_field(IP), _literal(INT), _literal(INT)), IP, _cidr),
    "cidr6": _plain((_field(IP), _literal(INT)), IP, lambda address, bits: _cidr(address, 32, bits)),
    "coalesce": Function((_either(STRING, INT, IP),), None, _coalesce, 2, rest=True, lenient=True),
    "concat": Function((_either(STRING, STRINGS),), None, _concat, 2, rest=True),
    "contains": _plain((_BYTES, _either(STRING)), BOOL, lambda value, part: part in value),
    "decode_base64": _plain((_BYTES,), STRING, _decode_base64),
    "encode_base64": Function((_BYTES, _literal(STRING)), STRING, _encode_base64, 1),
    "ends_with": _plain((_BYTES, _either(STRING)), BOOL, bytes.endswith),
    "has_key": _plain((_field(ANY_MAP), _either(STRING)), BOOL, lambda value, key: key in value),
    "has_value": _plain((_field(STRINGS), _either(STRING)), BOOL, lambda value, item: item in value),
    "is_timed_hmac_valid_v0": Function(
        (_literal(STRING), _BYTES, _literal(INT), _field(INT), _literal(INT), _literal(STRING)),
        BOOL,
        _timed_hmac,
        4,
    ),
    "join": _plain((_field(STRINGS), _literal(STRING)), STRING, lambda items, glue: glue.join(items)),
    "len": _plain((_field(STRING, STRINGS, ANY_MAP),), INT, len),
    "lookup_json_integer": Function((_BYTES, _literal(STRING, INT)), INT, _lookup_integer, 2, rest=True),
    "lookup_json_string": Function((_BYTES, _literal(STRING, INT)), STRING, _lookup_string, 2, rest=True),
    "lower": _plain((_BYTES,), STRING, bytes.lower),
    "regex_replace": _plain((_BYTES, _literal(STRING), _either(STRING)), STRING, _regex_replace),
    "remove_bytes": _plain((_BYTES, _literal(STRING)), STRING, _remove_bytes),
    "remove_query_args": Function((_BYTES, _literal(STRING)), STRING, _remove_query_args, 2, rest=True),
    "sha256": _plain((_BYTES,), STRING, lambda value: hashlib.sha256(value).digest()),
    "sha512": _plain((_BYTES,), STRING, lambda value: hashlib.sha512(value).digest()),
    "split": _plain((_BYTES, _literal(STRING), _literal(INT)), STRINGS, _split),
    "starts_with": _plain((_BYTES, _either(STRING)), BOOL, bytes.startswith),
    "substring": Function((_BYTES, _literal(INT), _literal(INT)), STRING, _substring, 2),
    "to_string": _plain((_field(INT, BOOL, IP),), STRING, _to_string),
    "trim": _plain((_BYTES,), STRING, bytes.strip),
    "trim_end": _plain((_BYTES,), STRING, bytes.rstrip),
    "trim_start": _plain((_BYTES,), STRING, bytes.lstrip),
    "upper": _plain((_BYTES,), STRING, bytes.upper),
    "url_decode": Function((_BYTES, _literal(STRING)), STRING, _url_decode, 1),
    "uuidv4": _plain((_BYTES,), STRING, _uuidv4),
    "wildcard_replace": Function(
        (_BYTES, _literal(STRING), _either(STRING), _literal(STRING)), STRING, _wildcard_replace, 3
    ),
}
"""Name → function. The compiler binds the patterns of ``regex_replace`` and ``wildcard_replace`` once."""

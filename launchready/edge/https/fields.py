"""A request (and its response) as the fields of the rules language.

A field is worked out when a rule first asks for it, and kept for the rest of the request.
URL normalisation is Cloudflare's default (developers.cloudflare.com/rules/normalization/how-it-works/):
``http.request.*`` shows the normalised URL, ``raw.http.request.*`` what the visitor sent.
"""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote_from_bytes, unquote_to_bytes

from launchready.edge.https.messages import Headers, Request, Response, bytes_of
from launchready.edge.rules import FIELDS, absent
from launchready.edge.state import Clock

_UNRESERVED = re.compile(rb"%[0-9A-Fa-f]{2}")
_SLASHES = re.compile(rb"/{2,}")


class RequestFields(dict[str, Any]):
    """Field name → value. ``raw_body`` is filled by who has read the body; the rest is derived here."""

    def __init__(self, request: Request, clock: Clock, zone_name: str, ray: str) -> None:
        super().__init__()
        self.request = request
        self.response: Response | None = None
        self.clock = clock
        self.zone_name = zone_name
        self.ray = ray

    def __missing__(self, name: str) -> Any:
        getter = _GETTERS.get(name)
        if getter is not None:
            value = getter(self)
        elif name.startswith(_RESPONSE) and self.response is None:
            value = None
        else:
            value = absent(FIELDS[name])
        self[name] = value
        return value

    def answered(self, response: Response) -> None:
        """From now on the fields of the response are those of ``response``."""
        self.response = response
        for name in [name for name in self if name.startswith(_RESPONSE)]:
            del self[name]


_RESPONSE = ("http.response.", "raw.http.response.")


def normalised_path(path: bytes) -> bytes:
    """Backslashes and repeated slashes as one slash, dot segments gone, needless escapes undone."""
    path = _SLASHES.sub(b"/", path.replace(b"\\", b"/"))
    path = _UNRESERVED.sub(_decode_unreserved, path)
    out: list[bytes] = []
    segments = path.split(b"/")
    for segment in segments:
        if segment == b"..":
            if len(out) > 1:
                out.pop()
        elif segment != b".":
            out.append(segment)
    if segments[-1] in (b".", b".."):
        out.append(b"")
    return b"/".join(out) or b"/"


def _decode_unreserved(found: re.Match[bytes]) -> bytes:
    return quote_from_bytes(unquote_to_bytes(found[0]), safe="").encode()


def _raw_target(fields: RequestFields) -> bytes:
    return bytes_of(fields.request.target)


def _raw_path(fields: RequestFields) -> bytes:
    return _raw_target(fields).partition(b"?")[0]


def _query(fields: RequestFields) -> bytes:
    return _raw_target(fields).partition(b"?")[2]


def _path(fields: RequestFields) -> bytes:
    return normalised_path(fields["raw.http.request.uri.path"])


def _uri(fields: RequestFields) -> bytes:
    query = fields["http.request.uri.query"]
    path: bytes = fields["http.request.uri.path"]
    return path + b"?" + query if query else path


def _origin(fields: RequestFields) -> bytes:
    request = fields.request
    return bytes_of(f"{request.scheme}://{request.host}")


def _extension(path: bytes) -> bytes:
    name = path.rpartition(b"/")[2]
    stem, dot, extension = name.rpartition(b".")
    return extension.lower() if dot and stem else b""


def grouped(headers: Headers) -> dict[bytes, list[bytes]]:
    out: dict[bytes, list[bytes]] = {}
    for key, value in headers:
        out.setdefault(bytes_of(key), []).append(bytes_of(value))
    return out


def _header(name: str) -> Callable[[RequestFields], bytes]:
    return lambda fields: bytes_of(fields.request.header(name))


def _names(field: str) -> Callable[[RequestFields], list[bytes]]:
    return lambda fields: [key for key, values in fields[field].items() for _ in values]


def _values(field: str) -> Callable[[RequestFields], list[bytes]]:
    return lambda fields: [value for values in fields[field].values() for value in values]


def _arguments(field: str) -> Callable[[RequestFields], dict[bytes, list[bytes]]]:
    def parse(fields: RequestFields) -> dict[bytes, list[bytes]]:
        out: dict[bytes, list[bytes]] = {}
        for part in filter(None, fields[field].split(b"&")):
            key, _, value = part.partition(b"=")
            out.setdefault(key, []).append(value)
        return out

    return parse


def _cookies(fields: RequestFields) -> dict[bytes, list[bytes]]:
    out: dict[bytes, list[bytes]] = {}
    for part in fields["http.cookie"].split(b";"):
        key, equals, value = part.strip().partition(b"=")
        if equals:
            out.setdefault(key, []).append(unquote_to_bytes(value))
    return out


def _languages(fields: RequestFields) -> list[bytes]:
    """By descending quality, as the visitor wrote them among equals."""
    ranked = []
    for part in fields.request.header("accept-language").split(","):
        tag, _, quality = part.strip().partition(";q=")
        try:
            weight = float(quality) if quality else 1.0
        except ValueError:
            weight = 0.0
        if tag:
            ranked.append((-weight, bytes_of(tag)))
    return [tag for _, tag in sorted(ranked, key=lambda item: item[0])]


def _response_headers(fields: RequestFields) -> dict[bytes, list[bytes]] | None:
    return None if fields.response is None else grouped(fields.response.headers)


def _media_type(fields: RequestFields) -> bytes | None:
    if fields.response is None:
        return None
    return fields.response.header("content-type").partition(";")[0].strip().lower().encode()


def _response_values(field: str, pick: Callable[[str], Callable[[RequestFields], Any]]) -> Any:
    inner = pick(field)
    return lambda fields: None if fields.response is None else inner(fields)


_GETTERS: dict[str, Callable[[RequestFields], Any]] = {
    "http.host": lambda f: bytes_of(f.request.host),
    "http.cookie": _header("cookie"),
    "http.referer": _header("referer"),
    "http.user_agent": _header("user-agent"),
    "http.x_forwarded_for": _header("x-forwarded-for"),
    "http.request.method": lambda f: f.request.method.encode(),
    "http.request.version": lambda f: f.request.version.encode(),
    "http.request.body.mime": lambda f: (
        f.request.header("content-type").partition(";")[0].strip().lower().encode()
    ),
    "http.request.body.size": lambda f: f.request.length or 0,
    "http.request.timestamp.sec": lambda f: int(f.clock.now().timestamp()),
    "http.request.timestamp.msec": lambda f: f.clock.now().microsecond // 1000,
    "http.request.uri.path": _path,
    "http.request.uri.query": _query,
    "http.request.uri": _uri,
    "http.request.full_uri": lambda f: _origin(f) + f["http.request.uri"],
    "http.request.uri.path.extension": lambda f: _extension(f["http.request.uri.path"]),
    "http.request.uri.args": _arguments("http.request.uri.query"),
    "http.request.uri.args.names": _names("http.request.uri.args"),
    "http.request.uri.args.values": _values("http.request.uri.args"),
    "raw.http.request.uri.path": _raw_path,
    "raw.http.request.uri.query": _query,
    "raw.http.request.uri": _raw_target,
    "raw.http.request.full_uri": lambda f: _origin(f) + _raw_target(f),
    "raw.http.request.uri.path.extension": lambda f: _extension(f["raw.http.request.uri.path"]),
    "raw.http.request.uri.args": _arguments("raw.http.request.uri.query"),
    "raw.http.request.uri.args.names": _names("raw.http.request.uri.args"),
    "raw.http.request.uri.args.values": _values("raw.http.request.uri.args"),
    "http.request.headers": lambda f: grouped(f.request.headers),
    "http.request.headers.names": _names("http.request.headers"),
    "http.request.headers.values": _values("http.request.headers"),
    "http.request.cookies": _cookies,
    "http.request.accepted_languages": _languages,
    "http.response.code": lambda f: None if f.response is None else f.response.status,
    "http.response.content_type.media_type": _media_type,
    "http.response.headers": _response_headers,
    "http.response.headers.names": _response_values("http.response.headers", _names),
    "http.response.headers.values": _response_values("http.response.headers", _values),
    "raw.http.response.headers": _response_headers,
    "raw.http.response.headers.names": _response_values("http.response.headers", _names),
    "raw.http.response.headers.values": _response_values("http.response.headers", _values),
    "ip.src": lambda f: f.request.client,
    "ip.src.country": lambda f: b"XX",
    "ip.geoip.country": lambda f: b"XX",
    "ssl": lambda f: f.request.scheme == "https",
    "cf.edge.server_ip": lambda f: ipaddress.ip_address("127.0.0.1"),
    "cf.edge.server_port": lambda f: 443 if f.request.scheme == "https" else 80,
    "cf.edge.client_tcp": lambda f: True,
    "cf.random_seed": lambda f: os.urandom(32),
    "cf.ray_id": lambda f: f.ray.encode(),
    "cf.tls_cipher": lambda f: f.request.tls_cipher.encode(),
    "cf.tls_version": lambda f: f.request.tls_version.encode(),
    "cf.zone.name": lambda f: f.zone_name.encode(),
    # Where Cloudflare knows nothing of a client it scores it as a person (1 would be a bot).
    "cf.bot_management.score": lambda f: 99,
}

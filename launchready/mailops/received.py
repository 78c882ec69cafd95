"""A received message, read with care: whoever wrote it may have wanted to do harm.

Sizes, depths and counts are bounded before a parser sees them. Nothing of a text is kept but the hosts that
it links to: mails carry one-time tokens.
"""

from __future__ import annotations

import base64
import binascii
import email
import email.policy
import ipaddress
import quopri
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from email.utils import getaddresses
from html import unescape
from urllib.parse import urlsplit

from launchready.errors import InputError
from launchready.mailauth.dns import is_name, normal

MAX_MESSAGE = 10 * 1024 * 1024
MAX_HEAD = 256 * 1024
MAX_FIELDS = 1_000
MAX_FIELD = 8_192
MAX_ADDRESSES = 50
MAX_BODY = 1024 * 1024
"""Bytes of the body, and of each part unpacked, that are looked at for links."""
MAX_BOUNDARIES = 20
MAX_PARTS = 100
MAX_LINKS = 2_000
_URL = re.compile(r"\bhttps?://[^\s<>\"'()\[\]{}\\^`|]{1,2048}", re.IGNORECASE)
_ADDRESS = re.compile(r"\[(?:IPv6:)?([0-9A-Fa-f.:]{2,45})\]", re.IGNORECASE)
_FROM_HOST = re.compile(r"^\s*from\s+(\S{1,253})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Received:
    """``fields``: (lower-case name, unfolded value), from the top. ``raw``: as it came.

    ``hosts``: (scheme, host) of the links, None where the body could not be looked at; ``why`` says why.
    """

    raw: bytes
    fields: tuple[tuple[str, str], ...]
    hosts: tuple[tuple[str, str], ...] | None
    why: str = ""

    def all(self, name: str) -> tuple[str, ...]:
        return tuple(value for own, value in self.fields if own == name)

    def first(self, name: str) -> str:
        """The first value of a field, "" without one."""
        return next(iter(self.all(name)), "")

    def addresses(self, name: str) -> tuple[str, ...]:
        """The addresses of every field of that name, domains in lower case."""
        try:
            pairs = getaddresses([value[:MAX_FIELD] for value in self.all(name)][:MAX_ADDRESSES])
        except RecursionError:  # comments within comments
            return ()
        found = (address for _, address in pairs if "@" in address)
        return tuple(f"{local}@{normal(domain)}" for local, _, domain in (a.rpartition("@") for a in found))

    def domains(self, name: str) -> tuple[str, ...]:
        """The domains of those addresses, each once, as A-labels where they can be."""
        found = (_ascii(address.rpartition("@")[2]) for address in self.addresses(name))
        return tuple(dict.fromkeys(name for name in found if is_name(name)))

    @property
    def return_path(self) -> str | None:
        """The envelope's sender as the receiver wrote it down; "" is a bounce's, None: not told."""
        values = self.all("return-path")
        return None if not values else values[0].strip().strip("<>").strip()[:320]

    @property
    def hop(self) -> tuple[str, str] | None:
        """(address, HELO) of who handed the message to the receiver: the first public one from the top.

        Only the receiver's own lines, which are at the top, can be believed; below them anybody wrote.
        """
        for value in self.all("received")[:MAX_ADDRESSES]:
            host = _FROM_HOST.match(value)
            for text in _ADDRESS.findall(value.partition(" by ")[0]) if host else ():
                try:
                    address = ipaddress.ip_address(text)
                except ValueError:
                    continue
                if address.is_global:
                    return str(address), normal(host[1]) if host else ""
        return None


def read(raw: bytes) -> Received:
    """A message's bytes, read. Raises InputError for what is no message, or too large a one."""
    if len(raw) > MAX_MESSAGE:
        raise InputError(f"the message has {len(raw)} bytes; {MAX_MESSAGE} are read at most")
    if raw[:5] == b"From ":  # as mbox files begin
        raw = raw.partition(b"\n")[2]
    text = raw.replace(b"\r\n", b"\n")
    head, _, body = text.partition(b"\n\n")
    if len(head) > MAX_HEAD:
        raise InputError(f"the header fields have {len(head)} bytes; {MAX_HEAD} are read at most")
    fields = tuple(_fields(head))
    if len(fields) > MAX_FIELDS:
        raise InputError(f"the message has {len(fields)} header fields; {MAX_FIELDS} are read at most")
    if not any(name == "from" for name, _ in fields):
        raise InputError("this is no message: it has no From", fix="save the whole message as .eml")
    try:
        hosts = tuple(dict.fromkeys(_links(text, body)))
    except _TooDeepError as error:
        return Received(raw, fields, None, str(error))
    return Received(raw, fields, hosts)


def _fields(head: bytes) -> Iterator[tuple[str, str]]:
    for field in re.split(rb"\n(?![\t ])", head):
        name, colon, value = field.partition(b":")
        if colon and re.fullmatch(rb"[\x21-\x39\x3b-\x7e]+", name.rstrip()):
            unfolded = b" ".join(value.split())[:MAX_HEAD]
            yield name.rstrip().decode("ascii").lower(), unfolded.decode("utf-8", "replace")


class _TooDeepError(Exception):
    """The body is not looked at; says why."""


def _links(text: bytes, body: bytes) -> Iterator[tuple[str, str]]:
    """(scheme, host) of every link of every text part."""
    if text.lower().count(b"boundary=") > MAX_BOUNDARIES:
        raise _TooDeepError("it has more parts within parts than mail has")
    if len(body) > MAX_BODY:
        text = text[: len(text) - len(body) + MAX_BODY]
    try:
        message = email.message_from_bytes(text, policy=email.policy.compat32)
        parts = list(_parts(message))
    except (RecursionError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise _TooDeepError(f"its parts can't be read: {type(error).__name__}") from error
    count = 0
    for part in parts:
        for url in _URL.findall(part):
            count += 1
            if count > MAX_LINKS:
                raise _TooDeepError(f"it has more than {MAX_LINKS} links")
            try:
                split = urlsplit(url)
                host = normal(split.hostname or "")
            except ValueError:
                continue
            if host:
                yield split.scheme.lower(), _ascii(host)


def _parts(message: Message) -> Iterator[str]:
    """The text of each text part, unpacked, without the entities of HTML."""
    for number, part in enumerate(message.walk()):
        if number >= MAX_PARTS:
            raise _TooDeepError(f"it has more than {MAX_PARTS} parts")
        kind = str(part.get("content-type", "text/plain")).partition(";")[0].strip().lower()
        payload = part.get_payload()
        if not isinstance(payload, str) or not kind.startswith("text/"):
            continue
        data = _unpacked(payload, str(part.get("content-transfer-encoding", "")).strip().lower())
        found = data[:MAX_BODY].decode("utf-8", "replace")
        yield unescape(found) if kind == "text/html" else found


def _unpacked(payload: str, encoding: str) -> bytes:
    data = payload.encode("ascii", "surrogateescape")
    if encoding == "quoted-printable":
        return quopri.decodestring(data)
    if encoding == "base64":
        packed = re.sub(rb"[^A-Za-z0-9+/]", b"", data)
        try:
            return base64.b64decode(packed + b"=" * (-len(packed) % 4))
        except binascii.Error:
            return b""
    return data


def _ascii(host: str) -> str:
    import idna

    if host.isascii():
        return host
    try:
        return idna.encode(host, uts46=True).decode("ascii")
    except (idna.IDNAError, UnicodeError):
        return host

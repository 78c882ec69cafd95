"""The newest mail of a domain, fetched from a mailbox by IMAP: read only, bounded in time and size.

The password is given by the caller, and goes nowhere but to the server that the URL names, encrypted
(``imaps``; plain ``imap`` on loopback only).
"""

from __future__ import annotations

import imaplib
import ipaddress
import re
import socket
import ssl
import threading
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from launchready.errors import InputError, LaunchreadyError
from launchready.mailauth.dns import is_name
from launchready.mailops.received import MAX_MESSAGE

SECONDS = 60.0
"""The whole conversation."""
EACH = 20.0
MAX_FOUND = 200_000
"""Bytes of one line of the server's."""


@dataclass(frozen=True, slots=True)
class Mailbox:
    """``imaps://user@host[:port]/FOLDER``, taken apart."""

    host: str
    port: int
    user: str
    folder: str
    encrypted: bool

    @classmethod
    def of(cls, url: str) -> Mailbox:
        """Raises InputError for another kind of URL, one with a password in it, or plain IMAP elsewhere."""
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port
        except ValueError:
            raise InputError("this is no IMAP URL", fix="imaps://user@host/INBOX") from None
        if parts.scheme not in ("imaps", "imap") or not host or not parts.username:
            raise InputError("this is no IMAP URL", fix="imaps://user@host/INBOX")
        if parts.password is not None:
            raise InputError(
                "the URL has a password in it, and others can read command lines",
                fix="leave it out: it is asked for, or taken from LAUNCHREADY_IMAP_PASSWORD",
            )
        encrypted = parts.scheme == "imaps"
        if not encrypted and not _is_loopback(host):
            raise InputError("imap: would send the password in clear", fix="use imaps://")
        folder = unquote(parts.path.lstrip("/")) or "INBOX"
        if any(ord(c) < 32 or c in '"\\' for c in folder + unquote(parts.username)):
            raise InputError("the folder or user has characters that IMAP does not take")
        return cls(host, port or (993 if encrypted else 143), unquote(parts.username), folder, encrypted)


def newest(mailbox: Mailbox, password: str, domain: str, context: ssl.SSLContext | None = None) -> bytes:
    """The newest message from the domain. Raises LaunchreadyError, without the password in it."""
    if not is_name(domain):
        raise InputError(f"{domain!r} is no domain")
    try:
        client = _connect(mailbox, context)
    except (OSError, imaplib.IMAP4.error) as error:
        raise LaunchreadyError(f"{mailbox.host}: {_words(error)}") from None
    timer = threading.Timer(SECONDS, _hang_up, (client,))
    timer.daemon = True
    timer.start()
    try:
        return _fetch(client, mailbox, password, domain)
    except imaplib.IMAP4.error as error:
        what = _words(error).replace(password, "****") if password else _words(error)
        raise LaunchreadyError(f"{mailbox.host}: {what}", fix="check user, password and folder") from None
    except (OSError, ValueError) as error:
        raise LaunchreadyError(f"{mailbox.host}: {_words(error)}") from None
    finally:
        timer.cancel()
        _hang_up(client)


class _Bounded(imaplib.IMAP4):
    """Believes no server that announces more than a message may have."""

    def read(self, size: int) -> bytes:
        if size > MAX_MESSAGE + 1_024:
            raise self.abort(f"the server announces {size} bytes")
        return super().read(size)

    def readline(self) -> bytes:
        line = bytes(self.file.readline(MAX_FOUND + 1))  # type: ignore[arg-type]
        if len(line) > MAX_FOUND:
            raise self.error(f"a line of more than {MAX_FOUND} bytes")
        return line


class _BoundedTls(_Bounded, imaplib.IMAP4_SSL):
    """The same over TLS."""


def _connect(mailbox: Mailbox, context: ssl.SSLContext | None) -> imaplib.IMAP4:
    if not mailbox.encrypted:
        return _Bounded(mailbox.host, mailbox.port, timeout=EACH)
    verifying = context or ssl.create_default_context()
    return _BoundedTls(mailbox.host, mailbox.port, ssl_context=verifying, timeout=EACH)


def _fetch(client: imaplib.IMAP4, mailbox: Mailbox, password: str, domain: str) -> bytes:
    client.login(mailbox.user, password)
    status, _ = client.select(f'"{mailbox.folder}"', readonly=True)
    if status != "OK":
        raise client.error(f"there is no folder {mailbox.folder!r}")
    _, found = client.search(None, "FROM", f'"@{domain}"')
    numbers = found[0].split() if found and isinstance(found[0], bytes) else []
    if not numbers:
        raise LaunchreadyError(f"{mailbox.folder} has no mail from {domain}", fix="send one there first")
    number = numbers[-1].decode("ascii", "replace")
    if not number.isdigit():
        raise client.error("the server's answer makes no sense")
    _, sizes = client.fetch(number, "(RFC822.SIZE)")
    told = sizes[0] if sizes and isinstance(sizes[0], bytes) else b""
    size = re.search(rb"RFC822\.SIZE (\d{1,20})", told)
    if size is not None and int(size[1]) > MAX_MESSAGE:
        raise LaunchreadyError(f"the newest mail has {int(size[1])} bytes; {MAX_MESSAGE} are read at most")
    _, parts = client.fetch(number, "(BODY.PEEK[])")
    for part in parts:
        if isinstance(part, tuple) and len(part) == 2 and isinstance(part[1], bytes):
            return part[1]
    raise client.error("the server sent no message")


def _hang_up(client: imaplib.IMAP4) -> None:
    try:
        client.sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass  # it is closed already
    finally:
        client.sock.close()


def _words(error: Exception) -> str:
    text = error.args[0] if error.args else ""
    shown = text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text or type(error).__name__)
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return "".join(c for c in shown if c.isprintable())[:200]


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False

"""The portal's mails: plain text, from the client's own domain, signed when there is a key, into the sink."""

from __future__ import annotations

import asyncio
import smtplib
from collections.abc import Callable
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from launchready.edge.portal.defects import Switches
from launchready.errors import EdgeError, InputError

SECONDS = 10.0
SIGNED = ("from", "to", "subject", "date", "message-id", "reply-to", "mime-version", "content-type", "from")
"""Signed once more than it is there, From can't be added to (RFC 6376 §8.15)."""
OTHER_KEY_BITS = 2048


@dataclass(frozen=True, slots=True)
class SigningKey:
    """``pem``: an RSA key in the form that dkimpy reads (PKCS #1)."""

    selector: str
    domain: str
    pem: bytes = field(repr=False)

    @classmethod
    def of(cls, selector: str, domain: str, private_key: str) -> SigningKey:
        """Raises InputError, without the key in it, for what is no RSA key."""
        try:
            key = load_pem_private_key(private_key.encode(), password=None)
        except (ValueError, TypeError):
            raise InputError("dkim.private_key is no PEM key") from None
        if not isinstance(key, rsa.RSAPrivateKey):
            raise InputError("dkim.private_key is no RSA key", fix="the sample portal signs with RSA")
        return cls(selector, domain, _pem(key))


def _pem(key: rsa.RSAPrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())


class Post:
    """``smtp`` gives ``host:port`` of the mail server; ``domain`` is who the mails come from."""

    def __init__(
        self, smtp: Callable[[], str], domain: str, switches: Switches, key: SigningKey | None = None
    ) -> None:
        self._smtp = smtp
        self._domain = domain
        self._switches = switches
        self._key = key

    async def send(self, to: str, subject: str, sentence: str, link: str) -> None:
        """One mail with one link. Raises EdgeError when the mail server does not take it."""
        message = EmailMessage()
        message["From"] = f"Portal <no-reply@{self._domain}>"
        message["To"] = to
        message["Subject"] = subject
        message["Date"] = format_datetime(self._switches.state.clock.now())
        message["Message-ID"] = make_msgid(domain=self._domain)
        if self._switches.on("portal.mail.reply_to"):
            message["Reply-To"] = "help@elsewhere.example"
        text = f"{sentence}\n\n{link}\n\nIf you did not ask for this, ignore this mail.\n"
        if self._switches.on("portal.mail.staging_link"):
            text += f"\nHelp: https://staging.{self._domain}/help\n"
        message.set_content(text)
        try:
            await asyncio.to_thread(self._deliver, message, to)
        except (OSError, smtplib.SMTPException) as error:
            raise EdgeError(f"the portal's mail could not be sent: {type(error).__name__}") from error

    def _deliver(self, message: EmailMessage, to: str) -> None:
        host, _, port = self._smtp().rpartition(":")
        raw = self._signed(message.as_bytes(policy=SMTP))
        with smtplib.SMTP(host, int(port), local_hostname=self._domain, timeout=SECONDS) as server:
            server.sendmail(f"no-reply@{self._domain}", [to], raw)

    def _signed(self, raw: bytes) -> bytes:
        """The mail as it goes out: signed, or with one of the defects of a signature."""
        key, on = self._key, self._switches.on
        if key is None or on("portal.mail.unsigned"):
            return raw
        import dkim  # lazily: most portals of tests never sign

        domain = f"bulk-mail.{key.domain}.invalid" if on("portal.mail.other_domain") else key.domain
        pem = key.pem
        if on("portal.mail.wrong_key"):
            pem = _pem(rsa.generate_private_key(public_exponent=65537, key_size=OTHER_KEY_BITS))
        there = {name.strip().lower() for name in _field_names(raw)}
        header: bytes = dkim.sign(
            raw, key.selector.encode(), domain.encode(), pem, canonicalize=(b"relaxed", b"relaxed"),
            include_headers=[name.encode() for name in SIGNED if name in there],
        )  # fmt: skip
        if on("portal.mail.altered"):
            raw += b"-- \r\nThis mail was scanned.\r\n"
        return header + raw


def _field_names(raw: bytes) -> list[str]:
    head = raw.partition(b"\r\n\r\n")[0].decode("ascii", "replace")
    return [line.partition(":")[0] for line in head.split("\r\n") if line[:1] not in (" ", "\t")]

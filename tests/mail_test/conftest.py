"""Mails that are signed with a real key, and the DNS that has its other half."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

import dkim
import pytest

from launchready.edge.portal.mail import SigningKey
from launchready.mailauth.dkim_keys import KeyPair, generate
from launchready.mailauth.dns import Answer

DOMAIN = "acme.example"
SELECTOR = "s1"


@dataclass
class Mails:
    """Makes mails of ``acme.example``; ``records`` is its DNS: (name, type) → texts."""

    pair: KeyPair
    records: dict[tuple[str, str], Answer] = field(default_factory=dict)

    def lookup(self, name: str, rdtype: str) -> Answer:
        return self.records.get((name, rdtype), Answer(nxdomain=True))

    def message(self, text: str = "Hello.\n", **headers: str) -> EmailMessage:
        made = EmailMessage()
        given = {
            "From": f"Portal <no-reply@{DOMAIN}>", "To": "ada@north.example", "Subject": "Set a new password",
            "Date": "Mon, 02 Nov 2026 10:00:00 +0000", "Message-ID": f"<1@{DOMAIN}>",
        } | {name.replace("_", "-"): value for name, value in headers.items()}  # fmt: skip
        for name, value in given.items():
            if value:
                made[name] = value
        made.set_content(text)
        return made

    def raw(self, text: str = "Hello.\n", **headers: str) -> bytes:
        return self.message(text, **headers).as_bytes(policy=SMTP)

    def signed(self, raw: bytes, domain: str = DOMAIN, selector: str = SELECTOR, **options: Any) -> bytes:
        pem = SigningKey.of(selector, domain, self.pair.private_pem).pem
        options = {"canonicalize": (b"relaxed", b"relaxed")} | options
        header: bytes = dkim.sign(raw, selector.encode(), domain.encode(), pem, **options)
        return header + raw


@pytest.fixture(scope="session")
def pair() -> KeyPair:
    return generate("rsa", datetime.now(UTC))


@pytest.fixture
def mails(pair: KeyPair) -> Mails:
    return Mails(pair, {(f"{SELECTOR}._domainkey.{DOMAIN}", "TXT"): Answer((pair.record,))})

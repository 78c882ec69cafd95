"""Twins of DANE for mail: TLSA records that no sender can use."""

from __future__ import annotations

from typing import Any

from tests.bad_twins.clients import client, unsigned
from tests.bad_twins.harness import Twin
from tests.bad_twins.tls_twins import tlsa

ROWS = ("email_auth",)
USABLE = frozenset({"email_auth.dane.usable"})


def receiving(usage: int) -> list[dict[str, Any]]:
    """A mail host of the domain's own, with a TLSA record."""
    return [
        {"name": "@", "type": "MX", "content": "mail.acme.example", "priority": 10},
        {"name": "mail", "type": "A", "content": "203.0.113.25"},
        {"name": "@", "type": "TXT", "content": "v=spf1 mx -all"},
        {
            "name": "_dmarc",
            "type": "TXT",
            "content": "v=DMARC1; p=reject; rua=mailto:dmarc@acme.example; adkim=s; aspf=s",
        },
        tlsa("_25._tcp.mail", usage),
    ]


GOOD: dict[str, Twin] = {
    "a mail host with DANE": Twin(client(records=receiving(3), email="none"), frozenset(), None, ROWS)
}

TWINS: dict[str, Twin] = {
    "DANE by a public authority": Twin(client(records=receiving(1), email="none"), USABLE, None, ROWS),
    "DANE in a zone that is not signed": Twin(
        unsigned(records=receiving(3), email="none"), USABLE, None, ROWS
    ),
}

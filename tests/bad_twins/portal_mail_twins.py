"""Twins of the portal's own mails: not signed, signed with another key, for another domain, changed later."""

from __future__ import annotations

from typing import Any

from tests.bad_twins.harness import Scene, Twin
from tests.bad_twins.portals import HOST, with_portal

ROWS = ("email_auth",)
ALIGNED = "email_auth.portal.aligned"
OWN = {"name": "app", "spf": ["ip4:198.51.100.7"]}


def mailing(**email: Any) -> dict[str, Any]:
    """A client whose portal mails by an application of its own, with a generated key."""
    given = {"senders": ["google", OWN], "receive": "google", "dkim": {"s1": {"generate": "rsa"}}, **email}
    return with_portal() | {"email": given, "tls": {"dnssec": False}}


def switched(kind: str) -> Twin:
    async def breaks(scene: Scene) -> None:
        scene.defect(kind, HOST)

    return Twin(mailing(), frozenset({ALIGNED}), breaks, ROWS)


GOOD: dict[str, Twin] = {"a portal that signs its mails": Twin(mailing(), frozenset(), None, ROWS)}

TWINS: dict[str, Twin] = {
    "mails without a signature": switched("portal.mail.unsigned"),
    "mails signed with another key": switched("portal.mail.wrong_key"),
    "mails signed for another domain": switched("portal.mail.other_domain"),
    "mails changed after they were signed": switched("portal.mail.altered"),
}

"""Webhook signatures as their senders make them: Stripe, GitHub, Standard Webhooks.

Sources: docs.stripe.com/webhooks/signature; docs.github.com (validating webhook deliveries);
standardwebhooks.com (specification).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac


def sign(scheme: str, secret: str, body: bytes, *, at: int, name: str) -> dict[str, str]:
    """The headers of a signed call. ``at``: seconds since 1970; ``name``: the delivery's id."""
    if scheme == "stripe":
        mark = _mac(secret.encode(), f"{at}.".encode() + body).hex()
        return {"stripe-signature": f"t={at},v1={mark}"}
    if scheme == "github":
        mark = _mac(secret.encode(), body).hex()
        return {"x-hub-signature-256": f"sha256={mark}", "x-github-delivery": name}
    mark = base64.b64encode(_mac(_key(secret), f"{name}.{at}.".encode() + body)).decode()
    return {"webhook-id": name, "webhook-timestamp": str(at), "webhook-signature": f"v1,{mark}"}


def has_time(scheme: str) -> bool:
    """Whether a scheme's signature covers a time, so that an old one can be told."""
    return scheme != "github"


def _key(secret: str) -> bytes:
    """A Standard Webhooks secret is base64 after ``whsec_``; anything else is taken as it is."""
    try:
        return base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        return secret.encode()


def _mac(key: bytes, text: bytes) -> bytes:
    return hmac.new(key, text, hashlib.sha256).digest()

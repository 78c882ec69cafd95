"""One-time codes (RFC 6238): six digits, SHA-1, thirty seconds, each taken once."""

from __future__ import annotations

import base64
import binascii

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor import InvalidToken
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from launchready.edge.portal.store import Account
from launchready.edge.state import Clock

STEP = 30
DRIFT = (0, -1, 1)
"""Steps around now that are taken: clocks differ (RFC 6238 §5.2)."""


def fits(account: Account, code: str, clock: Clock, *, again: bool = False) -> bool:
    """Whether a code is right and was not used before (``again``: or was)."""
    if account.totp is None:
        return False
    now = int(clock.now().timestamp())
    maker = TOTP(_key(account.totp), 6, SHA1(), STEP, enforce_key_length=False)  # noqa: S303 - RFC 6238's own
    for drift in DRIFT:
        step = now // STEP + drift
        try:
            maker.verify(code.encode(), step * STEP)
        except InvalidToken:
            continue
        used = (step, code) in account.used_codes
        account.used_codes.add((step, code))
        return again or not used
    return False


def _key(secret: str) -> bytes:
    text = secret.strip().replace(" ", "").upper().rstrip("=")
    try:
        return base64.b32decode(text + "=" * (-len(text) % 8))
    except (binascii.Error, ValueError):
        return secret.encode()

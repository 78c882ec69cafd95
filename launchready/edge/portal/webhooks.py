"""Webhooks: a call counts only when its signature is there, right, fresh and new.

Schemes: Stripe (``Stripe-Signature: t=…,v1=…``, HMAC-SHA256 over ``t.body``), GitHub
(``X-Hub-Signature-256``, over the body; ``X-GitHub-Delivery`` names the delivery) and Standard Webhooks
(``webhook-id``, ``webhook-timestamp``, ``webhook-signature: v1,…``, over ``id.timestamp.body``). Sources:
docs.stripe.com/webhooks/signature, docs.github.com (validating webhook deliveries), standardwebhooks.com.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections import OrderedDict
from dataclasses import dataclass

from launchready.client_file.portal_model import Webhook
from launchready.edge.https.messages import Response
from launchready.edge.portal.defects import Switches
from launchready.edge.portal.messages import Refusal, Visit, as_json

_KEPT = 10_000


@dataclass(frozen=True, slots=True)
class Signed:
    """``at``: seconds since 1970, None where the scheme has no time; ``right``: does the signature fit."""

    id: str
    at: float | None
    right: bool


class Webhooks:
    """Receives the calls of every declared webhook."""

    def __init__(self, switches: Switches) -> None:
        self._switches = switches
        self._seen: OrderedDict[str, None] = OrderedDict()

    def receive(self, hook: Webhook, visit: Visit) -> Response:
        """202 for a call that counts. Raises Refusal: 401 for a bad signature, 409 for a repetition."""
        on = self._switches.on
        signed = _READERS[hook.scheme](hook.secret.reveal(), visit)
        if signed is None:
            if on("portal.webhook.unsigned"):
                return as_json(202, {"received": True})
            raise Refusal(401, "unsigned", "A signature is needed.")
        if not signed.right and not on("portal.webhook.wrong"):
            raise Refusal(401, "bad_signature", "The signature does not fit.")
        now = self._switches.state.clock.now().timestamp()
        stale = signed.at is not None and abs(now - signed.at) > hook.tolerance
        if stale and not on("portal.webhook.stale"):
            raise Refusal(401, "stale", "The signature is too old.")
        mark = f"{hook.path} {signed.id}"
        if mark in self._seen and not on("portal.webhook.replayed"):
            raise Refusal(409, "repeated", "This call was received before.")
        self._seen[mark] = None
        while len(self._seen) > _KEPT:
            self._seen.popitem(last=False)
        visit.fields("json")
        return as_json(202, {"received": True})


def _hmac(secret: bytes, *parts: bytes) -> bytes:
    return hmac.new(secret, b".".join(parts), hashlib.sha256).digest()


def _stripe(secret: str, visit: Visit) -> Signed | None:
    header = visit.request.header("stripe-signature")
    if not header:
        return None
    pairs = [part.partition("=") for part in header.split(",")]
    at = next((value for key, _, value in pairs if key.strip() == "t"), "")
    given = [value.strip() for key, _, value in pairs if key.strip() == "v1"]
    wanted = _hmac(secret.encode(), at.encode(), visit.raw).hex()
    right = any(hmac.compare_digest(wanted.encode(), one.encode()) for one in given)
    return Signed(header, _number(at), right and _number(at) is not None)


def _github(secret: str, visit: Visit) -> Signed | None:
    header = visit.request.header("x-hub-signature-256")
    if not header:
        return None
    wanted = "sha256=" + _hmac(secret.encode(), visit.raw).hex()
    delivery = visit.request.header("x-github-delivery")
    right = hmac.compare_digest(wanted.encode(), header.encode()) and bool(delivery)
    return Signed(delivery, None, right)


def _standard(secret: str, visit: Visit) -> Signed | None:
    name, at, header = (visit.request.header(f"webhook-{part}") for part in ("id", "timestamp", "signature"))
    if not (name and at and header):
        return None
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        key = secret.encode()
    wanted = base64.b64encode(_hmac(key, name.encode(), at.encode(), visit.raw))
    given = [part.partition(",") for part in header.split(" ")]
    right = any(kind == "v1" and hmac.compare_digest(wanted, one.encode()) for kind, _, one in given)
    return Signed(name, _number(at), right and _number(at) is not None)


_READERS = {"stripe": _stripe, "github": _github, "standard": _standard}


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None

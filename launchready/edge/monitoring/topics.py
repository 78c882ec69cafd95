"""SNS as owners meet it: subscriptions that wait for a yes, and messages that reach who said it.

Reads moto's own subscriptions; who has confirmed is kept here. Mail, SMS and HTTP go to the sink; what
moto delivers itself (SQS, Lambda) it goes on delivering.
"""

from __future__ import annotations

import contextlib
import json
import secrets
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from launchready.edge.monitoring.messages import confirmation_link, confirmation_mail, with_unsubscribe
from launchready.edge.monitoring.outbox import Mail, Outbox, Post, is_loopback
from launchready.edge.state import EdgeState
from launchready.edge.world.rdap import serve_app

ASKED = frozenset({"email", "email-json", "http", "https"})
"""Protocols whose endpoint must confirm; SMS, SQS and Lambda are taken at once."""
PENDING = "PendingConfirmation"
TOPIC_HEADER = "x-amz-sns-topic-arn"
ALARM_HEADER = "x-launchready-alarm"
STATE_HEADER = "x-launchready-state"


@dataclass(slots=True)
class Notification:
    """What was published."""

    topic: str
    id: str
    subject: str | None
    text: str
    """What this subscription's protocol gets."""
    alarm: dict[str, Any] = field(default_factory=dict)
    """The alarm's own message, where it is one."""


class Topics:
    """Confirmations and deliveries."""

    def __init__(self, state: EdgeState, outbox: Outbox) -> None:
        self._state, self._outbox = state, outbox
        self._tokens: dict[str, Any] = {}
        self._confirmed: set[str] = set()
        self._runner: web.AppRunner | None = None
        self.base = ""
        self._sink = ""

    async def start(self, host: str, sink: str) -> None:
        """The pages behind the links of the mails. ``sink``: its HTTP base."""
        app = web.Application()
        app.router.add_get("/confirmation.html", self._confirm_page)
        app.router.add_get("/unsubscribe.html", self._unsubscribe_page)
        self._runner, port = await serve_app(app, host)
        self.base, self._sink = f"http://{host}:{port}", sink

    async def close(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    # --- subscriptions ----------------------------------------------------------------------

    def pending(self, subscription: Any) -> bool:
        """Has its owner yet to confirm it?"""
        if subscription.protocol not in ASKED:
            return False
        if subscription.protocol.startswith("email") and self._deaf(subscription.endpoint):
            return True
        return subscription.arn not in self._confirmed

    def _deaf(self, endpoint: str) -> bool:
        return self._state.defect("monitor.unconfirmed", endpoint) is not None

    def subscribed(self, subscription: Any) -> None:
        """A new subscription: ask its owner, and let a rehearsal's owner say yes."""
        if subscription.protocol not in ASKED:
            return
        token = secrets.token_hex(32)
        self._tokens[token] = subscription
        link = confirmation_link(self.base, subscription.topic.arn, token, subscription.endpoint)
        if subscription.protocol.startswith("email"):
            self._ask_by_mail(subscription, link)
        elif is_loopback(subscription.endpoint):
            self._ask_by_http(subscription, link, token)

    def _ask_by_mail(self, subscription: Any, link: str) -> None:
        async def play_owner() -> None:
            if self._state.owners_confirm and not self._deaf(subscription.endpoint):
                await self._outbox.get(link)

        arn = subscription.topic.arn
        self._outbox.put(
            Mail(
                subscription.endpoint,
                "AWS Notification - Subscription Confirmation",
                confirmation_mail(arn, link),
                self._state.clock.now(),
                about={TOPIC_HEADER: arn, "x-amz-sns-message-type": "SubscriptionConfirmation"},
                after=play_owner,
            )
        )

    def _ask_by_http(self, subscription: Any, link: str, token: str) -> None:
        """An endpoint on this machine is asked as SNS asks; none beyond it ever is."""
        body = {
            "Type": "SubscriptionConfirmation",
            "Token": token,
            "TopicArn": subscription.topic.arn,
            "SubscribeURL": link,
        }
        headers = {
            TOPIC_HEADER: subscription.topic.arn,
            "x-amz-sns-message-type": "SubscriptionConfirmation",
            "content-type": "text/plain; charset=UTF-8",
        }
        self._outbox.put(Post(subscription.endpoint, json.dumps(body).encode(), headers))

    def confirm(self, token: str) -> Any | None:
        """The subscription that the token confirms; None for a token that nobody was sent."""
        subscription = self._tokens.get(token)
        if subscription is not None:
            self._confirmed.add(subscription.arn)
        return subscription

    def confirm_waiting(self) -> None:
        """Every owner opens the link now (a rehearsal was told that they do)."""
        for token, subscription in list(self._tokens.items()):
            if not self._deaf(subscription.endpoint) and subscription.protocol.startswith("email"):
                self.confirm(token)

    async def _confirm_page(self, request: web.Request) -> web.Response:
        subscription = self.confirm(request.query.get("Token", ""))
        if subscription is None or subscription.topic.arn != request.query.get("TopicArn"):
            return web.Response(status=400, text="This link confirms nothing: the token is unknown.\n")
        return web.Response(text=f"The subscription {subscription.arn} is confirmed.\n")

    async def _unsubscribe_page(self, request: web.Request) -> web.Response:
        arn = request.query.get("SubscriptionArn", "")
        known = next((s for s in self._tokens.values() if s.arn == arn), None)
        if known is None:
            return web.Response(status=400, text="There is no such subscription.\n")
        known.topic.sns_backend.unsubscribe(arn)
        self._confirmed.discard(arn)
        return web.Response(text=f"The subscription {arn} has ended.\n")

    # --- deliveries -------------------------------------------------------------------------

    def deliver(self, subscription: Any, notification: Notification) -> None:
        """To an owner who has confirmed, by the subscription's protocol."""
        if self.pending(subscription):
            return
        protocol, endpoint = subscription.protocol, subscription.endpoint
        about = _about(notification, subscription)
        if protocol.startswith("email") and not self._lost("mail"):
            text = self._json(notification) if protocol == "email-json" else notification.text
            self._outbox.put(
                Mail(
                    endpoint,
                    notification.subject or "AWS Notification Message",
                    with_unsubscribe(text, self.base, subscription.arn, endpoint),
                    self._state.clock.now(),
                    about=about,
                )
            )
        elif protocol == "sms":
            self.sms(endpoint, notification.text, about)
        elif protocol in ("http", "https") and is_loopback(endpoint):
            headers = {**about, "content-type": "text/plain; charset=UTF-8"}
            self._outbox.put(Post(endpoint, self._json(notification).encode(), headers))

    def sms(self, number: str, text: str, about: dict[str, str] | None = None) -> None:
        """A text message, from a topic or sent directly."""
        if not self._lost("sms"):
            body = json.dumps({"to": number, "message": text}).encode()
            headers = {**(about or {}), "content-type": "application/json"}
            self._outbox.put(Post(f"{self._sink}/sms", body, headers))

    def _lost(self, channel: str) -> bool:
        return self._state.defect("monitor.lost", channel) is not None

    def _json(self, notification: Notification) -> str:
        return json.dumps(
            {
                "Type": "Notification",
                "MessageId": notification.id,
                "TopicArn": notification.topic,
                "Subject": notification.subject,
                "Message": notification.text,
                "Timestamp": self._state.clock.now().strftime("%Y-%m-%dT%H:%M:%S.000Z"),
            }
        )


def alarm_of(message: str) -> dict[str, Any]:
    """The alarm's own message inside what was published; empty where it is none."""
    with contextlib.suppress(ValueError, TypeError):
        body = json.loads(message)
        if isinstance(body, dict) and isinstance(body.get("default"), str):
            body = json.loads(body["default"])
        if isinstance(body, dict) and isinstance(body.get("AlarmName"), str):
            return body
    return {}


def _about(notification: Notification, subscription: Any) -> dict[str, str]:
    """For whoever looks into the sink: which topic, which alarm."""
    about = {
        TOPIC_HEADER: notification.topic,
        "x-amz-sns-message-type": "Notification",
        "x-amz-sns-message-id": notification.id,
        "x-amz-sns-subscription-arn": subscription.arn,
    }
    if notification.alarm:
        about[ALARM_HEADER] = notification.alarm["AlarmName"]
        about[STATE_HEADER] = str(notification.alarm.get("NewStateValue", ""))
    return about


def host_of(url: str) -> str:
    """Scheme and host: what of a webhook's URL is no secret."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname or ''}/".encode("ascii", "replace").decode()

"""Where the world's messages end: mail by SMTP, Slack and SMS by HTTP; listed as JSON.

``GET /messages`` lists them (``?kind=mail|slack|sms|webhook``, ``?alarm=NAME`` and ``?topic=ARN`` filter),
``DELETE /messages`` forgets them.
"""

from __future__ import annotations

import asyncio
import base64
import email
import email.policy
from collections import deque
from collections.abc import Mapping
from email.message import MIMEPart
from typing import Any, Final

from aiohttp import web
from aiosmtpd.smtp import SMTP, Envelope, Session

from launchready.edge.state import Clock, EdgeState
from launchready.edge.world.rdap import serve_app
from launchready.errors import EdgeError

MAX_MESSAGE: Final = 1 << 20
_MAX_KEPT: Final = 1_000
_MAX_RAW: Final = 64 * 1024
"""Bytes of a mail that is kept as it came too (base64), so that its signature can be verified."""
_SMTP_IDLE: Final = 30.0


class Sink:
    """``smtp`` is ``host:port``, ``url`` the HTTP base; ``messages`` the newest thousand, oldest first."""

    def __init__(self, state: EdgeState) -> None:
        self._clock: Clock = state.clock
        self._smtp: asyncio.Server | None = None
        self._runner: web.AppRunner | None = None
        self.messages: deque[dict[str, Any]] = deque(maxlen=_MAX_KEPT)
        self.smtp = ""
        self.url = ""

    async def start(self, host: str) -> None:
        """Listen for mail and for HTTP on free ports of *host*.

        :raises EdgeError: when that can't be done.
        """
        loop = asyncio.get_running_loop()
        try:
            self._smtp = await loop.create_server(self._session, host, 0)
        except OSError as error:
            raise EdgeError(f"the mail sink can't listen on {host}: {error.strerror}") from None
        self.smtp = f"{host}:{self._smtp.sockets[0].getsockname()[1]}"
        app = web.Application(client_max_size=MAX_MESSAGE)
        app.router.add_get("/messages", self._list)
        app.router.add_delete("/messages", self._forget)
        app.router.add_post("/slack", self._store("slack"))
        app.router.add_post("/sms", self._store("sms"))
        app.router.add_post("/webhook", self._store("webhook"))
        self._runner, port = await serve_app(app, host)
        self.url = f"http://{host}:{port}"

    async def close(self) -> None:
        if self._smtp is not None:
            self._smtp.close()
            await self._smtp.wait_closed()
            self._smtp = None
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    def _session(self) -> SMTP:
        return SMTP(
            self,
            data_size_limit=MAX_MESSAGE,
            enable_SMTPUTF8=True,
            hostname="sink.localhost",
            ident="launchready sink",
            timeout=_SMTP_IDLE,
        )

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """aiosmtpd's hook: a whole message has arrived."""
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        message = email.message_from_bytes(content, policy=email.policy.default)
        body = message.get_body(preferencelist=("plain", "html"))
        self._keep(
            {
                "kind": "mail",
                "from": envelope.mail_from,
                "to": list(envelope.rcpt_tos),
                "subject": str(message["subject"] or ""),
                "headers": [[name, str(value)] for name, value in message.items()],
                "text": _text(body) if body is not None else "",
                "raw": base64.b64encode(content).decode() if len(content) <= _MAX_RAW else "",
                **_told({name.lower(): str(value) for name, value in message.items()}),
            }
        )
        return "250 OK"

    def _keep(self, message: dict[str, Any]) -> None:
        self.messages.append({**message, "at": self._clock.now().strftime("%Y-%m-%dT%H:%M:%S.%fZ")})

    def _store(self, kind: str) -> Any:
        async def store(request: web.Request) -> web.Response:
            raw = await request.text()
            try:
                body: Any = await request.json()
            except ValueError:
                body = raw
            self._keep({"kind": kind, "body": body, **_told(request.headers)})
            return web.Response(text="ok")

        return store

    async def _list(self, request: web.Request) -> web.Response:
        wanted = {key: request.query[key] for key in ("kind", "alarm", "topic") if key in request.query}
        return web.json_response([m for m in self.messages if all(m.get(k) == v for k, v in wanted.items())])

    async def _forget(self, request: web.Request) -> web.Response:
        self.messages.clear()
        return web.Response(status=204)


def _told(headers: Mapping[str, str]) -> dict[str, Any]:
    """What a message of the monitoring says of itself: its topic and alarm, and which secrets it came with.

    The values of secret headers are not kept, nor is a webhook's path.
    """
    about = {key: headers[name] for key, name in _ABOUT.items() if name in headers}
    secret = headers.get("x-launchready-secrets")
    if secret is None:
        return about
    return {**about, "secret_headers": [name for name in secret.split(",") if name and headers.get(name)]}


_ABOUT: Final = {
    "topic": "x-amz-sns-topic-arn",
    "alarm": "x-launchready-alarm",
    "state": "x-launchready-state",
    "endpoint": "x-launchready-endpoint",
}


def _text(part: MIMEPart) -> str:
    """The part's text; bytes that its charset doesn't have are replaced."""
    payload = part.get_payload(decode=True)
    charset = part.get_content_charset("utf-8")
    if not isinstance(payload, bytes):
        return ""
    try:
        return payload.decode(charset, "replace")
    except LookupError:
        return payload.decode("utf-8", "replace")

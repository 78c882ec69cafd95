"""What is on its way to owners: mail by SMTP, everything else by HTTP, into the world's sink.

Messages are put from any thread (moto answers in threads of its own) and sent in the edge's loop. One
goes out after another, so that they arrive in the order in which things happened.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import smtplib
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from typing import Any
from urllib.parse import urlsplit

import aiohttp

log = logging.getLogger(__name__)

SECONDS = 5.0
MAX_ANSWER = 64 * 1024


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail to one person. ``about``: header name → value, for whoever looks into the sink."""

    to: str
    subject: str
    text: str
    at: datetime
    sender: str = "AWS Notifications <no-reply@sns.amazonaws.com>"
    about: Mapping[str, str] = field(default_factory=dict)
    after: Callable[[], Awaitable[None]] | None = None
    """What its reader does next."""


@dataclass(frozen=True, slots=True)
class Post:
    """One HTTP request. ``url`` is on loopback; ``headers`` may hold a secret, which nobody logs."""

    url: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    method: str = "POST"


Message = Mail | Post


class Outbox:
    """``put`` a message; ``drain`` until all have gone."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._smtp = ""
        self._waiting: deque[Message] = deque()
        self._task: asyncio.Task[None] | None = None
        self._session: aiohttp.ClientSession | None = None

    def start(self, smtp: str) -> None:
        """``smtp``: ``host:port`` of the sink. Called in the loop that sends."""
        self._loop, self._smtp = asyncio.get_running_loop(), smtp

    async def close(self) -> None:
        """What has not gone by now never goes."""
        self._loop = None
        self._waiting.clear()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    def put(self, message: Message) -> None:
        """From any thread."""
        if self._loop is not None:
            self._waiting.append(message)
            self._loop.call_soon_threadsafe(self._begin)

    async def drain(self) -> None:
        """Returns once nothing is waiting."""
        while self._waiting or (self._task is not None and not self._task.done()):
            self._begin()
            if self._task is not None:
                await asyncio.shield(self._task)

    async def get(self, url: str) -> int:
        """Open a link of our own; its status."""
        async with self._client().get(url) as response:
            await response.content.read(MAX_ANSWER)
            return response.status

    def _begin(self) -> None:
        if self._loop is not None and (self._task is None or self._task.done()):
            self._task = self._loop.create_task(self._send_all())

    async def _send_all(self) -> None:
        while self._waiting:
            message = self._waiting.popleft()
            try:
                if isinstance(message, Mail):
                    await asyncio.to_thread(_send_mail, self._smtp, message)
                    if message.after is not None:
                        await message.after()
                else:
                    await self._post(message)
            except (OSError, smtplib.SMTPException, aiohttp.ClientError, ValueError) as error:
                what = "mail" if isinstance(message, Mail) else "request"
                log.warning("a %s of the monitoring was not delivered: %s", what, type(error).__name__)

    async def _post(self, post: Post) -> None:
        if not is_loopback(post.url):
            raise ValueError("only loopback is written to")
        request: Any = self._client().request(
            post.method, post.url, data=post.body, headers=dict(post.headers), allow_redirects=False
        )
        async with request as response:
            await response.content.read(MAX_ANSWER)

    def _client(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=SECONDS))
        return self._session


def is_loopback(url: str) -> bool:
    """Does the URL name an address of this machine?"""
    parts = urlsplit(url)
    try:
        return parts.scheme in ("http", "https") and ipaddress.ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return False


def _send_mail(smtp: str, mail: Mail) -> None:
    """By SMTP. Raises OSError, SMTPException, ValueError (an address that can't be one)."""
    message = EmailMessage()
    message["From"] = mail.sender
    message["To"] = mail.to
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(mail.at)
    message["Message-ID"] = make_msgid(domain="sns.localhost")
    for name, value in mail.about.items():
        message[name] = value
    message.set_content(mail.text)
    host, _, port = smtp.rpartition(":")
    with smtplib.SMTP(host, int(port), local_hostname="localhost", timeout=SECONDS) as session:
        session.send_message(message, to_addrs=[mail.to])

"""The portal's mails: plain text, from the client's own domain, by SMTP into the world's sink."""

from __future__ import annotations

import asyncio
import smtplib
from collections.abc import Callable
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid

from launchready.edge.portal.defects import Switches
from launchready.errors import EdgeError

SECONDS = 10.0


class Post:
    """``smtp`` gives ``host:port`` of the mail server; ``domain`` is who the mails come from."""

    def __init__(self, smtp: Callable[[], str], domain: str, switches: Switches) -> None:
        self._smtp = smtp
        self._domain = domain
        self._switches = switches

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
            await asyncio.to_thread(self._deliver, message)
        except (OSError, smtplib.SMTPException) as error:
            raise EdgeError(f"the portal's mail could not be sent: {type(error).__name__}") from error

    def _deliver(self, message: EmailMessage) -> None:
        host, _, port = self._smtp().rpartition(":")
        with smtplib.SMTP(host, int(port), local_hostname=self._domain, timeout=SECONDS) as server:
            server.send_message(message)

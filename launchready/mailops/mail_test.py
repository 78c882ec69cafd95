"""Does a mail that was received prove that the launch's mail works? One message, judged as a receiver does.

What a receiver's Authentication-Results say is shown and never believed: anybody can write them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from launchready.client_file.model import ClientFile
from launchready.declared.types import Declared
from launchready.evidence.collector import Collector
from launchready.evidence.limits import Limits
from launchready.evidence.types import Cause, DnsProbe
from launchready.mailauth.dns import Answer, Lookup, is_name, normal
from launchready.mailops.mail_rules import judged
from launchready.mailops.mail_verdict import Envelope, MailTest
from launchready.mailops.received import Received
from launchready.verify.world import world

SECONDS = 60.0
MAX_QUESTIONS = 200
T = TypeVar("T")


async def judge(
    client: ClientFile,
    received: Received,
    envelope: Envelope,
    *,
    edge: Mapping[str, Any] | None,
    limits: Limits | None = None,
    resolver: str | None = None,
) -> MailTest:
    """Judge one message. DNS is asked as ``launch verify`` asks it.

    Raises InputError for an edge document that is incomplete.
    """
    nothing = Declared(client.domain, client.plan.value, (), (), (), False, False)
    async with Collector(world(nothing, edge, resolver), limits or Limits()) as collector:
        asked = _Asked(collector)
        try:
            async with asyncio.timeout(SECONDS):
                return await asked.until_known(lambda look: judged(client, received, envelope, edge, look))
        except TimeoutError:
            asked.over = True
            return await asked.until_known(lambda look: judged(client, received, envelope, edge, look))


# --- asking DNS --------------------------------------------------------------------------------


class _NotKnownYet(Exception):  # noqa: N818 - a signal, caught in this module
    def __init__(self, question: tuple[str, str]) -> None:
        super().__init__(*question)
        self.question = question


class _Asked:
    """Answers so far. ``over``: the time is, and what is not known stays so."""

    def __init__(self, collector: Collector) -> None:
        self._collector = collector
        self._answers: dict[tuple[str, str], Answer] = {}
        self.over = False

    async def until_known(self, judge: Callable[[Lookup], T]) -> T:
        """Run a pure function again and again, until DNS has told all that it asks for."""

        def look(name: str, rdtype: str) -> Answer:
            question = (normal(name), rdtype)
            if not is_name(question[0]):
                return Answer(nxdomain=True)
            if question not in self._answers:
                if self.over or len(self._answers) >= MAX_QUESTIONS:
                    return Answer(failure=Cause.TIMEOUT.value)
                raise _NotKnownYet(question)
            return self._answers[question]

        while True:
            try:
                return judge(look)
            except _NotKnownYet as missing:
                self._answers[missing.question] = await self._ask(*missing.question)

    async def _ask(self, name: str, rdtype: str) -> Answer:
        result = await self._collector.resolve(DnsProbe(name, rdtype))
        if not result.answered:
            return Answer(failure=str(result.cause))
        return Answer(result.data, nxdomain=result.cause is Cause.NXDOMAIN)

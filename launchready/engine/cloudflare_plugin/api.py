"""Calls to Cloudflare's API: when to try again, when to stop, and what to say without a secret."""

from __future__ import annotations

import asyncio
import random
import re
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from launchready.engine.cloudflare_plugin.config import Settings
from launchready.errors import ApiError, InputError

if TYPE_CHECKING:
    from cloudflare import AsyncCloudflare

    from launchready.engine.cloudflare_plugin.transport import AttemptError


LOOKS = 3
"""Attempts of a look-up after a call that failed."""
_ID = re.compile(r"[A-Za-z0-9._-]{1,255}")


class ApiCallError(ApiError):
    """The API refused a call or could not be reached.

    ``status`` is the HTTP status (0: no answer), ``codes`` Cloudflare's own, chain included.
    """

    def __init__(self, what: str, *, status: int = 0, codes: Iterable[int] = ()) -> None:
        super().__init__(what)
        self.status = status
        self.codes = frozenset(codes)


@dataclass(frozen=True, slots=True)
class FormPart:
    """One part of a multipart body; ``filename`` None: a plain field."""

    name: str
    text: str
    content_type: str
    filename: str | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """One request: ``path`` below the base URL, ``body`` as JSON (None: no body), or a multipart ``form``."""

    method: str
    path: str
    body: Mapping[str, Any] | None = None
    query: Mapping[str, str] | None = None
    form: tuple[FormPart, ...] = ()


@dataclass(frozen=True, slots=True)
class Made:
    """How to look for what a call made whose answer was lost. ``unique``: the API refuses a second one, so
    that it need not be looked for before the call is made again."""

    look: Callable[[Api], Awaitable[Any]]
    unique: bool = False


def segment(text: str) -> str:
    """An id as one path segment. Raises InputError for what could lead to another path."""
    if not _ID.fullmatch(text) or text in (".", ".."):
        raise InputError(f"{text!r} is not an id")
    return text


class Api:
    """One configured API. ``close()`` when done; ``cancel()`` ends every wait for a next attempt."""

    def __init__(
        self,
        settings: Settings,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        jitter: Callable[[], float] = random.random,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._settings = settings
        self._monotonic = monotonic
        self._jitter = jitter
        self._sleep = sleep
        self._client: AsyncCloudflare | None = None
        self._cancelled = asyncio.Event()
        self.zone_names: dict[str, str] = {}
        """Path of a zone → its name, which never changes."""

    @property
    def token(self) -> str:
        """For redaction only."""
        return self._settings.token

    async def close(self) -> None:
        if self._client is not None:
            await self._client.close()

    def cancel(self) -> None:
        self._cancelled.set()

    async def result(self, call: Call, made: Made | None = None) -> Any:
        """The ``result`` of an accepted call. As in the official plugin the HTTP status decides.

        What ``made`` finds of a call whose answer was lost is its result. Raises ApiCallError for a refusal,
        an unreadable answer, when the attempts or the time are used up, or when a look-up fails.
        """
        from launchready.engine.cloudflare_plugin.transport import decoded

        return (await self._attempts(call, decoded, made)).get("result")

    async def document(self, call: Call) -> dict[str, Any]:
        """The whole answer of an accepted call ({} for an empty one). Raises ApiCallError."""
        from launchready.engine.cloudflare_plugin.transport import decoded

        found: dict[str, Any] = await self._attempts(call, decoded)
        return found

    async def text(self, call: Call) -> str:
        """The body of an accepted call that answers no JSON. Raises ApiCallError."""
        from launchready.engine.cloudflare_plugin.transport import as_text

        found: str = await self._attempts(call, as_text)
        return found

    async def _attempts(self, call: Call, read: Callable[[Any], Any], made: Made | None = None) -> Any:
        """What ``read`` makes of the answer, however many attempts it takes. Raises ApiCallError."""
        from launchready.engine.cloudflare_plugin.transport import AttemptError, client, send

        if self._client is None:
            self._client = client(self._settings)
        retry = self._settings.retry
        deadline = self._monotonic() + retry.total
        delay, attempt, maybe_done = retry.first, 0, False
        while True:
            attempt += 1
            try:
                return read(await send(self._client, call))
            except AttemptError as failure:
                wait = delay * (1 - self._jitter() / 4) if failure.wait is None else failure.wait
                late = self._monotonic() + wait > deadline
                again = failure.retry and attempt < retry.attempts and not late
                again = again and not self._cancelled.is_set()
                maybe_done = maybe_done or failure.sent
                problem = _problem(call, failure, attempt)
                if made is not None and maybe_done and not (again and made.unique):
                    found = await self._found(made, problem)
                    if found is not None:
                        return {"result": found}
                if not again:
                    raise problem from None
            await self._pause(wait)
            delay = min(delay * 2, retry.longest)

    async def _found(self, made: Made, problem: ApiCallError) -> Any | None:
        """What the call made all the same. Raises ``problem`` where that can't be told: then nothing is asked
        for twice."""
        try:
            return await made.look(self._brief())
        except ApiCallError:
            raise problem from None

    def _brief(self) -> Api:
        """The same API with little patience, for a look-up while something else is failing."""
        retry = replace(self._settings.retry, attempts=min(self._settings.retry.attempts, LOOKS))
        brief = Api(
            replace(self._settings, retry=retry),
            monotonic=self._monotonic,
            jitter=self._jitter,
            sleep=self._sleep,
        )
        brief._client, brief._cancelled, brief.zone_names = self._client, self._cancelled, self.zone_names
        return brief

    async def _pause(self, seconds: float) -> None:
        """Wait that long, or until the engine cancels."""
        if seconds <= 0 or self._cancelled.is_set():
            return
        waits = [asyncio.ensure_future(self._sleep(seconds)), asyncio.ensure_future(self._cancelled.wait())]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()


def _problem(call: Call, failure: AttemptError, attempts: int) -> ApiCallError:
    tries = f" (after {attempts} attempts)" if attempts > 1 else ""
    return ApiCallError(
        f"{call.method} {call.path}: {failure.message}{tries}",
        status=failure.status,
        codes=failure.codes,
    )

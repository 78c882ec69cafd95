"""The few calls of Cloudflare's API that the memory needs, synchronous, as dynamic providers are.

Retries, time-outs and answers follow the official provider: transport errors, 408, 409, 429 and ≥ 500
are tried again with a doubling wait, ``Retry-After`` is honoured (facts: developers.cloudflare.com/api).
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

import httpx

from launchready.errors import ApiError, InputError

PUBLIC_API = "https://api.cloudflare.com/client/v4"
TIMEOUT = 30.0
"""Seconds for one call, connection included."""
MAX_BODY = 4 * 1024 * 1024
"""Bytes of one answer; the list of all settings is about 20 kB."""

RETRY = "LAUNCHREADY_SETTINGS_RETRY"
"""The variable that shortens the waits: ``Backoff.from_text``."""
_RETRIED = frozenset({408, 409, 429})


@dataclass(frozen=True)
class Backoff:
    """When to try again: ``attempts`` in all, waits of ``first`` s doubling up to ``longest`` s."""

    attempts: int = 6
    first: float = 1.0
    longest: float = 30.0
    sleep: Callable[[float], None] = time.sleep

    @classmethod
    def from_text(cls, text: str) -> Backoff:
        """From ``attempts=6,first=1,longest=30``, any of them; raises InputError for anything else."""
        given: dict[str, float] = {}
        for part in filter(None, (piece.strip() for piece in text.split(","))):
            key, _, value = part.partition("=")
            try:
                if key not in ("attempts", "first", "longest"):
                    raise ValueError
                given[key] = float(value)
            except ValueError:
                raise InputError(
                    f"{RETRY}: {part!r} is not understood", fix="use attempts=6,first=1,longest=30"
                ) from None
        attempts = max(1, int(given.get("attempts", cls.attempts)))
        return cls(attempts, given.get("first", cls.first), given.get("longest", cls.longest))


class NotFoundError(ApiError):
    """The zone, or what was asked of it, does not exist (HTTP 404)."""


@dataclass(slots=True)
class SettingsApi:
    """A client for one API address. ``token`` is never part of its text form, nor of an error."""

    base_url: str
    token: str = field(repr=False)
    backoff: Backoff = field(default_factory=Backoff)
    _client: httpx.Client | None = field(default=None, repr=False)

    def __enter__(self) -> SettingsApi:
        self._client = httpx.Client(timeout=TIMEOUT, headers={"Authorization": f"Bearer {self.token}"})
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._client is not None:
            self._client.close()

    def get(self, path: str) -> Any:
        """The ``result`` of a GET. Raises NotFoundError or ApiError."""
        return self._call("GET", path, None)

    def patch(self, path: str, body: Mapping[str, Any]) -> Any:
        """The ``result`` of a PATCH; setting a value twice is once. Raises NotFoundError or ApiError."""
        return self._call("PATCH", path, body)

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """The ``result`` of a POST that may be made twice. Raises NotFoundError or ApiError."""
        return self._call("POST", path, body)

    def _call(self, method: str, path: str, body: Mapping[str, Any] | None) -> Any:
        wait, problem = self.backoff.first, ""
        for attempt in range(1, self.backoff.attempts + 1):
            try:
                status, headers, content = self._request(method, path, body)
            except httpx.TransportError as error:
                problem, after = f"{type(error).__name__}: {error}", None
            else:
                if status < 400:
                    return _result(method, path, content)
                problem, after = _problem(status, content), headers.get("retry-after")
                if status == 404:
                    raise NotFoundError(f"{method} {path}: {problem}")
                if not (status in _RETRIED or status >= 500):
                    break
            if attempt < self.backoff.attempts:
                self.backoff.sleep(_seconds(after, wait))
                wait = min(wait * 2, self.backoff.longest)
        raise ApiError(
            f"{method} {path} at {self.base_url}: {problem}",
            fix="check CLOUDFLARE_BASE_URL, and that the token may edit the zone's settings",
        )

    def _request(
        self, method: str, path: str, body: Mapping[str, Any] | None
    ) -> tuple[int, httpx.Headers, bytes]:
        if self._client is None:
            raise ApiError("the API client is not open", fix="use it in a with statement")
        content = bytearray()
        with self._client.stream(method, f"{self.base_url}{path}", json=body) as response:
            for part in response.iter_bytes():
                content += part
                if len(content) > MAX_BODY:
                    raise ApiError(f"{method} {path}: an answer of more than {MAX_BODY} bytes")
        return response.status_code, response.headers, bytes(content)


def from_environment(
    configured: Mapping[str, str | None],
    environment: Mapping[str, str] | None = None,
    *,
    backoff: Backoff | None = None,
) -> SettingsApi:
    """The API that the Cloudflare provider uses: its configuration first, then the environment.

    ``configured`` has ``baseUrl`` and ``apiToken`` of the namespace ``cloudflare``, if set. Raises
    InputError without a token.
    """
    environment = os.environ if environment is None else environment
    base_url = configured.get("baseUrl") or environment.get("CLOUDFLARE_BASE_URL") or PUBLIC_API
    token = configured.get("apiToken") or environment.get("CLOUDFLARE_API_TOKEN")
    if not token:
        raise InputError("no Cloudflare token", fix="set CLOUDFLARE_API_TOKEN")
    usual = backoff or Backoff.from_text(environment.get(RETRY, ""))
    return SettingsApi(base_url.rstrip("/"), token, usual)


def _result(method: str, path: str, content: bytes) -> Any:
    document = _json(content)
    if not isinstance(document, dict) or "result" not in document:
        raise ApiError(f"{method} {path}: the answer is not Cloudflare's envelope")
    return document["result"]


def _problem(status: int, content: bytes) -> str:
    document = _json(content)
    errors = document.get("errors") if isinstance(document, dict) else None
    told = [
        f"{error.get('message', '')} ({error.get('code', '')})"
        for error in errors or []
        if isinstance(error, dict)
    ]
    return f"HTTP {status}" + (f": {'; '.join(told)}" if told else "")


def _json(content: bytes) -> Any:
    try:
        return httpx.Response(200, content=content).json()
    except ValueError:
        return None


def _seconds(retry_after: str | None, otherwise: float) -> float:
    """``Retry-After`` in seconds, bounded; a date or nothing at all leaves the usual wait."""
    if retry_after is not None and retry_after.strip().isdigit():
        return min(float(retry_after), 300.0)
    return otherwise

"""The few calls of Cloudflare's API that a snapshot and a rollback need: bounded, tried again, one token.

Retries follow the official provider: transport errors, 408, 409, 429 and ≥ 500, with a doubling wait, and
``Retry-After`` is honoured (facts: developers.cloudflare.com/api). Writes are tried again only where the
answer says that nothing was done (429).
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING, Any

from launchready.errors import ApiError
from launchready.retry_after import retry_after

if TYPE_CHECKING:
    import httpx

TIMEOUT = 60.0
"""Seconds for one call; the export of a big zone takes a while."""
MAX_BYTES = 128 * 1024 * 1024
_AGAIN = frozenset({408, 409, 429})


class RefusedError(ApiError):
    """The API will not: it does not exist (404), or the token may not (401, 403). ``status`` says which."""

    def __init__(self, what: str, status: int) -> None:
        super().__init__(what, fix="check that the token may read (and for a rollback edit) the whole zone")
        self.status = status


@dataclass(slots=True)
class Api:
    """``async with Api(base_url, token) as api``. The base URL and the token are in no error."""

    base_url: str = field(repr=False)
    token: str = field(repr=False)
    attempts: int = 5
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    _client: httpx.AsyncClient | None = field(default=None, repr=False)

    async def __aenter__(self) -> Api:
        import httpx  # whoever only reads the store of snapshots need not wait for it

        self._client = httpx.AsyncClient(
            timeout=TIMEOUT, headers={"Authorization": f"Bearer {self.token}"}, trust_env=False
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._client is not None:
            await self._client.aclose()

    async def result(self, path: str) -> Any:
        """The ``result`` of a GET. Raises RefusedError (401, 403, 404) or ApiError."""
        return _document("GET", path, await self.call("GET", path)).get("result")

    async def text(self, path: str) -> str:
        """The body of a GET that is no JSON. Raises as ``result`` does."""
        return (await self.call("GET", path)).decode("utf-8", errors="strict")

    async def pages(self, path: str, per_page: int) -> list[Any]:
        """Every item of a paged list. Raises as ``result`` does; ApiError for one cut short."""
        found: list[Any] = []
        for page in range(1, 1000):
            document = _document(
                "GET", path, await self.call("GET", f"{path}?per_page={per_page}&page={page}")
            )
            items = document.get("result")
            if not isinstance(items, list):
                raise ApiError(f"GET {path}: the answer has no list")
            found += items
            total = (document.get("result_info") or {}).get("total_count")
            if not items or (len(found) >= total if isinstance(total, int) else len(items) < per_page):
                if isinstance(total, int) and len(found) != total:
                    raise ApiError(f"GET {path}: {len(found)} of {total} items came; it changed meanwhile")
                return found
        raise ApiError(f"GET {path}: more pages than can be read")

    async def write(self, method: str, path: str, body: Any = None) -> Any:
        """The ``result`` of a POST, PUT, PATCH or DELETE. Raises RefusedError or ApiError."""
        return _document(method, path, await self.call(method, path, body)).get("result")

    async def call(self, method: str, path: str, body: Any = None) -> bytes:
        import httpx

        wait, problem = 1.0, ""
        for attempt in range(1, self.attempts + 1):
            after: float | None = None
            try:
                status, headers, content = await self._once(method, path, body)
            except httpx.TransportError as error:
                problem, again = type(error).__name__, method == "GET"
            else:
                if status < 400:
                    return content
                problem, after = f"HTTP {status}{_said(content)}", retry_after(headers.get("retry-after"))
                if status in (401, 403, 404):
                    raise RefusedError(f"{method} {path}: {problem}", status)
                again = status == 429 or (method == "GET" and (status in _AGAIN or status >= 500))
            if not again or attempt == self.attempts:
                break
            await self.sleep(wait if after is None else min(after, 120.0))
            wait = min(wait * 2, 30.0)
        raise ApiError(f"{method} {path}: {problem}", fix="run it again; what was done is found and kept")

    async def _once(self, method: str, path: str, body: Any) -> tuple[int, httpx.Headers, bytes]:
        if self._client is None:
            raise RuntimeError("the Api was not entered")
        url, content = self.base_url.rstrip("/") + path, b""
        given = None if body is None else json.dumps(body).encode()
        headers = {} if given is None else {"Content-Type": "application/json"}
        async with self._client.stream(method, url, content=given, headers=headers) as answer:
            async for part in answer.aiter_bytes():
                content += part
                if len(content) > MAX_BYTES:
                    raise ApiError(f"{method} {path}: the answer is larger than {MAX_BYTES} bytes")
            return answer.status_code, answer.headers, content


def _document(method: str, path: str, content: bytes) -> Mapping[str, Any]:
    try:
        document = json.loads(content)
    except ValueError:
        document = None
    if not isinstance(document, dict):
        raise ApiError(f"{method} {path}: the answer is no JSON document")
    return document


def _said(content: bytes) -> str:
    """The API's own first error, where it gives one."""
    try:
        errors = json.loads(content).get("errors") or []
        return f", {errors[0].get('code')}: {errors[0].get('message')}" if errors else ""
    except (ValueError, AttributeError, LookupError, TypeError):
        return ""

"""Reading Cloudflare's API: bulk reads only, bounded, counted, never a write.

A refusal or no answer is an error that says what could not be read: never "it is not there". Only a 404 is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

import aiohttp

from launchready.errors import ApiError, InputError
from launchready.gateway.answers import Answer
from launchready.gateway.budget import Budget
from launchready.gateway.upstream import Bounds, Upstream

LIVE_API = "https://api.cloudflare.com/client/v4"
PER_PAGE = 5000
"""The most records that the API gives in one page."""
MOST_PAGES = 200
BOUNDS = Bounds(answer=60.0, patience=60.0)
TRIES = 3
"""How often a list is read that changes while it is read."""
Json = dict[str, Any]


class ReadApi:
    """``async with ReadApi(base_url, token) as api``; ``calls`` counts what was asked."""

    def __init__(self, base_url: str, token: str, *, bounds: Bounds = BOUNDS) -> None:
        parts = urlsplit(base_url)
        loopback = (parts.hostname or "") in ("localhost", "::1") or (parts.hostname or "").startswith("127.")
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise InputError("CLOUDFLARE_BASE_URL is not an http(s) URL")
        if parts.scheme == "http" and not loopback:
            raise InputError("plain http is for a loopback API only", fix="use the https base URL")
        self._base, self._token, self._bounds, self._trust_env = base_url, token, bounds, not loopback
        self._session: aiohttp.ClientSession | None = None
        self._upstream: Upstream | None = None

    async def __aenter__(self) -> ReadApi:
        self._session = aiohttp.ClientSession(trust_env=self._trust_env)
        self._upstream = Upstream(self._base, self._token, self._session, Budget(), bounds=self._bounds)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._session is not None:
            await self._session.close()

    @property
    def calls(self) -> int:
        return 0 if self._upstream is None else self._upstream.stats.calls

    async def get(self, path: str, **query: Any) -> Any:
        """The ``result`` of a GET, None when there is no such thing. Raises ApiError."""
        answer = await self._ask(path, query)
        if answer.status == 404:
            return None
        document = answer.document()
        if not answer.ok or "result" not in document:
            raise _refusal(path, answer)
        return document["result"]

    async def text(self, path: str) -> str | None:
        """The body of a GET that answers no JSON, None when there is no such thing. Raises ApiError."""
        answer = await self._ask(path, {})
        if answer.status == 404:
            return None
        if not answer.ok:
            raise _refusal(path, answer)
        return answer.body.decode("utf-8", "replace")

    async def pages(self, path: str, per_page: int) -> list[Json]:
        """Every entry of a list, page by page, exactly as many as the API counts. Raises ApiError."""
        for _ in range(TRIES):
            found, whole = await self._pages(path, per_page)
            if whole:
                return found
        raise ApiError(f"{path} changed while it was read, time and again", fix="run it again")

    async def _pages(self, path: str, per_page: int) -> tuple[list[Json], bool]:
        found: dict[str, Json] = {}
        for page in range(1, MOST_PAGES + 1):
            answer = await self._ask(path, {"per_page": per_page, "page": page})
            document = answer.document()
            entries = document.get("result")
            if not answer.ok or not isinstance(entries, list):
                raise _refusal(path, answer)
            found.update((str(entry["id"]), entry) for entry in entries if isinstance(entry, dict))
            total = (document.get("result_info") or {}).get("total_count")
            if not isinstance(total, int):
                if len(entries) < per_page:
                    return list(found.values()), True
            elif not entries or len(found) >= total:
                return list(found.values()), len(found) == total
        raise ApiError(f"{path} has more than {MOST_PAGES} pages")

    async def _ask(self, path: str, query: Mapping[str, Any]) -> Answer:
        """One answer; reads that were lost on the way are made again by ``Upstream``."""
        if self._upstream is None:
            raise ApiError("the API client is not open")
        whole = f"{path}?{urlencode(query)}" if query else path
        return await self._upstream.call("GET", whole, f"Bearer {self._token}")


def _refusal(path: str, answer: Answer) -> ApiError:
    """What the API said, without what was sent."""
    errors = answer.document().get("errors")
    told = [
        f"{error.get('message', '')} ({error.get('code', '')})"
        for error in (errors if isinstance(errors, list) else [])
        if isinstance(error, dict)
    ]
    if answer.status == 0:
        why = answer.body.decode("utf-8", "replace") or "no answer"
        return ApiError(
            f"reading {path}: {why}", fix="check CLOUDFLARE_BASE_URL and the network, then run it again"
        )
    why = "; ".join(told) or "no usable answer"
    fix = "check CLOUDFLARE_API_TOKEN: it must be allowed to read the zone" if answer.status < 500 else None
    return ApiError(f"reading {path}: HTTP {answer.status}: {why}", fix=fix)

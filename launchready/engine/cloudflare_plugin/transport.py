"""One HTTP request through the official SDK, with its failure sorted into what a caller needs to know.

Imported at the first call: the SDK costs 0.4 s of start-up. The SDK's own retries are off (ours have
the official plugin's numbers), redirects are not followed and proxies from the environment not used,
so that nothing but the configured loopback address is ever spoken to.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
from cloudflare import APIConnectionError, APIStatusError, APITimeoutError, AsyncCloudflare

from launchready.engine.cloudflare_plugin.api import Call
from launchready.engine.cloudflare_plugin.config import Settings
from launchready.retry_after import retry_after

CONNECT_SECONDS = 10.0
ANSWER_SECONDS = 400.0
"""Longer than a gateway may hold a call back while the API's budget refills (5 minutes)."""
LARGEST_ANSWER = 64 * 1024 * 1024
"""Bytes."""
CONNECTIONS = 256
_RETRIED = frozenset({408, 409, 429})
_LONGEST_MESSAGE = 600


class AttemptError(Exception):
    """One attempt failed. ``status`` 0: no answer. ``retry``: worth another attempt, not before ``wait``
    seconds where the API said so. ``sent``: it may have taken effect."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 0,
        codes: frozenset[int] = frozenset(),
        retry: bool = False,
        wait: float | None = None,
        sent: bool = False,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.codes = codes
        self.retry = retry
        self.wait = wait
        self.sent = sent


class _TooLarge(httpx.TransportError):
    """The answer is longer than LARGEST_ANSWER."""


class _BoundedStream(httpx.AsyncByteStream):
    def __init__(self, inner: httpx.AsyncByteStream) -> None:
        self._inner = inner

    async def __aiter__(self) -> AsyncIterator[bytes]:
        seen = 0
        async for chunk in self._inner:
            seen += len(chunk)
            if seen > LARGEST_ANSWER:
                raise _TooLarge(f"the answer is longer than {LARGEST_ANSWER} bytes")
            yield chunk

    async def aclose(self) -> None:
        await self._inner.aclose()


class _BoundedTransport(httpx.AsyncHTTPTransport):
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await super().handle_async_request(request)
        if isinstance(response.stream, httpx.AsyncByteStream):
            response.stream = _BoundedStream(response.stream)
        return response


def client(settings: Settings) -> AsyncCloudflare:
    """The SDK's client for these settings. Only the token is used: keys in the environment are not sent."""
    limits = httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS)
    timeout = httpx.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS)
    http = httpx.AsyncClient(
        transport=_BoundedTransport(limits=limits, trust_env=False),
        timeout=timeout,
        follow_redirects=False,
        trust_env=False,
        base_url=settings.base_url,
    )
    sdk = AsyncCloudflare(
        api_token=settings.token,
        base_url=settings.base_url,
        max_retries=0,
        timeout=timeout,
        default_headers={"User-Agent": settings.user_agent},
        http_client=http,
    )
    sdk.api_key = sdk.api_email = sdk.user_service_key = None
    return sdk


async def send(sdk: AsyncCloudflare, call: Call) -> httpx.Response:
    """The accepted answer of one attempt. Raises AttemptError."""
    options: Any = {"params": dict(call.query)} if call.query else {}
    more: dict[str, Any] = {}
    if call.form:
        options["headers"] = {"Content-Type": "multipart/form-data"}
        more["files"] = [
            (part.name, (part.filename, part.text.encode(), part.content_type)) for part in call.form
        ]
    try:
        if call.method == "GET":
            response = await sdk.get(call.path, cast_to=httpx.Response, options=options)
        else:
            writes = {"POST": sdk.post, "PUT": sdk.put, "PATCH": sdk.patch, "DELETE": sdk.delete}
            write: Any = writes[call.method]
            response = await write(call.path, cast_to=httpx.Response, body=call.body, options=options, **more)
    except APIStatusError as error:
        raise _refused(error.response) from None
    except APITimeoutError:
        raise AttemptError("no answer in time", retry=True, sent=True) from None
    except APIConnectionError as error:
        raise _unreached(error.__cause__) from None
    if not response.is_success:
        raise _refused(response)
    return response


def _unreached(cause: BaseException | None) -> AttemptError:
    if isinstance(cause, _TooLarge):
        return AttemptError(str(cause), sent=True)
    reason = type(cause).__name__ if cause is not None else "connection failed"
    return AttemptError(f"no answer ({reason})", retry=True, sent=not isinstance(cause, httpx.ConnectError))


def as_text(response: httpx.Response) -> str:
    """A body that is no JSON."""
    return response.text


def decoded(response: httpx.Response) -> dict[str, Any]:
    """The answer's JSON object ({} when empty). Raises AttemptError."""
    if not response.content:
        return {}
    try:
        document = response.json()
    except ValueError:
        raise AttemptError("the answer is not JSON", status=response.status_code, sent=True) from None
    if not isinstance(document, dict):
        raise AttemptError("the answer is not a JSON object", status=response.status_code, sent=True)
    return document


def _refused(response: httpx.Response) -> AttemptError:
    status = response.status_code
    codes, text = _errors(response)
    retry = (status in _RETRIED or status >= 500) and response.headers.get("x-should-retry") != "false"
    return AttemptError(
        f"HTTP {status}{text}",
        status=status,
        codes=frozenset(codes),
        retry=retry,
        wait=retry_after(response.headers.get("retry-after")) if retry else None,
        sent=status >= 500 or status == 408,
    )


def _errors(response: httpx.Response) -> tuple[list[int], str]:
    """Cloudflare's codes with the chain's, and their text: ``, code 81058: …``."""
    try:
        document = response.json()
    except ValueError:
        return [], ""
    listed = document.get("errors") if isinstance(document, dict) else None
    codes: list[int] = []
    parts: list[str] = []
    queue = list(listed) if isinstance(listed, list) else []
    while queue:
        error = queue.pop(0)
        if not isinstance(error, dict):
            continue
        code, message = error.get("code"), str(error.get("message", ""))
        if isinstance(code, int):
            codes.append(code)
        pointer = error.get("source", {}).get("pointer") if isinstance(error.get("source"), dict) else None
        parts.append(f"code {code}: {message}" + (f" (at {pointer})" if pointer else ""))
        chain = error.get("error_chain")
        queue[:0] = chain if isinstance(chain, list) else []
    text = "; ".join(parts)[:_LONGEST_MESSAGE]
    return codes, f", {text}" if text else ""

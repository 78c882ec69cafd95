"""The edge around the portal: its clock and its mailbox, over the control API and the sink."""

from __future__ import annotations

import asyncio
import json
import urllib.request
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

from launchready.errors import EdgeError
from launchready.evidence.portal.access import PortalAccess

SECONDS = 10.0
MAX_BYTES = 8 * 1024 * 1024


class Surroundings:
    """Asks the edge; without one (live) nothing here may be called."""

    def __init__(self, access: PortalAccess) -> None:
        self._access = access

    async def now(self) -> datetime:
        """The edge's time."""
        return datetime.fromisoformat((await self._control("GET", "clock"))["now"])

    async def advance(self, seconds: float) -> None:
        """Move the edge's clock forward."""
        await self._control("POST", "clock", {"advance": seconds})

    @asynccontextmanager
    async def switched(self, kind: str, where: str, options: dict[str, Any]) -> AsyncIterator[None]:
        """A defect of the edge's that is on for the length of a block, and off afterwards in any case."""
        defect = {"kind": kind, "where": where, "options": options}
        try:
            await self._control("POST", "defects", defect)
            yield
        finally:
            await asyncio.shield(self._control("DELETE", "defects", defect))

    async def mails(self) -> list[dict[str, Any]]:
        """Every mail in the sink, the oldest first."""
        found = await asyncio.to_thread(_ask, f"{self._access.sink}/messages?kind=mail", "GET", "", None)
        return [message for message in found if isinstance(message, dict)]

    async def _control(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        url = f"{self._access.control}/{path}"
        answer = await asyncio.to_thread(_ask, url, method, self._access.token, body)
        return dict(answer)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """The token goes to the edge, and wherever else that points it stays here."""

    def redirect_request(self, *_: Any) -> None:
        return None


_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirect)
"""Whatever proxy the environment names: the edge is on this machine."""


def _ask(url: str, method: str, token: str, body: Any) -> Any:
    """One small call on loopback. Raises EdgeError."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, method=method)  # noqa: S310 - the edge document's own http URL
    if token:
        request.add_header("authorization", f"Bearer {token}")
    try:
        with _DIRECT.open(request, timeout=SECONDS) as answer:
            return json.loads(answer.read(MAX_BYTES))
    except (OSError, ValueError) as error:
        raise EdgeError(f"the edge does not answer: {type(error).__name__}") from error

"""A client that speaks to the API, as the tests see it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import aiohttp

from launchready.edge.api import Limits
from launchready.edge.state import EdgeState

TOKEN = "t" * 40
ACCOUNT = "a" * 32
UNLIMITED = Limits(requests=0, per_second=0)


@dataclass
class Answer:
    """One response: status, headers, the decoded envelope (or text)."""

    status: int
    headers: Any
    document: Any
    text: str

    @property
    def result(self) -> Any:
        assert self.status < 300, self.text
        return self.document["result"] if self.document else None

    @property
    def codes(self) -> list[int]:
        assert self.document["success"] is False
        return [error["code"] for error in self.document["errors"]]


class Client:
    """Calls the API; ``url`` is its base."""

    def __init__(self, url: str, state: EdgeState, session: aiohttp.ClientSession) -> None:
        self.url = url
        self.state = state
        self.session = session

    async def call(
        self,
        method: str,
        path: str,
        json: Any = None,
        *,
        headers: dict[str, str] | None = None,
        **more: Any,
    ) -> Answer:
        given = {"Authorization": f"Bearer {TOKEN}"} if headers is None else headers
        async with self.session.request(
            method, self.url + path, json=json, headers=given, **more
        ) as response:
            text = await response.text()
            is_json = "json" in response.headers.get("Content-Type", "")
            document = await response.json() if is_json else None
            return Answer(response.status, response.headers, document, text)

    async def get(self, path: str, **more: Any) -> Answer:
        return await self.call("GET", path, **more)

    async def post(self, path: str, json: Any, **more: Any) -> Answer:
        return await self.call("POST", path, json, **more)

    async def patch(self, path: str, json: Any) -> Answer:
        return await self.call("PATCH", path, json)

    async def put(self, path: str, json: Any) -> Answer:
        return await self.call("PUT", path, json)

    async def delete(self, path: str) -> Answer:
        return await self.call("DELETE", path)

    async def zone(self, name: str = "acme.example") -> str:
        """A new zone; its id."""
        answer = await self.post("/zones", {"name": name, "account": {"id": ACCOUNT}})
        return str(answer.result["id"])

    async def record(self, zone: str, **record: Any) -> Answer:
        return await self.post(f"/zones/{zone}/dns_records", record)

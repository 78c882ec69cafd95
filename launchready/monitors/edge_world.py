"""A local edge as a drill breaks it: a defect on one path, its clock, its sink."""

from __future__ import annotations

import asyncio
import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from launchready.aws import reader
from launchready.declared.monitors import Monitor
from launchready.errors import EdgeError
from launchready.monitors.aws import Client, Target
from launchready.monitors.result import Channel

SECONDS = 20.0
MAX_ANSWER = 8 * 1024 * 1024
STATUS = 503
_KINDS = {"email": "mail", "sms": "sms", "slack": "slack"}


class EdgeWorld:
    """``document``: the edge's document."""

    target = "edge"
    clears_told = True

    def __init__(self, document: Mapping[str, Any], monitor: Monitor, region: str) -> None:
        self._document, self._monitor, self._region = document, monitor, region
        self._path = monitor.path.partition("?")[0]
        self.method = f"the edge answers {STATUS} at {self._path}"
        self.step = float(monitor.interval)
        # The alarm is over once no unhealthy datapoint is left in its window of a minute.
        self.all_clear = 2 * 60.0 + monitor.interval * monitor.failure_threshold
        self._kept: list[dict[str, Any]] = []

    @property
    def client(self) -> Client:
        endpoint = str(self._document["aws"])
        return lambda service: reader.client(service, self._region, endpoint, SECONDS)

    async def now(self) -> datetime:
        return datetime.fromisoformat((await self._control("GET", "clock"))["now"]).astimezone(UTC)

    async def prepare(self, target: Target) -> None:
        """Let what was just made be probed again: the first time its host may not have been there yet."""
        await self._control("DELETE", "defects", self._defect())
        await self.wait(self.step)

    async def break_(self, target: Target) -> None:
        await self._control("POST", "defects", self._defect())

    async def mend(self, target: Target) -> None:
        await self._control("DELETE", "defects", self._defect())

    async def wait(self, seconds: float) -> None:
        await self._control("POST", "clock", {"advance": seconds})
        self._kept = []

    async def heard(self, channel: Channel, alarm: str, state: str, since: datetime) -> datetime | None:
        if not self._kept:
            url = f"{self._document['sink']['http']}/messages?alarm={quote(alarm, safe='')}"
            self._kept = await asyncio.to_thread(_call, "GET", url, None, {})
        for message in self._kept:
            at = datetime.fromisoformat(message["at"])
            if message["kind"] != _KINDS[channel.kind] or message.get("state") != state or at < since:
                continue
            if channel.kind == "email" and channel.to.lower() not in [to.lower() for to in message["to"]]:
                continue
            if channel.kind == "sms" and message["body"].get("to") != channel.to:
                continue
            return at
        return None

    async def ask(self, channels: list[Channel], alarm: str, at: datetime) -> list[str] | None:
        return None

    def _defect(self) -> dict[str, Any]:
        options = {"path": self._path, "status": STATUS}
        return {"kind": "http.status", "where": self._monitor.host, "options": options}

    async def _control(self, method: str, path: str, body: Any = None) -> Any:
        headers = {"Authorization": f"Bearer {self._document['token']}"}
        url = f"{self._document['control']}/{path}"
        return await asyncio.to_thread(_call, method, url, body, headers)


def _call(method: str, url: str, body: Any, headers: Mapping[str, str]) -> Any:
    """One call of the edge, JSON both ways. Raises EdgeError."""
    if not url.startswith("http://127."):
        raise EdgeError(f"{url} is not on loopback")
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data=data, method=method, headers=dict(headers))  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=SECONDS) as response:  # noqa: S310 - loopback, checked
            return json.loads(response.read(MAX_ANSWER))
    except urllib.error.HTTPError as error:
        raise EdgeError(
            f"the edge refuses {method} {url}: {error.read(500).decode(errors='replace')}"
        ) from None
    except (OSError, ValueError) as error:
        raise EdgeError(
            f"the local edge does not answer: {error}", fix="start it again: launch edge"
        ) from None

"""What the steps ask of Cloudflare's API: reads, and once in a while to look at the delegation again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from launchready.drift.api import ReadApi
from launchready.errors import ApiError
from launchready.evidence.types import Cause
from launchready.gateway.answers import Answer
from launchready.gateway.upstream import Bounds

Json = dict[str, Any]
BOUNDS = Bounds(connect=5.0, answer=15.0, patience=10.0, rereads=1)
"""A step is looked at again anyhow: one look does not wait for long."""
PER_PAGE = 50


class StepsApi(ReadApi):
    """``async with StepsApi(base_url, token) as api``; ``status``: of the last answer, 0 without one."""

    def __init__(self, base_url: str, token: str, *, bounds: Bounds = BOUNDS) -> None:
        super().__init__(base_url, token, bounds=bounds)
        self.status = 0

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        return self

    async def _ask(self, path: str, query: Mapping[str, Any]) -> Answer:
        self.status = 0
        answer = await super()._ask(path, query)
        self.status = answer.status
        return answer

    @property
    def cause(self) -> Cause:
        """Why the last answer was no answer."""
        if self.status in (401, 403):
            return Cause.REFUSED
        return Cause.UNREACHABLE if self.status == 0 else Cause.SERVFAIL

    async def zone(self, domain: str, zone_id: str | None, account: str | None) -> Json | None:
        """The zone as it is now, None when there is none. Raises ApiError.

        Several accounts may have a zone of one name: then it is the declared account's.
        """
        if zone_id is not None:
            found = await self.get(f"/zones/{zone_id}")
            return found if isinstance(found, dict) else None
        listed = [one for one in await self.get("/zones", name=domain) or [] if one.get("name") == domain]
        if len(listed) > 1 and account is not None:
            listed = [one for one in listed if (one.get("account") or {}).get("id") == account]
        if len(listed) > 1:
            raise ApiError(
                f"{len(listed)} accounts have a zone {domain}",
                fix="say which in the client file: `launchready:zone: {id: …}`",
            )
        # the list may be older than the zone itself
        return await self.zone(domain, str(listed[0]["id"]), account) if listed else None

    async def packs(self, zone_id: str) -> list[Json]:
        """Every certificate pack, whatever its status. Raises ApiError."""
        found = await self.get(f"/zones/{zone_id}/ssl/certificate_packs", status="all", per_page=PER_PAGE)
        return [one for one in found or [] if isinstance(one, dict)]

    async def setting(self, zone_id: str, setting: str) -> Any:
        """A zone setting's value. Raises ApiError."""
        found = await self.get(f"/zones/{zone_id}/settings/{setting}")
        return (found or {}).get("value")

    async def dnssec(self, zone_id: str) -> Json:
        """Status and DS of the zone's own key. Raises ApiError."""
        found = await self.get(f"/zones/{zone_id}/dnssec")
        return found if isinstance(found, dict) else {}

    async def ask_activation(self, zone_id: str) -> bool:
        """Have Cloudflare look at the delegation now; it takes that once an hour on Free. True: it will."""
        if self._upstream is None:
            raise ApiError("the API client is not open")
        path = f"/zones/{zone_id}/activation_check"
        return (await self._upstream.call("PUT", path, f"Bearer {self._token}")).ok

"""The resource that remembers a zone's settings and gives them back.

A dynamic provider is pickled into the state, so this class is a thin shell: everything that may change
is in ``launchready.settings_memory``, which it imports when it is called (in the provider's process; the
program itself never needs an HTTP client). The token comes from the provider's configuration or the
environment at that moment and is never part of the state.
"""

from __future__ import annotations

from typing import Any

import pulumi
from pulumi.dynamic import (
    ConfigureRequest,
    CreateResult,
    DiffResult,
    ReadResult,
    Resource,
    ResourceProvider,
    UpdateResult,
)


class _Provider(ResourceProvider):
    serialize_as_secret_always = False  # there is nothing in it
    _configured: dict[str, str | None]

    def configure(self, req: ConfigureRequest) -> None:
        self._configured = {key: req.config.get(f"cloudflare:{key}") for key in ("baseUrl", "apiToken")}

    def create(self, props: dict[str, Any]) -> CreateResult:
        from launchready import settings_memory as memory

        with memory.from_environment(self._configured) as api:
            found = memory.remember(api, props["zone_id"], props["ids"])
        return CreateResult(f"{props['zone_id']}/settings", {**props, "found": found})

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        moved = _olds.get("zone_id") != _news.get("zone_id")
        return DiffResult(
            changes=moved or _olds.get("ids") != _news.get("ids"), replaces=["zone_id"] if moved else []
        )

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Settings that are no longer declared get their value back; new ones are remembered."""
        from launchready import settings_memory as memory

        found, wanted = dict(_olds["found"]), list(_news["ids"])
        with memory.from_environment(self._configured) as api:
            memory.give_back(api, _news["zone_id"], {key: found[key] for key in found if key not in wanted})
            new = memory.remember(api, _news["zone_id"], [key for key in wanted if key not in found])
        kept = {key: found[key] if key in found else new[key] for key in wanted}
        return UpdateResult({**_news, "found": kept})

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """A memory does not drift."""
        return ReadResult(id_, props)

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        from launchready import settings_memory as memory

        with memory.from_environment(self._configured) as api:
            memory.give_back(api, _props["zone_id"], _props["found"])


class SettingsMemory(Resource, module="launchready", name="SettingsMemory"):
    """What the zone's settings ``ids`` were when they were first declared; output ``found``.

    Whatever changes one of them depends on this: it is created before they change and deleted after
    they are gone.
    """

    found: pulumi.Output[dict[str, Any]]

    def __init__(
        self, name: str, zone_id: pulumi.Input[str], ids: list[str], opts: pulumi.ResourceOptions
    ) -> None:
        super().__init__(_Provider(), name, {"zone_id": zone_id, "ids": sorted(ids), "found": None}, opts)

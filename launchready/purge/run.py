"""Making the calls: the zone is found by the client file's id or by its name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote

from launchready.client_file.model import ClientFile
from launchready.errors import ApiError, InputError
from launchready.purge.plan import Selection, calls
from launchready.settings_memory.api import NotFoundError, SettingsApi


@dataclass(frozen=True, slots=True)
class Purged:
    """What was done. ``calls``: how many it took."""

    zone: str
    domain: str
    selection: Selection
    calls: int


def purge(
    api: SettingsApi,
    client: ClientFile,
    selection: Selection,
    progress: Callable[[str, float], None] | None = None,
) -> Purged:
    """Purge what was selected (and checked). Purging twice is once, so a call that fails is made again.

    Raises InputError without such a zone, ApiError when a call is refused; those before it have worked.
    """
    zone = zone_id(api, client)
    bodies = list(calls(selection, client.plan))
    for number, body in enumerate(bodies):
        if progress is not None:
            progress(f"purging: call {number + 1} of {len(bodies)}", number / len(bodies))
        api.post(f"/zones/{zone}/purge_cache", body)
    return Purged(zone, client.domain, selection, len(bodies))


def zone_id(api: SettingsApi, client: ClientFile) -> str:
    """The id of the client's zone."""
    if client.zone.id is not None:
        try:
            found = api.get(f"/zones/{client.zone.id}")
        except NotFoundError as error:
            raise InputError(f"there is no zone {client.zone.id}", fix="correct launchready:zone") from error
        name = found.get("name") if isinstance(found, dict) else None
        if name != client.domain:
            raise InputError(f"the zone {client.zone.id} is {name}'s", fix="correct launchready:zone")
        return client.zone.id
    listed = api.get(f"/zones?name={quote(client.domain)}&per_page=50")
    zones = [zone for zone in listed if isinstance(zone, dict)] if isinstance(listed, list) else []
    mine = [
        str(zone["id"])
        for zone in zones
        if zone.get("name") == client.domain
        and (client.account is None or len(zones) == 1 or zone.get("account", {}).get("id") == client.account)
    ]
    if not mine:
        raise InputError(
            f"there is no zone {client.domain}", fix=f"launch up {client.client}, or check the token"
        )
    if len(mine) > 1:
        raise ApiError(f"there are {len(mine)} zones {client.domain}", fix="set launchready:account")
    return mine[0]

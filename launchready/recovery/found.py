"""What creates made whose end nobody saw, by name: the zone; a record by name, type and content; a ruleset
by its phase; checks, policies and routes by what tells them apart.

AWS resources and settings need none of it: their creates take over what is there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from importlib import metadata

from launchready.engine.cloudflare_plugin.api import Api, ApiCallError
from launchready.engine.cloudflare_plugin.config import Retry, Settings
from launchready.engine.cloudflare_plugin.kind import Kind
from launchready.engine.cloudflare_plugin.kinds import KINDS
from launchready.errors import ApiError, InputError
from launchready.lost_creates import may_be_since
from launchready.recovery.pending import Making


def api_of(env: Mapping[str, str]) -> Api:
    """The API behind a stack's own gateway and token."""
    agent = f"launchready-recovery/{metadata.version('launchready')}"
    retry = Retry.from_text(env.get("LAUNCHREADY_PLUGIN_RETRY", ""))
    return Api(Settings(env["CLOUDFLARE_BASE_URL"].rstrip("/"), env["CLOUDFLARE_API_TOKEN"], agent, retry))


def needs_looking(making: Making) -> bool:
    """Whether doing it again could make a second one, or be refused since there is one."""
    kind = KINDS.get(making.type)
    return kind is not None and kind.create_method == "POST"


async def look_up(
    api: Api, makings: Iterable[Making], taken: frozenset[str], since: datetime | None
) -> dict[str, str]:
    """URN → id of what was made after all, since ``since``, and is none of ``taken``.

    Raises ApiError when the API does not say: then nothing is known, and nothing may be made.
    """
    found: dict[str, str] = {}
    for making in makings:
        kind = KINDS.get(making.type)
        if kind is None or kind.create_method != "POST":
            continue
        own_id = await _made(api, kind, making, taken | frozenset(found.values()), since)
        if own_id is not None:
            found[making.urn] = own_id
    return found


async def _made(
    api: Api, kind: Kind, making: Making, taken: frozenset[str], since: datetime | None
) -> str | None:
    inputs = making.inputs
    try:
        result = await kind.made(api, inputs, since, taken)
        if result is None or not may_be_since(result, since):
            return None
        return kind.id_of(result, inputs)
    except ApiCallError as problem:
        if problem.status == 404:  # the zone that it would be in is gone
            return None
        raise ApiError(
            f"what became of {making.urn.rpartition('::')[2]} can't be found out: {problem.what}",
            fix="run it again once the API answers; nothing was changed",
        ) from problem
    except InputError:  # an input that tells it apart is secret, or was never known
        return None

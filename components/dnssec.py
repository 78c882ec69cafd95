"""DNSSEC without a perpetual difference, and without blindness for a zone that stopped signing.

Cloudflare answers ``pending`` until the registrar has the DS record. The official provider compares that
with the declared ``active`` and wants to change it at every run (docs/decisions/0005). Ignoring the
property for good would hide ``disabled`` as well, so it is ignored only while the zone says ``pending``.
"""

from __future__ import annotations

import asyncio

import pulumi
from pulumi.runtime.config import get_config

from launchready.errors import LaunchreadyError

PENDING = "pending"


async def ignore_status_while_pending(
    args: pulumi.ResourceTransformArgs,
) -> pulumi.ResourceTransformResult | None:
    """A transform of ZoneDnssec: ``status`` is ignored while the registrar's DS is waited for.

    A zone that is yet to be created has no status. When the status can't be found out, nothing is
    ignored: the worst that follows is the provider's idempotent PATCH.
    """
    zone_id = await pulumi.Output.from_input(args.props["zoneId"]).future()  # None while it is unknown
    if not isinstance(zone_id, str):
        return None
    try:
        status = await asyncio.to_thread(live_status, zone_id)
    except LaunchreadyError as error:
        pulumi.log.debug(f"DNSSEC's status is not known: {error}")
        return None
    if status != PENDING:
        return None
    args.opts.ignore_changes = [*(args.opts.ignore_changes or []), "status"]
    return pulumi.ResourceTransformResult(args.props, args.opts)


def live_status(zone_id: str) -> str:
    """What the API says now: active, pending, disabled, pending-disabled, error. Raises LaunchreadyError."""
    from launchready import settings_memory  # an HTTP client, which a first launch never needs

    configured = {key: get_config(f"cloudflare:{key}") for key in ("baseUrl", "apiToken")}
    once = settings_memory.Backoff(attempts=1)
    with settings_memory.from_environment(configured, backoff=once) as api:
        return settings_memory.signing_status(api, zone_id)

"""The zone at Cloudflare: there, and active."""

from __future__ import annotations

from datetime import timedelta

from launchready.steps.api import Json
from launchready.steps.context import Context
from launchready.steps.outcome import Look, done, failed, person, waiting
from launchready.steps.store import moment

ASK_AGAIN = timedelta(hours=1)
"""How often the free plan takes an activation check."""
ASKED = "asked"


async def exists(context: Context) -> Look:
    """Is the zone in the account? Raises ApiError."""
    zone = await context.zone()
    if zone is None:
        return failed(
            f"the account has no zone {context.domain}",
            todo=(f"run `launch up {context.client.client}`: it makes the zone",),
        )
    if zone.get("paused"):
        return person(
            f"the zone {context.domain} is paused: Cloudflare answers its names and protects nothing",
            todo=(
                "take the pause back at Cloudflare: the zone's overview, Advanced Actions, Enable Cloudflare",
            ),
        )
    return done(f"zone {zone['id']}, {zone.get('status')}, name servers {', '.join(servers_of(zone))}")


def gone(context: Context) -> Look:
    """The zone was there when the launch's first step was looked at."""
    return failed("the zone is gone", todo=(f"run `launch up {context.client.client}`",))


def servers_of(zone: Json) -> tuple[str, ...]:
    """The name servers that the registrar has to name, in order."""
    names = zone.get("vanity_name_servers") or zone.get("name_servers") or ()
    return tuple(sorted(str(name).lower().rstrip(".") for name in names))


def elsewhere(zone: Json) -> str | None:
    """Why the parent need not name Cloudflare's servers: a zone whose DNS is at another provider."""
    kind = str(zone.get("type", "full"))
    return None if kind == "full" else f"the zone is of type {kind}: its delegation is another provider's"


async def active(context: Context) -> Look:
    """Is the zone active? If not, Cloudflare is asked to look again, once an hour. Raises ApiError."""
    zone = await context.zone()
    if zone is None:
        return gone(context)
    status = str(zone.get("status"))
    if status == "active":
        return done("status active" + (f" since {zone['activated_on']}" if zone.get("activated_on") else ""))
    if status in ("deactivated", "deleted"):
        return failed(
            f"status {status}", todo=("ask Cloudflare's support why, or remove the zone and launch again",)
        )
    asked = await _ask(context, str(zone["id"]))
    return waiting(f"status {status}: Cloudflare has not seen the delegation yet{asked}")


async def _ask(context: Context, zone_id: str) -> str:
    """Ask for an activation check where that is due; what to say of it."""
    notes, now = context.entry.notes, context.clock()
    last = moment(notes, ASKED)
    if context.touch and (last is None or now - last >= ASK_AGAIN):
        taken = await context.api.ask_activation(zone_id)
        notes[ASKED] = now.isoformat(timespec="seconds")
        return ", and was asked to look now" if taken else ", and takes no request to look now"
    return "" if last is None else f"; it was asked to look at {last:%H:%M} UTC"

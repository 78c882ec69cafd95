"""The registrar's part: no DS of another key, the zone's name servers, then the zone's own DS.

The order matters (RFC 6781 §4.3.5): a DS that stays while the name servers change makes every validating
resolver refuse the domain, and resolvers keep a DS for its TTL after the registrar has dropped it.
"""

from __future__ import annotations

from datetime import timedelta

from launchready.checklist.dns import rdata
from launchready.evidence.types import DnsResult
from launchready.steps.api import Json
from launchready.steps.context import Context
from launchready.steps.outcome import Look, done, failed, person, unknown, waiting
from launchready.steps.parent import Parent, ask_parent
from launchready.steps.store import moment
from launchready.steps.zone import elsewhere, gone, servers_of

HELD_UNTIL = "held_until"
SIGNING = ("active", "pending", "pending-disabled")


def _lost(lost: DnsResult, what: str) -> Look:
    """A question to the parent that was not answered."""
    if lost.cause is None:
        raise ValueError("an answer is not lost")
    where = f" by {lost.server}" if lost.server else ""
    detail = f": {lost.detail}" if lost.detail and lost.detail != lost.cause.value else ""
    return unknown(
        lost.cause,
        f"{what} at the parent can't be told: {lost.cause.value}{where}{detail}",
        todo=("don't change name servers at the registrar before this is known",),
    )


async def no_stale_ds(context: Context) -> Look:
    """Has the parent a DS of a key that is not this zone's? Raises ApiError."""
    zone = await context.zone()
    if zone is None:
        return gone(context)
    if (reason := elsewhere(zone)) is not None:
        return done(reason)
    parent, own = await ask_parent(context), own_ds(await context.api.dnssec(str(zone["id"])))
    stale = sorted(ds for ds in parent.ds if ds != own)
    if stale:
        return _stale(context, stale, parent, servers_of(zone))
    if parent.lost_ds is not None:
        return _lost(parent.lost_ds, f"DS of {context.domain}")
    at_home = frozenset(servers_of(zone)) in parent.servers
    if own in parent.ds and not at_home and any(parent.servers):
        return person(
            f"the parent has this zone's DS ({own}) while it still names other servers: it is too early",
            todo=(f"remove the DS {own} at the registrar until the zone is active",
                  f"then run `launch up {context.client.client}` again"),
        )  # fmt: skip
    return _still_held(context, at_home) or done(
        f"the parent has this zone's own DS ({own})" if own in parent.ds else "the parent has no DS"
    )


def _stale(context: Context, stale: list[str], parent: Parent, servers: tuple[str, ...]) -> Look:
    """A DS of another key: remembered for as long as resolvers may hold it."""
    longest = max(parent.ds[ds] for ds in stale)
    until = context.clock() + timedelta(seconds=longest)
    context.entry.notes[HELD_UNTIL] = until.isoformat(timespec="seconds")
    remove = tuple(f"remove this DS record at the registrar (or turn DNSSEC off there): {ds}" for ds in stale)
    if frozenset(servers) in parent.servers:
        first = (
            "the name servers are Cloudflare's already: validating resolvers refuse the domain until it goes"
        )
    else:
        first = "leave the name servers as they are until it is gone"
    then = f"then run `launch up {context.client.client}` again; it waits {longest} s, its TTL, and goes on"
    return person(
        *(f"the parent has a DS that is not of this zone's key: {ds}" for ds in stale),
        todo=(*remove, first, then),
    )


def _still_held(context: Context, at_home: bool) -> Look | None:
    """Waiting, while resolvers may hold a DS that the registrar dropped; it no longer matters once moved."""
    until = moment(context.entry.notes, HELD_UNTIL)
    if until is None:
        return None
    if at_home or context.clock() >= until:
        del context.entry.notes[HELD_UNTIL]
        return None
    return waiting(
        f"the stale DS is gone, but resolvers may hold it until {until:%Y-%m-%d %H:%M:%S} UTC",
        todo=("leave the name servers as they are until then",),
    )


def own_ds(dnssec: Json) -> str | None:
    """The DS of the zone's own key; None without one."""
    if dnssec.get("status") not in SIGNING or not dnssec.get("digest"):
        return None
    parts = (dnssec.get(key) for key in ("key_tag", "algorithm", "digest_type", "digest"))
    return rdata.ds(" ".join(map(str, parts)))


async def delegated(context: Context) -> Look:
    """Does every server of the parent name just the zone's servers? Raises ApiError."""
    zone = await context.zone()
    if zone is None:
        return gone(context)
    if (reason := elsewhere(zone)) is not None:
        return done(reason)
    wanted, parent = frozenset(servers_of(zone)), await ask_parent(context)
    named = ", ".join(sorted(wanted))
    if not wanted:
        return waiting("Cloudflare has not assigned name servers to the zone yet")
    told = set(parent.servers)
    if wanted in told and told != {wanted}:
        return waiting(f"some of the parent's servers name {named}, others still {_shown(told - {wanted})}")
    if parent.lost_ns is not None:
        return _lost(parent.lost_ns, f"NS of {context.domain}")
    if told == {wanted}:
        return done(f"the parent names {named}")
    enter = (f"at the registrar of {context.domain}, enter these name servers and no others: {named}",)
    if not parent.registered:
        return person(
            f"the parent does not know {context.domain}: it is not registered, or not delegated",
            todo=(f"register {context.domain}, or have it put back", *enter),
        )
    seen = _shown(told) or "none"
    too_many = sorted({name for names in told if wanted < names for name in names - wanted})
    more = (f"remove {', '.join(too_many)}",) if too_many else ()
    return person(f"the parent names {seen}; the zone's servers are {named}", todo=(*enter, *more))


def _shown(sets: set[frozenset[str]]) -> str:
    return "; or ".join(", ".join(sorted(names)) or "none" for names in sorted(sets, key=sorted))


async def signed(context: Context) -> Look:
    """With ``tls.dnssec``: has the parent the zone's own DS, and no other? Raises ApiError."""
    if not context.declared.dnssec:
        return done("DNSSEC is not declared")
    zone = await context.zone()
    if zone is None:
        return gone(context)
    answer = await context.api.dnssec(str(zone["id"]))
    own, parent = own_ds(answer), await ask_parent(context)
    if own is None:
        return failed(
            f"DNSSEC is declared, and its status at Cloudflare is {answer.get('status')}",
            todo=(f"run `launch up {context.client.client} --refresh`: it turns DNSSEC on again",),
        )
    others = sorted(set(parent.ds) - {own})
    if others:
        return person(
            *(f"the parent has a DS of another key: {ds}" for ds in others),
            todo=tuple(f"remove this DS record at the registrar: {ds}" for ds in others),
        )
    if parent.lost_ds is not None:
        return _lost(parent.lost_ds, f"DS of {context.domain}")
    if own not in parent.ds:
        return person("the parent has no DS yet", todo=(f"add this DS record at the registrar: {own}",))
    return done(f"the parent has {own}; Cloudflare says {answer.get('status')}")

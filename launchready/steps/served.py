"""What visitors get: the redirects, and what a launch stands or falls with. By the checklist's own checks."""

from __future__ import annotations

from datetime import datetime, timedelta

from launchready.checklist.registry import Status
from launchready.evidence.types import Cause
from launchready.steps.context import Context
from launchready.steps.outcome import Look, State, done, failed, unknown, waiting
from launchready.verify import Verification

REDIRECTS = ("redirects.declared", "redirects.loop", "redirects.location.valid")
VITAL = ("dns.delegation.matches", "dns.delegation.lame", "dns.record.served", "tls.handshake.completes",
         "tls.chain.valid", "tls.name.covered")  # fmt: skip
SHORT = ("dns.delegation.matches", "tls.chain.valid")
"""Enough where everything has been proved a short while ago, of the same client file."""
SETTLING = timedelta(minutes=2)
"""How long after its first look a difference may be a server that has yet to hear of the change."""
FRESH = timedelta(hours=1)
PROVED, OF = "proved", "of"
MOST_SHOWN = 8


async def redirects(context: Context) -> Look:
    """Is every declared redirect served? Raises InputError."""
    if not context.declared.redirects:
        return done("no redirect is declared")
    if _proved(context):
        return await _checked(context, ("redirects.declared",), "redirects", keep=False)
    return await _checked(context, REDIRECTS, "redirects")


async def verification(context: Context) -> Look:
    """Delegation, records, handshakes and chains are as declared. Raises InputError."""
    return await _checked(
        context, SHORT if _proved(context) else VITAL, "names and TLS", keep=not _proved(context)
    )


def _proved(context: Context) -> bool:
    """Was the very same client file proved within the last hour?"""
    notes = context.entry.notes
    if not context.digest or notes.get(OF) != context.digest or PROVED not in notes:
        return False
    return timedelta() <= context.clock() - datetime.fromisoformat(notes[PROVED]) < FRESH


async def _checked(context: Context, ids: tuple[str, ...], what: str, *, keep: bool = True) -> Look:
    found = await context.check(*ids)
    look = _look(context, found, what)
    notes = context.entry.notes
    if look.state is not State.DONE:
        notes.pop(PROVED, None)
    elif keep:
        notes[PROVED], notes[OF] = context.clock().isoformat(timespec="seconds"), context.digest
    return look


def _look(context: Context, found: Verification, what: str) -> Look:
    wrong = [one for one in found.findings if one.status is Status.FAIL]
    open_ = [one for one in found.findings if one.status is Status.INCONCLUSIVE]
    told = [f"{one.subject}: {one.observed}; declared {one.expected} ({one.check})" for one in wrong]
    shown = tuple(told[:MOST_SHOWN]) + (
        (f"and {len(told) - MOST_SHOWN} more",) if len(told) > MOST_SHOWN else ()
    )
    verify = f"`launch verify {context.client.client}`"
    if wrong:
        began = context.entry.began
        if began is None or context.clock() - began < SETTLING:
            return waiting(*shown)
        fixes = tuple(dict.fromkeys(one.fix.text for one in wrong if one.fix is not None))
        return failed(*shown, todo=(*fixes[:MOST_SHOWN], f"{verify} tells everything"))
    if open_:
        first = open_[0]
        more = f", and {len(open_) - 1} more" if len(open_) > 1 else ""
        return unknown(
            first.cause or Cause.NOT_PROBED, f"{first.subject}: {first.observed} ({first.check}){more}"
        )
    passed = sum(one.status is Status.PASS for one in found.findings)
    return done(f"{passed} checks of {what} pass; the whole checklist: {verify}")

"""What visitors get: the redirects, and what a launch stands or falls with. By the checklist's own checks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import cast

from launchready.checklist.hosts import web_hosts
from launchready.checklist.redirects.hops import normal
from launchready.checklist.registry import Status
from launchready.declared.types import Redirect
from launchready.evidence.types import Cause, HttpProbe, HttpResult
from launchready.steps.context import Context
from launchready.steps.outcome import Look, State, done, failed, unknown, waiting
from launchready.steps.store import moment
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
LARGE = 200
"""Hosts or redirects of a launch of which only some are looked at here: ``launch verify`` looks at all."""
VITAL_OF_LARGE = ("dns.delegation.matches", "dns.delegation.lame", "dns.servers.soa_agrees")


async def redirects(context: Context) -> Look:
    """Is every declared redirect served? Raises InputError."""
    if not context.declared.redirects:
        return done("no redirect is declared")
    if len(context.declared.redirects) > LARGE:
        return await _sample(context, context.declared.redirects)
    if _proved(context) or len(web_hosts(context.declared)) > LARGE:
        return await _checked(context, ("redirects.declared",), "redirects", keep=False)
    return await _checked(context, REDIRECTS, "redirects")


async def verification(context: Context) -> Look:
    """Delegation, records, handshakes and chains are as declared. Raises InputError."""
    if len(web_hosts(context.declared)) > LARGE:
        return await _checked(context, VITAL_OF_LARGE, "the delegation", keep=False)
    return await _checked(
        context, SHORT if _proved(context) else VITAL, "names and TLS", keep=not _proved(context)
    )


async def _sample(context: Context, rules: Sequence[Redirect]) -> Look:
    """One example of every so many redirects, the first and the last among them."""
    stride = -(-len(rules) // LARGE)
    chosen = [one for one in (*rules[::stride], rules[-1]) if one.examples]
    urls = [normal(one.examples[0][0]) for one in chosen]
    answers = await context.probe(*(HttpProbe(url) for url in urls))
    wrong: list[str] = []
    for rule, url, (found,) in zip(chosen, urls, answers, strict=True):
        result = cast("HttpResult", found)
        location, wanted = result.header("location") or "", rule.examples[0][1]
        if result.cause is not None and not location:
            return unknown(result.cause, f"{url}: {result.cause.value}: {result.detail}")
        if result.status != rule.status or not _same(location, wanted):
            wrong.append(
                f"{url}: {result.status} to {location or 'nowhere'}; declared {rule.status} to {wanted}"
            )
    if wrong:
        return _differs(context, wrong, ("look for a rule above it that matches first",))
    return done(f"{len(set(urls))} of {len(rules)} redirects looked at; all: {_verify(context)}")


def _same(location: str, wanted: str) -> bool:
    try:
        return normal(location) == normal(wanted)
    except ValueError:  # what the server sent is no URL
        return False


def _verify(context: Context) -> str:
    return f"`launch verify {context.client.client}`"


def _differs(context: Context, told: list[str], fixes: tuple[str, ...]) -> Look:
    """Served otherwise than declared: for a while a server may not have heard of the change."""
    more = (f"and {len(told) - MOST_SHOWN} more",) if len(told) > MOST_SHOWN else ()
    shown = (*told[:MOST_SHOWN], *more)
    began = context.entry.began
    if began is None or context.clock() - began < SETTLING:
        return waiting(*shown)
    return failed(*shown, todo=(*fixes[:MOST_SHOWN], f"{_verify(context)} tells everything"))


def _proved(context: Context) -> bool:
    """Was the very same client file proved within the last hour?"""
    notes = context.entry.notes
    proved = moment(notes, PROVED)
    if not context.digest or notes.get(OF) != context.digest or proved is None:
        return False
    return timedelta() <= context.clock() - proved < FRESH


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
    if wrong:
        told = [f"{one.subject}: {one.observed}; declared {one.expected} ({one.check})" for one in wrong]
        return _differs(
            context, told, tuple(dict.fromkeys(one.fix.text for one in wrong if one.fix is not None))
        )
    if open_:
        first = open_[0]
        more = f", and {len(open_) - 1} more" if len(open_) > 1 else ""
        return unknown(
            first.cause or Cause.NOT_PROBED, f"{first.subject}: {first.observed} ({first.check}){more}"
        )
    passed = sum(one.status is Status.PASS for one in found.findings)
    return done(f"{passed} checks of {what} pass; the whole checklist: {_verify(context)}")

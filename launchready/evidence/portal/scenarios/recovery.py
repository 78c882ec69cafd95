"""One-time tokens: a reset by mail from its request to its end, and an invitation."""

from __future__ import annotations

import math
import re
from email.utils import getaddresses
from typing import Any
from urllib.parse import urlencode, urlsplit

from launchready.client_file.portal_model import Call, TokenCall
from launchready.evidence.portal.registry import scenario
from launchready.evidence.portal.scenarios.limits import after
from launchready.evidence.portal.scenarios.sessions import ordinary
from launchready.evidence.portal.signed_mail import signatures_of
from launchready.evidence.portal.stage import Stage, Visitor, password_of

SHORTEST, LONGEST = 900.0, 3_600.0
"""Seconds: a token lives 15 to 60 minutes."""
WEAK = "password"
_URL = re.compile(r"https?://[^\s<>\"']+")


@scenario("reset")
async def reset(stage: Stage) -> None:
    """A reset of a test account; its new password is the old one, so that nothing is left changed."""
    call: TokenCall = stage.need(stage.portal.reset, "reset")
    name = ordinary(stage)
    mailbox, browser = stage.visitor(name), stage.visitor(name)
    nobody = f"lr-{stage.access.nonce}@invalid.example"
    await stage.visitor().call("reset of nobody", call, user=nobody, email=nobody)
    stage.facts["logged in"] = await browser.login()
    await browser.logged_in("session before")
    evil = f"lr-{stage.access.nonce}.invalid.example"
    came = await stage.mail_count()
    await mailbox.call("reset", call, headers={"x-forwarded-host": evil, "x-host": evil})
    token = await stage.token(call, mailbox.account.user, came)
    mails = await stage.mails(came)
    stage.facts["poisoned"] = evil in str(mails)
    stage.facts["mail hosts"] = _hosts(mails)
    stage.facts["mail senders"] = _senders(mails)
    stage.facts["mail signatures"] = await signatures_of(stage, mails)
    stage.facts["bits"] = _bits(token)
    confirm: Call = stage.need(call.confirm, "reset.confirm")
    password = password_of(mailbox.account)
    weak = await mailbox.call("weak password", confirm, token=token, new_password=WEAK)
    if weak.matched:  # it took the token too
        came = await stage.mail_count()
        await mailbox.call("reset anew", call)
        token = await stage.token(call, mailbox.account.user, came)
    await mailbox.call("spend", confirm, token=token, new_password=password)
    await mailbox.call("spend again", confirm, token=token, new_password=password)
    await browser.logged_in("session after")
    stage.facts["log in after"] = await stage.visitor(name).login("log in after")
    for label, seconds in (("early", SHORTEST - 60), ("late", LONGEST + 60)):
        await _after(stage, mailbox, call, confirm, label, seconds, password)


async def _after(
    stage: Stage, mailbox: Visitor, call: TokenCall, confirm: Call, label: str, seconds: float, password: str
) -> None:
    """Spend a fresh token after some time."""
    came = await stage.mail_count()
    await mailbox.call(f"reset {label}", call)
    token = await stage.token(call, mailbox.account.user, came)
    await stage.advance(seconds)
    await mailbox.call(f"spend {label}", confirm, token=token, new_password=password)


def _hosts(mails: list[dict[str, Any]]) -> list[str]:
    """The hosts that the mails link to."""
    texts = [str(mail.get("text", "")) for mail in mails]
    found = {urlsplit(url).hostname or "" for text in texts for url in _URL.findall(text)}
    return sorted(found - {""})


def _senders(mails: list[dict[str, Any]]) -> list[str]:
    """The domains of From and Reply-To."""
    named = [
        value
        for mail in mails
        for name, value in mail.get("headers", ())
        if name.lower() in ("from", "reply-to")
    ]
    return sorted(
        {address.rpartition("@")[2].lower() for _, address in getaddresses(named) if "@" in address}
    )


def _bits(token: str) -> float:
    """At most so many bits has a token of its length and kinds of letters."""
    kinds = (
        (10, any(c.isdigit() for c in token)),
        (6, any(c in "abcdefABCDEF" for c in token)),
        (20, any(c.islower() and c not in "abcdef" for c in token)),
        (20, any(c.isupper() and c not in "ABCDEF" for c in token)),
        (4, any(not c.isalnum() for c in token)),
    )
    alphabet = sum(size for size, there in kinds if there)
    return round(len(token) * math.log2(max(alphabet, 2)), 1)


@scenario("invitation")
async def invitation(stage: Stage) -> None:
    """An administrator invites an address of nobody's; the invitation is taken, and taken again."""
    call: TokenCall = stage.need(stage.portal.invite, "invite")
    confirm: Call = stage.need(call.confirm, "invite.confirm")
    if not stage.on_edge:
        await stage.token(
            call, "the invited address", 0
        )  # says that no mailbox can be read: nobody is invited
    inviter = stage.visitor(stage.need(call.identity, "invite.identity"))
    stage.facts["log in"] = await inviter.login()
    password = f"a password for {stage.access.nonce}"
    guest = stage.visitor()
    for label, seconds in (("now", 0.0), ("late", LONGEST + 60)):
        address = f"lr-{label}-{stage.access.nonce}@invalid.example"
        came = await stage.mail_count()
        await inviter.call(f"invite {label}", call, email=address, user=address)
        token = await stage.token(call, address, came)
        if seconds:
            await stage.advance(seconds)
        await guest.call(f"accept {label}", confirm, token=token, new_password=password, email=address)
        if label == "now":
            await guest.call("accept again", confirm, token=token, new_password=password, email=address)


@scenario("guessing", late=True)
async def guessing(stage: Stage) -> None:
    """Wrong passwords: for a known user, for an unknown one, in the query, and many for one account."""
    login = stage.portal.login
    people = list(stage.portal.identities)
    name = next((one for one in reversed(people) if one != ordinary(stage)), ordinary(stage))
    known, unknown = stage.visitor(ordinary(stage)), stage.visitor()
    await known.password("known", f"wrong {stage.access.nonce}")
    nobody = f"lr-{stage.access.nonce}@invalid.example"
    await unknown.call("unknown", login, user=nobody, email=nobody, password=f"wrong {stage.access.nonce}")
    query = {
        key: str(known.values().get(str(value).strip("${}"), value))
        for key, value in (login.body or {}).items()
    }
    by_query = stage.visitor(ordinary(stage))
    await by_query.request("log in by query", "GET", f"{login.path}?{urlencode(query)}")
    if stage.portal.session is not None:
        await by_query.logged_in("after log-in by query")
    attempts, locked = 0, 7_200.0
    for attempts in range(1, 13):
        source = f"127.0.{attempts}.77" if stage.on_edge else None  # each guess from another address
        guesser = stage.visitor(name, source)
        guesser.patient = False
        step = await guesser.call(
            f"guess {attempts}", login, password=f"guess {attempts} {stage.access.nonce}"
        )
        if step.status in (423, 429):
            locked = after(step, locked)
            break
    stage.facts["guesses"] = attempts
    if stage.on_edge:
        await stage.advance(locked)  # the lock is over for whoever comes next

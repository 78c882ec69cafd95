"""Bounded bursts at everything that must be limited, and webhooks with bad signatures."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import replace

from launchready.client_file.portal_model import Webhook
from launchready.evidence.portal.registry import scenario
from launchready.evidence.portal.scenarios.sessions import ordinary
from launchready.evidence.portal.signatures import has_time, sign
from launchready.evidence.portal.stage import Stage, Visitor
from launchready.evidence.types import Cause, Step
from launchready.evidence.waits import seconds_in

BURST = 15
"""Requests of one burst: more than any log-in or reset needs from one person."""
QUIET = 3_700.0
"""Seconds after which a limit is over, on an edge, where the refusal does not say when."""
REFUSED = (423, 429)

Shot = Callable[[int], Awaitable[Step]]


async def _burst(stage: Stage, kind: str, shots: int, shoot: Shot) -> None:
    """Shoot until something is refused; fact ``kind``: {"shots", "refused", "status"}."""
    fact: dict[str, object] = {"shots": 0, "refused": False, "status": None}
    stage.facts[kind] = fact
    quiet = QUIET
    for number in range(1, shots + 1):
        step = await shoot(number)
        fact |= {"shots": number, "status": step.status, "refused": step.status in REFUSED}
        if step.cause is not None or step.status in REFUSED:
            quiet = after(step, QUIET)
            break
    if stage.on_edge:
        await stage.advance(quiet)


def after(refused: Step, otherwise: float) -> float:
    """Seconds until a refusal is over, as its Retry-After says."""
    told = seconds_in(refused.header("retry-after"))
    return min(told + 1, otherwise) if told is not None else otherwise


def _impatient(stage: Stage, identity: str | None = None, source: str | None = None) -> Visitor:
    return replace(stage.visitor(identity, source), patient=False)


@scenario("log-in limits", late=True)
async def login_limits(stage: Stage) -> None:
    """Wrong log-ins of many names from one address; then the same with addresses made up in headers."""
    login, nonce = stage.portal.login, stage.access.nonce
    for kind, spoofed in (("address", False), ("spoofed", True)):
        visitor = _impatient(stage)

        async def shoot(
            number: int, visitor: Visitor = visitor, spoofed: bool = spoofed, kind: str = kind
        ) -> Step:
            name = f"lr-{number}-{nonce}@invalid.example"
            made_up = f"192.0.2.{number}"
            headers = {"x-real-ip": made_up, "x-forwarded-for": made_up} if spoofed else {}
            values = {"user": name, "email": name, "password": f"guess {nonce}"}
            return await visitor.call(f"{kind} {number}", login, headers=headers, **values)

        await _burst(stage, kind, BURST, shoot)


@scenario("mail limits", late=True)
async def mail_limits(stage: Stage) -> None:
    """Everything that sends mail to whoever is named: resets, sign-ups, invitations."""
    portal, nonce = stage.portal, stage.access.nonce
    if portal.reset is not None:
        call, somebody, known = portal.reset, _impatient(stage), ordinary(stage)

        async def by_address(number: int) -> Step:
            name = f"lr-{number}-{nonce}@invalid.example"
            return await somebody.call(f"reset address {number}", call, user=name, email=name)

        async def by_account(number: int) -> Step:
            source = f"127.0.{number}.78" if stage.on_edge else None
            return await _impatient(stage, known, source).call(f"reset account {number}", call)

        await _burst(stage, "reset address", BURST, by_address)
        if stage.on_edge:  # each sends a mail
            await _burst(stage, "reset account", BURST, by_account)
    if not stage.on_edge:
        return
    if portal.signup is not None:
        signup, newcomer = portal.signup, _impatient(stage)

        async def sign_up(number: int) -> Step:
            name = f"lr-{number}-{nonce}@invalid.example"
            return await newcomer.call(f"signup {number}", signup, user=name, email=name)

        await _burst(stage, "signup", BURST, sign_up)
    if portal.invite is not None and portal.invite.identity is not None:
        invite, inviter = portal.invite, stage.visitor(portal.invite.identity)
        stage.facts["log in"] = await inviter.login()
        eager = replace(inviter, patient=False)

        async def ask(number: int) -> Step:
            name = f"lr-invited-{number}-{nonce}@invalid.example"
            return await eager.call(f"invite {number}", invite, user=name, email=name)

        await _burst(stage, "invite", BURST, ask)


@scenario("onboarding limits", late=True)
async def onboarding_limits(stage: Stage) -> None:
    """One user sends one form more often than it allows."""
    stage.need(stage.portal.onboarding, "onboarding")
    for number, call in enumerate(stage.portal.onboarding):
        visitor = stage.visitor(call.identity)
        if call.identity is not None:
            stage.facts[f"log in {number}"] = await visitor.login(f"log in {number}")
        eager = replace(visitor, patient=False)

        async def send(shot: int, eager: Visitor = eager, number: int = number) -> Step:
            return await eager.call(f"onboarding {number} {shot}", stage.portal.onboarding[number])

        await _burst(stage, f"onboarding {number}", 2 * (call.limit or BURST) + 1, send)


@scenario("webhooks")
async def webhooks(stage: Stage) -> None:
    """Without a signature, with a wrong one, an old one, a right one, and that one again."""
    stage.need(stage.portal.webhooks, "webhooks")
    now = int((await stage.now()).timestamp())
    for number, hook in enumerate(stage.portal.webhooks):
        await _hook(stage, number, hook, now)


async def _hook(stage: Stage, number: int, hook: Webhook, now: int) -> None:
    secret, sender = hook.secret.reveal(), stage.visitor()
    stage.secrets.add(f"the secret of {hook.path}", secret)
    body = json.dumps({**hook.body, "nonce": stage.access.nonce}).encode()
    plain = {"content-type": "application/json"}

    async def send(label: str, secret: str | None, at: int) -> Step:
        name = f"lr-{label.replace(' ', '-')}-{stage.access.nonce}"
        signed = sign(hook.scheme, secret, body, at=at, name=name) if secret is not None else {}
        text = f"{label} {number}"
        return await sender.request(text, "POST", hook.path, raw=body, headers={**plain, **signed})

    await send("unsigned", None, now)
    await send("wrong", f"not {secret}", now)
    if has_time(hook.scheme):
        await send("stale", secret, now - 12 * hook.tolerance)
    first = await send("right", secret, now)
    if first.cause is Cause.TIMEOUT:
        return
    again = sign(hook.scheme, secret, body, at=now, name=f"lr-right-{stage.access.nonce}")
    await sender.request(f"replayed {number}", "POST", hook.path, raw=body, headers={**plain, **again})

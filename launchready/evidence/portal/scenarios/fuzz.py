"""Invalid data made from the portal's own description, sent as one of the declared identities."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from launchready.client_file.portal_model import Portal
from launchready.evidence.fuzz import child
from launchready.evidence.fuzz.description import Unusable, prepare
from launchready.evidence.portal.registry import scenario
from launchready.evidence.portal.stage import Stage, Stopped, Visitor
from launchready.evidence.types import Cause

SHARE = 0.6
"""Of what is left of the budget: scenarios that come later need the rest."""
COST = 25
"""Requests for one operation before any example is made: its schema's edges, one by one (measured)."""


@scenario("fuzz", long=True)
async def fuzz(stage: Stage) -> None:
    """Have schemathesis try every described operation; facts: ``failures``, ``cases``, ``sent`` and so on."""
    from launchready.evidence.fuzz.forwarder import Forwarder, told  # aiohttp, for this scenario alone

    path = stage.need(stage.portal.openapi, "openapi")
    if not child.installed():
        raise Stopped(Cause.NOT_PROBED, f"schemathesis is not installed: {child.INSTALL}")
    visitor = await _visitor(stage)
    described = await visitor.pass_on("GET", path, None, {"accept": "application/json"})
    if described.cause is not None or described.status != 200:
        why = described.detail or f"it answered {described.status}"
        raise Stopped(described.cause or Cause.MALFORMED, f"the description {path} can't be read: {why}")
    allowance = int(stage.budget.left * SHARE)
    forwarder = Forwarder(visitor, allowance)
    async with forwarder.running():
        try:
            ready = prepare(_json(described.body), stage.portal, forwarder.url, deletes=stage.on_edge)
        except Unusable as unusable:
            raise Stopped(Cause.MALFORMED, f"the description {path} can't be used: {unusable}") from unusable
        examples = max(2, min(20, allowance // len(ready.operations) - COST))
        with tempfile.TemporaryDirectory(prefix="launchready-fuzz-") as directory:
            report = await child.run(Path(directory), ready.document, forwarder.url, forwarder.mark, examples)
    stage.facts |= {
        "operations": list(ready.operations),
        "left_out": list(ready.left_out),
        "failures": [[one.check, one.operation, one.status, one.part] for one in report.failures],
        "cases": dict(report.cases),
        "errors": list(report.errors[:5]),
        "finished": report.finished,
        "sent": forwarder.sent,
        "spent": forwarder.spent,
        "statuses": {str(status): times for status, times in sorted(forwarder.statuses.items())},
        "lost": forwarder.failures.total(),
        "causes": told(forwarder.failures),
        "seed": child.SEED,
        "alive": await _alive(stage, visitor),
    }


async def _visitor(stage: Stage) -> Visitor:
    name = _identity(stage.portal)
    visitor = stage.visitor(name)
    if name is not None and not await visitor.login("log in to fuzz"):
        raise Stopped(Cause.NOT_PROBED, f"{name} could not log in")
    return visitor


def _identity(portal: Portal) -> str | None:
    """Who owns a declared object, or fills the forms."""
    names = [*(one.owner for one in portal.resources), *(call.identity for call in portal.onboarding)]
    known = [name for name in names if name in portal.identities]
    return known[0] if known else next(iter(portal.identities), None)


async def _alive(stage: Stage, visitor: Visitor) -> bool | None:
    """Did the session live to the end? None where nothing tells."""
    if stage.portal.session is None or visitor.identity is None:
        return None
    try:
        return await visitor.logged_in("logged in after it")
    except Stopped:
        return None


def _json(body: bytes) -> object:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None

"""The onboarding forms: validated, limited by user, and calm when an external system is away."""

from __future__ import annotations

import asyncio
from typing import Any

from launchready.client_file.portal_model import Call, Portal
from launchready.edge.https.messages import Response
from launchready.edge.portal import templates
from launchready.edge.portal.auth import Auth
from launchready.edge.portal.defects import Switches
from launchready.edge.portal.messages import Refusal, Visit, as_json, as_text
from launchready.edge.portal.throttle import Throttle
from launchready.edge.state import Defect

WINDOW = 10.0
LIMIT = 20
"""Requests of one user in ``WINDOW`` seconds, where the client file names no limit."""


def _at_the_edge(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) >= 10**9 - 1


class Onboarding:
    """``saved``: what each user has entered, by path."""

    def __init__(self, portal: Portal, auth: Auth, throttle: Throttle, switches: Switches) -> None:
        self._portal, self._auth, self._throttle, self._switches = portal, auth, throttle, switches
        self.saved: dict[tuple[str, str], dict[str, Any]] = {}
        self._count = 0
        self._stuck: Defect | None = None

    async def handle(self, visit: Visit, call: Call) -> Response:
        """One step of onboarding. Raises Refusal."""
        who = self._auth.required(visit).account.name.lower() if call.identity else visit.address
        on = self._switches.on
        if not on("portal.limits.onboarding"):
            self._throttle.take(f"onboarding {call.path}", who, call.limit or LIMIT, WINDOW)
        if call.method in ("GET", "HEAD"):
            values = self.saved.get((call.path, who), {})
        else:
            values = self._values(visit, call)
        if on("portal.input.injection") and any("'" in str(value) for value in values.values()):
            raise RuntimeError(
                "SQLSTATE[42601]: syntax error at or near \"'\" in INSERT INTO onboarding VALUES ('"
            )
        if on("portal.input.edges") and any(_at_the_edge(value) for value in values.values()):
            raise OverflowError("integer out of range")
        self._count += 1
        slow = self._switches.find("portal.slow")
        if slow is not None and self._count % int(slow.options.get("every", 1)) == 0:
            await asyncio.sleep(float(slow.options.get("seconds", 0.8)))
        fails = self._switches.find("portal.load.fails")
        if fails is not None and self._count % int(fails.options.get("every", 10)) == 0:
            raise OSError("no connection is left in the pool")
        self._ask_dependencies()
        self.saved[call.path, who] = values
        if on("portal.input.reflects"):
            return as_text(
                200, "text/html", "<p>Thank you, " + " ".join(str(v) for v in values.values()) + "</p>"
            )
        body = templates.answer_body(call.success) or {"ok": True}
        return as_json(templates.answer_status(call.success), body)

    def _values(self, visit: Visit, call: Call) -> dict[str, Any]:
        on = self._switches.on
        loose = on("portal.input.types")
        if not on("portal.input.lenient"):
            return templates.read_body(call.body, visit.fields(call.encoding), loose=loose)
        try:
            given = visit.fields(call.encoding)
        except Refusal as refusal:
            if refusal.word != "malformed":
                raise
            given = {}
        known = {key: value for key, value in (call.body or {}).items() if key in given}
        return templates.read_body(known, given, loose=loose)

    def _ask_dependencies(self) -> None:
        away = self._switches.find("portal.dependency.down") or self._stuck
        if away is None or not self._portal.dependencies:
            return
        if self._switches.on("portal.dependency.sticks"):
            self._stuck = away
        name = str(away.options.get("name") or self._portal.dependencies[0])
        if self._switches.on("portal.dependency.unhandled"):
            raise ConnectionError(
                f"HTTPSConnectionPool(host='{name}.internal', port=443): Max retries exceeded"
            )
        after = {"retry-after": "30"}
        raise Refusal(503, "try_again", "This step can't be finished right now. Nothing is lost.", after)

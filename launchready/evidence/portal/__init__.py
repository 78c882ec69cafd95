"""Playing scenarios against the portal that a client file describes: visitors, mail, time, a budget.

A scenario (``scenarios/``) is a short play: visitors send requests, each kept as a Step. Checks read the
steps afterwards; a scenario never judges. Requests go to the portal's own host and nowhere else.
"""

from __future__ import annotations

from launchready.evidence.portal.access import PortalAccess
from launchready.evidence.portal.play import Budget, play
from launchready.evidence.portal.registry import SCENARIOS, scenario

__all__ = ["SCENARIOS", "Budget", "PortalAccess", "play", "scenario"]

"""A launch as steps that resume: zone, stale DS, name servers, activation, certificate, strict TLS,
redirects, DNSSEC's DS, verification.

Each step looks at what is live and says done, waiting, a person's turn, can't tell, or failed, with evidence
and what to do. What was seen is kept, so that the next run goes on where this one stopped.
"""

from __future__ import annotations

from launchready.steps.context import Context
from launchready.steps.document import exit_code, to_document
from launchready.steps.outcome import Look, State
from launchready.steps.plan import PLAN, Step
from launchready.steps.render import render
from launchready.steps.run import Run, walk
from launchready.steps.store import Progress, load, place, save

__all__ = [
    "PLAN", "Context", "Look", "Progress", "Run", "State", "Step", "exit_code", "load", "place", "render",
    "save", "to_document", "walk",
]  # fmt: skip

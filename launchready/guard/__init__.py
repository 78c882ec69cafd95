"""The guard: what a run would lose is said in plain words, named by a person, and bounded in number.

A preview's events become a ``Plan``; ``judge`` compares it with what the client file and the command
line allow. The plan that was shown is the plan that is applied (``binding``), else the run stops.
"""

from __future__ import annotations

from launchready.guard.judge import Allowed, GuardError, Verdict, judge
from launchready.guard.losses import Loss, losses
from launchready.guard.plan import Plan, Step, plan_of
from launchready.guard.words import render

__all__ = ["Allowed", "GuardError", "Loss", "Plan", "Step", "Verdict", "judge", "losses", "plan_of", "render"]

"""Faults on request: what networks, busy APIs and power cuts do, at chosen calls, the same every time.

plan     which call meets which fault: by seed and rate, or by a list; pure
desk     the plan in force, the calls that came, the faults that fired
serving  faults of the Cloudflare API, at the level of HTTP
aws      faults of the AWS endpoint, one request a connection
kill     SIGKILL of a run when a call arrives, or after it took effect
"""

from __future__ import annotations

from launchready.edge.faults.desk import FaultDesk
from launchready.edge.faults.plan import AWS_KINDS, KINDS, Plan, read_plan

__all__ = ["AWS_KINDS", "KINDS", "FaultDesk", "Plan", "read_plan"]

"""The plan in force, the calls that came meanwhile, and the faults that fired."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field

from launchready.edge.faults.kill import kill_group
from launchready.edge.faults.plan import KINDS, SERVICES, Fault, Json, Plan, read_plan
from launchready.errors import InputError

KEPT = 20_000
"""Calls and faults that are remembered, the latest."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A call: the ``number``th of its service since the plan was made."""

    service: str
    number: int
    method: str
    path: str
    fault: Fault | None


@dataclass(slots=True)
class FaultDesk:
    """One for each edge. Without a plan nothing is counted and nothing costs."""

    plan: Plan | None = None
    _counts: Counter[str] = field(default_factory=Counter)
    _calls: deque[Arrival] = field(default_factory=lambda: deque(maxlen=KEPT))
    _fired: deque[Json] = field(default_factory=lambda: deque(maxlen=KEPT))

    def arrive(self, service: str, method: str, path: str) -> Arrival:
        """Count a call, and say what it meets; what it meets is on the list from now on."""
        self._counts[service] += 1
        number = self._counts[service]
        fault = self.plan.judge(service, number, method, path) if self.plan is not None else None
        arrival = Arrival(service, number, method, path, fault)
        self._calls.append(arrival)
        if fault is not None:
            self._fired.append({**_shown(arrival), "kind": fault.kind})
        return arrival

    def kill(self, fault: Fault) -> None:
        """Let the fault's process group die."""
        if fault.options.group is None:
            return
        told: Json = {}
        try:
            told["killed"] = kill_group(fault.options.group, fault.options.program)
        except InputError as error:
            told = {"killed": [], "problem": error.what}
        if self._fired:
            self._fired[-1].update(told)

    # ---- the control API ------------------------------------------------------------------------

    def show(self) -> Json:
        """The plan, how many calls came, which ones, and every fault that fired."""
        return {
            "plan": self.plan.given if self.plan is not None else None,
            "counted": {service: self._counts[service] for service in SERVICES},
            "calls": [_shown(one) for one in self._calls],
            "fired": list(self._fired),
            "kinds": dict(KINDS),
        }

    def put(self, given: object) -> Json:
        """A new plan in the place of the old one; counting begins anew. Raises InputError."""
        plan = read_plan(given)
        self.drop()
        self.plan = plan
        return self.show()

    def drop(self) -> Json:
        """No more faults, and nothing remembered."""
        fired = len(self._fired)
        self.plan = None
        self._counts.clear()
        self._calls.clear()
        self._fired.clear()
        return {"fired": fired}


def _shown(arrival: Arrival) -> Json:
    return {
        "service": arrival.service,
        "number": arrival.number,
        "method": arrival.method,
        "path": arrival.path,
    }

"""Which call meets which fault. Pure: the same plan and the same calls give the same faults.

A plan draws (``seed``, ``rate``, ``kinds``) or lists (``faults``: the nth call that fits a pattern), or both;
what is listed goes first. Call n of a service is judged by a generator of its own, so that what one call
meets never depends on what others met.
"""

from __future__ import annotations

import fnmatch
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from launchready.errors import InputError

Json = dict[str, Any]
CLOUDFLARE, AWS = "cloudflare", "aws"
SERVICES = (CLOUDFLARE, AWS)

KINDS: Mapping[str, str] = {
    "429": "too many requests, and nothing said of when to come back",
    "429_retry_after": "too many requests, with Retry-After",
    "5xx_before": "an error of the server; nothing was done",
    "5xx_after": "an error of the server; it was done all the same",
    "timeout_before": "no answer; nothing was done",
    "timeout_after": "no answer; it was done all the same",
    "reset_before": "the connection is reset; nothing was done",
    "reset_after": "the connection is reset; it was done all the same",
    "partial_batch": "a batch that took effect, its answer lost on the way",
    "slow": "a slow answer",
    "truncated": "done, and half of the answer comes",
    "kill_before": "a process group dies (SIGKILL) as the call arrives; nothing was done",
    "kill_after": "a process group dies (SIGKILL) once it was done, before the answer",
}
"""Kind → what it is."""
AWS_KINDS = frozenset(KINDS) - {"429", "429_retry_after", "partial_batch"}
"""Those of the AWS endpoint, whose protocols say "slow down" in other ways."""
DRAWN = tuple(kind for kind in KINDS if not kind.startswith("kill"))
"""What a seed draws from unless told: nothing that kills."""
MOST_FAULTS = 10_000
_AFTER = frozenset({"5xx_after", "timeout_after", "reset_after", "partial_batch", "truncated", "kill_after"})
_BATCH = "/dns_records/batch"


@dataclass(frozen=True, slots=True)
class Options:
    """What kinds take. ``seconds``: of a slow answer; ``hold``: until a call without answer is hung up on;
    ``retry_after``: seconds told; ``status``: of a 5xx; ``group``: the process group that is killed, of it
    only processes with ``program`` in their command line (None: all, and their descendants)."""

    seconds: float = 0.2
    hold: float = 30.0
    retry_after: int = 1
    status: int = 503
    group: int | None = None
    program: str | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault for one call."""

    kind: str
    options: Options

    @property
    def after(self) -> bool:
        """Whether the call takes effect first."""
        return self.kind in _AFTER


@dataclass(slots=True)
class Listed:
    """A fault at the ``nth`` call that fits (None: at each), ``times`` times at most."""

    fault: Fault
    service: str
    method: str
    path: str
    nth: int | None
    times: int | None
    seen: int = 0
    fired: int = 0

    def takes(self, service: str, method: str, path: str) -> bool:
        if service != self.service or not _fits(method, self.method) or not _fits(path, self.path):
            return False
        self.seen += 1
        if self.nth is not None and not self.nth <= self.seen < self.nth + (self.times or 1):
            return False
        if self.nth is None and self.times is not None and self.fired >= self.times:
            return False
        self.fired += 1
        return True


@dataclass(slots=True)
class Plan:
    """``most``: how many faults are drawn at most. ``given``: the plan as it was asked for."""

    seed: int = 0
    rate: float = 0.0
    kinds: tuple[str, ...] = DRAWN
    services: tuple[str, ...] = SERVICES
    most: int = MOST_FAULTS
    options: Options = field(default_factory=Options)
    listed: list[Listed] = field(default_factory=list)
    given: Json = field(default_factory=dict)
    drawn: int = 0

    def judge(self, service: str, number: int, method: str, path: str) -> Fault | None:
        """What call ``number`` (from 1) of a service meets; None: it is served."""
        taken = [one.fault for one in self.listed if one.takes(service, method, path)]
        if taken:
            return taken[0]
        if service not in self.services or self.drawn >= self.most:
            return None
        chance = random.Random(f"{self.seed}/{service}/{number}")  # noqa: S311 - reproducible, no secret
        if chance.random() >= self.rate:
            return None
        fitting = [kind for kind in self.kinds if _possible(kind, service, path)]
        if not fitting:
            return None
        self.drawn += 1
        return Fault(chance.choice(fitting), self.options)


def _possible(kind: str, service: str, path: str) -> bool:
    if service == AWS:
        return kind in AWS_KINDS
    return kind != "partial_batch" or path.endswith(_BATCH)


def _fits(path: str, pattern: str) -> bool:
    return fnmatch.fnmatchcase(path, pattern)


def read_plan(given: object) -> Plan:
    """The plan that a JSON object asks for. Raises InputError that names the key."""
    body = _object(given, "a plan")
    known = {"seed", "rate", "kinds", "services", "most", "faults", *Options.__dataclass_fields__}
    _known(body, known, "a plan")
    options = _options(body, Options())
    plan = Plan(
        seed=_whole(body, "seed", 0, low=0),
        rate=_share(body.get("rate", 0.0)),
        kinds=_kinds(body.get("kinds"), options),
        services=_services(body.get("services")),
        most=_whole(body, "most", MOST_FAULTS, low=0),
        options=options,
        given=dict(body),
    )
    faults = body.get("faults", [])
    if not isinstance(faults, list) or len(faults) > MOST_FAULTS:
        raise InputError(f"faults: a list of {MOST_FAULTS} faults at most")
    plan.listed = [_listed(one, options) for one in faults]
    return plan


def _listed(given: object, options: Options) -> Listed:
    body = _object(given, "a fault")
    _known(
        body, {"kind", "service", "method", "path", "nth", "times", *Options.__dataclass_fields__}, "a fault"
    )
    own = _options(body, options)
    service = str(body.get("service", CLOUDFLARE))
    if service not in SERVICES:
        raise InputError(f"faults: there is no service {service!r}", fix=f"one of {', '.join(SERVICES)}")
    kind = _kind(body.get("kind"), own)
    if service == AWS and kind not in AWS_KINDS:
        raise InputError(f"faults: {kind} is none of AWS's", fix=f"one of {', '.join(sorted(AWS_KINDS))}")
    nth = _whole(body, "nth", 0, low=1) or None
    times = _whole(body, "times", 0, low=1) or None
    method, path = body.get("method", "*"), body.get("path", "*")
    if not isinstance(method, str) or not isinstance(path, str):
        raise InputError('faults: "method" and "path" are texts', fix='"POST", "/zones/*/dns_records"')
    return Listed(Fault(kind, own), service, method.upper(), path, nth, times)


def _options(body: Mapping[str, Any], base: Options) -> Options:
    base = replace(
        base,
        seconds=_number(body, "seconds", base.seconds, 600.0),
        hold=_number(body, "hold", base.hold, 600.0),
        retry_after=_whole(body, "retry_after", base.retry_after, low=0),
        status=_whole(body, "status", base.status, low=500),
    )
    group = body.get("group", base.group)
    if group is not None and (isinstance(group, bool) or not isinstance(group, int) or group < 2):
        raise InputError("faults: group is the number of a process group")
    program = body.get("program", base.program)
    if program is not None and not isinstance(program, str):
        raise InputError("faults: program is a text of a command line")
    if base.status > 599:
        raise InputError("faults: status is one of a server's errors, 500 to 599")
    return replace(base, group=group, program=program)


def _kind(given: object, options: Options) -> str:
    if given not in KINDS:
        raise InputError(f"faults: there is no kind {given!r}", fix=f"one of {', '.join(KINDS)}")
    kind = str(given)
    if kind.startswith("kill") and options.group is None:
        raise InputError(f"faults: {kind} needs a group", fix='"group": the number of a process group')
    return kind


def _kinds(given: object, options: Options) -> tuple[str, ...]:
    if given is None:
        return DRAWN
    if not isinstance(given, list) or not given:
        raise InputError("faults: kinds is a list of kinds", fix=f"of {', '.join(KINDS)}")
    return tuple(_kind(one, options) for one in given)


def _services(given: object) -> tuple[str, ...]:
    if given is None:
        return SERVICES
    if not isinstance(given, list) or not set(given) <= set(SERVICES):
        raise InputError(f"faults: services is a list of {', '.join(SERVICES)}")
    return tuple(given)


def _share(given: object) -> float:
    if isinstance(given, bool) or not isinstance(given, int | float) or not 0 <= given <= 1:
        raise InputError("faults: rate is a share, 0 to 1")
    return float(given)


def _number(body: Mapping[str, Any], key: str, default: float, high: float) -> float:
    value = body.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= high:
        raise InputError(f"faults: {key} is a number of seconds, 0 to {high:g}")
    return float(value)


def _whole(body: Mapping[str, Any], key: str, default: int, *, low: int) -> int:
    if key not in body:
        return default
    value = body[key]
    if isinstance(value, bool) or not isinstance(value, int) or value < low:
        raise InputError(f"faults: {key} is a whole number, {low} or more")
    return value


def _object(given: object, what: str) -> Mapping[str, Any]:
    if not isinstance(given, dict):
        raise InputError(f"faults: {what} is a JSON object", fix='{"seed": 1, "rate": 0.05}')
    return given


def _known(body: Mapping[str, Any], known: Sequence[str] | set[str], what: str) -> None:
    for key in body:
        if key not in known:
            raise InputError(f"faults: {what} has no {key!r}", fix=f"it has {', '.join(sorted(known))}")

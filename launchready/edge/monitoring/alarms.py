"""When a CloudWatch alarm is in which state: pure functions from datapoints to a verdict.

Sources: Amazon CloudWatch User Guide, "Evaluating an alarm", "Configuring how CloudWatch alarms treat
missing data". Windows roll: the last one ends now, as CloudWatch evaluates an alarm every minute.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

OK, ALARM, INSUFFICIENT = "OK", "ALARM", "INSUFFICIENT_DATA"
SHORT_PERIOD = 300
"""Up to this period CloudWatch looks at more windows than it evaluates, to bridge late data."""
LOOK_BACK = 2


@dataclass(frozen=True, slots=True)
class Datum:
    """One value of a metric (``count`` 1), or a set of statistics, at ``at`` seconds since the epoch."""

    at: float
    total: float
    low: float
    high: float
    count: float = 1.0


@dataclass(frozen=True, slots=True)
class Rule:
    """What an alarm looks for."""

    period: int
    periods: int
    needed: int
    """Breaching datapoints among ``periods`` that make an alarm."""
    comparison: str
    threshold: float
    missing: str = "missing"
    """missing | ignore | breaching | notBreaching."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The state that follows, and why."""

    state: str
    reason: str
    datapoints: tuple[float, ...] = ()


_COMPARISONS: dict[str, tuple[Callable[[float, float], bool], str]] = {
    "GreaterThanOrEqualToThreshold": (lambda v, t: v >= t, "greater than or equal to"),
    "GreaterThanThreshold": (lambda v, t: v > t, "greater than"),
    "LessThanThreshold": (lambda v, t: v < t, "less than"),
    "LessThanOrEqualToThreshold": (lambda v, t: v <= t, "less than or equal to"),
}


def comparison_words(comparison: str) -> str:
    """``LessThanThreshold`` → "less than"."""
    known = _COMPARISONS.get(comparison)
    return known[1] if known is not None else comparison


def windows(rule: Rule) -> int:
    """How many windows are looked at: more than are evaluated, where the period is short."""
    return rule.periods + (LOOK_BACK if rule.period <= SHORT_PERIOD else 0)


def series(
    data: Sequence[Datum], period: int, count: int, now: float, statistic: str
) -> list[tuple[float, float] | None]:
    """(start, value) of each of the last ``count`` windows, newest first; None where there is no data."""
    held: list[list[Datum]] = [[] for _ in range(count)]
    for datum in data:
        index = math.floor((now - datum.at) / period)
        if datum.at <= now and index < count:
            held[index].append(datum)
    return [
        (now - (index + 1) * period, _statistic(inside, statistic)) if inside else None
        for index, inside in enumerate(held)
    ]


def _statistic(data: Sequence[Datum], name: str) -> float:
    count = sum(d.count for d in data)
    if name == "Sum":
        return sum(d.total for d in data)
    if name == "Minimum":
        return min(d.low for d in data)
    if name == "Maximum":
        return max(d.high for d in data)
    if name == "SampleCount":
        return count
    if name == "Average":
        return sum(d.total for d in data) / count
    return _percentile(sorted(d.total / d.count for d in data), float(name.lstrip("p")))


def _percentile(values: Sequence[float], percent: float) -> float:
    """Linear interpolation between the closest ranks."""
    rank = (len(values) - 1) * percent / 100
    low = math.floor(rank)
    high = min(low + 1, len(values) - 1)
    return values[low] + (values[high] - values[low]) * (rank - low)


def evaluate(rule: Rule, found: Sequence[tuple[float, float] | None], state: str) -> Verdict:
    """The verdict over ``found`` (of ``series``, newest first) for an alarm that is in ``state``."""
    breaches, _ = _COMPARISONS[rule.comparison]
    present = [point for point in found if point is not None]
    if len(present) >= rule.periods:
        considered = present[: rule.periods]
        bad = [point for point in considered if breaches(point[1], rule.threshold)]
        return _decided(rule, considered, len(bad), state)
    if not present and rule.missing in ("missing", "ignore"):
        if rule.missing == "ignore":
            return Verdict(state, "there is no data, and missing data is ignored")
        return Verdict(INSUFFICIENT, _no_data(rule, "missing"))
    bad_points = [point for point in present if breaches(point[1], rule.threshold)]
    absent = rule.periods - len(present)
    if rule.missing == "breaching":
        if not present:
            return Verdict(ALARM, _no_data(rule, "Breaching"))
        return _decided(rule, present, len(bad_points) + absent, state)
    if rule.missing == "notBreaching":
        if not present:
            return Verdict(OK, _no_data(rule, "NonBreaching"))
        return _decided(rule, present, len(bad_points), state)
    return _with_gaps(rule, present, len(bad_points), state)


def _with_gaps(rule: Rule, present: Sequence[tuple[float, float]], bad: int, state: str) -> Verdict:
    """Some data is missing, and is neither good nor bad: what is there decides.

    With nothing but breaching data, an alarm is raised early, unless missing data is to be ignored.
    """
    if bad >= rule.needed or bad < len(present):
        return _decided(rule, present, bad, state)
    if rule.missing == "ignore":
        return Verdict(state, "too little data to change the state")
    return _decided(rule, present, rule.needed, state)


def _decided(rule: Rule, points: Sequence[tuple[float, float]], bad: int, state: str) -> Verdict:
    now = ALARM if bad >= rule.needed else OK
    listed = ", ".join(f"{value:g} ({_time(start)})" for start, value in points)
    verb = "was" if len(points) == 1 else "were"
    negation = "" if now == ALARM else "not "
    counted = min(bad, len(points)) if now == ALARM else len(points)
    reason = (
        f"Threshold Crossed: {counted} out of the last {len(points)} datapoints [{listed}] {verb} {negation}"
        f"{comparison_words(rule.comparison)} the threshold ({rule.threshold:g}) "
        f"(minimum {rule.needed} datapoint{'s' * (rule.needed > 1)} for {state} -> {now} transition)."
    )
    return Verdict(now, reason, tuple(value for _, value in points))


def _no_data(rule: Rule, treated: str) -> str:
    plural, verb = ("s", "were") if rule.periods > 1 else ("", "was")
    if treated == "missing":
        return (
            f"Insufficient Data: no datapoints were received for {rule.periods} period{plural} of "
            f"{rule.period} s."
        )
    return (
        f"Threshold Crossed: no datapoints were received for {rule.periods} period{plural} of {rule.period} "
        f"s and {rule.periods} missing datapoint{plural} {verb} treated as [{treated}]."
    )


def _time(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%d/%m/%y %H:%M:%S")

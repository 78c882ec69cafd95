"""Which moments of a stretch of edge time are played, when the clock is advanced: pure.

A health check answers the same as long as nothing changes, so of a long stretch only the rounds that can
turn its status are played (``threshold`` of them), and one at the end.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

MINUTE = 60.0
CLOSE = 0.001
"""Seconds by which sums of times may be wrong."""
FIRST_MINUTES = 15
LAST_MINUTES = 5


@dataclass(frozen=True, slots=True)
class Series:
    """Rounds of one health check: the first at ``due``, then every ``interval`` seconds."""

    id: str
    due: float
    interval: float
    threshold: int


def rounds(series: Series, begin: float, end: float) -> list[float]:
    """At most ``threshold`` + 1 of its moments in [begin, end]; what is overdue is probed at once."""
    first = max(series.due, begin)
    if first > end:
        return []
    count = int((end - first + CLOSE) // series.interval) + 1
    played = [first + step * series.interval for step in range(min(count, series.threshold))]
    last = first + (count - 1) * series.interval
    return [*played, last] if count > series.threshold else played


def moments(all_series: Iterable[Series], begin: float, end: float) -> list[tuple[float, tuple[str, ...]]]:
    """Every moment to stop at, in order, with the ids that are probed then. Alarms are looked at in each."""
    stops: dict[float, list[str]] = {}
    for series in all_series:
        for at in rounds(series, begin, end):
            stops.setdefault(at, []).append(series.id)
    minutes = int((end - begin) // MINUTE)
    first = range(1, min(minutes, FIRST_MINUTES) + 1)
    last = range(max(1, minutes - LAST_MINUTES), minutes + 1)
    for minute in {*first, *last}:
        stops.setdefault(begin + minute * MINUTE, [])
    stops.setdefault(end, [])
    return [(at, tuple(ids)) for at, ids in sorted(stops.items())]

"""How often each visitor asked: counters over a sliding period, and who is kept out until when.

Times are seconds of the edge's own clock, so an advanced clock lets visitors in again. A period is looked at
in slices, which makes a counter's size independent of how much it counts: it forgets a request up to a
fiftieth of the period late. What was not asked for longest is forgotten first when there are too many.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Hashable
from dataclasses import dataclass, field

SLICES = 50
MAX_COUNTERS = 20_000


@dataclass(slots=True)
class _Counter:
    """``slices``: number of the slice, requests in it; the oldest first."""

    slices: deque[tuple[int, int]] = field(default_factory=deque)
    until: float = 0.0


class RateCounters:
    """One counter for each key (a rule and the visitor's characteristics)."""

    def __init__(self, most: int = MAX_COUNTERS) -> None:
        self._most = most
        self._counters: OrderedDict[Hashable, _Counter] = OrderedDict()

    def __len__(self) -> int:
        return len(self._counters)

    def add(self, key: Hashable, now: float, period: float) -> int:
        """Count one request; gives the requests of the last ``period``, this one included."""
        counter = self._counters.setdefault(key, _Counter())
        self._counters.move_to_end(key)
        if len(self._counters) > self._most:
            self._counters.popitem(last=False)
        slice_now = int(now * SLICES / period)
        if counter.slices and counter.slices[-1][0] == slice_now:
            counter.slices[-1] = (slice_now, counter.slices[-1][1] + 1)
        else:
            counter.slices.append((slice_now, 1))
        return _total(counter, slice_now)

    def total(self, key: Hashable, now: float, period: float) -> int:
        """The requests of the last ``period``."""
        counter = self._counters.get(key)
        return 0 if counter is None else _total(counter, int(now * SLICES / period))

    def keep_out(self, key: Hashable, until: float) -> None:
        """From now on ``until`` says when the visitor is let in again."""
        self._counters.setdefault(key, _Counter()).until = until

    def until(self, key: Hashable) -> float:
        """When the visitor is let in again; in the past for everyone who is not kept out."""
        counter = self._counters.get(key)
        return 0.0 if counter is None else counter.until

    def clear(self) -> None:
        """Everyone starts anew."""
        self._counters.clear()


def _total(counter: _Counter, slice_now: int) -> int:
    while counter.slices and counter.slices[0][0] <= slice_now - SLICES:
        counter.slices.popleft()
    return sum(count for _, count in counter.slices)

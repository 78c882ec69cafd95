"""How often each check was tripped that had to be, and how often it raised an alarm over a good client."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

TWIN, GOOD = "twin", "good client"
"""Properties that the tests record: ``[trips, fails]``, and what a good client fails."""


@dataclass
class Rates:
    """Counts by check. ``wanted``: twins that list it; ``caught``: those that tripped it."""

    twins: int = 0
    good: int = 0
    wanted: Counter[str] = field(default_factory=Counter)
    caught: Counter[str] = field(default_factory=Counter)
    unwanted: Counter[str] = field(default_factory=Counter)
    """Twins that tripped it and do not list it."""
    alarms: Counter[str] = field(default_factory=Counter)
    """Good clients that it failed."""

    @classmethod
    def of(cls, properties: Iterable[tuple[str, Any]]) -> Rates:
        """From what the tests recorded; other properties are left alone."""
        rates = cls()
        for name, value in properties:
            if name == TWIN:
                rates._twin(*value)
            elif name == GOOD:
                rates.good += 1
                rates.alarms.update(set(value))
        return rates

    def _twin(self, trips: Sequence[str], fails: Sequence[str]) -> None:
        self.twins += 1
        self.wanted.update(set(trips))
        self.caught.update(set(trips) & set(fails))
        self.unwanted.update(set(fails) - set(trips))

    def lines(self) -> list[str]:
        """One line for each check, then the sums."""
        checks = sorted({*self.wanted, *self.unwanted, *self.alarms})
        width = max((len(check) for check in checks), default=0)
        lines = [
            f"{check:<{width}}  {self.caught[check]} of {self.wanted[check]} twins caught, "
            f"{self.alarms[check]} false alarms" + self._more(check)
            for check in checks
        ]
        caught, wanted, alarms = self.caught.total(), self.wanted.total(), self.alarms.total()
        share = f"{100 * caught / wanted:.1f} %" if wanted else "none"
        lines.append(
            f"{len(checks)} checks, {self.twins} twins: {caught} of {wanted} caught ({share}); "
            f"{alarms} false alarms over {self.good} good clients"
        )
        return lines

    def _more(self, check: str) -> str:
        return f", {self.unwanted[check]} twins besides" if self.unwanted[check] else ""

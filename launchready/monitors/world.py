"""What a drill needs of the world that it breaks: an edge, or production."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from launchready.monitors.aws import Client, Target
from launchready.monitors.result import Channel


class World(Protocol):
    """``mend`` must be harmless when nothing is broken: it is called whatever happens."""

    target: str
    """``edge`` or ``live``."""
    method: str
    step: float
    """Seconds between two looks."""
    all_clear: float
    """Seconds that the all-clear may take."""
    clears_told: bool
    """Does the world tell when the all-clear arrived (and not only that the alarm is over)?"""

    @property
    def client(self) -> Client:
        """AWS's clients."""
        ...

    async def now(self) -> datetime:
        """The world's time, aware."""
        ...

    async def prepare(self, target: Target) -> None:
        """Undo what a drill that was killed left behind."""
        ...

    async def break_(self, target: Target) -> None: ...
    async def mend(self, target: Target) -> None: ...
    async def wait(self, seconds: float) -> None:
        """Let the world's time pass."""
        ...

    async def heard(self, channel: Channel, alarm: str, state: str, since: datetime) -> datetime | None:
        """When the message of that state reached the channel; None: not yet."""
        ...

    async def ask(self, channels: list[Channel], alarm: str, at: datetime) -> list[str] | None:
        """Live: ask a person which channels rang; sets their times. Names that nobody could tell of.

        None where the world tells by itself (``heard``).
        """
        ...

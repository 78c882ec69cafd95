"""Connections that were used and may be used again: a handshake costs more than what it is made for.

Only what asks for nothing but a page takes one from here. A look that must be independent, a burst and a
visitor of the portal always make a connection of their own.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from dataclasses import dataclass, field

MOST_PER_PLACE = 3
"""Connections to one place that are kept, and that such requests use at a time."""
IDLE_SECONDS = 4.0
"""Servers hang up on what rests longer (the usual ones after 5 s and more)."""

Place = tuple[str, int, str]
"""Host and port of the socket, and the name that the handshake was for; "" in clear."""


@dataclass(slots=True)
class Connection:
    """One connection to a place. ``used``: has it carried an answer already?"""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    used: bool = False
    rests_since: float = 0.0

    def abort(self) -> None:
        self.writer.transport.abort()

    @property
    def alive(self) -> bool:
        """Open, silent (what comes unasked belongs to no question), and not at rest for long."""
        silent = not self.reader.at_eof() and not getattr(self.reader, "_buffer", b"")
        rested = time.monotonic() - self.rests_since
        return silent and not self.writer.transport.is_closing() and rested < IDLE_SECONDS


@dataclass(slots=True)
class Connections:
    """The connections of one run that rest."""

    _resting: dict[Place, list[Connection]] = field(default_factory=lambda: defaultdict(list))
    _turns: dict[Place, asyncio.Semaphore] = field(
        default_factory=lambda: defaultdict(lambda: asyncio.Semaphore(MOST_PER_PLACE))
    )

    def turn(self, place: Place) -> asyncio.Semaphore:
        """Who asks over kept connections waits here, so that there are few of them."""
        return self._turns[place]

    def take(self, place: Place) -> Connection | None:
        """One that rests, the last used first; None when there is none that still lives."""
        resting = self._resting[place]
        while resting:
            found = resting.pop()
            if found.alive:
                return found
            found.abort()
        return None

    def give(self, place: Place, connection: Connection) -> None:
        """Keep a connection for whoever comes next, when there is room."""
        connection.used, connection.rests_since = True, time.monotonic()
        if len(self._resting[place]) < MOST_PER_PLACE:
            self._resting[place].append(connection)
        else:
            connection.abort()

    def close(self) -> None:
        """Hang up."""
        for resting in self._resting.values():
            for connection in resting:
                connection.abort()
        self._resting.clear()

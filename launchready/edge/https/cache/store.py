"""Where answers are kept: in memory, bounded by bytes, the least recently used going first."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from launchready.edge.https.cache.key import Key
from launchready.edge.https.messages import Headers, Response

MEBIBYTE = 1 << 20
OVERHEAD = 512
"""Bytes that an entry is taken to cost besides its body and headers."""


@dataclass(frozen=True, slots=True)
class CacheLimits:
    """Bytes: of everything kept and being fetched, and of one answer. Longer ones pass through."""

    total: int = 64 * MEBIBYTE
    object: int = 16 * MEBIBYTE


@dataclass(slots=True)
class Entry:
    """One kept answer. Times are the edge clock's monotonic seconds; ``ttl`` counts from ``born``.

    ``url``: host and path, for purges; ``tags``: the origin's Cache-Tag, in lower case.
    """

    status: int
    headers: Headers
    body: bytes
    born: float
    ttl: float
    host: str
    path: str
    tags: frozenset[str] = frozenset()
    swr: float = 0.0
    """Seconds past its freshness during which it may be served while it is fetched anew."""
    stale_if_error: float = 0.0
    """Seconds past its freshness during which it may be served when the origin can't be reached."""

    @property
    def size(self) -> int:
        return OVERHEAD + len(self.body) + sum(len(name) + len(value) for name, value in self.headers)

    def age(self, now: float) -> int:
        return max(0, int(now - self.born))

    def is_fresh(self, now: float) -> bool:
        return now - self.born < self.ttl

    def stale_for(self, now: float) -> float:
        """Seconds since it was fresh."""
        return now - self.born - self.ttl

    def header(self, name: str) -> str:
        return next((value for key, value in self.headers if key == name), "")

    def response(self) -> Response:
        return Response(self.status, list(self.headers), self.body)


@dataclass(slots=True)
class Store:
    """``(zone id, key)`` → entry. ``reserved``: bytes of answers that are arriving."""

    limits: CacheLimits
    size: int = 0
    reserved: int = 0
    _entries: OrderedDict[tuple[str, Key], Entry] = field(default_factory=OrderedDict)

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, zone: str, key: Key) -> Entry | None:
        entry = self._entries.get((zone, key))
        if entry is not None:
            self._entries.move_to_end((zone, key))
        return entry

    def put(self, zone: str, key: Key, entry: Entry) -> None:
        """Keep the entry, in place of the one before, and let others go for it."""
        self.drop(zone, key)
        self._entries[zone, key] = entry
        self.size += entry.size
        self._make_room()

    def drop(self, zone: str, key: Key) -> None:
        entry = self._entries.pop((zone, key), None)
        if entry is not None:
            self.size -= entry.size

    def drop_where(self, zone: str, unwanted: Callable[[Entry], bool]) -> int:
        """Drop every entry of a zone that ``unwanted`` names; how many that were."""
        gone = [place for place, entry in self._entries.items() if place[0] == zone and unwanted(entry)]
        for place in gone:
            self.drop(*place)
        return len(gone)

    def reserve(self, count: int) -> bool:
        """Take room for arriving bytes; False when everything kept would have to go for them."""
        if self.reserved + count > self.limits.total:
            return False
        self.reserved += count
        self._make_room()
        return True

    def release(self, count: int) -> None:
        self.reserved -= count

    def _make_room(self) -> None:
        while self._entries and self.size + self.reserved > self.limits.total:
            _, entry = self._entries.popitem(last=False)
            self.size -= entry.size

    def entries(self, zone: str) -> Iterator[Entry]:
        return (entry for (owner, _), entry in self._entries.items() if owner == zone)

"""Which snapshots may go: the last N stay, and the last of each of the past M days."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from launchready.snapshot.manifest import Kind, Manifest
from launchready.snapshot.store import Store
from launchready.snapshot.take import damage, listed

KEEP = 20
DAYS = 30


def expired(
    found: Sequence[Manifest], good: Iterable[str], now: datetime, *, keep: int = KEEP, days: int = DAYS
) -> tuple[str, ...]:
    """Ids of the snapshots that may go, each world (live, or an edge) counted by itself.

    ``good``: ids of those that are intact. Never among them: the newest good one of a launch, the newest
    good one at all, and what another one that stays names as its beginning.
    """
    intact, gone = set(good), []
    for world in dict.fromkeys(one.world for one in found):
        mine = sorted((one for one in found if one.world == world), key=lambda one: one.id)
        gone += _expired(mine, intact, now, keep, days)
    return tuple(gone)


def _expired(mine: Sequence[Manifest], intact: set[str], now: datetime, keep: int, days: int) -> list[str]:
    stays = {one.id for one in mine[-keep:]} if keep > 0 else set()
    since = now - timedelta(days=days)
    last_of_day = {one.at.date(): one.id for one in mine if one.at >= since}
    stays |= set(last_of_day.values())
    for chosen in (
        [one for one in mine if one.id in intact],
        [one for one in mine if one.id in intact and one.kind is Kind.LAUNCH],
    ):
        stays |= {one.id for one in chosen[-1:]}
    newest = next((one for one in reversed(mine) if one.kind is Kind.LAUNCH and one.id in stays), None)
    if newest is not None and newest.before is not None:
        stays.add(newest.before)
    return [one.id for one in mine if one.id not in stays]


def prune(store: Store, now: datetime, *, keep: int = KEEP, days: int = DAYS) -> tuple[str, ...]:
    """Delete what has expired; the ids. Raises StoreError. What can't be read is left for a person."""
    found, _ = listed(store)
    if len(found) <= keep:
        return ()
    gone = expired(found, _newest_good(store, found), now, keep=keep, days=days)
    for snapshot in gone:
        store.delete(snapshot)
    return gone


def _newest_good(store: Store, found: Sequence[Manifest]) -> set[str]:
    """Of each world the newest intact snapshot, and the newest intact one of a launch: all that matters."""
    good: set[str] = set()
    wanted: set[tuple[str, Kind | None]] = {
        (one.world, kind) for one in found for kind in (None, Kind.LAUNCH)
    }
    for one in reversed(found):
        served = {(one.world, None), (one.world, one.kind)} & wanted
        if served and not damage(store, one):
            good.add(one.id)
            wanted -= served
    return good

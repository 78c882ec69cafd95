"""Which snapshot a rollback goes back to, when nobody names one. Pure.

| the last change | target |
| --- | --- |
| did not end, or took the launch down | what it found |
| was a launch, and nobody has touched what is live since | what that launch found |
| was a launch, and what is live has been changed by hand since | that launch |
| was a rollback | what it went back to: the same command twice does the same once |
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from launchready.errors import InputError
from launchready.snapshot.manifest import Kind, Manifest

ROLLBACK = "rollback"


@dataclass(frozen=True, slots=True)
class Target:
    """``why``: a sentence. ``step``: does it undo the last launch, and nothing else?"""

    manifest: Manifest
    why: str
    step: bool = False


def choose(found: Sequence[Manifest], world: str, digest: str | None, to: str | None) -> Target:
    """The target among the snapshots of one world, oldest first.

    ``digest``: of what is live now, None without a zone. Raises InputError when there is none.
    """
    mine = [one for one in found if one.world == world]
    if to is not None:
        return _named(mine, found, to)
    usable = [one for one in mine if one.client_file != "none"]
    if not usable:
        raise InputError(
            f"there is no snapshot of an earlier launch ({'none at all' if not mine else 'only of nothing'})",
            fix="`launch up` takes one before and after each change",
        )
    launches = [index for index, one in enumerate(mine) if one.kind is Kind.LAUNCH]
    last = launches[-1] if launches else -1
    trailing = [one for one in mine[last + 1 :] if one.client_file != "none"]
    if trailing:
        return _unfinished(trailing, usable)
    latest = mine[last]
    if latest.reason == ROLLBACK:
        return Target(latest, "what the last rollback went back to")
    if digest != latest.world_digest:
        return Target(latest, "the last launch: what is live was changed by other hands since")
    before = next((one for one in mine if one.id == latest.before), None)
    if before is None or before.client_file == "none":
        raise InputError(
            "there is no launch before the last one, and what is live is what that one made",
            fix="`launch destroy` takes it down; `launch snapshots CLIENT` lists what there is",
        )
    return Target(before, "what the last launch found", step=True)


def _unfinished(trailing: list[Manifest], usable: list[Manifest]) -> Target:
    """Changes that left no launch: the first of them found what is wanted; a rollback goes on."""
    first = trailing[0]
    wanted = next((one for one in usable if one.id == first.to), None)
    if first.reason == ROLLBACK and wanted is not None:
        return Target(wanted, "what the rollback that did not end was to go back to")
    return Target(first, f"what the last change ({first.reason}, which left no launch) found", step=True)


def _named(mine: Sequence[Manifest], found: Sequence[Manifest], to: str) -> Target:
    """``to``: an id, or the beginning of just one."""
    matching = [one for one in mine if one.id == to] or [one for one in mine if one.id.startswith(to)]
    if len(matching) == 1:
        if matching[0].client_file == "none":
            raise InputError(f"{matching[0].id} is of the time before the first launch", fix="launch destroy")
        return Target(matching[0], "named")
    elsewhere = [one for one in found if one.id.startswith(to) and one not in mine]
    if not matching and elsewhere:
        raise InputError(
            f"{elsewhere[0].id} was taken of another world ({elsewhere[0].world})",
            fix="go back on what it was taken of: live without --edge, an edge with it",
        )
    told = f"{len(matching)} snapshots begin with {to}" if matching else f"there is no snapshot {to}"
    raise InputError(told, fix="`launch snapshots CLIENT` lists them")

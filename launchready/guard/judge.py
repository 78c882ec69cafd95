"""Whether a plan may be applied: how many resources go, and whether each loss was named."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from launchready.errors import LaunchreadyError, Where
from launchready.guard.losses import Loss


class GuardError(LaunchreadyError):
    """The guard refuses; nothing was changed (exit code 3)."""


class WorldChangedError(LaunchreadyError):
    """What was shown is no longer what would happen; nothing was changed (exit code 3)."""


@dataclass(frozen=True, slots=True)
class Allowed:
    """What a run may do. ``names``: losses that were named. ``whole``: everything may go (a takedown that
    the client file, or a person who named the domain, allows)."""

    max_delete: int
    names: frozenset[str] = frozenset()
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """``unnamed``: losses that nobody named. ``excess``: resources beyond the allowed number.

    ``unused``: names that were given and that nothing lost answers to.
    """

    deleted: int
    max_delete: int
    unnamed: tuple[Loss, ...] = ()
    unused: tuple[str, ...] = field(default=())

    @property
    def excess(self) -> int:
        return max(0, self.deleted - self.max_delete)

    @property
    def refuses(self) -> bool:
        return bool(self.excess or self.unnamed)

    def name(self, names: Iterable[str]) -> Verdict:
        """The verdict once more of the losses have been named."""
        left = tuple(loss for loss in self.unnamed if not _answers(loss, set(names), self.unnamed))
        return Verdict(self.deleted, self.max_delete, left, self.unused)

    def error(self, where: Where | None = None, *, flag: str = "--allow-loss") -> GuardError:
        """The refusal in words, with what to do."""
        told, advice = [], []
        if self.excess:
            told.append(
                f"{self.deleted} resources would be deleted or replaced, and the client file allows "
                f"{self.max_delete} (launchready:guard.max_delete)"
            )
            advice.append(f"if that is meant, set launchready:guard: {{max_delete: {self.deleted}}}")
        if self.unnamed:
            told.append("would be lost: " + "; ".join(map(str, self.unnamed)))
            named = " ".join(f"{flag} '{loss.name}'" for loss in self.unnamed)
            advice.append(f"if that is meant, name what may be lost: {named}")
        return GuardError(
            "the guard refuses: " + "; and ".join(told) + ". Nothing was changed",
            where=where,
            fix="; ".join(advice),
        )


def judge(deleted: int, losses: Iterable[Loss], allowed: Allowed) -> Verdict:
    """Judge a plan that deletes or replaces ``deleted`` resources and loses ``losses``. Pure."""
    found = tuple(losses)
    if allowed.whole:
        return Verdict(0, allowed.max_delete)
    unnamed = tuple(loss for loss in found if not _answers(loss, allowed.names, found))
    unused = tuple(sorted(name for name in allowed.names if not any(_is(loss, name) for loss in found)))
    return Verdict(deleted, allowed.max_delete, unnamed, unused)


def _answers(loss: Loss, names: Iterable[str], among: tuple[Loss, ...]) -> bool:
    """Was this loss named? A name that several losses answer to names none of them."""
    for name in names:
        if _same(name, loss.name):
            return True
        if _is(loss, name) and sum(_is(other, name) for other in among) == 1:
            return True
    return False


def _is(loss: Loss, name: str) -> bool:
    return any(_same(name, one) for one in loss.names)


def _same(one: str, other: str) -> bool:
    return one.strip().rstrip(".").lower() == other.strip().rstrip(".").lower()

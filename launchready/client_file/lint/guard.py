"""Lints of the guard: a bound that nothing can exceed is none."""

from __future__ import annotations

from collections.abc import Iterator

from launchready.client_file.lint.context import Context
from launchready.client_file.lint.registry import Hit, Level, rule
from launchready.client_file.model import Guard

_DEFAULT = Guard().max_delete


@rule(
    "client_file.guard.loose",
    level=Level.WARNING,
    reference="docs/rollback.md: the guard's number is absolute, and protects a small zone by being small",
    fix="lower guard.max_delete; raise it for the one run that needs more",
)
def the_guard_bounds_something(context: Context) -> Iterator[Hit]:
    """One run may not delete everything that the file declares."""
    most, there = context.client.guard.max_delete, len(context.entries)
    if most > _DEFAULT and most >= there > 0:
        yield Hit("guard.max_delete", f"one run may delete {most} resources, and there are {there} records")

"""Remembers what is derived from a declaration, which is asked for at every check and round."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from launchready.declared.types import Declared

T = TypeVar("T")
KEPT = 4


def once_per_declaration(function: Callable[[Declared], T]) -> Callable[[Declared], T]:
    """Cache by identity: a declaration holds plain mappings, so it can't be hashed, and never changes."""
    known: list[tuple[Declared, T]] = []

    def wrapper(declared: Declared) -> T:
        for kept, value in known:
            if kept is declared:
                return value
        value = function(declared)
        known.insert(0, (declared, value))
        del known[KEPT:]
        return value

    wrapper.__doc__ = function.__doc__
    return wrapper

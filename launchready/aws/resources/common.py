"""What the resources share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

Props = Mapping[str, Any]
Change = tuple[bool, list[str], bool]
"""Whether anything changes, the keys that need a replacement, whether the old one goes first."""

DRIFTED = "launchready-drifted:"
"""Stands in the state for a value that was changed behind the program's back; never a value itself."""


def change(olds: Props, news: Props, keys: Iterable[str], moving: Iterable[str]) -> Change:
    """A diff over ``keys``; what is in ``moving`` needs a replacement, made before the old one goes."""
    changed = [key for key in keys if olds.get(key) != news.get(key)]
    moved = [key for key in moving if olds.get(key) != news.get(key)]
    return bool(changed or moved), moved, False


def drift(version: object) -> str:
    """The mark for a value that drifted, one for each version, so that it differs from any sealed text."""
    return f"{DRIFTED}{version}"

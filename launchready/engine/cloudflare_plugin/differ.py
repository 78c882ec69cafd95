"""Which parts of two property values differ, as the engine's property paths."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Literal

from launchready.engine.cloudflare_plugin.values import is_known

Change = Literal["add", "delete", "update"]
_PLAIN_KEY = re.compile(r"[A-Za-z_$][A-Za-z0-9_$-]*")


def child(path: str, key: str | int) -> str:
    """The path of a part: ``rules`` and 0 → ``rules[0]``; a key with other characters is quoted."""
    if isinstance(key, int):
        return f"{path}[{key}]"
    if _PLAIN_KEY.fullmatch(key):
        return f"{path}.{key}" if path else key
    return f"{path}[{json.dumps(key)}]"


def changes(path: str, old: Any, new: Any) -> Iterator[tuple[str, Change]]:
    """Every smallest part that differs between two canonical values; None means absent.

    An unknown new value counts as an update of the whole part that it stands for.
    """
    if old is None and new is None:
        return
    if old is None:
        yield path, "add"
    elif new is None:
        yield path, "delete"
    elif isinstance(old, dict) and isinstance(new, dict):
        for key in [*old, *(key for key in new if key not in old)]:
            yield from changes(child(path, key), old.get(key), new.get(key))
    elif isinstance(old, list) and isinstance(new, list):
        for index in range(max(len(old), len(new))):
            before = old[index] if index < len(old) else None
            after = new[index] if index < len(new) else None
            yield from changes(child(path, index), before, after)
    elif not is_known(new) or old != new or isinstance(old, bool) != isinstance(new, bool):
        yield path, "update"


def differ(old: Any, new: Any) -> bool:
    """Whether two canonical values differ."""
    return next(changes("", old, new), None) is not None

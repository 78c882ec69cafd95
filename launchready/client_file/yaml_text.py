"""Writing YAML by hand, so that a generated client file reads as a person would have written it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_./+-]*")
_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null", "none"})
"""Words that some YAML 1.1 reader takes for something else than a string (and none, for the eye)."""


def scalar(value: str | int | bool | None) -> str:
    """One scalar: plain where every YAML reader takes it for the same string, else double-quoted."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if _PLAIN.fullmatch(value) and value.lower() not in _WORDS:
        return value
    # JSON's escapes are a subset of those of YAML's double-quoted style
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\x7F").replace("\u2028", "\\u2028")


def flow(value: object) -> str:
    """A value in flow style, on one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{scalar(str(k))}: {flow(v)}" for k, v in value.items()) + "}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "[" + ", ".join(flow(v) for v in value) + "]"
    if value is None or isinstance(value, str | int | bool):
        return scalar(value)
    raise TypeError(f"no YAML for {type(value).__name__}")

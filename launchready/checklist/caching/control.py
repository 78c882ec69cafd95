"""Cache-Control of an answer, read for judgement (RFC 9111 §5.2), and what contradicts itself in it."""

from __future__ import annotations

import re
from datetime import datetime
from email.utils import parsedate_to_datetime

from launchready.evidence.types import HttpResult

Directives = dict[str, list[str]]
"""Lower-case name → its arguments in order, "" for none."""

_ITEM = re.compile(r"""([!#$%&'*+.^_`|~0-9A-Za-z-]+)(?:\s*=\s*(?:"([^"]*)"|([^\s,]*)))?""")


def directives(result: HttpResult) -> Directives:
    said: Directives = {}
    for name, quoted, bare in _ITEM.findall(result.header("cache-control") or ""):
        said.setdefault(name.lower(), []).append(quoted or bare)
    return said


def seconds(said: Directives, name: str) -> int | None:
    """A delta in seconds, None where there is none."""
    value = said.get(name, [""])[0]
    return int(value) if value.isascii() and value.isdigit() else None


def lifetime(result: HttpResult, now: datetime) -> float | None:
    """Seconds for which a browser may keep an answer without asking; None: nothing is said of it."""
    said = directives(result)
    if "no-store" in said or "no-cache" in said:
        return 0.0
    if (age := seconds(said, "max-age")) is not None:
        return float(age)
    expires = result.header("expires")
    if expires is None:
        return None
    try:
        until, sent = parsedate_to_datetime(expires), parsedate_to_datetime(result.header("date") or "")
        return max(0.0, (until - sent).total_seconds())
    except (TypeError, ValueError):
        return 0.0


def contradictions(result: HttpResult) -> tuple[str, ...]:
    """Sentences about what can't both be meant."""
    said = directives(result)
    told = []
    twice = [name for name, values in said.items() if len(set(values)) > 1]
    told += [f"{name} twice: {', '.join(said[name])}" for name in twice]
    if {"public", "private"} <= said.keys():
        told.append("public and private")
    lasting = [name for name in ("max-age", "s-maxage") if (seconds(said, name) or 0) > 0]
    if "no-store" in said:
        others = [*lasting, *(name for name in ("public", "immutable") if name in said)]
        told += [f"no-store and {name}" for name in others]
    if "no-cache" in said and "immutable" in said:
        told.append("no-cache and immutable")
    if "private" in said and (seconds(said, "s-maxage") or 0) > 0:
        told.append("private and s-maxage")
    return tuple(told)

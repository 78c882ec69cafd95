"""The gateway's patience as a text, for an environment variable: tests and impatient people shorten it."""

from __future__ import annotations

from dataclasses import replace

from launchready.errors import InputError
from launchready.gateway.upstream import Bounds
from launchready.gateway.writes import Gathering

VARIABLE = "LAUNCHREADY_GATEWAY_PACE"
KEYS = ("retries", "first", "answer", "patience")


def pace(text: str) -> tuple[Gathering, Bounds]:
    """From ``retries=2,first=1,answer=120,patience=330``, any of them: how often a lost call is made again,
    seconds before the first time, seconds for one answer, and for waiting out 429s.

    Raises InputError that names the key.
    """
    given: dict[str, float] = {}
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        key, _, value = part.partition("=")
        if key not in KEYS:
            raise InputError(f"{VARIABLE} has no {key!r}", fix=f"use {', '.join(KEYS)}")
        try:
            given[key] = float(value)
        except ValueError:
            raise InputError(f"{VARIABLE}: {key} needs a number, not {value!r}") from None
        if given[key] < 0:
            raise InputError(f"{VARIABLE}: {key} can't be less than 0")
    gathering, bounds = Gathering(), Bounds()
    if "retries" in given:
        gathering = replace(gathering, retries=int(given["retries"]))
        bounds = replace(bounds, rereads=int(given["retries"]))
    if "first" in given:
        gathering = replace(gathering, retry_wait=given["first"])
        bounds = replace(bounds, wait=given["first"])
    return gathering, replace(
        bounds,
        answer=given.get("answer", bounds.answer),
        patience=given.get("patience", bounds.patience),
    )

"""One input property of a resource kind, and whether a value fits it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from launchready.engine.cloudflare_plugin.values import Unknown, plain

Type = Literal["string", "number", "integer", "boolean", "list", "object", "any"]


@dataclass(frozen=True, slots=True)
class Field:
    """One input, by its camelCase name.

    ``default`` is what the official plugin sends, and what absence means. ``replaces``: a change needs a
    new resource. ``path``: part of the URL, not of the body. ``assigned``: when the program leaves it
    out the API decides, and nothing it decides is drift. ``hidden``: the API never shows it again.
    ``usual``: an object's parts that the API fills in, with the values that mean the same as absence.
    ``unordered``: a list whose order means nothing.
    """

    name: str
    type: Type
    required: bool = False
    default: Any = None
    replaces: bool = False
    path: bool = False
    assigned: bool = False
    hidden: bool = False
    usual: Mapping[str, Any] | None = None
    unordered: bool = False
    secret: bool = False
    choices: tuple[str, ...] = ()

    def problem(self, value: Any) -> str | None:
        """Why the value does not fit, or None; unknown values fit. Never repeats the value of a secret."""
        bare = plain(value)
        if bare is None:
            return f"{self.name} is required" if self.required else None
        if isinstance(bare, Unknown):
            return None
        if not _fits(self.type, bare):
            article = "an" if self.type[0] in "aio" else "a"
            return f"{self.name} must be {article} {self.type}, not {_kind_of(bare)}"
        if self.required and bare == "":
            return f"{self.name} must not be empty"
        if self.choices and bare not in self.choices:
            given = "the given value" if self.secret or bare is not value else repr(bare)
            return f"{self.name} must be one of {', '.join(self.choices)}; {given} is not"
        return None


def _fits(type: Type, value: Any) -> bool:
    if type == "any":
        return True
    if type in ("number", "integer"):
        number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        return number and (type == "number" or float(value).is_integer())
    wanted = {"string": str, "boolean": bool, "list": list, "object": dict}[type]
    return isinstance(value, wanted)


def _kind_of(value: Any) -> str:
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, int | float):
        return "a number"
    return {"str": "a string", "list": "a list", "dict": "an object"}.get(type(value).__name__, "that")

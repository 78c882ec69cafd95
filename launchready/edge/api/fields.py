"""Reading typed fields from request bodies: a wrong type is a 400, an unknown key is ignored."""

from __future__ import annotations

from typing import Any

from launchready.edge.api.envelope import refuse
from launchready.edge.state import Json

KINDS: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
    "array": (list,),
    "object": (dict,),
}


def is_kind(value: Any, kind: str) -> bool:
    """JSON's idea of types: ``true`` is no number, ``3.0`` is an integer."""
    if isinstance(value, bool):
        return kind == "boolean"
    if kind == "integer" and isinstance(value, float):
        return value.is_integer()
    return isinstance(value, KINDS[kind])


def read(body: Json, key: str, kind: str, default: Any = None, *, code: int = 9207, path: str = "") -> Any:
    """``body[key]`` if it has that JSON type; ``default`` if absent or null; else a 400."""
    value = body.get(key)
    if value is None:
        return default
    if not is_kind(value, kind):
        where = f"{path}{key}"
        raise refuse(
            400,
            code,
            f"Request body is invalid: {where} must be of type {kind}.",
            source={"pointer": "/" + where.replace(".", "/")},
        )
    return int(value) if kind == "integer" else value


def required(body: Json, key: str, kind: str, *, code: int = 9207, path: str = "") -> Any:
    """Like ``read``, for a key that has to be there."""
    if body.get(key) is None:
        where = f"{path}{key}"
        raise refuse(
            400,
            code,
            f"Request body is invalid: {where} is required.",
            source={"pointer": "/" + where.replace(".", "/")},
        )
    return read(body, key, kind, code=code, path=path)


def choice(value: Any, allowed: tuple[Any, ...], what: str, *, code: int = 9207) -> Any:
    """``value`` if it is one of ``allowed``; else a 400 that lists them."""
    if value not in allowed or isinstance(value, bool) != isinstance(allowed[0], bool):
        listed = ", ".join(str(one) for one in allowed)
        raise refuse(400, code, f"Invalid value for {what}: it must be one of {listed}.")
    return value

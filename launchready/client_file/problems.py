"""pydantic's errors in the file's own words: key, line, what is wrong, the nearest right key."""

from __future__ import annotations

import difflib
import types
from collections.abc import Iterator
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from launchready.client_file.base import Secret
from launchready.client_file.documented import sentences
from launchready.client_file.positions import Key, Positions, key_text
from launchready.client_file.scalars import TAGS
from launchready.client_file.source import kind_of
from launchready.errors import InputError

HIDDEN_FIELDS = frozenset({"client", "path"})
"""Fields of ClientFile that the loader sets and the file can't."""

_KINDS = {
    "string_type": "a string",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "bool_type": "true or false",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "tuple_type": "a list",
    "list_type": "a list",
}


def explain(error: ValidationError, model: type[BaseModel], positions: Positions) -> list[InputError]:
    """One InputError for each of a validation's errors."""
    return [_explain_one(detail, model, positions) for detail in error.errors(include_url=False)]


def _explain_one(detail: ErrorDetails, model: type[BaseModel], positions: Positions) -> InputError:
    path: tuple[Key, ...] = tuple(part for part in detail["loc"] if part not in TAGS and part != "[key]")
    where = positions.where(path)
    kind = detail["type"]
    if kind == "extra_forbidden":
        return InputError(f"unknown key {str(path[-1])!r}", where=where, fix=_nearest(model, path))
    if kind == "missing":
        return InputError(f"lacks the key {str(path[-1])!r}", where=where, fix=f"add {key_text(path)}")
    return InputError(_what(detail), where=where, fix=_advice(detail, model, path))


def _what(detail: ErrorDetails) -> str:
    kind, given = detail["type"], detail.get("input")
    if isinstance(given, Secret):
        return "can't be a secret here"
    if kind in _KINDS:
        shown = f" {given!r}" if kind == "int_parsing" else ""
        return f"must be {_KINDS[kind]}, not {kind_of(given)}{shown}"
    if kind in ("literal_error", "enum"):
        shown = repr(given) if isinstance(given, str | int | float) else kind_of(given)
        return f"must be {detail['ctx']['expected']}, not {shown}"
    if kind == "value_error":
        return str(detail["ctx"]["error"])
    if kind in ("too_short", "string_too_short"):
        return "must not be empty"
    return detail["msg"].replace("Input should be", "must be")


def _advice(detail: ErrorDetails, model: type[BaseModel], path: tuple[Key, ...]) -> str:
    given = detail.get("input")
    if detail["type"] in ("literal_error", "enum") and isinstance(given, str):
        choices = [c.strip("'") for c in detail["ctx"]["expected"].replace(" or ", ", ").split(", ")]
        near = difflib.get_close_matches(given.lower(), choices, 1)
        if near:
            return f"did you mean `{near[0]}`?"
    described = description(model, path)
    return described or "see `launch schema`"


def _nearest(model: type[BaseModel], path: tuple[Key, ...]) -> str:
    known = [name for _, field_names in models_at(model, path[:-1]) for name in field_names]
    near = difflib.get_close_matches(str(path[-1]).lower(), known, 1, 0.5)
    if near:
        return f"did you mean `{near[0]}`?"
    return f"known here: {', '.join(known)}"


def models_at(model: type[BaseModel], path: tuple[Key, ...]) -> Iterator[tuple[type[BaseModel], list[str]]]:
    """The models that can stand at a key path, each with its keys as the file writes them."""
    for annotation in _step_all([model], path):
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            names = [f.alias or n for n, f in annotation.model_fields.items() if n not in HIDDEN_FIELDS]
            yield annotation, names


def description(model: type[BaseModel], path: tuple[Key, ...]) -> str | None:
    """The schema's sentence about a key."""
    while path and isinstance(path[-1], int):
        path = path[:-1]
    for parent, _ in models_at(model, path[:-1]):
        for name, field in parent.model_fields.items():
            if path and (field.alias or name) == path[-1]:
                return field.description or sentences(parent).get(name)
    return None


def _step_all(annotations: list[Any], path: tuple[Key, ...]) -> list[Any]:
    found = [plain for a in annotations for plain in _unwrap(a)]
    for part in path:
        found = [plain for a in found for b in _step(a, part) for plain in _unwrap(b)]
    return found


def _unwrap(annotation: Any) -> Iterator[Any]:
    origin = get_origin(annotation)
    if origin is Annotated:
        yield from _unwrap(get_args(annotation)[0])
    elif origin is Union or origin is types.UnionType:
        for branch in get_args(annotation):
            yield from _unwrap(branch)
    else:
        yield annotation


def _step(annotation: Any, part: Key) -> Iterator[Any]:
    origin = get_origin(annotation)
    if origin is dict:
        yield get_args(annotation)[1]
    elif origin is tuple and isinstance(part, int):
        yield get_args(annotation)[0]
    elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
        for name, field in annotation.model_fields.items():
            if (field.alias or name) == part:
                yield field.annotation

"""Bodies described by example: the client file's templates tell which field carries what.

``{"email": "${user}", "password": "${password}"}`` says that a request has exactly these two fields, and
which is the user's name. Other values of a template say a field's type, and are a default example.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from launchready.client_file.portal_model import Answer
from launchready.edge.portal.messages import Refusal

MAX_TEXT = 500
"""Characters of one text field."""
_PLACE = re.compile(r"\$\{(\w+)\}")


def read_body(
    template: Mapping[str, Any] | None, given: Mapping[str, Any], *, loose: bool = False
) -> dict[str, Any]:
    """Placeholder → what the request has in its place, and every other field by its own name.

    Raises Refusal 422 naming the field for one that is missing, of another type, too long or not known;
    ``loose`` takes any type.
    """
    found: dict[str, Any] = {}
    expected = dict(_leaves(template or {}))
    actual = dict(_leaves(given))
    for path in actual.keys() - expected.keys():
        raise Refusal(422, "unknown_field", f"{path or 'the body'} is not a field of this request.")
    for path, example in expected.items():
        if path not in actual:
            raise Refusal(422, "missing_field", f"{path} is missing.")
        value = actual[path]
        if not loose:
            _check(path, value, example)
        place = _PLACE.fullmatch(example) if isinstance(example, str) else None
        found[place[1] if place else path] = value
    return found


def _check(path: str, value: Any, example: Any) -> None:
    if isinstance(example, str):
        if not isinstance(value, str):
            raise Refusal(422, "wrong_type", f"{path} must be a text.")
        if len(value) > MAX_TEXT:
            raise Refusal(422, "too_long", f"{path} is longer than {MAX_TEXT} characters.")
        if any(ord(letter) < 32 and letter not in "\t\n\r" for letter in value) or "\x7f" in value:
            raise Refusal(422, "bad_characters", f"{path} has characters that no text has.")
    elif isinstance(example, bool):
        if not isinstance(value, bool):
            raise Refusal(422, "wrong_type", f"{path} must be true or false.")
    elif isinstance(example, int | float):
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise Refusal(422, "wrong_type", f"{path} must be a number.")
        if not -1e9 <= value <= 1e9:
            raise Refusal(422, "out_of_range", f"{path} is out of range.")
    elif example is None and value is not None:
        raise Refusal(422, "wrong_type", f"{path} must be null.")


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Dotted path → leaf; empty objects and lists are leaves."""
    if isinstance(value, Mapping) and value:
        for key, inner in value.items():
            yield from _leaves(inner, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list | tuple) and value:
        for number, inner in enumerate(value):
            yield from _leaves(inner, f"{path}[{number}]")
    elif path:
        yield path, value


def answer_body(answer: Answer, **values: Any) -> dict[str, Any]:
    """The JSON of an expected answer: what it names, ``"*"`` filled from ``values`` or with "ok"."""
    body: dict[str, Any] = {}
    for path, value in answer.json_.items():
        *parents, last = path.split(".")
        place = body
        for parent in parents:
            place = place.setdefault(parent, {})
        place[last] = values.get(last, "ok") if value == "*" else value
    if answer.text:
        body.setdefault("message", answer.text)
    return body


def answer_status(answer: Answer, otherwise: int = 200) -> int:
    """The first status that is expected."""
    return answer.status[0] if answer.status else otherwise

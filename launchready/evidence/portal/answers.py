"""Templates filled in, and answers compared with what the client file calls a success."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from launchready.client_file.portal_model import Answer
from launchready.evidence.types import HttpResult

_PLACE = re.compile(r"\$\{(\w+)\}")
MISSING = object()


def fill(template: Any, values: Mapping[str, Any], id: str = "") -> Any:
    """The same structure with ``${name}`` replaced by values, and ``{id}`` by an object's id.

    A placeholder that nothing is known for stays as it is, so that the portal can refuse it.
    """
    if isinstance(template, str):
        whole = _PLACE.fullmatch(template)
        if whole is not None and whole[1] in values:
            return values[whole[1]]
        text = _PLACE.sub(lambda match: str(values.get(match[1], match[0])), template)
        return text.replace("{id}", id) if id else text
    if isinstance(template, Mapping):
        return {key: fill(value, values, id) for key, value in template.items()}
    if isinstance(template, list | tuple):
        return [fill(value, values, id) for value in template]
    return template


def encode(body: Any, encoding: str) -> tuple[bytes, str]:
    """A body's bytes and media type."""
    if encoding == "form":
        return urlencode({key: _plain(value) for key, value in dict(body).items()}).encode(), (
            "application/x-www-form-urlencoded"
        )
    return json.dumps(body).encode(), "application/json"


def matches(answer: Answer, result: HttpResult) -> bool:
    """Whether an answer is what the client file calls a success."""
    status = result.status or 0
    expected = answer.status or tuple(range(200, 300))
    redirected = not answer.status and status in (302, 303)
    if status not in expected and not redirected:
        return False
    if answer.cookie is not None and not any(
        name == "set-cookie" and value.startswith(f"{answer.cookie}=") for name, value in result.headers
    ):
        return False
    if answer.text is not None and answer.text.encode() not in result.body:
        return False
    found = parsed(result.body)
    return all(_holds(at(found, path), value) for path, value in answer.json_.items())


def _holds(found: Any, wanted: Any) -> bool:
    return found is not MISSING and (wanted == "*" or str(found) == str(wanted) or found == wanted)


def parsed(body: bytes) -> Any:
    """The body's JSON, or MISSING."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return MISSING


def at(value: Any, path: str) -> Any:
    """What a dotted path leads to, or MISSING."""
    for key in path.split("."):
        if not isinstance(value, Mapping) or key not in value:
            return MISSING
        value = value[key]
    return value


def _plain(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)

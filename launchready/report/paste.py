"""What to paste into a client file: the YAML of a key with its default, which passes the checklist."""

from __future__ import annotations

from typing import Any

import yaml
from pydantic import BaseModel

from launchready.client_file.model import ClientFile
from launchready.client_file.positions import key_path
from launchready.client_file.problems import models_at
from launchready.report.words import plain_key

_NAMESPACE = "launchready:"


def to_paste(key: str) -> str | None:
    """The lines under ``config:`` that set a key to its default, or None where it has no such default.

    Only scalars: what is a list or a mapping is the client's own to write.
    """
    path = key_path(plain_key(key))
    if not path or any(isinstance(part, int) for part in path):
        return None
    default = _default(tuple(str(part) for part in path))
    if type(default) not in (str, int, bool):
        return None
    document: Any = default
    for part in reversed(path[1:]):
        document = {part: document}
    text: str = yaml.safe_dump({f"{_NAMESPACE}{path[0]}": document}, sort_keys=False, allow_unicode=True)
    return text.rstrip("\n")


def _default(path: tuple[str, ...]) -> object:
    """The model's default of a key; None when there is none, or it is no single value."""
    for model, _ in models_at(ClientFile, path[:-1]):
        found = _field_default(model, path[-1])
        if found is not None:
            return found
    return None


def _field_default(model: type[BaseModel], name: str) -> object:
    for field_name, field in model.model_fields.items():
        if (field.alias or field_name) == name and not field.is_required():
            return field.get_default(call_default_factory=True)
    return None

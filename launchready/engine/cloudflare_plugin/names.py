"""Property names: ``pulumi-cloudflare`` writes camelCase, Cloudflare's API snake_case.

Three things depart from plain respelling, and each kind says where: lists that the Pulumi SDK made
plural (``emails`` for ``email``), maps whose keys belong to the user (header names), and values that
pass untouched (a zone setting's value).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_UPPER = re.compile(r"(?<!^)(?=[A-Z])")


def snake(name: str) -> str:
    """``flattenCname`` → ``flatten_cname``."""
    return _UPPER.sub("_", name).lower()


def camel(name: str) -> str:
    """``flatten_cname`` → ``flattenCname``."""
    head, *rest = name.split("_")
    return head + "".join(part[:1].upper() + part[1:] for part in rest)


@dataclass(frozen=True, slots=True)
class Names:
    """Where a kind departs from plain respelling.

    ``plural``: camelCase plural → the API's name, for list values only. ``keyed``: snake_case names of
    maps with the user's keys (only when the value is a map). ``verbatim``: snake_case names whose value
    is passed untouched.
    """

    plural: Mapping[str, str] = field(default_factory=dict)
    keyed: frozenset[str] = frozenset()
    verbatim: frozenset[str] = frozenset()

    def to_api(self, value: Any) -> Any:
        """A value with camelCase keys as the API spells it."""
        if isinstance(value, list):
            return [self.to_api(item) for item in value]
        if not isinstance(value, dict):
            return value
        out: dict[str, Any] = {}
        for key, item in value.items():
            if item is None:
                continue
            singular = self.plural.get(key) if isinstance(item, list) else None
            name = singular or snake(key)
            if name in self.verbatim:
                out[name] = item
            elif name in self.keyed and isinstance(item, dict):
                out[name] = {own: self.to_api(inner) for own, inner in item.items() if inner is not None}
            else:
                out[name] = self.to_api(item)
        return out

    def from_api(self, value: Any) -> Any:
        """A value from the API with keys in camelCase; nulls are left out."""
        if isinstance(value, list):
            return [self.from_api(item) for item in value]
        if not isinstance(value, dict):
            return value
        singular = {api: name for name, api in self.plural.items()}
        out: dict[str, Any] = {}
        for key, item in value.items():
            if item is None:
                continue
            name = singular[key] if isinstance(item, list) and key in singular else camel(key)
            if key in self.verbatim:
                out[name] = item
            elif key in self.keyed and isinstance(item, dict):
                out[name] = {own: self.from_api(inner) for own, inner in item.items()}
            else:
                out[name] = self.from_api(item)
        return out

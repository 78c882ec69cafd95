"""The one dynamic provider: a shell that names a module of ``launchready.aws`` and calls it.

A dynamic provider is pickled into the state, so nothing that may change is in it. A module that it
names has these functions; properties are what the resource was given plus what ``create`` found out:

- ``create(props) -> (id, properties)``
- ``update(id, olds, news) -> properties``
- ``diff(id, olds, news) -> (changed, keys that need a replacement, whether the old one goes first)``
- ``read(id, props) -> (id, properties)``, or None when it is gone
- ``delete(id, props) -> None``

Secret inputs are sealed (``launchready.client_file.sealed``) and stay so under the same key.
"""

from __future__ import annotations

import importlib
from typing import Any

from pulumi.dynamic import (
    CreateResult,
    DiffResult,
    ReadResult,
    ResourceProvider,
    UpdateResult,
)


class Shell(ResourceProvider):
    """Calls the functions of ``module``."""

    serialize_as_secret_always = False  # there is nothing in it

    def __init__(self, module: str) -> None:
        super().__init__()
        self.module = module

    def _call(self, name: str, *arguments: Any) -> Any:
        return getattr(importlib.import_module(self.module), name)(*arguments)

    def create(self, props: dict[str, Any]) -> CreateResult:
        id_, outs = self._call("create", props)
        return CreateResult(id_, outs)

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        changed, replaces, first = self._call("diff", _id, _olds, _news)
        return DiffResult(changes=changed, replaces=replaces, delete_before_replace=first)

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        return UpdateResult(self._call("update", _id, _olds, _news))

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        found = self._call("read", id_, props)
        return ReadResult("", {}) if found is None else ReadResult(*found)

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        self._call("delete", _id, _props)

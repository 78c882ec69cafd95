"""The checklist: one module or package for each row, one registry.

``load()`` imports every module here whose name begins with a row's, so that a new check is a new file
and nothing else.
"""

from __future__ import annotations

import importlib
import pkgutil

from launchready.checklist.registry import REGISTRY, ROWS, Registry


def load() -> Registry:
    """The registry with every check of this version in it."""
    for module in pkgutil.iter_modules(__path__, f"{__name__}."):
        name = module.name.rpartition(".")[2]
        if any(name == row or name.startswith(f"{row}_") for row in ROWS):
            _import(module.name, is_package=module.ispkg)
    return REGISTRY


def _import(name: str, *, is_package: bool) -> None:
    module = importlib.import_module(name)
    if is_package:
        for inner in pkgutil.iter_modules(module.__path__, f"{name}."):
            _import(inner.name, is_package=inner.ispkg)

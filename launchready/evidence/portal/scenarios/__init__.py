"""The scenarios, one module for each subject; a module registers its own when it is imported."""

from __future__ import annotations

import pkgutil
from importlib import import_module


def load() -> None:
    """Import every module of this package."""
    for module in pkgutil.iter_modules(__path__):
        import_module(f"{__name__}.{module.name}")

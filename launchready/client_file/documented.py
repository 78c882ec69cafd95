"""What the models' sources say of each field: the string that follows its annotation.

pydantic would read all sources for that whenever a program starts; the schema and an error's hint need it.
"""

from __future__ import annotations

import ast
import functools
import inspect
import itertools
import sys
from collections.abc import Mapping
from typing import Any


def sentences(model: type[Any]) -> Mapping[str, str]:
    """Field → its sentence, those of the classes above included."""
    found: dict[str, str] = {}
    for one in reversed(model.__mro__):
        if one.__module__.startswith("launchready."):
            found |= _of_module(one.__module__).get(one.__name__, {})
    return found


@functools.cache
def _of_module(name: str) -> dict[str, dict[str, str]]:
    """Class → attribute → sentence."""
    found: dict[str, dict[str, str]] = {}
    for node in ast.walk(ast.parse(inspect.getsource(sys.modules[name]))):
        if not isinstance(node, ast.ClassDef):
            continue
        for attribute, after in itertools.pairwise(node.body):
            if isinstance(attribute, ast.AnnAssign) and isinstance(attribute.target, ast.Name):
                told = _string(after)
                if told is not None:
                    found.setdefault(node.name, {})[attribute.target.id] = told
    return found


def _string(node: ast.stmt) -> str | None:
    """The text of a statement that is nothing but a string."""
    value = node.value if isinstance(node, ast.Expr) else None
    text = value.value if isinstance(value, ast.Constant) else None
    return inspect.cleandoc(text) if isinstance(text, str) else None

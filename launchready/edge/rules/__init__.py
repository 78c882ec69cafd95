"""An evaluator for Cloudflare's rules language: an expression becomes a closure over a request's fields.

``compile_filter`` for conditions, ``compile_value`` for String values; both cache by the expression's text.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from launchready.edge.rules.compiler import build
from launchready.edge.rules.fields import FIELDS, absent
from launchready.edge.rules.parser import parse_filter, parse_value
from launchready.edge.rules.types import Fields, RuleError, Type

__all__ = ["FIELDS", "Fields", "RuleError", "Type", "absent", "compile_filter", "compile_value"]


@lru_cache(maxsize=8192)
def compile_filter(expression: str) -> Callable[[Fields], bool]:
    """Whether a request matches. Raises RuleError."""
    return build(parse_filter(expression))


@lru_cache(maxsize=8192)
def compile_value(expression: str) -> Callable[[Fields], bytes | None]:
    """The String that an expression gives; None when a value in it is missing. Raises RuleError."""
    return build(parse_value(expression))

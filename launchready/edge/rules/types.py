"""The types of Cloudflare's rules language and the nodes that its parser makes.

Values at run time: Bool is ``bool``, Integer ``int``, String ``bytes`` (the language counts bytes), IP an
``ipaddress`` object, Array a ``list``, Map a ``dict`` with ``bytes`` keys. A missing value is ``None``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from launchready.errors import InputError

Fields = Mapping[str, Any]
"""Field name → value at run time; a missing value is ``None``, a field must always be present."""

Evaluate = Callable[[Fields], Any]


class RuleError(InputError):
    """An expression that the rules language refuses; ``column`` is 1-based."""

    def __init__(self, reason: str, column: int) -> None:
        super().__init__(f"column {column}: {reason}", fix="write it as Cloudflare's rules language wants it")
        self.reason = reason
        self.column = column


@dataclass(frozen=True, slots=True)
class Type:
    """A primitive, or an Array or Map (keyed by String) of ``inner``."""

    name: str
    inner: Type | None = None

    def __str__(self) -> str:
        return f"{self.name}<{self.inner}>" if self.inner else self.name


BOOL, INT, STRING, IP = Type("Bool"), Type("Integer"), Type("String"), Type("IP")


def array_of(inner: Type) -> Type:
    return Type("Array", inner)


def map_of(inner: Type) -> Type:
    return Type("Map", inner)


# --- values ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Constant:
    """A constant that stands in the expression."""

    value: Any
    type: Type
    lifted: bool = False


@dataclass(frozen=True, slots=True)
class Field:
    """What the request (or response) holds under ``name``."""

    name: str
    type: Type
    lifted: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """``function(arguments…)``. With a lifted first argument it runs once for each element."""

    function: str
    arguments: tuple[Node, ...]
    type: Type
    lifted: bool = False


@dataclass(frozen=True, slots=True)
class Index:
    """``base[key]``; ``key`` None is ``[*]``, after which the value is lifted: one for each element."""

    base: Node
    key: bytes | int | None
    type: Type
    lifted: bool = False


# --- conditions -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Truth:
    """A Bool value used as a condition (``ssl``)."""

    value: Node
    type: Type
    lifted: bool = False


@dataclass(frozen=True, slots=True)
class Compare:
    """``value operator operand``; the operand's form depends on the operator."""

    operator: str
    value: Node
    operand: Any
    type: Type
    lifted: bool = False


@dataclass(frozen=True, slots=True)
class Not:
    item: Node
    type: Type
    lifted: bool = False


@dataclass(frozen=True, slots=True)
class Combine:
    operator: Literal["and", "or", "xor"]
    items: tuple[Node, ...]
    type: Type
    lifted: bool = False


Node = Constant | Field | Call | Index | Truth | Compare | Not | Combine

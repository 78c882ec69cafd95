"""Typed nodes → closures over a request's fields.

A missing value makes every comparison false, ``ne`` included, and a function of it missing
(developers.cloudflare.com/ruleset-engine/rules-language/values/, "missing value").
"""

from __future__ import annotations

import operator
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from typing import Any, cast

from launchready.edge.rules.functions import FUNCTIONS
from launchready.edge.rules.patterns import regex_replacer, wildcard_replacer
from launchready.edge.rules.types import (
    IP,
    STRING,
    Call,
    Combine,
    Compare,
    Constant,
    Evaluate,
    Field,
    Fields,
    Index,
    Node,
    Not,
    Truth,
)

Test = Callable[[Any], bool]

_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "lt": operator.lt,
    "le": operator.le,
    "gt": operator.gt,
    "ge": operator.ge,
}


def _odd(values: Iterable[bool]) -> bool:
    return sum(values) % 2 == 1


_JOIN: dict[str, Callable[[Iterable[bool]], bool]] = {"and": all, "or": any, "xor": _odd}


def build(node: Node) -> Evaluate:
    """The closure of any node; a lifted node gives a list of its elements' values."""
    match node:
        case Constant(value=value):
            return lambda _: value
        case Field(name=name):
            return operator.itemgetter(name)
        case Index():
            return _index(node)
        case Call():
            return _call(node)
        case Truth(value=value):
            return _truth(value)
        case Compare():
            return _compare(node)
        case Not(item=item):
            return _not(item)
        case Combine():
            return _combine(node)


# --- values ---------------------------------------------------------------------------------


def _index(node: Index) -> Evaluate:
    base = build(node.base)
    key = node.key
    if key is None:
        return _each(base, nested=node.base.lifted)
    if node.base.lifted:
        return lambda fields: [found for item in base(fields) if (found := _at(item, key)) is not None]
    return lambda fields: _at(base(fields), key)


def _at(container: Any, key: bytes | int) -> Any:
    if isinstance(container, dict):
        return container.get(key)
    if container is None or not isinstance(key, int) or key >= len(container):
        return None
    return container[key]


def _elements(container: Any) -> list[Any]:
    if container is None:
        return []
    return list(container.values()) if isinstance(container, dict) else container


def _each(base: Evaluate, *, nested: bool) -> Evaluate:
    if nested:
        return lambda fields: [item for part in base(fields) for item in _elements(part)]
    return lambda fields: _elements(base(fields))


def _call(node: Call) -> Evaluate:
    function = FUNCTIONS[node.function]
    run, nodes = _bound(node)
    arguments = [build(item) for item in nodes]
    if nodes[0].lifted and node.function not in ("any", "all"):
        first, rest = arguments[0], arguments[1:]

        def mapped(fields: Fields) -> list[Any]:
            others = [item(fields) for item in rest]
            if any(item is None for item in others):
                return []
            results = (run(value, *others) for value in first(fields))
            return [result for result in results if result is not None]

        return mapped
    if len(arguments) == 1:
        only = arguments[0]
        return lambda fields: None if (value := only(fields)) is None else run(value)

    def called(fields: Fields) -> Any:
        values = [item(fields) for item in arguments]
        return None if not function.lenient and any(value is None for value in values) else run(*values)

    return called


def _bound(node: Call) -> tuple[Callable[..., Any], Sequence[Node]]:
    """The function to run and the arguments left for it; patterns are compiled once, here."""
    if node.function not in ("regex_replace", "wildcard_replace"):
        return FUNCTIONS[node.function].run, node.arguments
    pattern = cast(Constant, node.arguments[1]).value
    source, replacement = node.arguments[0], node.arguments[2]
    if node.function == "regex_replace":
        return regex_replacer(pattern), (source, replacement)
    strict = len(node.arguments) > 3 and b"s" in cast(Constant, node.arguments[3]).value
    return wildcard_replacer(pattern, strict=strict), (source, replacement)


# --- conditions -------------------------------------------------------------------------------


def _truth(value: Node) -> Evaluate:
    inner = build(value)
    if value.lifted or value.type.name == "Array":
        return lambda fields: [bool(item) for item in inner(fields) or ()]
    return lambda fields: bool(inner(fields))


def _not(item: Node) -> Evaluate:
    inner = build(item)
    if item.type.name == "Array":
        return lambda fields: [not value for value in inner(fields)]
    return lambda fields: not inner(fields)


def _combine(node: Combine) -> Evaluate:
    items = [build(item) for item in node.items]
    if node.type.name == "Array":
        join = _JOIN[node.operator]
        return lambda fields: [join(row) for row in zip(*(item(fields) for item in items), strict=False)]
    if node.operator == "xor":
        return lambda fields: sum(item(fields) for item in items) % 2 == 1
    if len(items) == 2:
        left, right = items
        if node.operator == "and":
            return lambda fields: left(fields) and right(fields)
        return lambda fields: left(fields) or right(fields)
    if node.operator == "and":
        return lambda fields: all(item(fields) for item in items)
    return lambda fields: any(item(fields) for item in items)


def _compare(node: Compare) -> Evaluate:
    value = build(node.value)
    if isinstance(node.operand, (Field, Call, Index)):
        return _compare_nodes(node, value, build(node.operand))
    if node.operator == "in" and isinstance(node.operand, str):
        return _in_list(node, value, node.operand)
    if node.operator == "eq" and isinstance(node.value, Field) and node.value.type == STRING:
        name, wanted = node.value.name, node.operand
        return lambda fields: bool(fields[name] == wanted)
    test = _test(node)
    if node.value.lifted:
        return lambda fields: [test(item) for item in value(fields)]
    return lambda fields: (found := value(fields)) is not None and test(found)


def _compare_nodes(node: Compare, value: Evaluate, other: Evaluate) -> Evaluate:
    order = _ordering(node)

    def compare(fields: Fields) -> Any:
        right = other(fields)
        if node.value.lifted:
            return [right is not None and order(item, right) for item in value(fields)]
        left = value(fields)
        return left is not None and right is not None and order(left, right)

    return compare


def _in_list(node: Compare, value: Evaluate, name: str) -> Evaluate:
    """Membership of an account list: ``fields["$name"]`` holds its items, or is missing."""
    key = f"${name}"

    def listed(fields: Fields) -> Any:
        items = fields.get(key) or ()
        found = value(fields)
        return [item in items for item in found] if node.value.lifted else found in items

    return listed


def _ordering(node: Compare) -> Callable[[Any, Any], bool]:
    """Addresses of different families are unequal and in no order."""
    order = _ORDER[node.operator]
    if node.value.type != IP:
        return order
    mixed = node.operator == "ne"
    return lambda left, right: mixed if left.version != right.version else order(left, right)


def _test(node: Compare) -> Test:
    operand = node.operand
    if node.operator in ("matches", "wildcard", "strict wildcard"):
        return cast(Test, operand)
    if node.operator == "contains":
        return lambda value: operand in value
    if node.operator == "bitwise_and":
        return lambda value: value & operand != 0
    if node.operator == "in":
        return frozenset(operand).__contains__ if node.value.type == STRING else _in_ranges(operand)
    order = _ordering(node)
    return lambda value: order(value, operand)


def _in_ranges(pairs: Sequence[tuple[Any, Any]]) -> Test:
    """Membership of sorted, merged ranges, by bisection. IPv4 and IPv6 are kept apart by a prefix."""

    def key(value: Any) -> tuple[int, int]:
        return (getattr(value, "version", 0), int(value))

    merged: list[tuple[tuple[int, int], tuple[int, int]]] = []
    for low, high in sorted((key(low), key(high)) for low, high in pairs):
        if merged and low <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
        else:
            merged.append((low, high))
    starts = [low for low, _ in merged]

    def inside(value: Any) -> bool:
        place = bisect_right(starts, key(value)) - 1
        return place >= 0 and key(value) <= merged[place][1]

    return inside

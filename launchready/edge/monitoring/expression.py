"""Metric math, as far as error rates need it: numbers, other metrics, + - * / and a few functions.

Source: Amazon CloudWatch User Guide, "Using metric math". A missing value makes the result missing, unless
``FILL`` says otherwise; so does a division by zero.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping

MAX_DEPTH = 16
Values = Mapping[str, "float | None"]


class ExpressionError(Exception):
    """What the expression uses is not known here."""


def value_of(name: str, expressions: Mapping[str, str], values: Values, depth: int = 0) -> float | None:
    """The value of a metric or of an expression by its id. Raises ExpressionError."""
    if name in values:
        return values[name]
    if name not in expressions or depth > MAX_DEPTH:
        raise ExpressionError(f"{name} is not defined")
    try:
        tree = ast.parse(expressions[name], mode="eval").body
    except (SyntaxError, ValueError) as error:
        raise ExpressionError(f"{expressions[name]!r} can't be read") from error
    return _value(tree, lambda other: value_of(other, expressions, values, depth + 1))


_OPERATIONS: dict[type[ast.operator], Callable[[float, float], float | None]] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b if b else None,
}


def _value(node: ast.expr, look_up: Callable[[str], float | None]) -> float | None:
    match node:
        case ast.Constant(value=int() | float() as number):
            return float(number)
        case ast.Name(id=name):
            return look_up(name)
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            value = _value(inner, look_up)
            return None if value is None else -value
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATIONS:
            a, b = _value(left, look_up), _value(right, look_up)
            return None if a is None or b is None else _OPERATIONS[type(op)](a, b)
        case ast.Call(func=ast.Name(id=function), args=arguments):
            return _call(function, arguments, look_up)
    raise ExpressionError(f"{ast.unparse(node)!r} is beyond + - * / FILL IF MAX MIN SUM ABS")


_REDUCERS: dict[str, Callable[[list[float]], float]] = {
    "MAX": max,
    "MIN": min,
    "SUM": sum,
    "ABS": lambda found: abs(found[0]),
}


def _call(name: str, arguments: list[ast.expr], look_up: Callable[[str], float | None]) -> float | None:
    if name == "FILL" and len(arguments) == 2:
        value = _value(arguments[0], look_up)
        return value if value is not None else _value(arguments[1], look_up)
    if name == "IF" and len(arguments) == 3 and isinstance(arguments[0], ast.Compare):
        return _value(arguments[1 if _holds(arguments[0], look_up) else 2], look_up)
    if name in _REDUCERS and arguments:
        items = arguments[0].elts if isinstance(arguments[0], ast.List) else arguments
        values = [_value(item, look_up) for item in items]
        present = [value for value in values if value is not None]
        if not present:
            return None
        return _REDUCERS[name](present)
    raise ExpressionError(f"the function {name} is not known here")


def _holds(test: ast.Compare, look_up: Callable[[str], float | None]) -> bool:
    left, right = _value(test.left, look_up), _value(test.comparators[0], look_up)
    if left is None or right is None:
        return False
    match test.ops[0]:
        case ast.Gt():
            return left > right
        case ast.GtE():
            return left >= right
        case ast.Lt():
            return left < right
        case ast.LtE():
            return left <= right
        case ast.Eq():
            return left == right
    raise ExpressionError("IF compares with > >= < <= ==")

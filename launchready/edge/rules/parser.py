"""A parser for the rules language: text → typed nodes, or RuleError with the column.

It reads without a separate lexer, because what a literal looks like depends on the type on the left
(``10.0.0.1`` is an address after an IP field and an error after a number).
Source: developers.cloudflare.com/ruleset-engine/rules-language/operators/ and …/values/; where the pages
are silent, the behaviour of Cloudflare's published parser (wirefilter), observed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Literal, cast

from launchready.edge.rules import literals
from launchready.edge.rules.fields import FIELDS
from launchready.edge.rules.functions import FUNCTIONS, Function, Parameter
from launchready.edge.rules.patterns import PatternError, regex, regex_replacer, wildcard, wildcard_parts
from launchready.edge.rules.types import (
    BOOL,
    INT,
    IP,
    STRING,
    Call,
    Combine,
    Compare,
    Constant,
    Field,
    Index,
    Node,
    Not,
    RuleError,
    Truth,
    Type,
    array_of,
)

MAX_LENGTH = 65_536
MAX_DEPTH = 100

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z0-9_]+)*")
_COMPARISONS = (
    ("strict wildcard", "strict wildcard"),
    ("wildcard", "wildcard"),
    ("bitwise_and", "bitwise_and"),
    ("contains", "contains"),
    ("matches", "matches"),
    ("eq", "eq"),
    ("ne", "ne"),
    ("ge", "ge"),
    ("le", "le"),
    ("gt", "gt"),
    ("lt", "lt"),
    ("in", "in"),
    ("==", "eq"),
    ("!=", "ne"),
    (">=", "ge"),
    ("<=", "le"),
    (">", "gt"),
    ("<", "lt"),
    ("&", "bitwise_and"),
    ("~", "matches"),
)
_LOGICAL: tuple[tuple[Literal["or", "xor", "and"], tuple[str, str]], ...] = (
    ("or", ("or", "||")),
    ("xor", ("xor", "^^")),
    ("and", ("and", "&&")),
)
_BYTES_ONLY = {"contains", "matches", "wildcard", "strict wildcard"}


def parse_filter(text: str) -> Node:
    """A condition: its type is Bool."""
    parser = _Parser(text)
    node = parser.condition()
    parser.end()
    if node.type != BOOL or node.lifted:
        raise parser.error(f"a condition must be Bool, this is {_shown(node)}", 0)
    return node


def parse_value(text: str) -> Node:
    """A String value, such as the target of a redirect."""
    parser = _Parser(text)
    node = parser.argument(STRING)
    parser.end()
    if node.type != STRING or node.lifted:
        raise parser.error(f"the value must be String, this is {_shown(node)}", 0)
    return node


def _shown(node: Node) -> str:
    return str(array_of(node.type) if node.lifted else node.type)


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.depth = 0
        if len(text) > MAX_LENGTH:
            raise RuleError(f"the expression is longer than {MAX_LENGTH} characters", 1)
        self.space()
        if self.at == len(text):
            raise RuleError("the expression is empty", 1)

    # --- text ---------------------------------------------------------------------------

    def error(self, reason: str, at: int | None = None) -> RuleError:
        return RuleError(reason, (self.at if at is None else at) + 1)

    def space(self) -> None:
        while self.at < len(self.text) and self.text[self.at] in " \r\n":
            self.at += 1

    def take(self, token: str) -> bool:
        if self.text.startswith(token, self.at):
            self.at += len(token)
            return True
        return False

    def expect(self, token: str) -> None:
        self.space()
        if not self.take(token):
            raise self.error(f"expected {token!r}")

    def end(self) -> None:
        self.space()
        if self.at < len(self.text):
            raise self.error("unexpected text")

    def literal(self, read: literals.Reader) -> Any:
        """Run a reader of ``literals`` at this place."""
        try:
            value, self.at = read(self.text, self.at)
        except literals.LiteralError as error:
            raise self.error(str(error)) from None
        return value

    # --- conditions ---------------------------------------------------------------------

    def condition(self, level: int = 0) -> Node:
        """``or`` binds weakest, then ``xor``, ``and``, ``not``."""
        if level == len(_LOGICAL):
            return self.simple()
        name, tokens = _LOGICAL[level]
        items = [self.condition(level + 1)]
        while True:
            self.space()
            start = self.at
            if not any(self.take(token) for token in tokens):
                break
            self.space()
            items.append(self.condition(level + 1))
            if items[-1].type != items[0].type:
                raise self.error(f"{name} joins {items[0].type} and {items[-1].type}", start)
        return items[0] if len(items) == 1 else Combine(name, tuple(items), items[0].type)

    def simple(self) -> Node:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self.error(f"nested deeper than {MAX_DEPTH}")
        self.space()
        node: Node
        if self.take("("):
            node = self.condition()
            self.expect(")")
        elif self.text.startswith("not", self.at) or self.text.startswith("!", self.at):
            self.at += 1 if self.text[self.at] == "!" else 3
            item = self.simple()
            node = Not(item, item.type)
        else:
            node = self.constant() or self.comparison(self.value())
        self.depth -= 1
        return node

    def constant(self) -> Node | None:
        found = _IDENTIFIER.match(self.text, self.at)
        if found is None or found[0] not in ("true", "false"):
            return None
        self.at = found.end()
        return Constant(found[0] == "true", BOOL)

    def comparison(self, value: Node) -> Node:
        """What follows a value: nothing for a Bool, an operator and its operand for the others."""
        if value.type == BOOL:
            return Truth(value, array_of(BOOL) if value.lifted else BOOL)
        if value.type == array_of(BOOL) and not value.lifted:
            return Truth(value, value.type)
        self.space()
        start = self.at
        operator = next((name for token, name in _COMPARISONS if self.take(token)), None)
        if operator is None:
            raise self.error(f"expected a comparison after a value of type {value.type}")
        allowed = {STRING: operator != "bitwise_and", INT: operator not in _BYTES_ONLY}
        allowed[IP] = operator not in _BYTES_ONLY | {"bitwise_and"}
        if not allowed.get(value.type, False):
            raise self.error(f"{operator} does not apply to {value.type}", start)
        self.space()
        operand = self.operand(operator, value.type)
        return Compare(operator, value, operand, array_of(BOOL) if value.lifted else BOOL)

    def operand(self, operator: str, kind: Type) -> Any:
        if operator == "in":
            return self.literal(literals.list_name) if self.take("$") else self.set_of(kind)
        if operator == "matches":
            return self.pattern(self.literal(literals.regex_string), regex)
        if operator in ("wildcard", "strict wildcard"):
            strict = operator == "strict wildcard"
            return self.pattern(self.literal(literals.string), lambda text: wildcard(text, strict=strict))
        if operator == "contains":
            return self.literal(literals.string_or_bytes)
        return self.literal_of(kind) if self.literal_ahead(kind) else self.other_field(kind)

    def literal_ahead(self, kind: Type) -> bool:
        return kind != STRING or literals.string_ahead(self.text, self.at)

    def other_field(self, kind: Type) -> Node:
        start = self.at
        node = self.value()
        if node.type != kind or node.lifted:
            raise self.error(f"expected {kind}, this is {_shown(node)}", start)
        return node

    def literal_of(self, kind: Type) -> Any:
        readers = {STRING: literals.string_or_bytes, INT: literals.integer, IP: literals.address}
        return self.literal(readers[kind])

    def pattern(self, text: bytes, build: Any) -> Any:
        try:
            return build(text)
        except PatternError as error:
            raise self.error(str(error)) from None

    def set_of(self, kind: Type) -> list[Any]:
        """``{…}``: items for String, (low, high) pairs for Integer and IP."""
        if not self.take("{"):
            raise self.error("expected '{'")
        readers = {STRING: literals.string_or_bytes, INT: literals.integer_range, IP: literals.address_range}
        items = []
        self.space()
        while not self.take("}"):
            items.append(self.literal(readers[kind]))
            self.space()
        return items

    # --- values ---------------------------------------------------------------------------

    def value(self) -> Node:
        """A field or a call, with its indexes."""
        start = self.at
        found = _IDENTIFIER.match(self.text, self.at)
        if found is None:
            raise self.error("expected a field or a function")
        name, self.at = found[0], found.end()
        node: Node
        if name in FIELDS:
            node = Field(name, FIELDS[name])
        elif name in FUNCTIONS:
            node = self.call(name, start)
        else:
            raise self.error(f"unknown field or function {name!r}", start)
        return self.indexes(node)

    def indexes(self, node: Node) -> Node:
        while self.take("["):
            start = self.at
            self.space()
            key: bytes | int | None
            if self.take("*"):
                key = None
            elif self.text.startswith('"', self.at):
                key = self.literal(literals.string)
            else:
                key = self.literal(literals.natural)
            self.expect("]")
            wanted = "Map" if isinstance(key, bytes) else "Array"
            inner = node.type.inner
            if inner is None or (key is not None and node.type.name != wanted):
                raise self.error(f"{node.type} has no such index", start)
            node = Index(node, key, inner, lifted=node.lifted or key is None)
        return node

    def call(self, name: str, start: int) -> Node:
        function = FUNCTIONS[name]
        self.expect("(")
        arguments: list[Node] = []
        self.space()
        while not self.take(")"):
            if arguments and not self.take(","):
                raise self.error("expected ',' or ')'")
            arguments.append(self.one_argument(name, function, arguments))
            self.space()
        if len(arguments) < function.required:
            raise self.error(f"{name} takes at least {function.required} argument(s)", start)
        lifted = bool(arguments) and arguments[0].lifted
        returns = function.returns or arguments[0].type
        self.check_patterns(name, arguments, start)
        return Call(name, tuple(arguments), array_of(returns) if lifted else returns)

    def one_argument(self, name: str, function: Function, before: Sequence[Node]) -> Node:
        count = len(before)
        if count >= len(function.parameters) and not function.rest:
            raise self.error(f"{name} takes at most {len(function.parameters)} argument(s)")
        parameter = function.parameters[min(count, len(function.parameters) - 1)]
        self.space()
        start = self.at
        node = self.argument(parameter.types[0])
        self.fits(name, parameter, node, start)
        if node.lifted and before:
            raise self.error("[*] is for the first argument only", start)
        same = function.rest and function.returns is None and before
        if same and before[0].type != node.type:
            raise self.error(f"{name} can't mix {before[0].type} and {node.type}", start)
        return node

    def argument(self, wanted: Type) -> Node:
        """A literal, a value, or a condition where Bool is wanted."""
        self.space()
        if wanted in (BOOL, array_of(BOOL)):
            return self.condition()
        if literals.quoted_ahead(self.text, self.at):
            return Constant(self.literal(literals.string), STRING)
        if self.text[self.at : self.at + 1] in set("-0123456789"):
            return Constant(self.literal(literals.integer), INT)
        return self.value()

    def fits(self, name: str, parameter: Parameter, node: Node, start: int) -> None:
        literal = isinstance(node, Constant)
        if (parameter.kind == "field" and literal) or (parameter.kind == "literal" and not literal):
            raise self.error(f"this argument of {name} must be a {parameter.kind}", start)
        alike = any(node.type == kind or _any_map(kind, node.type) for kind in parameter.types)
        if not alike or (node.lifted and node.type not in parameter.types):
            kinds = " or ".join(str(kind) for kind in parameter.types)
            raise self.error(f"{name} wants {kinds}, this is {_shown(node)}", start)

    def check_patterns(self, name: str, arguments: Sequence[Node], start: int) -> None:
        """Patterns must be sound when the rule is written, not when a request arrives."""
        if name not in ("regex_replace", "wildcard_replace"):
            return
        pattern = cast(Constant, arguments[1]).value
        try:
            if name == "regex_replace":
                regex_replacer(pattern)
            else:
                wildcard_parts(pattern)
        except PatternError as error:
            raise self.error(f"{name}: {error}", start) from None


def _any_map(kind: Type, given: Type) -> bool:
    return kind.name == "Map" and given.name == "Map"

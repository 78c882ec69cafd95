"""YAML by the 1.2 core schema, with lines: text → plain data and the line of every key.

PyYAML resolves by YAML 1.1, where ``no`` is false and ``1:30`` is 90; the client file is YAML 1.2.
libyaml's event stream is fast (its composer costs five times as much, and overflows the stack on
deep nesting), so the data is built here from events: duplicate keys are errors, depth and the
expansion of aliases are bounded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from yaml._yaml import CParser
from yaml.events import (  # fmt: skip
    AliasEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from launchready.client_file.positions import Key, Lines
from launchready.client_file.scalars import YamlFloat, YamlInt
from launchready.errors import InputError, Where

MAX_BYTES = 64 * 1024 * 1024
MAX_DEPTH = 100
MAX_NODES = 3_000_000

_INT = re.compile(r"[-+]?[0-9]+")
_BASED = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_SPECIAL = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf"), float("inf")),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), float("-inf")),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
}
_TAGS = {"str", "int", "float", "bool", "null", "map", "seq"}
_DIGITS = frozenset("0123456789+-.")


def plain_scalar(text: str) -> Any:
    """What a plain scalar means in the core schema (YAML 1.2.2 §10.3.2)."""
    if text in _SPECIAL:
        return _SPECIAL[text]
    if text[0] not in _DIGITS:
        return text
    number: YamlInt | YamlFloat
    if len(text) <= 4000 and _INT.fullmatch(text):
        number = YamlInt(text)
    elif len(text) <= 4000 and _BASED.fullmatch(text):
        number = YamlInt(int(text, 0))
    elif _FLOAT.fullmatch(text):
        number = YamlFloat(text)
    else:
        return text
    number.text = text
    return number


@dataclass(slots=True)
class Document:
    """One parsed file: its data, the lines of each mapping and list by identity, duplicate keys."""

    data: Any = None
    lines: dict[int, Lines] = field(default_factory=dict)
    duplicates: list[InputError] = field(default_factory=list)


def read_text(path: Path) -> str:
    """A file's text. Raises InputError when it can't be read, is too big or is no UTF-8."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise InputError(f"can't be read: {error.strerror or error}", where=Where(path)) from None
    if len(raw) > MAX_BYTES:
        raise InputError(f"is too big: {len(raw)} bytes, at most {MAX_BYTES}", where=Where(path))
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise InputError(
            f"is not UTF-8 (byte {error.start})", where=Where(path, line), fix="save the file as UTF-8"
        ) from None


def parse(text: str, path: Path | None = None) -> Document:
    """The data of a YAML text. Raises InputError with the line of the first syntax error."""
    builder = _Builder(path)
    try:
        for event in _events(text):
            builder.feed(event)
    except yaml.YAMLError as error:
        raise _syntax_error(error, text, path) from None
    return builder.document


def _events(text: str) -> Iterator[Any]:
    parser = CParser(text)
    try:
        while parser.check_event():
            yield parser.get_event()
    finally:
        parser.dispose()


def _syntax_error(error: yaml.YAMLError, text: str, path: Path | None) -> InputError:
    mark = getattr(error, "problem_mark", None)
    line = mark.line + 1 if mark is not None else None
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "no YAML"
    if line is not None:
        lines = text.splitlines()
        for number in (line, line - 1):
            if 0 < number <= len(lines) and "\t" in lines[number - 1][: _indent(lines[number - 1])]:
                return InputError(
                    "a tab indents this line", where=Where(path, number), fix="indent with spaces"
                )
    elif isinstance(error, yaml.reader.ReaderError):
        line = text.count("\n", 0, max(0, int(error.position))) + 1
        problem = f"a character that YAML doesn't allow (U+{int(error.character):04X})"
    return InputError(
        f"is no YAML: {problem}", where=Where(path, line), fix="check quotes, colons and indentation"
    )


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" \t"))


@dataclass(slots=True)
class _Open:
    """A mapping or list that is being filled."""

    value: Any
    lines: Lines
    anchor: str | None
    before: int
    key: Any = None
    key_line: int = 0
    has_key: bool = False


class _Builder:
    """Builds data from events, one at a time, without recursion."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self.document = Document()
        self.stack: list[_Open] = []
        self.anchors: dict[str, tuple[Any, int]] = {}
        self.nodes = 0
        self.documents = 0

    def feed(self, event: Any) -> None:
        kind = type(event)
        if kind is ScalarEvent:
            line = event.start_mark.line + 1
            value = self._scalar(event, line)
            if event.anchor:
                self.anchors[event.anchor] = (value, 1)
            self._add(value, line if event.style else -line, 1)
        elif kind is MappingStartEvent or kind is SequenceStartEvent:
            self._open(event, {} if kind is MappingStartEvent else [])
        elif kind is MappingEndEvent or kind is SequenceEndEvent:
            self._close()
        elif kind is AliasEvent:
            self._alias(event)

    def _scalar(self, event: Any, line: int) -> Any:
        tag = event.tag
        if tag is None:
            return event.value if event.style else plain_scalar(event.value)
        name = tag.removeprefix("tag:yaml.org,2002:")
        if tag == "!" or name == "str":
            return event.value
        if name not in _TAGS:
            self._fail(f"the tag {tag} is not known here", line, "leave the tag out")
        value = plain_scalar(event.value)
        wanted = {"int": int, "float": (int, float), "bool": bool, "null": type(None)}.get(name, ())
        if not isinstance(value, wanted):  # type: ignore[arg-type]
            self._fail(f"{event.value!r} is no {name}", line, "leave the tag out")
        return value

    def _open(self, event: Any, value: Any) -> None:
        line = event.start_mark.line + 1
        if len(self.stack) >= MAX_DEPTH:
            self._fail(f"nested more than {MAX_DEPTH} deep", line, "flatten it")
        lines = Lines(line)
        self.document.lines[id(value)] = lines
        opened = _Open(value, lines, event.anchor, self.nodes)
        if event.anchor:
            self.anchors[event.anchor] = (None, -1)
        self.stack.append(opened)

    def _close(self) -> None:
        done = self.stack.pop()
        size = self.nodes - done.before + 1
        if done.anchor:
            self.anchors[done.anchor] = (done.value, size)
        self._add(done.value, done.lines.start, 1)

    def _alias(self, event: Any) -> None:
        line = event.start_mark.line + 1
        value, size = self.anchors.get(event.anchor, (None, 0))
        if size == 0:
            self._fail(f"the alias *{event.anchor} has no anchor", line, "write the value out")
        if size < 0:
            self._fail(f"the alias *{event.anchor} holds itself", line, "write the value out")
        self._add(value, line, size)

    def _add(self, value: Any, line: int, size: int) -> None:
        self.nodes += size
        if self.nodes > MAX_NODES:
            self._fail(f"holds more than {MAX_NODES} values, aliases expanded", abs(line), "split the file")
        if not self.stack:
            self.documents += 1
            if self.documents > 1:
                self._fail("holds more than one document", abs(line), "keep one document to a file")
            self.document.data = value
            return
        top = self.stack[-1]
        if isinstance(top.value, list):
            top.lines.of[len(top.value)] = line
            top.value.append(value)
        elif not top.has_key:
            top.key, top.key_line, top.has_key = self._key(value, line), abs(line), True
        else:
            top.has_key = False
            self._put(top, value, line)

    def _key(self, value: Any, line: int) -> Key:
        if isinstance(value, dict | list):
            self._fail("a mapping or list as a key", abs(line), "use a plain word as the key")
        if isinstance(value, YamlInt | YamlFloat):
            return value.text
        return value if isinstance(value, str) else {True: "true", False: "false"}.get(value, "null")

    def _put(self, top: _Open, value: Any, line: int) -> None:
        if top.key in top.value:
            first = abs(top.lines.of[top.key])
            self.document.duplicates.append(
                InputError(
                    f"the key {top.key!r} is given twice (first in line {first})",
                    where=Where(self.path, top.key_line, str(top.key)),
                    fix="keep one of them",
                )
            )
            return
        top.value[top.key] = value
        top.lines.of[top.key] = -top.key_line if line < 0 else top.key_line

    def _fail(self, what: str, line: int, fix: str) -> None:
        raise InputError(what, where=Where(self.path, line), fix=fix)

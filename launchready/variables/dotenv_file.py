"""``.env`` files: read with python-dotenv's parser, written so that it and a shell read the same.

Single quotes keep ``${…}`` as it is, as shells do; elsewhere a reference is to a variable of the same
file. What can't be understood is refused with its line, never skipped.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dotenv.parser import Binding, parse_stream
from dotenv.variables import Variable as Reference
from dotenv.variables import parse_variables

from launchready.client_file import yaml12
from launchready.errors import ClientFileError, InputError, LaunchreadyError, Where

_BARE = re.compile(r"[A-Za-z0-9_./:@%+,=-]+")
_ASSIGNED = re.compile(r"(?P<head>\s*(?:export\s+)?[^=\s#]+\s*=)")
_NO_COMMENT = re.compile(r"(?P<head>[#\s]*(?:export\s+)?[A-Za-z_][A-Za-z0-9_]*\s*=).*")


@dataclass(frozen=True, slots=True)
class Assignment:
    """One variable of a file. ``lines``: where it is given, more than one for a duplicate; the last wins."""

    name: str
    value: str = field(repr=False)
    lines: tuple[int, ...]
    differing: bool = False
    """Do the duplicates give different values?"""


@dataclass(frozen=True, slots=True)
class DotEnv:
    """A parsed file. ``without_value``: names that stand there without ``=``."""

    path: Path
    assignments: tuple[Assignment, ...]
    without_value: tuple[str, ...]
    bindings: tuple[Binding, ...] = field(repr=False)

    @property
    def values(self) -> dict[str, str]:
        """Name → value."""
        return {assignment.name: assignment.value for assignment in self.assignments}


def read(path: Path, *, interpolate: bool = True) -> DotEnv:
    """Parse a ``.env`` file. Raises ClientFileError with every line that can't be understood, and InputError
    when the file can't be read or is no UTF-8."""
    text = yaml12.read_text(path)
    bindings = tuple(parse_stream(io.StringIO(text, newline="")))
    problems: list[LaunchreadyError] = []
    found: dict[str, Assignment] = {}
    bare: list[str] = []
    for binding in bindings:
        where = Where(path, line_of(binding))
        if binding.error:
            fix = "write it as NAME=value, with quotes around what has spaces, # or line ends"
            problems.append(InputError("can't be understood", where=where, fix=fix))
        elif binding.key is not None and binding.value is None:
            bare.append(binding.key)
        elif binding.key is not None and binding.value is not None:
            value = binding.value
            if interpolate and not _single_quoted(binding):
                known = {name: assignment.value for name, assignment in found.items()}
                value = _resolved(binding, known, where, problems)
            found[binding.key] = _merged(found.get(binding.key), binding.key, value, line_of(binding))
    if problems:
        raise ClientFileError(problems)
    return DotEnv(path, tuple(found.values()), tuple(bare), bindings)


def line_of(binding: Binding) -> int:
    """The line of a binding's own text; the parser counts from the blank lines before it."""
    text = binding.original.string
    return int(binding.original.line) + text[: len(text) - len(text.lstrip())].count("\n")


def _merged(before: Assignment | None, name: str, value: str, line: int) -> Assignment:
    if before is None:
        return Assignment(name, value, (line,))
    return Assignment(name, value, (*before.lines, line), before.differing or before.value != value)


def _single_quoted(binding: Binding) -> bool:
    head = _ASSIGNED.match(binding.original.string)
    return head is not None and binding.original.string[head.end() :].lstrip(" \t").startswith("'")


def _resolved(
    binding: Binding, known: Mapping[str, str], where: Where, problems: list[LaunchreadyError]
) -> str:
    """A value with its references to earlier variables of the file replaced."""
    parts = list(parse_variables(binding.value or ""))
    problems.extend(
        InputError(
            f"{binding.key} refers to ${{{part.name}}}, which isn't given above it",
            where=where,
            fix="give it, put the value between single quotes, or use --no-interpolate",
        )
        for part in parts
        if isinstance(part, Reference) and part.default is None and part.name not in known
    )
    return "".join(part.resolve(known) for part in parts)


# --- writing ---------------------------------------------------------------------------------


def render(values: Mapping[str, str], head: Iterable[str] = ()) -> str:
    """The text of a ``.env`` file that gives these values, ``head`` as comments above."""
    lines = [f"# {line}" for line in head]
    lines += [f"{name}={quoted(value)}" for name, value in values.items()]
    return "\n".join(lines) + "\n"


def quoted(value: str) -> str:
    """A value as ``.env`` readers and shells both take it."""
    if _BARE.fullmatch(value):
        return value
    # python-dotenv takes a backslash before a quote or a backslash for an escape, a shell doesn't
    if not re.search(r"'|\\(?:\\|\Z)", value):
        return f"'{value}'"
    if not re.search(r"[$`!]", value):
        return '"' + re.sub(r'([\\"])', r"\\\1", value) + '"'
    return "'" + re.sub(r"([\\'])", r"\\\1", value) + "'"


def example(dotenv: DotEnv, hides: Callable[[str], bool]) -> str:
    """The same file without values: comments, order and blank lines kept.

    ``hides``: whether a comment's text must go (it repeats a secret). Commented-out assignments lose
    their values too.
    """
    text = ""
    for binding in dotenv.bindings:
        original = binding.original.string.replace("\r\n", "\n").replace("\r", "\n")
        if binding.key is None:
            text += "".join(_comment(line, hides) for line in original.splitlines(keepends=True))
            continue
        blank = original[: len(original) - len(original.lstrip())]
        head = _ASSIGNED.match(original.lstrip())
        name = head["head"] if head else binding.key
        text += f"{blank}{name}{_after(original.lstrip(), binding, hides)}\n"
    return text


def _comment(line: str, hides: Callable[[str], bool]) -> str:
    bare = line.rstrip("\n")
    blanked = _NO_COMMENT.sub(r"\g<head>", bare)
    end = "\n" if line.endswith("\n") else ""
    return ("# (a comment that repeated a secret)" if hides(blanked) else blanked) + end


def _after(original: str, binding: Binding, hides: Callable[[str], bool]) -> str:
    """The comment behind a value, two spaces before it; nothing where there is none, or it must go."""
    head = _ASSIGNED.match(original)
    if head is None:
        return ""
    rest = original[head.end() :].lstrip(" \t")
    for quote in ("'", '"'):
        if rest.startswith(quote):
            closed = re.match(rf"{quote}(?:\\.|[^{quote}\\])*{quote}", rest, re.S)
            rest = rest[closed.end() :] if closed else ""
            break
    else:
        found = re.search(r"(?:^|\s)#", rest)
        rest = rest[found.start() :] if found and not rest.startswith("#") else ""
    comment = rest.strip()
    return f"  {comment}" if comment.startswith("#") and not hides(comment) else ""

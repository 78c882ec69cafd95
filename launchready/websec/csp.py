"""Content-Security-Policy as a value: parsed as browsers parse it, and written out again (CSP3 §2.2).

Parsing is lenient where browsers are: unknown directives stay, a repeated one is ignored. What can't be a
policy at all (a comma, a letter beyond printable ASCII) is a PolicyError.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from launchready.errors import InputError
from launchready.websec.vocabulary import DIRECTIVES

_SPACE = re.compile(r"[ \t\n\f\r]+")
_NAME = re.compile(r"[a-z0-9-]+")
_VALUE = re.compile(r"[\x21-\x2b\x2d-\x3a\x3c-\x7e]+")
"""A word of a value: printable ASCII without comma and semicolon."""


class PolicyError(InputError):
    """Text that is no policy."""


@dataclass(frozen=True, slots=True)
class Policy:
    """Directives in order: (name in lower case, its words). ``repeated``: names that came again."""

    directives: tuple[tuple[str, tuple[str, ...]], ...]
    repeated: tuple[str, ...] = ()

    def get(self, name: str) -> tuple[str, ...] | None:
        """A directive's words, or None when it is absent."""
        return next((words for own, words in self.directives if own == name), None)

    def effective(self, name: str) -> tuple[str, tuple[str, ...]] | None:
        """The directive that governs ``name``, and its words: itself, or what it falls back on."""
        chain = (name, *(DIRECTIVES[name].fallback if name in DIRECTIVES else ()))
        for step in chain:
            words = self.get(step)
            if words is not None:
                return step, words
        return None

    @property
    def text(self) -> str:
        """The header's value."""
        return "; ".join(" ".join((name, *words)) for name, words in self.directives)


def parse(text: str) -> Policy:
    """One policy. Raises PolicyError."""
    directives: dict[str, tuple[str, ...]] = {}
    repeated: list[str] = []
    for piece in text.split(";"):
        words = [word for word in _SPACE.split(piece) if word]
        if not words:
            continue
        name = words[0].lower()
        if not _NAME.fullmatch(name):
            raise PolicyError(f"{words[0][:60]!r} is no directive's name")
        bad = next((word for word in words[1:] if not _VALUE.fullmatch(word)), None)
        if bad is not None:
            raise PolicyError(f"{name} holds {bad[:60]!r}: no word may hold a comma or leave printable ASCII")
        if name in directives:
            repeated.append(name)
        else:
            directives[name] = tuple(words[1:])
    return Policy(tuple(directives.items()), tuple(repeated))


def parse_values(values: Iterable[str]) -> tuple[Policy, ...]:
    """Every policy of some header fields: commas separate them, and all hold. Raises PolicyError."""
    parsed = (parse(part) for value in values for part in value.split(","))
    return tuple(policy for policy in parsed if policy.directives)


def build(directives: Mapping[str, Sequence[str]]) -> Policy:
    """A policy of directives and words. Raises PolicyError for what would not come back when parsed."""
    policy = Policy(tuple((name.strip().lower(), tuple(words)) for name, words in directives.items()))
    back = parse(policy.text)
    if back.directives != policy.directives:
        raise PolicyError("a directive is given twice, or its value holds a separator")
    return back


def same(one: Policy, other: Policy) -> bool:
    """Do two policies say the same, order of directives and sources aside?"""

    def normal(policy: Policy) -> dict[str, frozenset[str]]:
        return {name: frozenset(words) for name, words in policy.directives}

    return normal(one) == normal(other)

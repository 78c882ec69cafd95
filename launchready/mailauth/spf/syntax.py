"""SPF records as text: the grammar of RFC 7208 §12, with every problem and its place.

Nothing here raises on bad input: a record that breaks the grammar is a value that says where.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

VERSION = "v=spf1"


class Qualifier(StrEnum):
    """What a match means (RFC 7208 §4.6.2)."""

    PASS = "+"  # noqa: S105 - a qualifier
    FAIL = "-"
    SOFTFAIL = "~"
    NEUTRAL = "?"


@dataclass(frozen=True, slots=True)
class Problem:
    """A breach of the grammar: 0-based position in the record, the term, what is wrong with it."""

    position: int
    term: str
    message: str

    def __str__(self) -> str:
        return f"{self.message} ({self.term!r} at position {self.position})"


@dataclass(frozen=True, slots=True)
class Mechanism:
    """One mechanism. ``name`` in lower case; ``domain`` unexpanded, None = the current domain."""

    name: str
    qualifier: Qualifier
    position: int
    text: str
    domain: str | None = None
    network: ipaddress.IPv4Network | ipaddress.IPv6Network | None = None
    cidr4: int = 32
    cidr6: int = 128

    @property
    def queries(self) -> bool:
        """Does it count against the limit of ten (RFC 7208 §4.6.4)?"""
        return self.name in ("include", "a", "mx", "ptr", "exists")


@dataclass(frozen=True, slots=True)
class Modifier:
    """``name=value``; ``value`` unexpanded."""

    name: str
    value: str
    position: int
    text: str


@dataclass(frozen=True, slots=True)
class Record:
    """A parsed record. Terms that break the grammar are in ``problems`` only."""

    text: str
    mechanisms: tuple[Mechanism, ...] = ()
    modifiers: tuple[Modifier, ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def all(self) -> Mechanism | None:
        """The first ``all``: nothing after it is ever evaluated."""
        return next((m for m in self.mechanisms if m.name == "all"), None)

    @property
    def reached(self) -> tuple[Mechanism, ...]:
        """The mechanisms up to and with the first ``all``."""
        end = self.all
        return self.mechanisms if end is None else self.mechanisms[: self.mechanisms.index(end) + 1]

    @property
    def redirect(self) -> str | None:
        """The domain-spec of ``redirect=``; None without one or beside an ``all`` (RFC 7208 §6.1)."""
        return None if self.all is not None else self.modifier("redirect")

    def modifier(self, name: str) -> str | None:
        return next((m.value for m in self.modifiers if m.name == name), None)


# --- the grammar -------------------------------------------------------------------------------

_TOKEN = re.compile(r"(%\{[^}]*\}?|%.?)|[\x21-\x24\x26-\x7e]+")
_EXPAND = re.compile(r"%\{([slodiphcrtv])(\d*)(r?)([.\-+,/_=]*)\}", re.IGNORECASE)
_TOPLABEL = re.compile(r"\.(?:[0-9a-z]*[a-z][0-9a-z]*|[0-9a-z]+-[0-9a-z-]*[0-9a-z])\.?$", re.IGNORECASE)
_MODIFIER = re.compile(r"([a-z][a-z0-9_.\-]*)=(.*)", re.IGNORECASE | re.DOTALL)
_CIDR = re.compile(r"(?:/(0|[1-9]\d?))?(?://(0|[1-9]\d{0,2}))?$")
_NAMES = ("all", "include", "a", "mx", "ptr", "ip4", "ip6", "exists")


def is_spf(text: str) -> bool:
    """Is this TXT record an SPF record (RFC 7208 §4.5)? Upper case counts, ``v=spf10`` doesn't."""
    return text[:6].lower() == VERSION and text[6:7] in ("", " ")


def resembles_spf(text: str) -> bool:
    """Was it probably meant as SPF, though no receiver takes it for one?"""
    return not is_spf(text) and re.match(r"[\"'\s]*v\s*=?\s*\"?spf", text, re.IGNORECASE) is not None


def select(records: Iterable[str]) -> tuple[str, ...]:
    """The SPF records among the texts of a TXT RRset."""
    return tuple(text for text in records if is_spf(text))


def parse(text: str) -> Record:
    """Parse a record that begins with ``v=spf1``; collect every problem."""
    if not is_spf(text):
        return Record(text, problems=(Problem(0, text[:20], "doesn't begin with 'v=spf1'"),))
    mechanisms: list[Mechanism] = []
    modifiers: list[Modifier] = []
    problems: list[Problem] = []
    for match in re.finditer(r"[^ ]+", text[6:]):
        position, term = match.start() + 6, match.group()
        try:
            modifier = _MODIFIER.fullmatch(term)
            if modifier:
                modifiers.append(_modifier(modifier.group(1).lower(), modifier.group(2), position, term))
                _at_most_once(modifiers)
            else:
                mechanisms.append(_mechanism(term, position))
        except _SyntaxError as error:
            problems.append(Problem(position, term, str(error)))
    return Record(text, tuple(mechanisms), tuple(modifiers), tuple(problems))


class _SyntaxError(ValueError):
    """A term breaks the grammar; caught in ``parse``."""


def _at_most_once(modifiers: list[Modifier]) -> None:
    last = modifiers[-1]
    if last.name in ("redirect", "exp") and any(m.name == last.name for m in modifiers[:-1]):
        raise _SyntaxError(f"{last.name}= appears more than once")


def _modifier(name: str, value: str, position: int, term: str) -> Modifier:
    if name in ("redirect", "exp"):
        _check_domain_spec(value)
    else:
        _check_macro_string(value, explanation=False)
    return Modifier(name, value, position, term)


def _mechanism(term: str, position: int) -> Mechanism:
    qualified = term[0] in "+-~?"
    qualifier = Qualifier(term[0]) if qualified else Qualifier.PASS
    body = term[1:] if qualified else term
    word = re.match(r"[^:/]*", body)
    name = word.group().lower() if word else ""
    rest = body[len(name) :]
    if name not in _NAMES:
        raise _SyntaxError(f"unknown mechanism {name!r}" + _hint(term, name))
    if name == "all":
        if rest:
            raise _SyntaxError("'all' takes no argument")
        return Mechanism(name, qualifier, position, term)
    if name in ("ip4", "ip6"):
        return Mechanism(name, qualifier, position, term, network=_network(name, rest))
    cidr4, cidr6 = 32, 128
    if name in ("a", "mx"):
        rest, cidr4, cidr6 = _dual_cidr(rest)
    if not rest:
        if name in ("include", "exists"):
            raise _SyntaxError(f"'{name}' needs a domain")
        return Mechanism(name, qualifier, position, term, None, None, cidr4, cidr6)
    if not rest.startswith(":"):
        raise _SyntaxError(f"'{name}' takes no network length")
    _check_domain_spec(rest[1:])
    return Mechanism(name, qualifier, position, term, rest[1:], None, cidr4, cidr6)


def _hint(term: str, name: str) -> str:
    meant = {"ip": "ip4", "ipv4": "ip4", "ipv6": "ip6", "prt": "ptr", "includes": "include"}.get(name)
    if meant:
        return f"; did you mean {meant!r}?"
    return "; terms are separated by spaces, not commas" if "," in term else ""


def _dual_cidr(rest: str) -> tuple[str, int, int]:
    match = _CIDR.search(rest)
    if match is None or not match.group():
        return rest, 32, 128
    cidr4, cidr6 = int(match.group(1) or 32), int(match.group(2) or 128)
    if cidr4 > 32 or cidr6 > 128:
        raise _SyntaxError("network length out of range")
    return rest[: match.start()], cidr4, cidr6


def _network(name: str, rest: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    if not rest.startswith(":"):
        raise _SyntaxError(f"'{name}' needs an address")
    address, slash, length = rest[1:].partition("/")
    limit = 32 if name == "ip4" else 128
    if slash and not (re.fullmatch(r"0|[1-9]\d{0,2}", length) and int(length) <= limit):
        raise _SyntaxError("network length out of range")
    try:
        bits = int(length) if slash else limit
        if name == "ip4":
            return ipaddress.IPv4Network((ipaddress.IPv4Address(address), bits), strict=False)
        if "%" in address:
            raise _SyntaxError("an address with a scope")
        return ipaddress.IPv6Network((ipaddress.IPv6Address(address), bits), strict=False)
    except ipaddress.AddressValueError:
        raise _SyntaxError(f"{address!r} is no IPv{name[2]} address") from None


def _check_macro_string(text: str, *, explanation: bool) -> list[str]:
    """The tokens of a macro-string (RFC 7208 §7.1)."""
    tokens, end = [], 0
    for match in _TOKEN.finditer(text):
        if match.start() != end:
            break
        end = match.end()
        tokens.append(match.group())
        if match.group(1) and match.group() not in ("%%", "%_", "%-"):
            _check_expand(match.group(), explanation=explanation)
    if end != len(text):
        raise _SyntaxError(f"the character {text[end]!r} is not allowed")
    return tokens


def _check_expand(token: str, *, explanation: bool) -> None:
    match = _EXPAND.fullmatch(token)
    if match is None:
        raise _SyntaxError(f"{token!r} is no macro")
    if match.group(2) and int(match.group(2)) == 0:
        raise _SyntaxError(f"{token!r} keeps no label")
    if not explanation and match.group(1).lower() in "crt":
        raise _SyntaxError(f"{token!r} is for explanations only")


def _check_domain_spec(text: str) -> None:
    if not text:
        raise _SyntaxError("an empty domain")
    tokens = _check_macro_string(text, explanation=False)
    if not tokens[-1].startswith("%") and not _TOPLABEL.search(text):
        raise _SyntaxError(f"{text!r} is no domain name (its last label)")


def is_explanation(text: str) -> bool:
    """May this text be expanded as an explanation (RFC 7208 §6.2)?"""
    try:
        for word in text.split(" "):
            _check_macro_string(word, explanation=True)
    except _SyntaxError:
        return False
    return True

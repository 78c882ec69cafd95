"""From a single-redirect rule that exists to the redirect that it says, where ``redirects`` can say it.

The inverse of ``redirects`` for its own rules, and for the plain ones that people write:
``http.host eq "a" and starts_with(http.request.uri.path, "/old/")`` to a URL or to
``concat("https://b", http.request.uri.path)``. Whatever is not surely the same is refused with the reason;
nothing is guessed. Source of the syntax: the Rules language reference (see ``expression``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from launchready.declared import expression, patterns
from launchready.declared import redirect_target as targets
from launchready.declared.patterns import Pattern

HOST, PATH, QUERY = "http.host", "http.request.uri.path", "http.request.uri.query"
FULL = "http.request.full_uri"
STATUSES = frozenset({301, 302, 303, 307, 308})
_STRING = r'(?:r(?P<{0}h>#*)"(?P<{0}r>.*?)"(?P={0}h)|"(?P<{0}q>(?:[^"\\]|\\.)*)")'
_COMPARED = re.compile(
    rf"(?P<field>http\.host|http\.request\.uri\.path|http\.request\.uri\.query)\s+"
    rf"(?P<operator>eq|==|strict wildcard|wildcard)\s+{_STRING.format('a')}",
    re.DOTALL,
)
_BEGINS = re.compile(rf"starts_with\(\s*http\.request\.uri\.path\s*,\s*{_STRING.format('a')}\s*\)", re.DOTALL)
_REPLACED = re.compile(
    rf"wildcard_replace\(\s*(?P<field>[a-z_.]+)\s*,\s*{_STRING.format('a')}\s*,\s*{_STRING.format('b')}"
    r'\s*(?P<strict>,\s*"s"\s*)?\)',
    re.DOTALL,
)
_JOINED = re.compile(rf"concat\(\s*{_STRING.format('a')}\s*,\s*http\.request\.uri\.path\s*\)", re.DOTALL)
_LITERAL = re.compile(r'r(#*)".*?"\1|"(?:[^"\\]|\\.)*"', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Reading:
    """A redirect in the words of ``redirects``: ``source`` and ``to`` canonical."""

    source: str
    to: str
    keep_query: bool


def read_rule(rule: Mapping[str, Any]) -> tuple[Reading, int]:
    """A rule of the API as (redirect, status). Raises ValueError with what can't be said."""
    if rule.get("enabled") is False:
        raise ValueError("it is switched off")
    if rule.get("action") != "redirect":
        raise ValueError(f"its action is {rule.get('action')}")
    value = (rule.get("action_parameters") or {}).get("from_value")
    if not isinstance(value, Mapping):
        raise ValueError("its target is in a list")
    status = value.get("status_code", 302)
    if status not in STATUSES:
        raise ValueError(f"its status is {status}")
    url = value.get("target_url") or {}
    keep = bool(value.get("preserve_query_string"))
    if isinstance(url.get("expression"), str):
        return read(str(rule.get("expression", "")), url["expression"], dynamic=True, keep=keep), int(status)
    return read(str(rule.get("expression", "")), str(url.get("value", "")), dynamic=False, keep=keep), int(
        status
    )


def read(condition: str, target: str, *, dynamic: bool, keep: bool) -> Reading:
    """What a condition and a target say. Raises ValueError with what can't be said."""
    pattern = _pattern(condition)
    if not dynamic:
        if expression.references(target):
            raise ValueError("its target has ${…} in it, which would be a reference")
        return Reading(pattern.text, targets.target_url(target), keep)
    joined = _JOINED.fullmatch(target.strip())
    if joined is not None:
        pattern, to = _with_path(pattern, _text(joined, "a"))
        return Reading(pattern.text, targets.target_url(to), keep)
    replaced = _REPLACED.fullmatch(target.strip())
    if replaced is None:
        raise ValueError("its target is made by an expression that redirects can't say")
    to, whole = _from_captures(pattern, replaced)
    if whole and keep:
        raise ValueError("its target takes the query along twice")
    return Reading(pattern.text, targets.target_url(to), keep or whole)


def read_host(rule: Mapping[str, Any]) -> tuple[str, str] | None:
    """(host, destination) of a rule that sends a whole host elsewhere, path and query kept; else None."""
    value = (rule.get("action_parameters") or {}).get("from_value") or {}
    target = _REPLACED.fullmatch(str((value.get("target_url") or {}).get("expression", "")))
    if target is None or target["field"] != FULL or value.get("status_code") != 301:
        return None
    try:
        pattern = _pattern(str(rule.get("expression", "")))
        source, to = _text(target, "a"), _text(target, "b")
    except ValueError:
        return None
    found = re.fullmatch(r"\$\{1\}://([^/$]+)/\$\{2\}", to)
    plain = pattern.path is None and pattern.query is None and not pattern.host_stars
    if found is None or not plain or source != f"*://{pattern.host}/*":
        return None
    return pattern.host, found[1]


# ---- conditions ---------------------------------------------------------------------------------


def _pattern(condition: str) -> Pattern:
    found: dict[str, str] = {}
    for term in _terms(condition):
        field, text = _term(term)
        if field in found:
            raise ValueError(f"it asks for {field} twice")
        found[field] = text
    if HOST not in found:
        raise ValueError("it is not bound to a host")
    path, query = found.get(PATH), found.get(QUERY)
    source = found[HOST] + (path or "") + (f"?{query}" if query is not None else "")
    if query is not None and path is None:
        raise ValueError("it asks for a query without a path")
    pattern = patterns.parse(source)
    if (pattern.host, pattern.path, pattern.query) != (found[HOST], path, query):
        raise ValueError("it asks for what no normalised request has")
    return pattern


def _terms(condition: str) -> list[str]:
    """The parts between ``and``; literals are left alone. Raises ValueError."""
    hidden: list[str] = []

    def hide(match: re.Match[str]) -> str:
        hidden.append(match[0])
        return f"\x00{len(hidden) - 1}\x00"

    if "\x00" in condition:
        raise ValueError("it has a NUL in it")
    text = _unwrapped(_LITERAL.sub(hide, condition.strip()))
    parts = [_unwrapped(part.strip()) for part in re.split(r"\s+(?:and|&&)\s+", text)]
    return [re.sub(r"\x00(\d+)\x00", lambda match: hidden[int(match[1])], part) for part in parts]


def _unwrapped(text: str) -> str:
    """Without parentheses around the whole."""
    while text.startswith("(") and text.endswith(")"):
        depth = 0
        for position, character in enumerate(text):
            depth += (character == "(") - (character == ")")
            if depth == 0 and position < len(text) - 1:
                return text
        text = text[1:-1].strip()
    return text


def _term(term: str) -> tuple[str, str]:
    """(field, pattern with stars) of one comparison."""
    begins = _BEGINS.fullmatch(term)
    if begins is not None:
        return PATH, f"{_starless(_text(begins, 'a'))}*"
    match = _COMPARED.fullmatch(term)
    if match is None:
        raise ValueError(f"its condition has {term[:60]!r}, which redirects can't say")
    field, operator, text = match["field"], match["operator"], _text(match, "a")
    if operator in ("eq", "=="):
        return field, _starless(text)
    if (operator == "wildcard") != (field == HOST):
        raise ValueError(f"it matches {field} with other rules on case")
    return field, _stars(text)


def _starless(text: str) -> str:
    if "*" in text:
        raise ValueError("it asks for a star itself")
    return text


def _stars(text: str) -> str:
    """A wildcard pattern as a source: doubled backslashes undone, an escaped star refused."""
    bare = text.replace("\\\\", "")
    if "\\" in bare:
        raise ValueError("it asks for a star itself")
    return text.replace("\\\\", "\\")


def _text(match: re.Match[str], name: str) -> str:
    """A literal's text."""
    if match[f"{name}r"] is not None:
        return match[f"{name}r"]
    quoted = match[f"{name}q"]
    if re.search(r'\\[^"\\]', quoted.replace("\\\\", "")):
        raise ValueError("a literal has an escape that is not known")
    return re.sub(r'\\(["\\])', r"\1", quoted)


# ---- targets ------------------------------------------------------------------------------------


def _with_path(pattern: Pattern, prefix: str) -> tuple[Pattern, str]:
    """The pattern and target of ``concat(prefix, path)``."""
    if "$" in prefix or pattern.host_stars:
        raise ValueError("its target can't be said with references")
    if pattern.path is None:
        pattern = Pattern(pattern.host, "/*", pattern.query)
    path = pattern.path or ""
    if path.count("*") > 1 or ("*" in path and not path.endswith("*")):
        raise ValueError("its target takes over a path with several stars")
    return pattern, prefix + path.replace("*", "${1}")


def _from_captures(pattern: Pattern, match: re.Match[str]) -> tuple[str, bool]:
    """(target, does the query come along in it) of ``wildcard_replace``."""
    field, source = match["field"], _stars(_text(match, "a"))
    offset = {PATH: pattern.host_stars, HOST: 0, FULL: -1}.get(field)
    expected = {PATH: pattern.path, HOST: pattern.host, FULL: f"*://{pattern.host}{pattern.path or ''}"}
    if offset is None or source != expected[field]:
        raise ValueError("its target is made from something else than its condition matches")
    if (field == PATH) != (match["strict"] is not None):
        raise ValueError("its target minds case otherwise than its condition")
    to = expression.outside_references(_text(match, "b"), _dollars, offset)
    if any(number < 1 for number in map(int, re.findall(r"\$\{(-?\d+)\}", to))):
        raise ValueError("its target takes over the scheme")
    return to, field == FULL


def _dollars(text: str) -> str:
    if "$" in text.replace("$$", ""):
        raise ValueError("its target has a dollar that means nothing")
    plain = text.replace("$$", "$")
    if "${" in plain:
        raise ValueError("its target has ${ in it")
    return plain

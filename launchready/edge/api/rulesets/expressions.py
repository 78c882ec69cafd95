"""Are rule expressions what Cloudflare would take? Its own parser answers, the plan limits the rest.

``octorules_wirefilter`` wraps that parser: it parses and type-checks, and evaluates nothing. It does
not know the bare literals ``true`` and ``false``; a value expression is checked as one side of a
comparison. Source: facts/cloudflare-api.md, "Rulesets".
"""

from __future__ import annotations

import re

import octorules_wirefilter as wirefilter

from launchready.edge.api.envelope import RefusalError, refuse
from launchready.edge.api.plans import Plan

MAX_LENGTH = 4096
_LITERAL = re.compile(r"\s*\(*\s*(true|false)\s*\)*\s*")
_STRING = re.compile(r'"(?:\\.|[^"\\])*"|r(#*)".*?"\1', re.DOTALL)
_LIST = re.compile(r"\$[a-z_][a-z0-9_.]*")
_VALUE_STRING = re.compile(r'\s*"(?:\\.|[^"\\])*"\s*')
RESPONSE_PHASES = frozenset(
    {
        "http_response_headers_transform",
        "http_ratelimit",
        "http_custom_errors",
        "http_response_firewall_managed",
        "http_response_compression",
        "http_response_cache_settings",
        "http_log_custom_fields",
    }
)
_RESPONSE = ("http.response.", "raw.http.response.", "cf.response.")


def check_filter(text: str, phase: str, plan: Plan, pointer: str) -> None:
    """A rule's expression: parses to a truth value, within the plan."""
    _check_length(text, pointer)
    if _balanced_literal(text):
        return
    _check(text, text, phase, plan, pointer)


def check_value(text: str, phase: str, plan: Plan, pointer: str) -> None:
    """An expression that gives a string: a redirect's target, a header's value."""
    _check_length(text, pointer)
    if _VALUE_STRING.fullmatch(text):
        return
    _check(f'{text} eq "x"', text, phase, plan, pointer)


def fields_of(text: str) -> frozenset[str]:
    """The fields that an expression reads; none for one that does not parse."""
    return frozenset(wirefilter.parse_expression(text).get("fields", ()))


def _balanced_literal(text: str) -> bool:
    return _LITERAL.fullmatch(text) is not None and text.count("(") == text.count(")")


def _check_length(text: str, pointer: str) -> None:
    if not text.strip():
        raise _invalid(text, "the expression is empty", pointer)
    if len(text) > MAX_LENGTH:
        raise _invalid(text[:60] + "…", f"it is longer than {MAX_LENGTH} characters", pointer)


def _check(whole: str, shown: str, phase: str, plan: Plan, pointer: str) -> None:
    result = wirefilter.parse_expression(whole)
    if result.get("error"):
        raise _invalid(shown, f"the expression is invalid: {result['error'].strip()}", pointer)
    lists = _LIST.findall(_STRING.sub('""', whole))
    if lists:
        raise _invalid(shown, f"list {lists[0]} is not defined (the edge has no lists)", pointer)
    if not plan.regex and ("matches" in result["operators"] or "regex_replace" in result["functions"]):
        raise _invalid(
            shown,
            "not entitled: the use of operator Matches is not allowed, "
            "a Business plan or a WAF Advanced plan is required",
            pointer,
        )
    for field in result["fields"]:
        if field.startswith(_RESPONSE) and phase not in RESPONSE_PHASES:
            raise _invalid(shown, f"field {field} is not available in phase {phase}", pointer)
        if field.startswith("http.request.body.") and plan.name != "enterprise":
            raise _invalid(shown, f"not entitled: field {field} requires an Enterprise plan", pointer)


def _invalid(text: str, why: str, pointer: str) -> RefusalError:
    return refuse(
        400,
        20127,
        f"'{text}' is not a valid value for expression because {why}",
        source={"pointer": pointer},
    )

"""The parameters of ``set_cache_settings`` beyond their types: shapes, and what the plan is entitled to.

Sources: developers.cloudflare.com/cache/how-to/cache-rules/settings, …/edge-browser-cache-ttl (minima by
plan), and Cloudflare's OpenAPI description (rulesets_SetCacheSettings…).
"""

from __future__ import annotations

from typing import Any, Protocol

from launchready.edge.api.envelope import RefusalError
from launchready.edge.api.fields import is_kind
from launchready.edge.api.plans import Plan
from launchready.edge.state import Json

_ENTERPRISE = ("additional_cacheable_ports", "read_timeout", "origin_cache_control")
_KEY_FLAGS = ("cache_by_device_type", "cache_deception_armor", "ignore_query_strings_order")
_UNSERVED = ("vary", "shared_dictionary", "strip_etags", "strip_last_modified", "strip_set_cookie")
"""What Cloudflare takes here and this edge does not do: said, not ignored."""


class Where(Protocol):
    """See ``actions.Where``."""

    @property
    def plan(self) -> Plan: ...
    def bad(self, key: str, why: str) -> RefusalError: ...


def check_cache_settings(parameters: Json, where: Where) -> None:
    """Refuses what Cloudflare would on this plan. The types of the parts have been checked."""
    if not parameters:
        raise where.bad("", "at least one setting is needed")
    for key in _ENTERPRISE:
        if parameters.get(key) is not None and where.plan.name != "enterprise":
            raise where.bad(key, "not entitled: an Enterprise plan is required")
    for key in _UNSERVED:
        if parameters.get(key) is not None:
            raise where.bad(key, "the local edge does not serve it")
    edge, browser = parameters.get("edge_ttl") or {}, parameters.get("browser_ttl") or {}
    seconds = browser.get("default")
    if seconds and seconds < where.plan.edge_ttl:
        why = f"browsers keep for {where.plan.edge_ttl} s or more on the {where.plan.label} plan"
        raise where.bad("browser_ttl/default", why)
    if edge.get("status_code_ttl") is not None:
        _status_codes(edge["status_code_ttl"], where)
    stale = (parameters.get("serve_stale") or {}).get("disable_stale_while_updating")
    if stale is not None and not isinstance(stale, bool):
        raise where.bad("serve_stale/disable_stale_while_updating", "it must be of type boolean")
    _key(parameters.get("cache_key") or {}, where)


def _status_codes(items: Any, where: Where) -> None:
    key = "edge_ttl/status_code_ttl"
    if not isinstance(items, list) or not items:
        raise where.bad(key, "it must list at least one status")
    for item in items:
        if not isinstance(item, dict) or not is_kind(item.get("value"), "integer") or item["value"] < -1:
            raise where.bad(key, "each needs a value of -1 (no-store), 0 (no-cache) or seconds")
        code, span = item.get("status_code"), item.get("status_code_range")
        if (code is None) == (span is None):
            raise where.bad(key, "each needs either a status_code or a status_code_range")
        ends: list[Any] = [code] if span is None else _ends(span)
        if not ends or not all(is_kind(end, "integer") and 100 <= end <= 999 for end in ends):
            raise where.bad(key, "status codes are numbers from 100 to 999; a range has from, to or both")


def _ends(span: Any) -> list[Any]:
    return [span[end] for end in ("from", "to") if end in span] if isinstance(span, dict) else []


def _key(key: Json, where: Where) -> None:
    for name in _KEY_FLAGS:
        if key.get(name) is not None and not isinstance(key[name], bool):
            raise where.bad(f"cache_key/{name}", "it must be of type boolean")
    custom = key.get("custom_key")
    if custom is None:
        return
    if not isinstance(custom, dict):
        raise where.bad("cache_key/custom_key", "it must be of type object")
    for part, value in custom.items():
        if part not in ("query_string", "header", "cookie", "host", "user") or not isinstance(value, dict):
            raise where.bad(f"cache_key/custom_key/{part}", "it is no part of a cache key")
    everything = {"query_string": {"exclude": {"all": True}}}
    if custom != everything and where.plan.name != "enterprise":
        raise where.bad("cache_key/custom_key", "not entitled: an Enterprise plan is required")
    query = custom.get("query_string")
    if query is not None and len({"include", "exclude"} & query.keys()) != 1:
        raise where.bad("cache_key/custom_key/query_string", "it needs either include or exclude")
    for part in ("header", "cookie"):
        _names(custom.get(part) or {}, f"cache_key/custom_key/{part}", where)


def _names(part: Json, key: str, where: Where) -> None:
    for name in ("include", "check_presence"):
        listed = part.get(name)
        if listed is not None and not (isinstance(listed, list) and all(isinstance(n, str) for n in listed)):
            raise where.bad(f"{key}/{name}", "it must be a list of names")
    contains = part.get("contains")
    if contains is None:
        return
    texts = isinstance(contains, dict) and all(
        isinstance(values, list) and all(isinstance(value, str) for value in values)
        for values in contains.values()
    )
    if not texts:
        raise where.bad(f"{key}/contains", "it must map header names to lists of values")

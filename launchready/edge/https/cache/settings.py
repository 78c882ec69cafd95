"""What the zone's rules and settings say of one request: is it kept, for how long, under which key.

Cache rules stack; for one setting the last matching rule wins
(developers.cloudflare.com/cache/how-to/cache-rules/order).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from launchready.edge.https.cache.extensions import is_default
from launchready.edge.https.defects import http_defect
from launchready.edge.https.exchange import Exchange
from launchready.edge.state import Json

PHASE = "http_request_cache_settings"
METHODS = frozenset({"GET", "HEAD"})
SIZES = {"enterprise": 5_000_000_000}
"""Bytes of the largest cacheable file by plan; 512 MB for the others."""
DEFAULT_SIZE = 512_000_000


@dataclass(slots=True)
class CacheSettings:
    """``eligible``: may the answer be kept; ``by_rule``: a rule said so, and not the extension.

    ``refusal``: the cf-cache-status of a request that is not eligible. ``maximum``: bytes.
    ``strict``: Origin Cache Control (RFC 9111 to the letter), always on below Enterprise.
    """

    eligible: bool
    by_rule: bool
    refusal: str
    edge_ttl: Json = field(default_factory=dict)
    browser_ttl: Json = field(default_factory=dict)
    cache_key: Json = field(default_factory=dict)
    browser_setting: int = 0
    strict: bool = True
    swr: bool = True
    maximum: int = DEFAULT_SIZE

    @property
    def overrides(self) -> bool:
        """Does the rule's own time count, whatever the origin says?"""
        return self.edge_ttl.get("mode") == "override_origin"

    def status_ttl(self, status: int) -> int | None:
        """The rule's seconds for a status code; 0 is no-cache, -1 no-store; None: no rule of its own."""
        for item in self.edge_ttl.get("status_code_ttl") or ():
            span = item.get("status_code_range") or {}
            exact = item.get("status_code")
            inside = exact == status if exact is not None else _inside(span, status)
            if inside:
                return int(item["value"])
        return None


def _inside(span: Json, status: int) -> bool:
    return int(span.get("from", 100)) <= status <= int(span.get("to", 999))


def cache_settings(exchange: Exchange) -> CacheSettings:
    """The settings for an exchange."""
    merged = _merged(exchange)
    fields, zone = exchange.fields, exchange.zone
    default = is_default(fields["http.request.uri.path"], fields["http.request.uri.path.extension"])
    if exchange.setting("cache_level", "aggressive") == "basic" and fields["http.request.uri.query"]:
        default = False
    by_rule = merged.get("cache") is True
    eligible = by_rule or (default and merged.get("cache") is not False)
    if http_defect(exchange.state, "http.cache_everything", exchange.site.host):
        eligible, by_rule, merged = True, True, {"edge_ttl": {"mode": "override_origin", "default": 7200}}
    plan = (zone.info.get("plan") or {}).get("legacy_id", "free")
    made = CacheSettings(
        eligible=eligible and exchange.request.method in METHODS,
        by_rule=by_rule,
        refusal="BYPASS" if default and exchange.request.method in METHODS else "DYNAMIC",
        edge_ttl=merged.get("edge_ttl") or {},
        browser_ttl=merged.get("browser_ttl") or {},
        cache_key=_key(exchange, merged),
        browser_setting=int(exchange.setting("browser_cache_ttl", 14400)),
        strict=plan != "enterprise" or merged.get("origin_cache_control") is True,
        swr=not (merged.get("serve_stale") or {}).get("disable_stale_while_updating", False),
        maximum=SIZES.get(plan, DEFAULT_SIZE),
    )
    if made.eligible and exchange.setting("development_mode", "off") == "on":
        made.eligible, made.refusal = False, "BYPASS"
    return made


def _merged(exchange: Exchange) -> Json:
    """All matching rules' parameters, the last one of each."""
    merged: Json = {}
    for rule in exchange.matching(PHASE):
        merged.update(rule.get("action_parameters") or {})
    return merged


def _key(exchange: Exchange, merged: Json) -> Json:
    """The key's parts: the rule's, over those of the zone's caching level and query sorting."""
    parts: dict[str, Any] = {}
    if exchange.setting("cache_level", "aggressive") == "simplified":
        parts["custom_key"] = {"query_string": {"exclude": {"all": True}}}
    if exchange.setting("sort_query_string_for_cache", "off") == "on":
        parts["ignore_query_strings_order"] = True
    return {**parts, **(merged.get("cache_key") or {})}

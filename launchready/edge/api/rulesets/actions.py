"""The parameters of each rule action, checked as far as the edge serves them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from launchready.edge.api.envelope import RefusalError, refuse
from launchready.edge.api.fields import is_kind
from launchready.edge.api.plans import Plan
from launchready.edge.api.rulesets.cache_settings import check_cache_settings
from launchready.edge.api.rulesets.expressions import check_value
from launchready.edge.state import Json

_HEADER = re.compile(r"[A-Za-z0-9_-]+")
_HEADER_VALUE = re.compile(r"""[A-Za-z0-9_ :;.,\\/"'?!(){}\[\]@<>=\-+*#$&`|~^%]*""")
_HEADER_LENGTH = 4096
"""Names, characters and length: developers.cloudflare.com/rules/transform/response-header-modification/
reference/header-format/. The fixed headers beyond the first three are inferred: they frame the message or
belong to the connection."""
_FIXED = """
    server eh-cache-tag eh-cdn-cache-control age alt-svc connection content-encoding content-length date
    keep-alive proxy-authenticate te trailer transfer-encoding upgrade
"""
_FIXED_HEADERS = frozenset(_FIXED.split())
_MODES = ("respect_origin", "bypass_by_default", "override_origin", "bypass")
_CONFIG_SWITCHES = frozenset(
    [
        "automatic_https_rewrites",
        "bic",
        "disable_apps",
        "disable_rum",
        "disable_zaraz",
        "email_obfuscation",
        "fonts",
        "hotlink_protection",
        "mirage",
        "opportunistic_encryption",
        "rocket_loader",
        "server_side_excludes",
        "sxg",
        "content_converter",
        "redirects_for_ai_training",
        "disable_pay_per_crawl",
        "request_body_buffering",
        "response_body_buffering",
    ]
)
_SSL = ("off", "flexible", "full", "strict", "origin_pull")


@dataclass(frozen=True, slots=True)
class Where:
    """What a check needs to know of its rule: the phase, the plan, where errors point."""

    phase: str
    plan: Plan
    pointer: str

    def bad(self, key: str, why: str) -> RefusalError:
        return refuse(
            400,
            20121,
            f"not a valid value for {key} because {why}",
            source={"pointer": f"{self.pointer}/action_parameters/{key}"},
        )


def check_parameters(action: str, parameters: Json, where: Where) -> None:
    """Refuses parameters that the action does not take."""
    check = _CHECKS.get(action)
    if check is not None:
        check(parameters, where)


def _typed(holder: Json, key: str, kind: str, where: Where, *, needed: bool = False) -> Any:
    value = holder.get(key)
    if value is None:
        if needed:
            raise where.bad(key, "it is required")
        return None
    if not is_kind(value, kind):
        raise where.bad(key, f"it must be of type {kind}")
    return value


def _value_or_expression(holder: Json, where: Where, key: str) -> str | None:
    """The static value, or None when an (already checked) expression gives it."""
    value = _typed(holder, "value", "string", where)
    expression = _typed(holder, "expression", "string", where)
    if (value is None) == (expression is None):
        raise where.bad(key, "it needs either a value or an expression")
    if expression is not None:
        check_value(
            expression, where.phase, where.plan, f"{where.pointer}/action_parameters/{key}/expression"
        )
    return value if isinstance(value, str) else None


def _redirect(parameters: Json, where: Where) -> None:
    if "from_list" in parameters:
        raise where.bad("from_list", "bulk redirects are account rulesets")
    source = _typed(parameters, "from_value", "object", where, needed=True)
    status = _typed(source, "status_code", "integer", where)
    if status is not None and status not in (301, 302, 303, 307, 308):
        raise where.bad("from_value/status_code", "it must be one of 301, 302, 303, 307, 308")
    _typed(source, "preserve_query_string", "boolean", where)
    target = _typed(source, "target_url", "object", where, needed=True)
    value = _value_or_expression(target, where, "from_value/target_url")
    if value is None:
        return
    parts = urlsplit(value)
    absolute = parts.scheme in ("http", "https") and bool(parts.netloc)
    if not absolute and not value.startswith("/"):
        raise where.bad("from_value/target_url", f"{value} is not an http(s) URL")


def _rewrite(parameters: Json, where: Where) -> None:
    headers = _typed(parameters, "headers", "object", where)
    uri = _typed(parameters, "uri", "object", where)
    if where.phase == "http_request_transform":
        if uri is None or headers is not None:
            raise where.bad("uri", "this phase rewrites the URI and nothing else")
        for part in ("path", "query"):
            piece = _typed(uri, part, "object", where)
            if piece is not None:
                _value_or_expression(piece, where, f"uri/{part}")
        return
    if not headers or uri is not None:
        raise where.bad("headers", "this phase rewrites headers and nothing else")
    for name, change in headers.items():
        _header(name, change, where)


def _header(name: str, change: Any, where: Where) -> None:
    key = f"headers/{name}"
    low = name.lower()
    if not _HEADER.fullmatch(name):
        raise where.bad(key, "it is no header name")
    if low.startswith(("cf-", "x-cf-")) or low in _FIXED_HEADERS:
        raise where.bad(key, "this header can't be changed")
    if not isinstance(change, dict):
        raise where.bad(key, "it must be of type object")
    operation = change.get("operation")
    allowed = ("set", "add", "remove") if "response" in where.phase else ("set", "remove")
    if operation not in allowed:
        raise where.bad(f"{key}/operation", f"it must be one of {', '.join(allowed)}")
    if operation == "remove":
        if change.get("value") is not None or change.get("expression") is not None:
            raise where.bad(key, "remove takes no value")
        return
    value = _value_or_expression(change, where, key)
    if value is None:
        return
    if not value or len(value) > _HEADER_LENGTH:
        raise where.bad(f"{key}/value", f"it must have between 1 and {_HEADER_LENGTH} characters")
    if not _HEADER_VALUE.fullmatch(value):
        strange = re.sub(_HEADER_VALUE, "", value)[:1]
        raise where.bad(f"{key}/value", f"it must not contain {strange!r}")


def _cache(parameters: Json, where: Where) -> None:
    _typed(parameters, "cache", "boolean", where)
    for key in ("edge_ttl", "browser_ttl"):
        ttl = _typed(parameters, key, "object", where)
        if ttl is None:
            continue
        mode = _typed(ttl, "mode", "string", where, needed=True)
        if mode not in _MODES or (key == "edge_ttl" and mode == "bypass"):
            raise where.bad(f"{key}/mode", f"{mode} is not a mode")
        seconds = _typed(ttl, "default", "integer", where)
        if (mode == "override_origin") != (seconds is not None):
            raise where.bad(f"{key}/default", "override_origin needs a default, and only it has one")
        if seconds is not None and seconds < 0:
            raise where.bad(f"{key}/default", "it must not be negative")
        if seconds and key == "edge_ttl" and seconds < where.plan.edge_ttl:
            raise where.bad(
                f"{key}/default", f"the {where.plan.label} plan caches for {where.plan.edge_ttl} s or more"
            )
    for key in ("respect_strong_etags", "origin_error_page_passthru", "origin_cache_control"):
        _typed(parameters, key, "boolean", where)
    for key in ("serve_stale", "cache_key", "cache_reserve"):
        _typed(parameters, key, "object", where)
    check_cache_settings(parameters, where)


def _config(parameters: Json, where: Where) -> None:
    for key, value in parameters.items():
        if key in _CONFIG_SWITCHES:
            if not isinstance(value, bool):
                raise where.bad(key, "it must be of type boolean")
        elif key == "ssl":
            if value not in _SSL:
                raise where.bad(key, f"it must be one of {', '.join(_SSL)}")
        elif key == "security_level":
            if value not in ("off", "essentially_off", "low", "medium", "high", "under_attack"):
                raise where.bad(key, f"{value} is not a security level")
        elif key == "polish":
            if value not in ("off", "lossless", "lossy", "webp"):
                raise where.bad(key, f"{value} is not a polish mode")
        elif key != "autominify":
            raise where.bad(key, "there is no such setting")
    if not parameters:
        raise where.bad("", "at least one setting is needed")


def _block(parameters: Json, where: Where) -> None:
    response = _typed(parameters, "response", "object", where)
    if response is None:
        return
    status = _typed(response, "status_code", "integer", where, needed=True)
    if not 400 <= status <= 499:
        raise where.bad("response/status_code", "it must be between 400 and 499")
    content = _typed(response, "content", "string", where, needed=True)
    limit = 30_720 if where.phase == "http_ratelimit" else 2_048
    if len(content.encode()) > limit:
        raise where.bad("response/content", f"it is longer than {limit} bytes")
    kind = _typed(response, "content_type", "string", where, needed=True)
    if kind not in ("text/plain", "text/xml", "application/json", "text/html"):
        raise where.bad("response/content_type", f"{kind} is not allowed")


def _route(parameters: Json, where: Where) -> None:
    if not any(key in parameters for key in ("host_header", "origin", "sni")):
        raise where.bad("", "one of host_header, origin or sni is needed")
    if where.plan.name != "enterprise" and any(key in parameters for key in ("host_header", "sni")):
        raise where.bad("host_header", "not entitled: an Enterprise plan is required")


def _skip(parameters: Json, where: Where) -> None:
    if not any(key in parameters for key in ("ruleset", "phases", "products", "rulesets", "rules")):
        raise where.bad("", "one of ruleset, phases, products, rulesets or rules is needed")


_CHECKS: dict[str, Callable[[Json, Where], None]] = {
    "redirect": _redirect,
    "rewrite": _rewrite,
    "set_cache_settings": _cache,
    "set_config": _config,
    "block": _block,
    "route": _route,
    "skip": _skip,
}
NEEDS_PARAMETERS = frozenset({"redirect", "rewrite", "set_cache_settings", "set_config", "route", "skip"})

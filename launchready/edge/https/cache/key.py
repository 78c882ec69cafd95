"""Cache keys: which requests share an answer (developers.cloudflare.com/cache/how-to/cache-keys)."""

from __future__ import annotations

import re
from typing import Any

from launchready.edge.https.messages import Request
from launchready.edge.state import Json

Key = tuple[str, ...]

_FORWARDED = ("x-forwarded-host", "x-host", "x-original-url", "x-rewrite-url", "forwarded")
_METHODS = ("x-http-method-override", "x-http-method", "x-method-override")
_TABLET = re.compile(r"ipad|tablet|playbook|silk|android(?!.*mobile)", re.IGNORECASE)
_MOBILE = re.compile(r"mobi|iphone|ipod|android|blackberry|opera mini", re.IGNORECASE)


def cache_key(request: Request, scheme: str, parts: Json, *, purging: bool = False) -> Key:
    """``scheme``: of the request to the origin, which is what counts. ``parts``: the API's ``cache_key``.

    ``purging``: the request is a purge's, whose cf- headers are believed; a visitor's are not.
    """
    custom = parts.get("custom_key") or {}
    path, _, query = request.target.partition("?")
    key = [scheme, request.host, path, _query(query, custom.get("query_string"), parts)]
    header = custom.get("header") or {}
    if not header.get("exclude_origin"):
        key.append(f"origin={request.header('origin')}")
    key += [f"{name}={value}" for name in (*_METHODS, *_FORWARDED) if (value := request.header(name))]
    if (forwarded := request.header("x-forwarded-scheme")) and forwarded not in ("http", "https"):
        key.append(f"x-forwarded-scheme={forwarded}")
    key += _headers(request, header)
    key += _cookies(request, custom.get("cookie") or {})
    user = {"device_type": parts.get("cache_by_device_type", False)} | (custom.get("user") or {})
    key += _visitor(request, user, purging=purging)
    return tuple(key)


def _query(query: str, rule: Any, parts: Json) -> str:
    pairs = query.split("&") if query else []
    include, exclude = _names(rule, "include"), _names(rule, "exclude")
    if exclude is not None:
        pairs = [] if exclude == ["*"] else [pair for pair in pairs if pair.partition("=")[0] not in exclude]
    elif include is not None and include != ["*"]:
        pairs = [pair for pair in pairs if pair.partition("=")[0] in include]
    if parts.get("ignore_query_strings_order"):
        pairs = sorted(pairs)
    return "&".join(pairs)


def _names(rule: Any, kind: str) -> list[str] | None:
    """The parameters, ``["*"]`` for all; both of the API's spellings."""
    found = rule.get(kind) if isinstance(rule, dict) else None
    if found is None:
        return None
    if isinstance(found, dict):
        return ["*"] if found.get("all") else [str(name) for name in found.get("list") or ()]
    return [str(name) for name in found] if isinstance(found, list) else [str(found)]


def _headers(request: Request, rule: Json) -> list[str]:
    key = [f"{name}={request.header(name.lower())}" for name in rule.get("include") or ()]
    key += [f"{name}?{bool(request.header(name.lower()))}" for name in rule.get("check_presence") or ()]
    for name, wanted in (rule.get("contains") or {}).items():
        given = request.header(name.lower())
        key.append(f"{name}~{given if any(part in given for part in wanted) else ''}")
    return key


def _cookies(request: Request, rule: Json) -> list[str]:
    pairs = [pair.strip().partition("=") for pair in request.header("cookie").split(";")]
    sent = {name: value for name, _, value in pairs}
    key = [f"cookie:{name}={sent.get(name, '')}" for name in rule.get("include") or ()]
    return key + [f"cookie:{name}?{name in sent}" for name in rule.get("check_presence") or ()]


def _visitor(request: Request, rule: Json, *, purging: bool) -> list[str]:
    key = []
    if rule.get("device_type"):
        said = request.header("cf-device-type") if purging else ""
        key.append(f"device={said or _device(request.header('user-agent'))}")
    if rule.get("geo"):
        said = request.header("cf-ipcountry") if purging else ""
        key.append(f"country={said or 'XX'}")
    if rule.get("lang"):
        language = request.header("accept-language").partition(",")[0].partition(";")[0]
        key.append(f"lang={language.strip().partition('-')[0].lower()}")
    return key


def _device(agent: str) -> str:
    """desktop, mobile or tablet."""
    return "tablet" if _TABLET.search(agent) else "mobile" if _MOBILE.search(agent) else "desktop"

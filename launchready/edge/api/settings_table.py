"""Every zone setting: its default, the values that it takes, and who may change it.

Source: facts/cloudflare-api.md, "Settings" and "Plans".
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from launchready.edge.api.plans import Plan
from launchready.edge.state import Json

Check = Callable[[Any], str | None]
"""None if the value will do, else what it should have been."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting; ``editable`` false means that the API only shows it."""

    id: str
    default: Any
    check: Check
    editable: bool = True


def one_of(*values: Any) -> Check:
    kind = type(values[0])

    def check(value: Any) -> str | None:
        fits = type(value) is kind and value in values
        return None if fits else "one of " + ", ".join(repr(one) for one in values)

    return check


def whole(low: int, high: int) -> Check:
    def check(value: Any) -> str | None:
        fits = isinstance(value, int) and not isinstance(value, bool) and low <= value <= high
        return None if fits else f"a whole number from {low} to {high}"

    return check


def flags(**kinds: type) -> Check:
    """An object whose keys, all optional, have these types."""

    def check(value: Any) -> str | None:
        if not isinstance(value, dict):
            return "an object"
        wrong = [key for key, kind in kinds.items() if key in value and type(value[key]) is not kind]
        return f"an object in which {wrong[0]} is of type {kinds[wrong[0]].__name__}" if wrong else None

    return check


_HSTS = flags(enabled=bool, max_age=int, include_subdomains=bool, preload=bool, nosniff=bool)


def _security_header(value: Any) -> str | None:
    if not isinstance(value, dict) or not isinstance(value.get("strict_transport_security"), dict):
        return "an object with strict_transport_security"
    inner = value["strict_transport_security"]
    problem = _HSTS(inner)
    if problem is None and not 0 <= inner.get("max_age", 0) <= 2**31 - 1:
        return "an object in which max_age is not negative"
    return problem


_CIPHER = re.compile(r"[A-Z0-9][A-Z0-9_-]{3,63}")


def _ciphers(value: Any) -> str | None:
    fits = isinstance(value, list) and all(isinstance(c, str) and _CIPHER.fullmatch(c) for c in value)
    return None if fits else "a list of cipher names"


_SWITCH = one_of("on", "off")
_CHALLENGE = (300, 900, 1800, 2700, 3600, 7200, 10800, 14400, 28800, 57600, 86400, 604800, 2592000, 31536000)
_SECURITY_LEVELS = ("off", "essentially_off", "low", "medium", "high", "under_attack")
_EDGE_TTLS = (30, 60, 300, 1200, 1800, 3600, 7200, 10800, 14400, 18000, 28800, 43200, 57600, 72000, 86400,
              172800, 259200, 345600, 432000, 518400, 604800)  # fmt: skip
_HSTS_OFF = {"enabled": False, "max_age": 0, "include_subdomains": False, "preload": False, "nosniff": False}

_ON = (
    "always_online",
    "automatic_https_rewrites",
    "browser_check",
    "email_obfuscation",
    "http2",
    "ip_geolocation",
    "ipv6",
    "opportunistic_encryption",
    "websockets",
)
_OFF = (
    "0rtt",
    "always_use_https",
    "brotli",
    "development_mode",
    "early_hints",
    "hotlink_protection",
    "http3",
    "mirage",
    "opportunistic_onion",
    "orange_to_orange",
    "origin_error_page_pass_thru",
    "prefetch_preload",
    "privacy_pass",
    "replace_insecure_js",
    "response_buffering",
    "rocket_loader",
    "server_side_exclude",
    "sort_query_string_for_cache",
    "tls_1_2_only",
    "tls_client_auth",
    "true_client_ip_header",
    "waf",
    "webp",
)

_OTHERS = (
    Setting("advanced_ddos", "on", _SWITCH, editable=False),
    Setting("browser_cache_ttl", 14400, whole(0, 31536000)),
    Setting("cache_level", "aggressive", one_of("aggressive", "basic", "simplified")),
    Setting("challenge_ttl", 1800, one_of(*_CHALLENGE)),
    Setting("ciphers", [], _ciphers),
    Setting("cname_flattening", "flatten_at_root", one_of("flatten_at_root", "flatten_all")),
    Setting("edge_cache_ttl", 7200, one_of(*_EDGE_TTLS)),
    Setting("h2_prioritization", "off", one_of("on", "off", "custom")),
    Setting("image_resizing", "off", one_of("on", "off", "open")),
    Setting("max_upload", 100, one_of(*range(100, 501, 25), 1000)),
    Setting("min_tls_version", "1.0", one_of("1.0", "1.1", "1.2", "1.3")),
    Setting("nel", {"enabled": False}, flags(enabled=bool)),
    Setting("origin_max_http_version", "2", one_of("2", "1")),
    Setting("polish", "off", one_of("off", "lossless", "lossy")),
    Setting("proxy_read_timeout", 100, whole(1, 6000)),
    Setting("pseudo_ipv4", "off", one_of("off", "add_header", "overwrite_header")),
    Setting("security_header", {"strict_transport_security": _HSTS_OFF}, _security_header),
    Setting("security_level", "medium", one_of(*_SECURITY_LEVELS)),
    Setting("ssl", "off", one_of("off", "flexible", "full", "strict")),
    Setting("tls_1_3", "off", one_of("on", "off", "zrt")),
)

SETTINGS: dict[str, Setting] = {
    setting.id: setting
    for setting in sorted(
        [
            *(Setting(name, "on", _SWITCH) for name in _ON),
            *(Setting(name, "off", _SWITCH) for name in _OFF),
            *_OTHERS,
        ],
        key=lambda setting: setting.id,
    )
}

_MAX_UPLOAD = {"free": 100, "pro": 100, "business": 200, "enterprise": 500}
_PLAN_SETTINGS = frozenset(
    [
        "mirage",
        "polish",
        "webp",
        "waf",
        "h2_prioritization",
        "image_resizing",
        "ciphers",
        "cname_flattening",
        "origin_error_page_pass_thru",
        "true_client_ip_header",
        "response_buffering",
        "sort_query_string_for_cache",
        "prefetch_preload",
        "proxy_read_timeout",
        "orange_to_orange",
    ]
)


def editable(setting: Setting, plan: Plan) -> bool:
    """Whether a zone on that plan may change the setting."""
    return setting.editable and (setting.id not in _PLAN_SETTINGS or setting.id in plan.settings)


def too_much_for(setting: Setting, value: Any, plan: Plan) -> bool:
    """A value that the setting takes, but this plan does not."""
    if setting.id == "max_upload":
        return bool(value > _MAX_UPLOAD[plan.name])
    return setting.id == "security_level" and value == "off" and plan.rank < 3


def initial(plan: Plan) -> dict[str, Json]:
    """The settings of a new zone, every one at its default."""
    made: dict[str, Json] = {}
    for setting in SETTINGS.values():
        value = setting.default
        if isinstance(value, dict):
            value = {k: dict(v) if isinstance(v, dict) else v for k, v in value.items()}
        elif isinstance(value, list):
            value = list(value)
        if setting.id == "max_upload":
            value = min(100, _MAX_UPLOAD[plan.name])
        made[setting.id] = {
            "id": setting.id,
            "value": value,
            "modified_on": None,
            "editable": editable(setting, plan),
        }
    made["development_mode"]["time_remaining"] = 0
    return made

"""The other response headers: what Cloudflare lets a rule change, known values, banners, Permissions-Policy.

Sources, read in November 2026: developers.cloudflare.com/rules/transform/response-header-modification/
(remarks; format of header names and values), the OWASP Secure Headers project (headers to set and to
remove), W3C Permissions Policy and Referrer Policy, the HTML standard (COOP, COEP), Fetch (CORP).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

MAX_VALUE = 4096
"""Characters of a header's value in a rule."""
MAX_EXPRESSION = 4096
"""Characters of a rule's expression."""

NAME = re.compile(r"[A-Za-z0-9_-]+")
"""What Cloudflare takes as a header's name in a rule: less than HTTP does."""
_NOT_IN_VALUES = re.compile(r"""[^A-Za-z0-9_ :;.,\\/"'?!(){}\[\]@<>=\-+*#$&`|~^%]""")

FIXED: dict[str, str] = {
    "server": "Cloudflare sets it itself",
    "eh-cache-tag": "Cloudflare keeps it to itself",
    "eh-cdn-cache-control": "Cloudflare keeps it to itself",
    "date": "the edge writes it",
    "age": "the cache writes it",
    "alt-svc": "the zone's HTTP/3 setting writes it",
    "connection": "it belongs to one connection (RFC 9110 §7.6.1)",
    "keep-alive": "it belongs to one connection (RFC 9110 §7.6.1)",
    "content-length": "it frames the message (RFC 9112 §6)",
    "transfer-encoding": "it frames the message (RFC 9112 §6)",
    "te": "it belongs to one connection (RFC 9110 §7.6.1)",
    "trailer": "it frames the message (RFC 9112 §6)",
    "upgrade": "it belongs to one connection (RFC 9110 §7.6.1)",
    "proxy-authenticate": "it belongs to one connection (RFC 9110 §7.6.1)",
    "content-encoding": "it says how the body is coded, and the edge codes it",
}
"""Response headers that no rule may set, add or remove, and why. The first three are documented by name;
the others follow from "a limited number of headers that you cannot change" and from what would break."""

FIXED_PREFIXES = ("cf-", "x-cf-")

OWN_KEYS: dict[str, str] = {
    "strict-transport-security": "tls.hsts",
    "content-security-policy": "headers.csp",
    "content-security-policy-report-only": "headers.csp",
    "x-frame-options": "headers.frame_options",
    "x-content-type-options": "headers.nosniff",
    "referrer-policy": "headers.referrer_policy",
    "permissions-policy": "headers.permissions_policy",
    "cross-origin-opener-policy": "headers.coop",
    "cross-origin-embedder-policy": "headers.coep",
    "cross-origin-resource-policy": "headers.corp",
    "reporting-endpoints": "headers.reporting_endpoints",
    "access-control-allow-origin": "headers.cors",
    "access-control-allow-credentials": "headers.cors",
    "access-control-allow-methods": "headers.cors",
    "access-control-allow-headers": "headers.cors",
    "access-control-expose-headers": "headers.cors",
    "access-control-max-age": "headers.cors",
}
"""Headers that have a key of their own in the client file."""

BANNERS = (
    "x-powered-by", "x-powered-by-plesk", "x-aspnet-version", "x-aspnetmvc-version", "x-generator",
    "x-drupal-cache", "x-runtime", "x-rack-cache", "x-server", "x-server-powered-by", "x-backend-server",
    "x-php-version", "x-varnish", "x-debug-token", "x-debug-token-link", "x-application-context",
    "liferay-portal",
)  # fmt: skip
"""Headers that tell what a server runs, and nothing that a visitor needs (OWASP Secure Headers)."""

REFERRER_POLICIES = (
    "no-referrer", "no-referrer-when-downgrade", "origin", "origin-when-cross-origin", "same-origin",
    "strict-origin", "strict-origin-when-cross-origin", "unsafe-url",
)  # fmt: skip
LEAKING_REFERRERS = frozenset({"unsafe-url", "no-referrer-when-downgrade", "origin-when-cross-origin"})
"""They send the whole address, or the origin in clear, to other sites."""

_FEATURES = """
    accelerometer ambient-light-sensor aria-notify attribution-reporting autoplay bluetooth
    browsing-topics camera captured-surface-control ch-ua-high-entropy-values compute-pressure
    cross-origin-isolated deferred-fetch deferred-fetch-minimal display-capture encrypted-media fullscreen
    gamepad geolocation gyroscope hid identity-credentials-get idle-detection keyboard-map
    language-detector local-fonts local-network-access magnetometer microphone midi
    on-device-speech-recognition otp-credentials payment picture-in-picture private-state-token-issuance
    private-state-token-redemption publickey-credentials-create publickey-credentials-get screen-wake-lock
    serial speaker-selection storage-access summarizer sync-xhr translator unload usb web-share
    window-management xr-spatial-tracking clipboard-read clipboard-write interest-cohort battery
    vertical-scroll document-domain execution-while-not-rendered execution-while-out-of-viewport
    join-ad-interest-group run-ad-auction shared-storage
"""
FEATURES = frozenset(_FEATURES.split())
"""Features of Permissions-Policy that some browser knows, or knew."""

_ITEM = re.compile(r'self|src|\*|"https?://[^"\\\s]+"')
_MEMBER = re.compile(r'([a-z][a-z0-9-]*)=(\*|\(\s*(?:[^()]*)\)|self|src|"[^"\\]*")')


def fixed(name: str) -> str | None:
    """Why Cloudflare lets no rule change this header, or None if it does."""
    low = name.lower()
    if low.startswith(FIXED_PREFIXES):
        return "names that begin with cf- and x-cf- are Cloudflare's own"
    return FIXED.get(low)


def strange_characters(value: str) -> str:
    """The characters of a value that Cloudflare takes in no rule, each once."""
    return "".join(dict.fromkeys(_NOT_IN_VALUES.findall(value)))


def permissions_policy(features: Mapping[str, Sequence[str]]) -> str:
    """The header's value: feature → who may use it (``self``, ``*``, origins; nobody when empty)."""
    return ", ".join(f"{feature}={_allow_list(who)}" for feature, who in features.items())


def _allow_list(who: Sequence[str]) -> str:
    if "*" in who:
        return "*"
    return "(" + " ".join(one if one in ("self", "src") else f'"{one}"' for one in who) + ")"


def parse_permissions(value: str) -> dict[str, tuple[str, ...]]:
    """Feature → who may use it. Raises ValueError with what is wrong: browsers then drop the whole header."""
    found: dict[str, tuple[str, ...]] = {}
    for part in _split_members(value):
        match = _MEMBER.fullmatch(part.strip())
        if match is None:
            raise ValueError(f"{part.strip()[:80]!r} is no feature with its list, such as camera=()")
        items = match[2].strip("()").split()
        bad = next((item for item in items if not _ITEM.fullmatch(item)), None)
        if bad is not None:
            raise ValueError(f"{match[1]} lists {bad!r}: origins stand in double quotes, self and * without")
        found[match[1]] = tuple(item.strip('"') for item in items)
    return found


def _split_members(value: str) -> Iterable[str]:
    """At commas outside parentheses and quotes."""
    depth, quoted, start = 0, False, 0
    for place, char in enumerate(value):
        if char == '"':
            quoted = not quoted
        elif not quoted and char in "()":
            depth += 1 if char == "(" else -1
        elif char == "," and not quoted and depth == 0:
            yield value[start:place]
            start = place + 1
    yield value[start:]


BASELINE: dict[str, str] = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "SAMEORIGIN",
    "referrer-policy": "strict-origin-when-cross-origin",
    "permissions-policy": permissions_policy(
        dict.fromkeys(
            ("accelerometer", "camera", "geolocation", "gyroscope", "magnetometer", "microphone", "usb"), ()
        )
    ),
    "cross-origin-opener-policy": "same-origin-allow-popups",
    "cross-origin-resource-policy": "same-site",
}
"""What is sent where the client file says nothing: what protects without breaking log-in by pop-up,
payment frames, or a sibling host that shows an image."""

BASELINE_CSP: dict[str, tuple[str, ...]] = {
    "default-src": ("'self'",),
    "base-uri": ("'self'",),
    "object-src": ("'none'",),
    "form-action": ("'self'",),
    "frame-ancestors": ("'self'",),
}
"""The policy for answers that come without one."""

"""What the front can serve wrong on purpose: the kinds ``tls.*`` and ``http.*`` of ``state.defects``.

``where`` is a host for what a visitor meets (an origin's target, an address or a CNAME target, for what
the edge meets behind it) or ``*``. One line a defect.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from launchready.edge.ca import LeafSpec
from launchready.edge.state import Defect, EdgeState

Behaviour = Literal["serve", "refuse", "hang", "plaintext"]

WEAK_CIPHERS = "AES128-SHA:@SECLEVEL=0"
"""No forward secrecy and CBC: the weakest that this OpenSSL still speaks (3DES and RC4 are gone)."""


@dataclass(frozen=True, slots=True)
class TlsPolicy:
    """How one host is served: its certificate, versions (inclusive), ciphers and behaviour."""

    leaf: LeafSpec
    minimum: ssl.TLSVersion = ssl.TLSVersion.TLSv1_2
    maximum: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3
    ciphers: str | None = None
    behaviour: Behaviour = "serve"


Damage = Callable[[TlsPolicy], TlsPolicy]


def _leaf(**changes: object) -> Damage:
    return lambda policy: replace(policy, leaf=replace(policy.leaf, **changes))  # type: ignore[arg-type]


def _policy(**changes: object) -> Damage:
    return lambda policy: replace(policy, **changes)  # type: ignore[arg-type]


def _weak_cipher(policy: TlsPolicy) -> TlsPolicy:
    leaf = replace(policy.leaf, key="rsa2048")
    return replace(policy, leaf=leaf, maximum=ssl.TLSVersion.TLSv1_2, ciphers=WEAK_CIPHERS)


TLS: dict[str, Damage] = {
    "tls.expired": _leaf(age=100.0),
    "tls.not_yet_valid": _leaf(age=-3.0),
    "tls.near_expiry": _leaf(age=81.0),
    "tls.too_long_lifetime": _leaf(lifetime=400.0),
    "tls.wrong_name": _leaf(names=("wrong-name.invalid",)),
    "tls.self_signed": _leaf(issuer="self"),
    "tls.untrusted": _leaf(issuer="stranger"),
    "tls.incomplete_chain": _leaf(chain="leaf"),
    "tls.wrong_order": _leaf(chain="reordered"),
    "tls.weak_key": _leaf(key="rsa1024"),
    "tls.weak_cipher": _weak_cipher,
    "tls.min_version": _policy(minimum=ssl.TLSVersion.TLSv1),
    "tls.no_tls13": _policy(maximum=ssl.TLSVersion.TLSv1_2),
    "tls.handshake_failure": _policy(behaviour="refuse"),
    "tls.hang": _policy(behaviour="hang"),
    "tls.plaintext_on_443": _policy(behaviour="plaintext"),
}

HTTP: dict[str, str] = {
    "http.unforced": "serves http although always_use_https is on",
    "http.no_hsts": "leaves Strict-Transport-Security out",
    "http.short_hsts": "Strict-Transport-Security with max-age=300",
    "http.mixed_content": "an http:// image in every HTML page",
    "http.redirect_status": "redirects with options.status (302) instead of the declared status",
    "http.redirect_target": "redirects to options.target instead of the declared target",
    "http.redirect_drops_query": "redirects without the query string",
    "http.redirect_loop": "every path redirects to itself",
    "http.status": "answers options.status (500) to everything, or to options.path only",
    "http.cache_everything": "keeps every answer for two hours, whatever rules and origin say",
    "http.cache_off": "keeps no answer",
    "http.cache_cookies": "serves Set-Cookie from the cache",
    "http.cache_no_age": "serves from the cache without Age",
    "http.no_retry_after": "refuses above a rate limit without Retry-After",
    "http.origin_down": "the origin refuses connections (521)",
    "http.origin_timeout": "the origin does not answer (522)",
}


def damaged(policy: TlsPolicy, state: EdgeState, places: Sequence[str]) -> TlsPolicy:
    """The policy with the TLS defects set on any of ``places`` (or ``*``) done to it, in table order."""
    if not state.defects:
        return policy
    set_here = {defect.kind for defect in state.defects if defect.where == "*" or defect.where in places}
    for kind, damage in TLS.items():
        if kind in set_here:
            policy = damage(policy)
    return policy


def http_defect(state: EdgeState, kind: str, *places: str) -> Defect | None:
    """The defect of that kind (a key of ``HTTP``) on any of ``places``."""
    if not state.defects:
        return None
    return next((found for place in places if (found := state.defect(kind, place)) is not None), None)


def broken_status(state: EdgeState, host: str, target: str) -> int | None:
    """The status that the defect ``http.status`` serves for this request of a host; None without one."""
    if not state.defects:
        return None
    asked = target.partition("?")[0]
    for defect in state.defects:
        path = defect.options.get("path")
        if defect.kind == "http.status" and defect.where in (host, "*") and path in (None, asked):
            return int(defect.options.get("status", 500))
    return None

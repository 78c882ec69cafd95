"""The words of Content-Security-Policy: directives and keywords, and what is to be known of each.

Source: W3C Content Security Policy Level 3 (§6 directives, §2.3.1 source lists), Trusted Types, Mixed
Content and the MDN tables of browser support; read in November 2026.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Shape = Literal["sources", "ancestors", "empty", "tokens", "group", "urls"]
"""What a directive's value is: sources, sources without nonces and hashes and keywords but 'self' and
'none', nothing, words, the name of one endpoint, or URLs."""


@dataclass(frozen=True, slots=True)
class Directive:
    """``fallback``: the directives that stand in when it is absent, nearest first.

    ``instead``: for a directive that browsers no longer read, what to write.
    """

    shape: Shape
    fallback: tuple[str, ...] = ()
    instead: str | None = None
    words: frozenset[str] = frozenset()
    """The words that a ``tokens`` directive knows; empty: any."""


_DEFAULT = ("default-src",)
_SCRIPT = ("script-src", "default-src")
_SANDBOX_WORDS = """
    allow-downloads allow-forms allow-modals allow-orientation-lock allow-pointer-lock allow-popups
    allow-popups-to-escape-sandbox allow-presentation allow-same-origin allow-scripts
    allow-storage-access-by-user-activation allow-top-navigation allow-top-navigation-by-user-activation
    allow-top-navigation-to-custom-protocols
"""
_SANDBOX = frozenset(_SANDBOX_WORDS.split())

DIRECTIVES: dict[str, Directive] = {
    "default-src": Directive("sources"),
    "script-src": Directive("sources", _DEFAULT),
    "script-src-elem": Directive("sources", _SCRIPT),
    "script-src-attr": Directive("sources", _SCRIPT),
    "style-src": Directive("sources", _DEFAULT),
    "style-src-elem": Directive("sources", ("style-src", "default-src")),
    "style-src-attr": Directive("sources", ("style-src", "default-src")),
    "img-src": Directive("sources", _DEFAULT),
    "font-src": Directive("sources", _DEFAULT),
    "connect-src": Directive("sources", _DEFAULT),
    "media-src": Directive("sources", _DEFAULT),
    "object-src": Directive("sources", _DEFAULT),
    "manifest-src": Directive("sources", _DEFAULT),
    "child-src": Directive("sources", _DEFAULT),
    "frame-src": Directive("sources", ("child-src", "default-src")),
    "worker-src": Directive("sources", ("child-src", "script-src", "default-src")),
    "fenced-frame-src": Directive("sources", ("frame-src", "child-src", "default-src")),
    "base-uri": Directive("sources"),
    "form-action": Directive("sources"),
    "frame-ancestors": Directive("ancestors"),
    "sandbox": Directive("tokens", words=_SANDBOX),
    "require-trusted-types-for": Directive("tokens", words=frozenset({"'script'"})),
    "trusted-types": Directive("tokens"),
    "webrtc": Directive("tokens", words=frozenset({"'allow'", "'block'"})),
    "upgrade-insecure-requests": Directive("empty"),
    "report-to": Directive("group"),
    "report-uri": Directive("urls"),
    "block-all-mixed-content": Directive("empty", instead="upgrade-insecure-requests"),
    "plugin-types": Directive("tokens", instead="object-src 'none'"),
    "prefetch-src": Directive("sources", _DEFAULT, instead="default-src"),
    "navigate-to": Directive("sources", instead="form-action"),
    "referrer": Directive("tokens", instead="the Referrer-Policy header"),
    "reflected-xss": Directive("tokens", instead="script-src"),
    "require-sri-for": Directive("tokens", instead="integrity attributes"),
    "disown-opener": Directive("empty", instead="the Cross-Origin-Opener-Policy header"),
}
"""Every directive that is, or was, in a browser."""

_KEYWORDS_WORDS = """
    'self' 'none' 'unsafe-inline' 'unsafe-eval' 'wasm-unsafe-eval' 'strict-dynamic' 'unsafe-hashes'
    'report-sample' 'inline-speculation-rules' 'trusted-types-eval' 'report-sha256' 'report-sha384'
    'report-sha512' 'unsafe-webtransport-hashes' 'unsafe-allow-redirects'
"""
KEYWORDS = frozenset(_KEYWORDS_WORDS.split())
"""Keyword sources; they are written with their quotes and compared without case."""

HASH_BYTES = {"sha256": 32, "sha384": 48, "sha512": 64}

"""The bad twins of the lints of ``cache``; merged in lint_twins.py."""

from __future__ import annotations

HOSTS = (
    'hosts: {"@": {address: 203.0.113.10}, app: {address: 203.0.113.11}, '
    "plain: {address: 203.0.113.12, proxied: false}}"
)
PORTAL = 'portal: {base: "https://app.acme.example/p", login: {path: /enter}, session: /me}'


def cache(body: str, before: str = HOSTS) -> str:
    """A client file's keys with ``cache``."""
    return f"{before}\ncache: {{{body}}}"


TWINS: dict[str, tuple[str, tuple[str, ...]]] = {
    "cache.path": (cache('bypass: ["no-path", "/a b", "/**"], respect_origin: ["/feed?x=1"]'), ()),
    "cache.extension": (cache('extensions: ["a/b", html]'), ()),
    "cache.host": (cache('bypass: ["plain/x", "other.example/x"]'), ()),
    "cache.unused": ("hosts: {app: {address: 203.0.113.11, proxied: false}}\ncache: {html: 1d}", ()),
    "cache.static_ttl": (cache("static: 1h"), ()),
    "cache.html_ttl": (cache("html: 10m"), ()),
    "cache.browser_ttl": (cache("browser: 1m"), ()),
    "cache.html_long": (cache("html: 2d"), ()),
    "cache.browser_longer": (cache("browser: 30d"), ()),
    "cache.longest": (cache("static: 2y"), ()),
    "cache.query_parts": (cache("query: {besides: [utm_source]}"), ()),
    "cache.query_origin": (cache("query: ignore"), ()),
    "cache.contradiction": (cache('bypass: ["/feed/*"], respect_origin: ["/feed/*"]'), ()),
    "cache.shadowed": (cache('immutable: ["/built/*"], bypass: ["/built/*.x", "/b*"]'), ()),
    "cache.length": (
        cache("bypass: [" + ", ".join(f'"/a/rather/long/path/{n}/*"' for n in range(80)) + "]"),
        (),
    ),
    "cache.portal": (
        cache('respect_origin: ["app.acme.example/p/*"]', before=f"{HOSTS}\n{PORTAL}"),
        (),
    ),
    "cache.static_bypassed": (cache('bypass: ["/img/*.png"]'), ()),
}

"""The bad twins of the lints of ``headers``: merged in lint_twins.py."""

from __future__ import annotations

HOSTS = 'hosts: {"@": {address: 203.0.113.10}, www: {redirect: "@"}}'
REST = "object-src: [\"'none'\"], base-uri: [\"'self'\"], frame-ancestors: [\"'self'\"]"


def headers(body: str, hosts: str = HOSTS) -> str:
    """A client file's keys with ``headers``."""
    return f"{hosts}\nheaders: {{{body}}}"


def csp(scripts: str, more: str = "", rest: str = REST) -> str:
    """A good policy but for its script sources."""
    parts = ", ".join(part for part in (f"script-src: [{scripts}]", rest, more) if part)
    return headers(f"csp: {{{parts}}}")


SELF = "\"'self'\""
ORIGIN = "https://app.acme.example"
MANY = ", ".join(f"h{n}: {{address: 203.0.113.{n}}}" for n in range(1, 7))
EACH = ", ".join(
    f'h{n}: {{set: {{X-Shard: "{n}"}}, csp: {{default-src: [h{n}.example], {REST}}}}}' for n in range(1, 7)
)
LONG = ", ".join(f"{'h' * 40}{n}: {{address: 203.0.113.{n}}}" for n in range(1, 22))
ALL = ", ".join(f"{'h' * 40}{n}: {{frame_options: DENY}}" for n in range(1, 22))

TWINS: dict[str, tuple[str, tuple[str, ...]]] = {
    "csp.form": (csp("‘self’"), ("headers.value",)),
    "csp.directive": (csp(SELF, "scripts-src: ['https:']"), ()),
    "csp.deprecated": (csp(SELF, "block-all-mixed-content: []"), ()),
    "csp.source": (csp("'self'"), ()),
    "csp.value": (csp("\"'none'\", \"'self'\""), ()),
    "csp.nonce": (csp("\"'nonce-c2l4dGVlbiBieXRlcyEhIQ=='\""), ()),
    "csp.unsafe_inline": (csp(f"{SELF}, \"'unsafe-inline'\""), ()),
    "csp.unsafe_eval": (csp(f"{SELF}, \"'unsafe-eval'\""), ()),
    "csp.wildcard": (csp("'https:'"), ()),
    "csp.data": (csp(f"{SELF}, 'data:'"), ()),
    "csp.bypass": (csp(f"{SELF}, 'https://cdnjs.cloudflare.com'"), ()),
    "csp.plain_http": (csp(SELF, "img-src: ['http://img.acme.example']"), ()),
    "csp.missing": (csp(SELF, rest=""), ()),
    "csp.report_only": (
        headers(f"csp: {{report_only: true, policy: {{script-src: [{SELF}], {REST}}}}}"),
        (),
    ),
    "csp.none": (headers("csp: none"), ()),
    "csp.report_to": (csp(SELF, "report-to: main"), ()),
    "cors.empty": (headers("cors: {origins: []}"), ()),
    "cors.wildcard": (headers('cors: {origins: "*", credentials: true}'), ()),
    "cors.subdomain": (headers('cors: {origins: ["https://*.acme.example"]}'), ()),
    "cors.null": (headers('cors: {origins: ["null"]}'), ()),
    "cors.origin": (headers('cors: {origins: ["https://app.acme.example/"]}'), ()),
    "cors.http": (headers('cors: {origins: ["http://app.acme.example"]}'), ()),
    "cors.duplicate": (headers(f"cors: {{origins: ['{ORIGIN}', '{ORIGIN}']}}"), ()),
    "cors.words": (headers(f"cors: {{origins: ['{ORIGIN}'], credentials: true, headers: ['*']}}"), ()),
    "cors.probe": (headers(f"cors: {{origins: ['{ORIGIN}'], probe: api}}"), ()),
    "headers.name": (headers('set: {"X Frame": "1"}'), ()),
    "headers.fixed": (headers("remove: [Server, CF-Ray]"), ()),
    "headers.own_key": (headers("set: {X-Frame-Options: DENY}"), ()),
    "headers.twice": (headers("set: {X-A: a}, remove: [x-a]"), ()),
    "headers.value": (headers('set: {X-Motto: "Übermut"}'), ()),
    "headers.host": (headers("hosts: {www: {frame_options: DENY}}"), ()),
    "headers.unproxied": (
        headers("frame_options: DENY", 'hosts: {"@": {address: 192.0.2.1, proxied: false}}'),
        (),
    ),
    "plan.headers": (headers(f"hosts: {{{EACH}}}", f"hosts: {{{MANY}}}"), ()),
    "headers.hosts_long": (headers(f"hosts: {{{ALL}}}", f"hosts: {{{LONG}}}"), ()),
    "headers.referrer_policy": (headers("referrer_policy: strict-origin-when-crossorigin"), ()),
    "headers.permissions_policy": (headers("permissions_policy: \"camera 'none'\""), ()),
    "headers.framing": (headers("frame_options: none"), ()),
    "headers.nosniff": (headers("nosniff: false"), ()),
    "headers.endpoints": (headers("reporting_endpoints: {main: 'http://reports.acme.example/csp'}"), ()),
}
"""Short id → the file's keys, and what it trips besides."""

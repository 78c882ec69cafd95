"""Client files that trip no lint: what a lint must leave alone."""

from __future__ import annotations

from tests.client_file import monitors_twins
from tests.client_file.lint_twins import client_file

_HASH = "ab" * 32

GOOD: dict[str, str] = {
    "nothing but a domain": client_file(""),
    "every host shape": client_file(
        """
hosts:
    "@": {address: [203.0.113.10, "2001:db8::10"]}
    www: {redirect: "@"}
    app: {cname: app.host.example}
    api: {address: 203.0.113.20, proxied: false, ttl: 5m}
    "*": {cname: wild.host.example, proxied: false}
"""
    ),
    "a CNAME at the apex beside mail, which Cloudflare flattens": client_file(
        """
hosts: {"@": {cname: site.host.example}}
email: {senders: [google], receive: google}
records: [{name: "@", type: TXT, content: "google-site-verification=x"}]
"""
    ),
    "mail that is carried, not managed": client_file(
        """
email: none
records:
  - {name: "@", type: MX, priority: 10, content: mx.host.example}
  - {name: "@", type: TXT, content: "v=spf1 mx -all"}
  - {name: _dmarc, type: TXT, content: "v=DMARC1; p=reject"}
"""
    ),
    "a redirect chain that ends": client_file(
        """
hosts: {"@": {address: 192.0.2.1}, www: {redirect: "@"}}
redirects:
  - {from: "acme.example/a/*", to: "https://acme.example/${1}"}
  - {from: "www.acme.example/a", to: "https://acme.example/b"}
  - {from: "acme.example/shop", to: "https://acme.example/shop/"}
"""
    ),
    "every structured type": client_file(
        f"""
records:
  - {{name: _sip._tcp, type: SRV, data: {{priority: 5, weight: 0, port: 5060, target: sip.host.example}}}}
  - {{name: _443._tcp.x, type: TLSA, content: "3 1 1 {_HASH}"}}
  - {{name: lab, type: NS, content: ns1.host.example}}
  - {{name: lab, type: DS, data: {{key_tag: 2371, algorithm: 13, digest_type: 2, digest: {_HASH}}}}}
  - {{name: x, type: HTTPS, content: '1 . alpn="h2,h3"'}}
  - {{name: x, type: SSHFP, content: "4 2 {_HASH}"}}
  - {{name: x, type: LOC, content: "52 22 23 N 4 53 32 E -2m"}}
  - {{name: x, type: NAPTR, content: '100 10 "S" "SIP+D2T" "" _sip._tcp.acme.example.'}}
  - {{name: x, type: URI, priority: 10, data: {{weight: 1, target: "https://x.example/"}}}}
  - {{name: "@", type: CAA, data: {{flags: 0, tag: iodef, value: "mailto:security@acme.example"}}}}
"""
    ),
    "keys that say none": client_file("portal: none\nmonitors: none\nemail: {senders: [], mta_sts: none}"),
    "headers in full": client_file(
        """
hosts:
  "@": {address: 203.0.113.10}
  app: {address: 203.0.113.11}
  api: {cname: api.host.example}
headers:
  csp:
    default-src: "'self'"
    script-src: ["'self'", "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='", https://js.host.example/v3/]
    img-src: "'self' data: https:"
    connect-src: ["'self'", "https://*.acme.example", "wss://live.acme.example"]
    object-src: "'none'"
    base-uri: "'none'"
    frame-ancestors: "'none'"
    upgrade-insecure-requests: true
    report-to: main
  reporting_endpoints: {main: https://reports.acme.example/csp}
  referrer_policy: no-referrer
  permissions_policy: {camera: [], geolocation: [self, "https://maps.host.example"], fullscreen: "*"}
  coop: same-origin
  corp: same-origin
  coep: require-corp
  frame_options: DENY
  set: {X-Robots-Tag: noarchive}
  remove: [X-Build]
  hosts:
    api:
      csp: {mode: set, policy: {default-src: "'none'", base-uri: "'none'", frame-ancestors: "'none'"}}
      cors: {origins: ["https://app.acme.example", "https://acme.example"], credentials: true, methods: [PUT],
             headers: [Content-Type, X-Request-Id], expose: [ETag], max_age: 10m}
      permissions_policy: "camera=(), geolocation=(self)"
"""
    ),
    "headers left alone": client_file('hosts: {"@": {address: 203.0.113.10}}\nheaders: none'),
}
"""What it shows → a client file that trips no lint at all."""
GOOD |= {name: client_file(body) for name, body in monitors_twins.GOOD.items()}

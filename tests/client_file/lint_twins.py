"""The bad twin of every lint: a client file that breaks it, and every lint that this file trips.

``make mutants`` takes each lint away in turn; the twin must then be missed. Dates are judged as
of ``TODAY``; ``CHECKS`` are the check ids that a waiver may name.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from launchready.client_file import read
from launchready.client_file.lint import LINTS, Lints, Problem, lint
from tests.client_file import (
    cache_twins,
    created_twins,
    environment_twins,
    headers_twins,
    limits_twins,
    mail_twins,
    monitors_twins,
    portal_twins,
)

TODAY = date(2026, 11, 24)
CHECKS = frozenset({"tls.hsts.preload", "email_auth.dmarc.policy", "dns.record.served"})
KEY_1024 = (
    "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQCr6KMgdxxgg7oT3ulMwPJs9RXgXDrI9UWU118pHEMohl3UbL3Jwp4o"
    "xp/9N3thh/3WCJnYV134zbEVolZwqaT3JsFEq/mQ/RpW/JnOZ3rnxqJPurb2bcfJol4SDxiWVObzHX31xnANzFcXnq1/5d"
    "MK5QvW4Jh7n0fm4+4ywqiy2QIDAQAB"
)
ID = "0a1b2c3d4e5f60718293a4b5c6d7e8f9"


@dataclass(frozen=True, slots=True)
class LintTwin:
    """``text``: a client file. ``trips``: the id of every lint that it trips, warnings included."""

    text: str
    trips: frozenset[str]


def client_file(body: str, domain: str = "acme.example") -> str:
    """A client file with these keys of launchready's beside the domain."""
    lines = [
        f"  launchready:{line}" if line[:1].isalpha() else f"  {line}" for line in body.splitlines() if line
    ]
    return "\n".join(["config:", f'  launchready:domain: "{domain}"', *lines, ""])


def problems(text: str, lints: Lints = LINTS) -> list[Problem]:
    """What the lints say about a client file's text."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "Pulumi.twin.yaml"
        path.write_text(text, encoding="utf-8")
        loaded = read(path)
        return lint(loaded.client, loaded.positions, lints=lints, today=TODAY, checks=CHECKS)


def observed(twin: LintTwin, lints: Lints = LINTS) -> frozenset[str]:
    """The ids of the lints that a twin trips."""
    return frozenset(problem.lint for problem in problems(twin.text, lints))


def _twin(name: str, body: str, *also: str, domain: str = "acme.example") -> tuple[str, LintTwin]:
    trips = frozenset(f"client_file.{short}" for short in (name, *also))
    return f"client_file.{name}", LintTwin(client_file(body, domain), trips)


_ALIASES = (
    _twin(
        "cname.beside_data",
        """
records:
  - {name: app, type: CNAME, content: app.host.example}
  - {name: app, type: TXT, content: hello}
""",
    ),
    _twin(
        "cname.beside_data_proxied",
        """
hosts: {app: {cname: app.host.example}}
records: [{name: app, type: TXT, content: hello}]
""",
    ),
    _twin(
        "cname.several",
        """
records:
  - {name: app, type: CNAME, content: one.host.example}
  - {name: app, type: CNAME, content: two.host.example}
""",
    ),
    _twin("cname.apex_dns_only", 'hosts: {"@": {cname: app.host.example, proxied: false}}'),
    _twin(
        "cname.loop",
        """
records:
  - {name: a, type: CNAME, content: b.acme.example}
  - {name: b, type: CNAME, content: a.acme.example}
""",
    ),
    _twin(
        "mx.alias",
        """
email: none
records:
  - {name: "@", type: MX, priority: 10, content: mail.acme.example}
  - {name: mail, type: CNAME, content: mail.host.example}
""",
    ),
    _twin(
        "ns.alias",
        """
records:
  - {name: lab, type: NS, content: ns1.acme.example}
  - {name: ns1, type: CNAME, content: ns1.host.example}
""",
    ),
    _twin(
        "srv.alias",
        """
records:
  - {name: _sip._tcp, type: SRV, content: "5 0 5060 sip.acme.example"}
  - {name: sip, type: CNAME, content: sip.host.example}
""",
    ),
)

_RECORDS = (
    _twin("record.type", "records: [{name: x, type: SPF, content: v=spf1 -all}]"),
    _twin("record.name", f'records: [{{name: "{"x" * 64}", type: A, content: 192.0.2.1}}]'),
    _twin("record.outside", 'records: [{name: "www.other.example.", type: A, content: 192.0.2.1}]'),
    _twin("wildcard.shape", 'records: [{name: "shop.*", type: A, content: 192.0.2.1}]'),
    _twin("record.address", "records: [{name: x, type: A, content: 192.0.2.256}]"),
    _twin("record.target", "records: [{name: x, type: CNAME, content: 192.0.2.1}]"),
    _twin("record.data", 'records: [{name: "@", type: CAA, content: "0 isue pki.goog"}]'),
    _twin("record.form", "records: [{name: x, type: A, content: 192.0.2.1, data: {ip: 192.0.2.1}}]"),
    _twin(
        "record.duplicate",
        """
records:
  - {name: x, type: TXT, content: hello}
  - {name: X.acme.example., type: TXT, content: '"hello"'}
""",
    ),
    _twin(
        "record.host_twice",
        """
hosts: {app: {address: "2001:db8::1", proxied: false}}
records: [{name: app, type: AAAA, content: "2001:0db8::0001"}]
""",
    ),
    _twin(
        "record.host_conflict",
        """
hosts: {app: {address: 192.0.2.1, proxied: false}}
records: [{name: app, type: A, content: 192.0.2.2}]
""",
    ),
    _twin("ttl.proxied", "hosts: {app: {address: 192.0.2.1, ttl: 300}}"),
    _twin("ttl.range", "records: [{name: x, type: A, content: 192.0.2.1, ttl: 30}]"),
    _twin(
        "ttl.conflict",
        """
records:
  - {name: x, type: A, content: 192.0.2.1, ttl: 300}
  - {name: x, type: A, content: 192.0.2.2, ttl: 600}
""",
    ),
    _twin("proxy.type", "records: [{name: x, type: TXT, content: hello, proxied: true}]"),
    _twin(
        "proxy.mixed",
        """
records:
  - {name: x, type: A, content: 192.0.2.1, proxied: true}
  - {name: x, type: A, content: 192.0.2.2}
""",
    ),
    _twin("address.private", "hosts: {app: {address: 10.0.0.1}}"),
    _twin("txt.syntax", "records: [{name: x, type: TXT, content: '\"never closed'}]"),
    _twin("txt.size", f"records: [{{name: x, type: TXT, content: {'y' * 4200}}}]"),
    _twin(
        "txt.rrset_size",
        "records:\n" + "\n".join(f"  - {{name: x, type: TXT, content: {c * 2800}}}" for c in "abc"),
    ),
)

_DELEGATIONS = (
    _twin("ns.apex", 'records: [{name: "@", type: NS, content: ns1.host.example}]'),
    _twin(
        "ns.beside_data",
        """
records:
  - {name: lab, type: NS, content: ns1.host.example}
  - {name: lab, type: A, content: 192.0.2.1}
""",
    ),
    _twin(
        "ns.occluded",
        """
records:
  - {name: lab, type: NS, content: ns1.host.example}
  - {name: www.lab, type: A, content: 192.0.2.1}
""",
    ),
    _twin("ns.glue", "records: [{name: lab, type: NS, content: ns1.lab.acme.example}]"),
    _twin(
        "ds.without_ns",
        f'records: [{{name: lab, type: DS, content: "2371 13 2 {"ab" * 32}"}}]',
    ),
    _twin("service.name", 'records: [{name: chat, type: SRV, content: "5 0 5222 chat.host.example"}]'),
)

_MAIL = (
    _twin("mx.host", "email: none\nrecords: [{name: mail, type: MX, priority: 10, content: 192.0.2.1}]"),
    _twin("mx.null", 'records: [{name: "@", type: MX, priority: 10, content: mx.host.example}]'),
    _twin(
        "mx.managed",
        """
email: {senders: [google], receive: google}
records: [{name: "@", type: MX, priority: 10, content: mx.host.example}]
""",
    ),
    _twin(
        "mx.proxied",
        """
hosts: {mail: {address: 192.0.2.1}}
records: [{name: news, type: MX, priority: 10, content: mail.acme.example}]
""",
    ),
    _twin("sender.unknown", "email: {senders: [gogle]}"),
    _twin("receiver.unknown", "email: {senders: [google], receive: ses}"),
    _twin("sender.unaligned", "email: {senders: [ses]}"),
    _twin("tls_rpt.address", 'email: {senders: [google], tls_rpt: "ftp://tls.acme.example"}'),
    _twin("bimi.record", 'email: {senders: [google], bimi: {logo: "http://acme.example/logo.svg"}}'),
    _twin(
        "bimi.policy",
        'email: {senders: [google], dmarc: {testing: true}, bimi: {logo: "https://acme.example/logo.svg"}}',
    ),
    _twin("spf.syntax", 'records: [{name: news, type: TXT, content: "v=spf1 ip:192.0.2.1 -all"}]'),
    _twin(
        "spf.several",
        """
records:
  - {name: news, type: TXT, content: "v=spf1 ip4:192.0.2.1 -all"}
  - {name: news, type: TXT, content: "v=spf1 ip4:192.0.2.2 -all"}
""",
    ),
    _twin("spf.managed", 'records: [{name: "@", type: TXT, content: "v=spf1 ip4:192.0.2.1 -all"}]'),
    _twin(
        "spf.lookups",
        "email:\n    senders: [mailgun, zoho, {name: many, spf: ["
        + ", ".join(f'"include:s{n}.example"' for n in range(4))
        + "]}]",
    ),
    _twin(
        "spf.void",
        """
records: [{name: news, type: TXT, content: "v=spf1 a:a.acme.example a:b.acme.example a:c.acme.example -all"}]
""",
    ),
    _twin("dmarc.syntax", 'email: {senders: [google], dmarc: {rua: ["mailto:nobody"]}}'),
    _twin(
        "dmarc.obsolete", 'records: [{name: _dmarc.news, type: TXT, content: "v=DMARC1; p=reject; pct=50"}]'
    ),
    _twin(
        "dmarc.several",
        """
records:
  - {name: _dmarc.news, type: TXT, content: "v=DMARC1; p=reject"}
  - {name: _dmarc.news, type: TXT, content: "v=DMARC1; p=quarantine"}
""",
    ),
    _twin("dmarc.managed", 'records: [{name: _dmarc, type: TXT, content: "v=DMARC1; p=reject"}]'),
    _twin("dmarc.policy_none", "email: {senders: [google], dmarc: {policy: none}}"),
    _twin("dkim.key", "email: {senders: [google], dkim: {google: {public_key: bm9uZQ==}}}"),
    _twin("dkim.selector", "email: {senders: [google], dkim: {my_key: {cname: key.host.example}}}"),
    _twin("dkim.short", f"email: {{senders: [google], dkim: {{google: {{public_key: {KEY_1024}}}}}}}"),
    _twin(
        "dkim.managed",
        """
email: {senders: [google], dkim: {google: {cname: key.host.example}}}
records: [{name: google._domainkey, type: TXT, content: "v=DKIM1; p="}]
""",
    ),
)

_REDIRECTS = (
    _twin("redirect.source", 'redirects: [{from: "acme.example/**", to: "https://new.example/"}]'),
    _twin("redirect.outside", 'redirects: [{from: "other.example/x", to: "https://new.example/"}]'),
    _twin("redirect.unproxied", 'redirects: [{from: "old.acme.example/x", to: "https://new.example/"}]'),
    _twin(
        "redirect.target",
        """
hosts: {"@": {address: 192.0.2.1}}
redirects: [{from: "acme.example/x", to: "/y"}]
""",
    ),
    _twin(
        "redirect.scheme",
        """
hosts: {"@": {address: 192.0.2.1}}
redirects: [{from: "acme.example/x", to: "javascript:alert(document.domain)"}]
""",
    ),
    _twin(
        "redirect.downgrade",
        """
hosts: {"@": {address: 192.0.2.1}}
redirects: [{from: "acme.example/x", to: "http://new.example/"}]
""",
    ),
    _twin(
        "redirect.captures",
        """
hosts: {"@": {address: 192.0.2.1}}
redirects: [{from: "acme.example/old/*", to: "https://new.example/${2}"}]
""",
    ),
    _twin(
        "redirect.loop",
        """
hosts: {"@": {redirect: www}, www: {redirect: "@"}}
""",
    ),
    _twin(
        "redirect.shadowed",
        """
hosts: {"@": {address: 192.0.2.1}}
redirects:
  - {from: "acme.example/*", to: "https://new.example/"}
  - {from: "acme.example/old/*", to: "https://old.example/"}
""",
    ),
    _twin("host.redirect", "hosts: {www: {redirect: wwww}}"),
)

_TLS = (
    _twin("tls.mode", "tls: {mode: full}"),
    _twin("tls.min_version", 'tls: {min_version: "1.1"}'),
    _twin("tls.no_version", 'tls: {min_version: "1.3", tls13: false}'),
    _twin("tls.depth", "hosts: {a.b: {address: 192.0.2.1}}"),
    _twin("hsts.preload", "tls: {hsts: {preload: true, include_subdomains: false}}"),
    _twin("hsts.without_https", "tls: {mode: off}", "tls.mode"),
    _twin("hsts.short", "tls: {hsts: {max_age: 1d}}"),
    _twin("caa.cloudflare", "tls: {caa: [ca.example]}"),
    _twin("caa.issuer", "tls: {caa: [letsencrypt.org, Google]}"),
)

_FILE = (
    _twin("domain.name", "", domain="localhost"),
    _twin("id.shape", 'account: "1234"'),
    _twin("id.unquoted", f"account: {ID}"),
    _twin(
        "plan.records",
        "records:\n" + "\n".join(f"  - {{name: h{n}, type: A, content: 192.0.2.1}}" for n in range(201)),
    ),
    _twin(
        "plan.redirects",
        'hosts: {"@": {address: 192.0.2.1}}\nredirects:\n'
        + "\n".join(f'  - {{from: "acme.example/{n}", to: "https://new.example/{n}"}}' for n in range(11)),
    ),
    _twin("plan.tags", 'records: [{name: x, type: A, content: 192.0.2.1, tags: ["owner:dns"]}]'),
    _twin("plan.comment", f"records: [{{name: x, type: A, content: 192.0.2.1, comment: {'c' * 101}}}]"),
    _twin("waiver.unknown", "waivers: [{check: tls.hsts.preloaded, reason: later, until: 2027-01-31}]"),
    _twin("waiver.expired", "waivers: [{check: tls.hsts.preload, reason: later, until: 2026-11-23}]"),
    _twin("guard.loose", "hosts: {app: {address: 192.0.2.1}}\nguard: {max_delete: 20}"),
    _twin("hosts.twice", "hosts: {app: {address: 192.0.2.1}, APP: {address: 192.0.2.2}}"),
)

_MONITORS = tuple(_twin(name, body, *also) for name, (body, also) in monitors_twins.TWINS.items())
_HEADERS = tuple(_twin(name, body, *also) for name, (body, also) in headers_twins.TWINS.items())
_ENVIRONMENT = tuple(_twin(name, body, *also) for name, (body, also) in environment_twins.TWINS.items())
_SENDERS = tuple(_twin(name, body, *also) for name, (body, also) in mail_twins.TWINS.items())
_CREATED = tuple(_twin(name, body, *also) for name, (body, also) in created_twins.TWINS.items())
_CACHE = tuple(_twin(name, body, *also) for name, (body, also) in cache_twins.TWINS.items())
_PORTAL = tuple(_twin(name, body, *also) for name, (body, also) in portal_twins.TWINS.items())
_LIMITS = tuple(_twin(name, body, *also) for name, (body, also) in limits_twins.TWINS.items())

TWINS: dict[str, LintTwin] = dict(
    (
        *_ALIASES,
        *_RECORDS,
        *_DELEGATIONS,
        *_MAIL,
        *_SENDERS,
        *_REDIRECTS,
        *_TLS,
        *_FILE,
        *_MONITORS,
        *_HEADERS,
        *_ENVIRONMENT,
        *_LIMITS,
        *_CACHE,
        *_CREATED,
        *_PORTAL,
    )
)
"""Lint id → its bad twin."""

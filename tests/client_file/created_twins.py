"""The bad twins of the lints of generated keys, SES identities, MTA-STS, certificates (see lint_twins.py)."""

from __future__ import annotations

OWN = "{name: app, spf: [ip4:198.51.100.7]}"
TOKEN = "abcdefghijklmnopqrstuvwxyz234567"


def sending(dkim: str, senders: str = OWN, more: str = "") -> str:
    """``email`` with a custom sender and these selectors."""
    return f"email: {{senders: [{senders}], dkim: {{{dkim}}}{more}}}"


def ses(options: str, dkim: str = "", senders: str = "ses") -> str:
    return f"email: {{senders: [{senders}], ses: {{{options}}}, dkim: {{{dkim}}}}}"


def sts(policy: str, receive: str = ", receive: google", more: str = "") -> str:
    reports = "tls_rpt: 'mailto:tls@acme.example'"
    return f"email: {{senders: [google]{receive}, mta_sts: {policy}, {reports}}}{more}"


TWINS: dict[str, tuple[str, tuple[str, ...]]] = {
    "dkim.sender": (sending("s1: {generate: rsa, sender: somebody}"), ()),
    "dkim.active": (sending("s1: {generate: rsa}, s2: {generate: rsa}"), ()),
    "dkim.retired": (sending("s1: {generate: rsa, until: 2026-11-23}, s2: {generate: rsa}"), ()),
    "ses.unlisted": ("email: {senders: [google], ses: {region: eu-west-1}}", ()),
    "ses.region": (ses("region: ireland"), ()),
    "ses.byodkim": (ses("region: eu-west-1, byodkim: s1", "s1: {generate: ed25519}"), ()),
    "ses.tokens": (ses("region: eu-west-1", f"{TOKEN}: {{cname: {TOKEN}.dkim.amazonses.com}}"), ()),
    "mta_sts.mx": (sts("testing", receive=""), ()),
    "mta_sts.covers": (sts('{mode: testing, mx: ["*.mail.example"]}'), ()),
    "mta_sts.max_age": (sts("{mode: testing, max_age: 1h}"), ()),
    "mta_sts.host": (sts("testing", more="\nhosts: {mta-sts: {address: 203.0.113.10}}"), ()),
    "mta_sts.managed": (
        sts("testing", more='\nrecords: [{name: _mta-sts, type: TXT, content: "v=STSv1; id=1"}]'),
        (),
    ),
    "mta_sts.redirect": (
        sts(
            "testing",
            more='\nredirects: [{from: "mta-sts.acme.example/*", to: "https://acme.example/"}]',
        ),
        ("redirect.unproxied",),
    ),
    "mta_sts.https": (sts("testing", more="\ntls: {mode: off, hsts: none}"), ("tls.mode",)),
    "mta_sts.unreported": ("email: {senders: [google], receive: google, mta_sts: enforce}", ()),
    "tls.certificates": ("tls: {certificates: advanced}\nhosts: {a.b: {address: 203.0.113.10}}", ()),
}
"""Short lint id → the file's keys, and what else they trip."""

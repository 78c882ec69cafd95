"""The bad twins of the lints of senders, flattened SPF and DMARC's stages; merged in lint_twins.py."""

from __future__ import annotations

MANY = ", ".join(f"ip4:203.0.113.{2 * n}" for n in range(40))
"""So many single addresses don't fit one small record."""


def own(spf: str, *, flattened: str | None = None, taken: str = "2026-11-20", more: str = "") -> str:
    """A domain whose own sender has an include that is flattened."""
    body = f'email: {{senders: [{{name: own, spf: ["include:own.example"]}}], spf: {{{spf}}}}}{more}'
    if flattened is None:
        return body
    return f"{body}\nspf_flattened: {{taken: {taken}, includes: {{own.example: [{flattened}]}}}}"


TWINS: dict[str, tuple[str, tuple[str, ...]]] = {
    "sender.region": ("email: {senders: [{preset: zoho, region: europe}]}", ()),
    "sender.account": ("email: {senders: [{preset: sendgrid, account: acme}]}", ()),
    "sender.return_path": (
        """
email:
    senders: [{preset: ses, return_path: mail}]
    dkim: {token: {cname: token.dkim.amazonses.com}}
""",
        (),
    ),
    "sender.twice": ("email: {senders: [google, {preset: google}]}", ()),
    "spf.flatten.unknown": ("email: {senders: [google], spf: {flatten: [gogle]}}", ()),
    "spf.flatten.missing": (own("flatten: true"), ()),
    "spf.flatten.unused": (own("flatten: false", flattened="ip4:192.0.2.1"), ()),
    "spf.flatten.term": (own("flatten: true", flattened='"-ip4:192.0.2.1"'), ()),
    "spf.flatten.old": (own("flatten: own", flattened="ip4:192.0.2.1", taken="2026-10-24"), ()),
    "spf.flatten.needless": (
        """
email: {senders: [google], spf: {flatten: true}}
spf_flattened: {taken: 2026-11-20, includes: {_spf.google.com: [ip4:74.125.0.0/16]}}
""",
        (),
    ),
    "spf.size": (
        "email:\n    senders: [{name: own, spf: ["
        + ", ".join(f'"ip4:203.0.113.{n % 256}/{24 + n // 256}"' for n in range(200))
        + "]}]",
        (),
    ),
    "spf.flatten.managed": (
        own("flatten: true", flattened=MANY, more='\nrecords: [{name: _spf1, type: TXT, content: "mine"}]'),
        (),
    ),
    "dmarc.stages": (
        "email: {senders: [google], dmarc: {stages: [{policy: reject, until: 2027-01-31}, quarantine]}}",
        (),
    ),
    "dmarc.stage_over": (
        "email: {senders: [google], dmarc: {stages: [{policy: quarantine, until: 2026-11-23}, reject]}}",
        (),
    ),
    "dmarc.accepts": ("email: {senders: [google], dmarc: {accept_reports_from: [news.acme.example]}}", ()),
}
"""Lint (without ``client_file.``) → the file's keys, and what else they trip."""

"""Lints of TLS: mode, versions, HSTS, certificates, CAA."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

from launchready.client_file.lint.context import Context, Entry
from launchready.client_file.lint.registry import Hit, Level, rule
from launchready.client_file.plans import CERTIFICATE_HOSTS, next_plan
from launchready.client_file.tls_model import ONE_YEAR, Hsts

CLOUDFLARE_ISSUERS = frozenset({"letsencrypt.org", "pki.goog", "ssl.com", "sectigo.com", "comodoca.com"})
"""CAA names of the authorities from which Cloudflare orders certificates
(developers.cloudflare.com/ssl/reference/certificate-authorities, November 2026)."""


@rule(
    "client_file.tls.mode",
    level=Level.WARNING,
    reference="developers.cloudflare.com/ssl/origin-configuration/ssl-modes",
    fix="set tls.mode to strict, and give the origin a certificate",
)
def the_origin_is_verified(context: Context) -> Iterator[Hit]:
    """The edge verifies the origin's certificate."""
    mode = context.client.tls.mode
    effect = {
        "off": "visitors get no HTTPS at all",
        "flexible": "the edge talks to the origin in clear, and loops for ever if the origin forces HTTPS",
        "full": "the edge accepts any certificate from the origin",
    }.get(mode)
    if effect:
        yield Hit("tls.mode", f"tls.mode {mode}: {effect}")


@rule(
    "client_file.tls.min_version",
    level=Level.WARNING,
    reference="RFC 8996 (TLS 1.0 and 1.1 are deprecated)",
    fix='set tls.min_version to "1.2" or "1.3"',
)
def old_tls_versions_are_refused(context: Context) -> Iterator[Hit]:
    """Visitors can't use TLS 1.0 or 1.1."""
    if context.client.tls.min_version in ("1.0", "1.1"):
        yield Hit(
            "tls.min_version", f"tls.min_version {context.client.tls.min_version} admits deprecated versions"
        )


@rule(
    "client_file.tls.no_version",
    reference="developers.cloudflare.com/ssl/edge-certificates/additional-options/minimum-tls",
    fix="set tls.tls13 to true, or lower tls.min_version",
)
def some_tls_version_is_left(context: Context) -> Iterator[Hit]:
    """A minimum of TLS 1.3 needs TLS 1.3 on."""
    tls = context.client.tls
    if tls.min_version == "1.3" and not tls.tls13:
        yield Hit("tls.tls13", "tls.min_version is 1.3 and tls.tls13 is off: no version is left")


@rule(
    "client_file.hsts.preload",
    reference="hstspreload.org (requirements)",
    fix="set include_subdomains: true, max_age: 1y and always_https: true, or preload: false",
)
def preload_has_its_preconditions(context: Context) -> Iterator[Hit]:
    """HSTS preload goes with includeSubDomains, a year or more, and forced HTTPS."""
    tls = context.client.tls
    if not isinstance(tls.hsts, Hsts) or not tls.hsts.preload:
        return
    missing = [
        what
        for what, there in (
            ("include_subdomains", tls.hsts.include_subdomains),
            ("a max_age of a year or more", tls.hsts.max_age >= ONE_YEAR),
            ("always_https", tls.always_https),
        )
        if not there
    ]
    if missing:
        yield Hit("tls.hsts.preload", f"tls.hsts.preload without {' and '.join(missing)}")


@rule(
    "client_file.hsts.without_https",
    reference="RFC 6797 §7.2",
    fix="set tls.mode to strict, or tls.hsts to none",
)
def hsts_needs_https(context: Context) -> Iterator[Hit]:
    """HSTS is not promised where HTTPS is off."""
    tls = context.client.tls
    if tls.mode == "off" and isinstance(tls.hsts, Hsts) and tls.hsts.max_age > 0:
        yield Hit("tls.hsts", "HSTS with tls.mode off locks visitors out")


@rule(
    "client_file.hsts.short",
    level=Level.WARNING,
    reference="RFC 6797 §11.2; OWASP (a year)",
    fix="set max_age to 1y",
)
def hsts_is_remembered(context: Context) -> Iterator[Hit]:
    """HSTS is remembered for half a year or more."""
    hsts = context.client.tls.hsts
    if isinstance(hsts, Hsts) and hsts.max_age < ONE_YEAR // 2:
        yield Hit("tls.hsts.max_age", f"an HSTS max_age of {hsts.max_age} seconds")


@rule(
    "client_file.tls.depth",
    reference="developers.cloudflare.com/ssl/edge-certificates/universal-ssl/limitations",
    fix="set tls.certificates to advanced (a paid certificate pack), use a name one label below the domain, "
    "or set proxied: false",
)
def proxied_names_have_a_certificate(context: Context) -> Iterator[Hit]:
    """A proxied name is the apex or one label below it: universal SSL covers no more."""
    if context.client.tls.certificates == "advanced":
        return
    for name in sorted(context.proxied_names):
        short = name.removesuffix("." + context.domain)
        if name != context.domain and "." in short:
            first = next(e for e in context.by_name[name] if e.proxied)
            yield Hit(first.key, f"{name} is proxied and more than one label below {context.domain}")


@rule(
    "client_file.tls.certificates",
    reference="developers.cloudflare.com/ssl/edge-certificates/advanced-certificate-manager",
    fix="use names one label below the domain with tls.certificates: universal, set proxied: false, or raise "
    "the plan",
)
def advanced_certificates_can_be_ordered(context: Context) -> Iterator[Hit]:
    """An advanced certificate is ordered where the plan has them, for 50 names at most."""
    if context.client.tls.certificates != "advanced":
        return
    if not context.limits.advanced_certificates:
        yield Hit(
            "tls.certificates",
            f"tls.certificates advanced, and {context.client.plan.value} has none; "
            f"{next_plan(1, 'advanced_certificates')} has them, as a paid add-on",
        )
    deep = [name for name in context.proxied_names if "." in name.removesuffix("." + context.domain)]
    deep = [name for name in deep if name != context.domain]
    if len(deep) + 2 > CERTIFICATE_HOSTS:
        what = f"{len(deep)} proxied names below the first label; a certificate has {CERTIFICATE_HOSTS} names"
        yield Hit("tls.certificates", what, "set proxied: false for some, or use a wildcard")


def _caa(context: Context) -> Iterator[tuple[str, str, str]]:
    """(tag, issuer, key) of every CAA record at the apex."""
    tls = context.client.tls
    if tls.caa != "none":
        for issuer in tls.caa:
            yield "issue", issuer, "tls.caa"
    for entry in context.rrsets.get((context.domain, "CAA"), ()):
        tag, value = _caa_parts(entry)
        yield tag, value, entry.key


def _caa_parts(entry: Entry) -> tuple[str, str]:
    if entry.data is not None:
        return str(entry.data.get("tag", "")).lower(), str(entry.data.get("value", ""))
    try:
        words = shlex.split(entry.content)
    except ValueError:
        return "", ""
    return (words[1].lower(), words[2]) if len(words) >= 3 else ("", "")


def _issuer(value: str) -> str:
    return value.partition(";")[0].strip().lower().rstrip(".")


@rule(
    "client_file.caa.cloudflare",
    reference="RFC 8659 §4; developers.cloudflare.com/ssl/edge-certificates/caa-records",
    fix="add letsencrypt.org, pki.goog or ssl.com",
)
def caa_admits_cloudflares_issuers(context: Context) -> Iterator[Hit]:
    """CAA allows one of the authorities from which Cloudflare gets its certificates."""
    found = list(_caa(context))
    for tag in ("issue", "issuewild"):
        named = [(value, key) for t, value, key in found if t == tag]
        if named and not any(_issuer(value) in CLOUDFLARE_ISSUERS for value, _ in named):
            yield Hit(
                named[0][1], f"CAA {tag} allows {', '.join(v for v, _ in named)}: none that Cloudflare uses"
            )


@rule(
    "client_file.caa.issuer",
    reference="RFC 8659 §4.2",
    fix="write the authority's CAA domain, such as letsencrypt.org",
)
def issuers_are_domains(context: Context) -> Iterator[Hit]:
    """``tls.caa`` names authorities by their domain."""
    issuers = context.client.tls.caa
    for number, issuer in enumerate(issuers if issuers != "none" else ()):
        if not re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+(\s*;.*)?", issuer.lower()):
            yield Hit(f"tls.caa[{number}]", f"{issuer!r} is no authority's domain")

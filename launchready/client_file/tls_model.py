"""The model's TLS side: modes, versions, HSTS, DNSSEC, CAA."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Discriminator

from launchready.client_file.base import Strict
from launchready.client_file.scalars import Bool, Mapped, Seconds, Text, Texts, Word, scalar_text, shape

ONE_YEAR = 31_536_000


class Hsts(Strict):
    """Strict-Transport-Security (RFC 6797)."""

    max_age: Seconds = ONE_YEAR
    """Seconds that a browser remembers it, or a duration such as 1y."""
    include_subdomains: Bool = True
    """Whether every name below the domain must speak HTTPS too."""
    preload: Bool = False
    """Consent to be put into the browsers' preload list; hard to undo."""
    nosniff: Bool = True
    """Also send X-Content-Type-Options: nosniff."""


HstsOrNone = Annotated[Annotated[Hsts, Mapped] | Annotated[Literal["none"], Word], Discriminator(shape)]


def _caa_shape(value: object) -> str:
    return shape("" if value == "none" else None)


IssuersOrNone = Annotated[
    Annotated[Texts, Mapped] | Annotated[Literal["none"], Word], Discriminator(_caa_shape)
]
TlsVersion = Annotated[Literal["1.0", "1.1", "1.2", "1.3"], BeforeValidator(scalar_text)]

TlsSetting = Literal["mode", "min_version", "tls13", "always_https", "rewrites", "hsts"]


def _off(value: object) -> object:
    return "off" if value is False else value


class Tls(Strict):
    """How the edge speaks TLS to browsers and to the origin."""

    mode: Annotated[Literal["off", "flexible", "full", "strict"], BeforeValidator(_off)] = "strict"
    """How the edge reaches the origin: ``strict`` verifies the origin's certificate."""
    min_version: TlsVersion = "1.2"
    """The lowest TLS version that visitors may use."""
    tls13: Bool = True
    """Offer TLS 1.3."""
    always_https: Bool = True
    """Redirect http to https."""
    rewrites: Bool = True
    """Rewrite http links of the zone's hosts in HTML to https."""
    hsts: HstsOrNone = Hsts()
    """Strict-Transport-Security, or ``none``."""
    dnssec: Bool = True
    """Sign the zone; the DS record is an output, to be put at the registrar."""
    caa: IssuersOrNone = ("letsencrypt.org", "pki.goog", "ssl.com")
    """Certificate authorities that may issue for the domain (RFC 8659), or ``none`` for no CAA record."""
    caa_iodef: Text | None = None
    """Where authorities report violations: mailto: or https: URL."""
    universal: Bool = True
    """Cloudflare's own certificate for the apex and one label below; false only where another one serves."""
    keep: tuple[TlsSetting, ...] = ()
    """Settings that stay in the zone as they are: what `launch adopt` can't say otherwise."""
    certificates: Literal["universal", "advanced"] = "universal"
    """``universal`` covers the apex and one label below; ``advanced`` (a paid certificate pack) any name."""

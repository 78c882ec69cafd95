"""``tls`` → zone settings and CAA records."""

from __future__ import annotations

from collections.abc import Iterator

from launchready.client_file.model import ClientFile, Hsts, Tls
from launchready.declared.draft import Draft
from launchready.declared.rdata.caa import caa
from launchready.declared.types import Setting

CLOUDFLARE_ISSUERS = ("letsencrypt.org", "pki.goog", "ssl.com")
"""The CAA names of the authorities from which Cloudflare orders universal and advanced certificates
(developers.cloudflare.com/ssl/reference/certificate-authorities, and the records that it adds by itself:
…/ssl/edge-certificates/caa-records, read 2026-11). ``tls.caa`` should allow at least one of them."""


def settings(tls: Tls) -> tuple[Setting, ...]:
    """The zone settings that ``tls`` declares, by Cloudflare's ids; not those that the zone keeps."""
    every = (
        Setting("ssl", tls.mode, "tls.mode"),
        Setting("min_tls_version", tls.min_version, "tls.min_version"),
        Setting("tls_1_3", _switch(tls.tls13), "tls.tls13"),
        Setting("always_use_https", _switch(tls.always_https), "tls.always_https"),
        Setting("automatic_https_rewrites", _switch(tls.rewrites), "tls.rewrites"),
        Setting("security_header", {"strict_transport_security": _hsts(tls.hsts)}, "tls.hsts"),
    )
    kept = {f"tls.{key}" for key in tls.keep}
    return tuple(setting for setting in every if setting.key not in kept)


def caa_drafts(client: ClientFile) -> Iterator[Draft]:
    """``issue`` and ``issuewild`` for each authority, ``iodef`` for reports (RFC 8659 §4)."""
    if client.tls.caa == "none":
        return
    properties = [(tag, authority) for authority in client.tls.caa for tag in ("issue", "issuewild")]
    if client.tls.caa_iodef:
        properties.append(("iodef", contact(client.tls.caa_iodef)))
    for tag, value in properties:
        rdata = caa(0, tag, value)
        yield Draft(client.domain, "CAA", rdata.content, "tls.caa", data=rdata.data)


def contact(address: str) -> str:
    """A report address as a URI: a bare e-mail address gets its ``mailto:``."""
    return f"mailto:{address}" if "@" in address and ":" not in address else address


def notes(tls: Tls) -> tuple[str, ...]:
    """What a reader of the report must know."""
    if tls.certificates == "advanced":
        return (
            "tls.certificates: advanced – needs Advanced Certificate Manager, which is paid for per zone",
        )
    return ()


def _hsts(hsts: Hsts | str) -> dict[str, bool | int]:
    if isinstance(hsts, str):
        return {
            "enabled": False,
            "max_age": 0,
            "include_subdomains": False,
            "preload": False,
            "nosniff": False,
        }
    return {
        "enabled": True,
        "max_age": hsts.max_age,
        "include_subdomains": hsts.include_subdomains,
        "preload": hsts.preload,
        "nosniff": hsts.nosniff,
    }


def _switch(on: bool) -> str:
    return "on" if on else "off"

"""``tls.certificates: advanced`` → the certificate pack to order, with every proxied name that needs it.

Source: developers.cloudflare.com/ssl/edge-certificates/advanced-certificate-manager (hosts: at most 50, the
apex among them; the zone's own DNS answers the TXT validation), November 2026.
"""

from __future__ import annotations

from collections.abc import Iterable

from launchready.client_file.model import ClientFile
from launchready.declared.created import CertificatePlan
from launchready.declared.draft import Draft

MAX_HOSTS = 50
DAYS = 90
AUTHORITIES = {"pki.goog": "google", "letsencrypt.org": "lets_encrypt", "ssl.com": "ssl_com"}
"""CAA domain → what Cloudflare calls the authority."""


def certificate_plan(client: ClientFile, drafts: Iterable[Draft]) -> CertificatePlan | None:
    """The pack, or None with ``universal``: the apex, its wildcard, and each proxied name below that."""
    if client.tls.certificates != "advanced":
        return None
    deep = {d.name for d in drafts if d.proxied and is_deep(d.name, client.domain)}
    hosts = (client.domain, f"*.{client.domain}", *sorted(deep))
    return CertificatePlan(hosts, authority(client), "txt", DAYS, "tls.certificates")


def is_deep(name: str, domain: str) -> bool:
    """Is it more than one label below the domain, where universal SSL ends?"""
    return name != domain and "." in name.removesuffix(f".{domain}")


def authority(client: ClientFile) -> str:
    """The first authority that ``tls.caa`` admits and Cloudflare orders from; Google's without CAA."""
    allowed = () if client.tls.caa == "none" else client.tls.caa
    named = (AUTHORITIES.get(issuer.partition(";")[0].strip().lower()) for issuer in allowed)
    return next((name for name in named if name is not None), "google")

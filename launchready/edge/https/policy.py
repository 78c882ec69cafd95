"""A hello's host → the TLS that it gets at the edge: certificate, versions, defects.

Universal SSL covers the apex and one label below it; deeper names need a certificate pack that lists them
(developers.cloudflare.com/ssl/edge-certificates/universal-ssl/limitations/).
"""

from __future__ import annotations

import ssl
from typing import Any

from launchready.edge.ca import LeafSpec
from launchready.edge.https.client_hello import ClientHello
from launchready.edge.https.defects import TlsPolicy, damaged
from launchready.edge.https.sites import Sites
from launchready.edge.state import EdgeState, Zone

_VERSIONS = {
    "1.0": ssl.TLSVersion.TLSv1,
    "1.1": ssl.TLSVersion.TLSv1_1,
    "1.2": ssl.TLSVersion.TLSv1_2,
    "1.3": ssl.TLSVersion.TLSv1_3,
}


def setting(zone: Zone, name: str, default: Any) -> Any:
    """A zone setting's value, or Cloudflare's default where the zone has none."""
    entry = zone.settings.get(name)
    return default if entry is None else entry["value"]


def covers(names: tuple[str, ...], host: str) -> bool:
    """Whether a certificate for ``names`` is good for ``host`` (RFC 9525 §6.3: one label for ``*``)."""
    parent = host.partition(".")[2]
    return host in names or (bool(parent) and f"*.{parent}" in names)


def edge_certificate(zone: Zone, host: str) -> LeafSpec | None:
    """The best certificate that the zone has for the host: an advanced one before the universal one."""
    for pack in zone.extra.get("certificate_packs", {}).values():
        names = tuple(sorted(str(name).lower() for name in pack.get("hosts", ())))
        if pack.get("status") not in ("deleted", "expired") and covers(names, host):
            lifetime = float(pack.get("validity_days") or 90)
            return LeafSpec((zone.name, *(n for n in names if n != zone.name)), lifetime=min(lifetime, 397.0))
    universal = (zone.name, f"*.{zone.name}")
    enabled = zone.extra.get("universal_ssl", {}).get("enabled", True)
    return LeafSpec(universal) if enabled and covers(universal, host) else None


def edge_policy(state: EdgeState, sites: Sites, hello: ClientHello) -> TlsPolicy | None:
    """None: a handshake failure, as Cloudflare answers for names that it has no certificate for."""
    host = hello.server_name
    site = sites.find(host) if host else None
    if site is None or not site.proxied:
        return None
    leaf = edge_certificate(site.zone, host)
    if leaf is None:
        return None
    minimum = _VERSIONS.get(str(setting(site.zone, "min_tls_version", "1.0")), ssl.TLSVersion.TLSv1_2)
    with_13 = setting(site.zone, "tls_1_3", "on") != "off"
    maximum = ssl.TLSVersion.TLSv1_3 if with_13 else ssl.TLSVersion.TLSv1_2
    return damaged(TlsPolicy(leaf, minimum, maximum), state, (host,))

"""From the zone's settings to ``tls``: what it can say, said; what it can't, kept as it is and told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from launchready.adopt.live_read import Found
from launchready.drift.canonical import signing, whole

IDS = {
    "mode": "ssl",
    "min_version": "min_tls_version",
    "tls13": "tls_1_3",
    "always_https": "always_use_https",
    "rewrites": "automatic_https_rewrites",
    "hsts": "security_header",
}
"""Key of ``tls`` → Cloudflare's id."""
MODES = ("off", "flexible", "full", "strict")
VERSIONS = ("1.0", "1.1", "1.2", "1.3")


def tls_of(found: Found) -> tuple[dict[str, Any], dict[str, str]]:
    """(``tls`` as data, keys that it keeps → why)."""
    tls: dict[str, Any] = {}
    kept: dict[str, str] = {}
    for key, id_ in IDS.items():
        value = found.settings.get(id_)
        try:
            tls[key] = _said(key, value)
        except ValueError as error:
            kept[key] = f"{id_} is {value!r}: {error}"
    if not found.universal_ssl:
        tls["universal"] = False
    tls["dnssec"] = signing(found.dnssec.get("status")) == "active"
    return {**tls, "caa": "none"}, kept


def _said(key: str, value: Any) -> Any:
    """A setting's value in words of ``tls``. Raises ValueError for one that it has none for."""
    if value is None:
        raise ValueError("the API does not list it")
    if key == "hsts":
        return _hsts(value)
    choices = {"mode": MODES, "min_version": VERSIONS}.get(key, ("on", "off"))
    if value not in choices:
        raise ValueError(f"tls.{key} can't say it")
    return value if key in ("mode", "min_version") else value == "on"


def _hsts(value: Any) -> Any:
    header = value.get("strict_transport_security") if isinstance(value, Mapping) else None
    if not isinstance(header, Mapping):
        raise ValueError("tls.hsts can't say it")
    flags = {key: bool(header.get(key)) for key in ("include_subdomains", "preload", "nosniff")}
    age = whole(header.get("max_age") or 0)
    if header.get("enabled"):
        return {"max_age": age, **flags}
    if age or any(flags.values()):
        raise ValueError("it is switched off and still has values")
    return "none"

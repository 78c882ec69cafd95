"""The URIs that mail records name: report addresses and logos."""

from __future__ import annotations

from urllib.parse import SplitResult, unquote, urlsplit

from launchready.mailauth.dns import is_name, normal


def split(uri: str) -> SplitResult | None:
    """The parts of an absolute URI; None for what is none."""
    try:
        parts = urlsplit(uri)
    except ValueError:
        return None
    return parts if parts.scheme and (parts.netloc or parts.path) else None


def mail_domain(uri: str) -> str | None:
    """The domain of a ``mailto:`` URI; None for other URIs and for bad addresses."""
    parts = split(uri)
    if parts is None or parts.scheme.lower() != "mailto":
        return None
    local, at, domain = unquote(parts.path).rpartition("@")
    domain = normal(domain)
    return domain if at and local and is_name(domain) and "." in domain else None


def is_https(uri: str) -> bool:
    """An https URL with a host?"""
    parts = split(uri)
    return parts is not None and parts.scheme.lower() == "https" and bool(parts.netloc)

"""Cloudflare's v4 API, served over an ``EdgeState``: what it accepts is what DNS and HTTPS serve."""

from launchready.edge.api.limits import Limits
from launchready.edge.api.server import CloudflareApi

__all__ = ["CloudflareApi", "Limits"]

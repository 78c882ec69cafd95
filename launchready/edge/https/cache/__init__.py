"""The edge's cache: which answers are kept under which key, for how long, and what a visitor is told.

Behaviour: developers.cloudflare.com/cache (concepts and cache rules, read 2026-11) over RFC 9111.
"""

from __future__ import annotations

from launchready.edge.https.cache.engine import EdgeCache
from launchready.edge.https.cache.store import CacheLimits

__all__ = ["CacheLimits", "EdgeCache"]

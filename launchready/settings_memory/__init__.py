"""What a zone's settings were before a launch: read at its beginning, written back at its end.

Cloudflare's own provider leaves a setting as it is when the resource goes away. A memory resource
(``components/settings_memory.py``) calls these functions: ``remember`` before the first setting is
changed, ``give_back`` after the last one is gone. Values are as the API shows them; none is secret.
"""

from __future__ import annotations

from launchready.settings_memory.api import Backoff, NotFoundError, SettingsApi, from_environment
from launchready.settings_memory.memory import (
    DNSSEC,
    SMART_TIERED_CACHE,
    TIERED_CACHING,
    UNIVERSAL_SSL,
    give_back,
    remember,
    signing_status,
)

__all__ = [
    "DNSSEC",
    "SMART_TIERED_CACHE",
    "TIERED_CACHING",
    "UNIVERSAL_SSL",
    "Backoff",
    "NotFoundError",
    "SettingsApi",
    "from_environment",
    "give_back",
    "remember",
    "signing_status",
]

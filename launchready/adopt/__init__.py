"""Adopting what exists: a zone file and redirects become a client file that lints clean.

``adopt_zone_file`` writes the client file and the list of what could not be taken over.
"""

from __future__ import annotations

from launchready.adopt.adoption import adopt_zone_file
from launchready.adopt.result import SCHEMA, AdoptResult, Refusal

__all__ = ["SCHEMA", "AdoptResult", "Refusal", "adopt_zone_file"]

"""What a run knows of the portal and its surroundings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from launchready.client_file.portal_model import Portal


@dataclass(frozen=True, slots=True)
class PortalAccess:
    """``control`` and ``token``: an edge's control API, which moves its clock; ``sink``: its mailbox.

    Without them (live) time is the machine's, and nobody can read the mails.
    """

    portal: Portal
    nonce: str
    control: str | None = None
    token: str = ""
    sink: str | None = None

    @classmethod
    def of(cls, portal: Portal, nonce: str, edge: Mapping[str, Any] | None) -> PortalAccess:
        """Access to a live portal, or to one behind an edge (its document)."""
        if edge is None:
            return cls(portal, nonce)
        return cls(portal, nonce, str(edge["control"]), str(edge["token"]), str(edge["sink"]["http"]))

    @property
    def on_edge(self) -> bool:
        return self.control is not None

    @property
    def host(self) -> str:
        """The only host that a scenario speaks to."""
        return (urlsplit(self.portal.base).hostname or "").rstrip(".")

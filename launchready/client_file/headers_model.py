"""The model of ``headers``: response headers, Content-Security-Policy, CORS."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from launchready.client_file.base import Strict
from launchready.client_file.scalars import Bool, Seconds, Text, Texts


class Csp(Strict):
    """Content-Security-Policy with a mode."""

    mode: Literal["if_absent", "set"] = "if_absent"
    """``if_absent`` lets the application's own policy survive."""
    policy: dict[str, Texts]
    """Directive → sources."""


class Cors(Strict):
    """Cross-origin requests: one rule for each exact origin."""

    origins: Texts
    """Exact origins, such as https://app.acme.example."""
    credentials: Bool = False
    """Whether cookies may go along."""
    methods: Texts = ()
    """Methods beyond the simple ones."""
    headers: Texts = ()
    """Request headers beyond the safe ones."""
    max_age: Seconds | None = None
    """Seconds that a preflight's answer is kept."""


class HeaderSet(Strict):
    """Response headers of all hosts, or of one."""

    csp: Csp | dict[str, Texts] | None = None
    """Content-Security-Policy: directive → sources, or with a mode."""
    cors: Cors | None = None
    """Cross-origin requests."""
    referrer_policy: Text | None = None
    """Referrer-Policy."""
    permissions_policy: Text | None = None
    """Permissions-Policy."""
    frame_options: Literal["DENY", "SAMEORIGIN", "none"] | None = None
    """X-Frame-Options."""
    set: dict[str, Text] = Field(default={})
    """Further headers."""
    remove: Texts = ()
    """Headers to take away."""


class Headers(HeaderSet):
    """Response headers, with exceptions per host."""

    hosts: dict[str, HeaderSet] = Field(default={})
    """Host → its own headers."""

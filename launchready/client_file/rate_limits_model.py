"""The model of ``rate_limits``: how many requests one address may make."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from launchready.client_file.base import Strict
from launchready.client_file.scalars import HostName, Seconds, Text, Texts


class RateLimit(Strict):
    """How many requests one address may make."""

    path: Text
    """Path that is counted."""
    requests: Annotated[int, Field(ge=1)]
    """Requests in the period."""
    per: Seconds
    """The period."""
    mitigation: Seconds | None = None
    """How long the address then waits."""
    methods: Texts = ()
    """Only these methods (Business and up)."""
    host: HostName | None = None
    """Only this host (Pro and up)."""

"""The model of ``rate_limits``: how many requests one visitor may make."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field

from launchready.client_file.base import Strict
from launchready.client_file.scalars import HostName, Mapped, Seconds, Text, Texts, Word, shape, upper


def _upper_all(value: Any) -> Any:
    return tuple(upper(one) for one in value) if isinstance(value, list | tuple) else upper(value)


class RateLimit(Strict):
    """How many requests one visitor may make to a path."""

    path: Text
    """Path that is counted, such as /api/login, or all below one: /api/auth/*; case does not matter."""
    requests: Annotated[int, Field(ge=1)]
    """Requests in the period that are let through; the next one gets 429."""
    per: Seconds
    """The period (Free: 10s only)."""
    mitigation: Seconds | None = None
    """How long the visitor then waits; default: the period. 0 refuses only the excess (Enterprise)."""
    methods: Annotated[Texts, BeforeValidator(_upper_all)] = ()
    """Only these methods (Business and up)."""
    host: HostName | None = None
    """Only this host, by its key in hosts or its full name (Pro and up)."""
    by: Texts = ("ip",)
    """Who is one visitor: ip, nat (Business), header:NAME, cookie:NAME, query:NAME, host … (Enterprise)."""


RateLimitsOrNone = Annotated[
    Annotated[tuple[RateLimit, ...], Mapped] | Annotated[Literal["none"], Word], Discriminator(shape)
]

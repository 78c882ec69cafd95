"""The model of ``cache``: what the edge keeps, and for how long."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Discriminator, model_validator

from launchready.client_file.base import Strict
from launchready.client_file.scalars import Bool, Mapped, Seconds, Texts, Word, shape

SecondsOrBypass = Annotated[
    Annotated[Seconds, Mapped] | Annotated[Literal["bypass"], Word],
    Discriminator(lambda v: shape("" if v == "bypass" else None)),
]
SecondsOrOrigin = Annotated[
    Annotated[Seconds, Mapped] | Annotated[Literal["origin"], Word],
    Discriminator(lambda v: shape("" if v == "origin" else None)),
]
IMMUTABLE = ("/_next/static/*", "/_nuxt/*", "/_astro/*", "/_app/immutable/*", "/immutable/*")
"""Where Next.js, Nuxt, Astro and SvelteKit put files whose names have a hash of their content."""


class QueryParts(Strict):
    """Which parameters tell answers apart; exactly one of both. Needs Enterprise."""

    only: Texts = ()
    """None but these."""
    besides: Texts = ()
    """All but these, such as utm_source."""

    @model_validator(mode="after")
    def _exactly_one(self) -> QueryParts:
        if bool(self.only) == bool(self.besides):
            raise ValueError("needs exactly one of only and besides")
        return self


Query = Annotated[
    Annotated[QueryParts, Mapped] | Annotated[Literal["keep", "sort", "ignore"], Word], Discriminator(shape)
]


class Cache(Strict):
    """What the edge keeps, and for how long. Paths may have ``*``, and a host in front: ``app/admin/*``."""

    static: SecondsOrBypass = 31_536_000
    """How long the edge keeps static files (stylesheets, scripts, fonts, images), whatever the origin says;
    ``launch purge`` takes them away at a deployment. Browsers keep ``immutable`` ones as long."""
    extensions: Texts = ()
    """Further extensions of static files, such as pdf. What every visitor gets in a version of its own must
    not be among them."""
    immutable: Texts = IMMUTABLE
    """Paths of files whose name changes with their content: browsers keep them as long as ``static`` says."""
    browser: SecondsOrOrigin = 14_400
    """How long browsers keep other static files; ``origin``: as the origin says."""
    html: SecondsOrBypass = "bypass"
    """How long the edge keeps pages for visitors without a session's cookie; browsers always ask."""
    bypass: Texts = ()
    """Paths that are never cached, beside APIs, log-in and what ``portal`` names, which never are."""
    respect_origin: Texts = ()
    """Paths where the origin's Cache-Control alone decides; without one nothing is kept."""
    query: Query = "keep"
    """Query strings of static files: ``keep`` and ``sort`` tell answers apart by them, ``ignore`` doesn't."""
    tiered: Bool = True
    """One upper tier near the origin asks it on behalf of all data centres."""


CacheOrNone = Annotated[Annotated[Cache, Mapped] | Annotated[Literal["none"], Word], Discriminator(shape)]

"""The model of ``cache``: what the edge keeps, and for how long."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Discriminator

from launchready.client_file.base import Strict
from launchready.client_file.scalars import Mapped, Seconds, Texts, Word, shape

SecondsOrBypass = Annotated[
    Annotated[Seconds, Mapped] | Annotated[Literal["bypass"], Word],
    Discriminator(lambda v: shape("" if v == "bypass" else None)),
]


class Cache(Strict):
    """What the edge keeps, and for how long."""

    static: SecondsOrBypass = 31_536_000
    """Static files, by extension."""
    html: SecondsOrBypass = "bypass"
    """Pages."""
    bypass: Texts = ()
    """Paths that are never cached."""

"""The model of ``portal``: how to log in, and what to try once inside."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field

from launchready.client_file.base import Secret, Strict
from launchready.client_file.scalars import Mapped, Text, Texts, UpperText, Word, shape

SecretOrText = Annotated[Annotated[Secret, Mapped] | Annotated[Text, Word], Discriminator(lambda v: shape(v))]


class Call(Strict):
    """One request of the portal."""

    path: Text
    """Path below the base."""
    method: UpperText = "POST"
    """HTTP method."""
    body: dict[str, Any] | None = None
    """Body, with placeholders such as ${user}."""
    success: dict[str, Any] | None = None
    """What the answer looks like when it worked."""
    mfa: dict[str, Any] | None = None
    """The second factor."""
    limit: Annotated[int, Field(ge=1)] | None = None
    """Requests one user may make."""


class Identity(Strict):
    """A test account."""

    user: Text
    """Log-in name."""
    password: SecretOrText
    """Its password, encrypted."""
    role: Text | None = None
    """Its role."""
    tenant: Text | None = None
    """Its tenant."""


class Resource(Strict):
    """Something that belongs to one identity."""

    path: Text
    """Path with ``{id}``."""
    owner: Text
    """Identity that it belongs to."""
    ids: Texts
    """Ids that exist."""
    methods: Texts = ("GET",)
    """Methods to try."""
    denied: Annotated[Literal[403, 404], BeforeValidator(lambda v: int(v) if str(v).isdigit() else v)] = 404
    """The right answer to everyone else."""


class Webhook(Strict):
    """An endpoint that others call."""

    path: Text
    """Its path."""
    scheme: Text
    """How calls are signed."""
    secret: Secret
    """The signing secret, encrypted."""


class Portal(Strict):
    """How to log in, and what to try once inside."""

    base: Text
    """URL of the portal."""
    login: Call
    """Log-in."""
    reset: Call | None = None
    """Password reset."""
    invite: Call | None = None
    """Invitation."""
    signup: Call | None = None
    """Sign-up."""
    logout: Call | None = None
    """Log-out."""
    logout_all: Call | None = None
    """Log-out everywhere."""
    cookies: Texts = ()
    """Names of the session cookies."""
    identities: dict[str, Identity] = Field(default={})
    """The tenants' test accounts."""
    resources: tuple[Resource, ...] = ()
    """Objects whose protection is tried."""
    onboarding: tuple[Call, ...] = ()
    """Endpoints of onboarding."""
    webhooks: tuple[Webhook, ...] = ()
    """Endpoints that others call."""
    dependencies: Texts = ()
    """External systems."""
    openapi: Text | None = None
    """Path of the OpenAPI description."""
    budget: Annotated[int, Field(ge=1)] = 500
    """Requests that a verification may make."""


PortalOrNone = Annotated[Annotated[Portal, Mapped] | Annotated[Literal["none"], Word], Discriminator(shape)]

"""Keys whose components come in later versions: typed in full, so that the schema is the contract.

The lint ``client_file.unsupported`` refuses them where they are given; ``none`` is always allowed.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field

from launchready.client_file.base import Secret, Strict
from launchready.client_file.scalars import (
    Bool,
    HostName,
    Mapped,
    Seconds,
    Text,
    Texts,
    UpperText,
    Word,
    shape,
)

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


SecretOrText = Annotated[Annotated[Secret, Mapped] | Annotated[Text, Word], Discriminator(lambda v: shape(v))]


class Notify(Strict):
    """Where alarms go."""

    email: Texts = ()
    """Mail addresses."""
    sms: Texts = ()
    """Telephone numbers in E.164 form."""
    slack: Secret | None = None
    """Slack webhook URL, encrypted."""


class Monitors(Strict):
    """Health checks from outside, and whom they wake."""

    paths: Texts = ("/",)
    """Paths that must answer."""
    hosts: Texts = ("@",)
    """Hosts that are watched."""
    interval: Seconds = 30
    """10 or 30 seconds."""
    notify: Notify = Notify()
    """Where alarms go."""
    errors: dict[str, Any] | None = None
    """The CloudWatch metric of the error rate."""


class Variable(Strict):
    """One of the application's variables: a plain value or an encrypted one."""

    value: Text | None = None
    """A value that anyone may see."""
    secret: Secret | None = None
    """An encrypted value."""
    scope: Literal["server", "browser"] = "server"
    """Who may read it."""


class Environment(Strict):
    """The application's variables."""

    target: Literal["ssm", "secretsmanager"] = "ssm"
    """Where they are kept."""
    variables: dict[str, Variable] = Field(default={})
    """Name → variable."""


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
MonitorsOrNone = Annotated[
    Annotated[Monitors, Mapped] | Annotated[Literal["none"], Word], Discriminator(shape)
]

"""The model of ``portal``: how to log in, and what to try once inside.

Bodies are templates: ``${user}``, ``${password}``, ``${new_password}``, ``${token}``, ``${totp}``,
``${email}`` and ``${nonce}`` are filled in when a request is made; ``{id}`` in a resource's path and body
is the object's id.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field

from launchready.client_file.base import Secret, Strict
from launchready.client_file.scalars import Bool, Mapped, Seconds, Text, Texts, UpperText, Word, shape

SecretOrText = Annotated[Annotated[Secret, Mapped] | Annotated[Text, Word], Discriminator(lambda v: shape(v))]

TOKEN = r"[?&#/]token=([A-Za-z0-9_~.\-]{8,512})"  # noqa: S105 - a pattern, not a token
"""Where a mail has its one-time token, unless the client file says otherwise: a ``token`` in a link."""


def _numbers(value: object) -> object:
    """Status codes as a list of integers, however the engine and YAML hand them over."""
    items = value if isinstance(value, list | tuple) else [value]
    return tuple(int(str(item)) if str(item).isdigit() else item for item in items)


Statuses = Annotated[
    tuple[Annotated[int, Field(ge=100, le=599)], ...],
    BeforeValidator(_numbers, json_schema_input_type=int | list[int]),
]


class Answer(Strict):
    """What an answer looks like when it is the expected one. Everything given must hold."""

    status: Statuses = ()
    """Status codes; without any, every 2xx (and a redirect, for forms)."""
    json_: dict[str, Any] = Field(default={}, alias="json")
    """Dotted path in the JSON body → its value; ``"*"`` is any value."""
    cookie: Text | None = None
    """Name of a cookie that is set."""
    text: Text | None = None
    """Something that the body contains."""


class Call(Strict):
    """One request of the portal."""

    path: Text
    """Path below the base."""
    method: UpperText = "POST"
    """HTTP method."""
    encoding: Literal["json", "form"] = "json"
    """How the body is written."""
    body: dict[str, Any] | None = None
    """Body, with placeholders such as ${user}."""
    headers: dict[str, Text] = Field(default={})
    """Further request headers, never secret ones."""
    success: Answer = Answer()
    """What the answer looks like when it worked."""
    identity: Text | None = None
    """Who makes the request: a key of ``identities``."""
    limit: Annotated[int, Field(ge=1)] | None = None
    """Requests that one user may make in ten seconds."""


def _get(value: object) -> object:
    """``session: /api/me`` is a GET of that path."""
    return {"path": value, "method": "GET"} if isinstance(value, str) else value


SessionCall = Annotated[Call, BeforeValidator(_get, json_schema_input_type=Call | str)]


class Mfa(Call):
    """The second factor, given after the password."""

    when: Answer = Answer(json={"mfa": "*"})
    """How the log-in's answer says that a second factor is wanted."""


class Login(Call):
    """Log-in by password or link, with a second factor where there is one."""

    mfa: Mfa | None = None
    """The second factor."""
    bearer: Text | None = None
    """Dotted path of the access token in the answer; without it the session is a cookie."""


class TokenCall(Call):
    """A request that sends a one-time token by mail, and the one that spends it."""

    confirm: Call | None = None
    """The request that spends the token."""
    token: Text = TOKEN
    """Regular expression with one group that finds the token in the mail."""
    lifetime: Seconds = 1800
    """Seconds that a token may live: 15 to 60 minutes."""


class Identity(Strict):
    """A test account."""

    user: Text
    """Log-in name, usually a mail address."""
    password: SecretOrText
    """Its password, encrypted."""
    totp: Secret | None = None
    """Base32 secret of its second factor, encrypted."""
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
    """Methods to try; writing ones send ``body``."""
    body: dict[str, Any] | None = None
    """What writing methods send."""
    shared: Bool = False
    """Whether everyone of the owner's tenant may have it."""
    protected: dict[str, Any] = Field(default={})
    """Fields that nobody may set by writing them, with a value to try (mass assignment)."""
    list_: Text | None = Field(default=None, alias="list")
    """Path that lists one's own objects."""
    denied: Annotated[Literal[403, 404], BeforeValidator(lambda v: int(v) if str(v).isdigit() else v)] = 404
    """The right answer to everyone else."""


class Webhook(Strict):
    """An endpoint that others call."""

    path: Text
    """Its path."""
    scheme: Literal["stripe", "github", "standard"]
    """How calls are signed: Stripe's, GitHub's, or Standard Webhooks' way."""
    secret: Secret
    """The signing secret, encrypted."""
    body: dict[str, Any] = Field(default={"type": "ping"})
    """A harmless event."""
    tolerance: Seconds = 300
    """Seconds after which a signature is stale."""


class Pages(Strict):
    """Where people find the portal's forms: what `launch verify --browser` opens."""

    signup: Text = "/signup"
    """Path of the page to sign up at."""
    login: Text = "/login"
    """Path of the page to log in at."""
    reset: Text = "/reset"
    """Path of the page to ask for a new password at."""
    invite: Text = "/invite"
    """Path of the page to invite somebody at."""
    onboarding: Text = "/onboarding"
    """Path of the first page of onboarding."""


class Portal(Strict):
    """How to log in, and what to try once inside."""

    base: Text
    """URL of the portal."""
    login: Login
    """Log-in."""
    session: SessionCall | None = None
    """A request that only someone who is logged in may make, such as GET /api/me."""
    reset: TokenCall | None = None
    """Password reset."""
    invite: TokenCall | None = None
    """Invitation."""
    signup: TokenCall | None = None
    """Sign-up."""
    logout: Call | None = None
    """Log-out."""
    logout_all: Call | None = None
    """Log-out everywhere."""
    cookies: Texts = ()
    """Names of the session cookies."""
    admin_roles: Texts = ("admin",)
    """Roles that need a second factor."""
    identities: dict[str, Identity] = Field(default={})
    """The tenants' test accounts."""
    resources: tuple[Resource, ...] = ()
    """Objects whose protection is tried."""
    onboarding: tuple[Call, ...] = ()
    """Endpoints of onboarding."""
    webhooks: tuple[Webhook, ...] = ()
    """Endpoints that others call."""
    dependencies: Texts = ()
    """External systems that onboarding needs, such as mail or payments."""
    openapi: Text | None = None
    """Path of the OpenAPI description."""
    pages: Pages = Pages()
    """Where people find its forms."""
    release: Text | None = None
    """Path of a JSON document that names the release that is deployed."""
    budget: Annotated[int, Field(ge=1)] = 500
    """Requests that a verification may make."""


PortalOrNone = Annotated[Annotated[Portal, Mapped] | Annotated[Literal["none"], Word], Discriminator(shape)]

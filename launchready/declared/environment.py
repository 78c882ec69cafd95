"""``environment`` → the parameters and secrets that AWS keeps, with their sizes, tiers and key."""

from __future__ import annotations

from dataclasses import dataclass, field

from launchready.client_file import environment_model
from launchready.client_file.base import Secret
from launchready.client_file.environment_model import Scope, Target, Tier, Variable
from launchready.client_file.model import ClientFile
from launchready.client_file.plans import AWS_LIMITS
from launchready.client_file.positions import key_text

OWN_KEY, AWS_KEY = "client", "aws"
AWS_KEYS: dict[Target, str] = {"ssm": "alias/aws/ssm", "secretsmanager": "alias/aws/secretsmanager"}
"""The key that each service has in every account: without a price, and for whoever may use the service."""
TAG = "launchready:client"
"""Tag of everything that a launch makes in AWS; its value is the client's name."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One variable as AWS keeps it.

    ``name``: the variable's; ``path``: its full name in the service; ``key``: the client-file key.
    ``size``: bytes of the value, None when a secret can't be measured unopened. ``tier``: what a
    parameter is put into, ``auto`` decided by its size; None for Secrets Manager. ``rotate_after``:
    seconds, None is for ever. ``resource``: the Pulumi name. The value is in ``value`` or, unopened, in
    ``sealed``; neither is ever part of the text form.
    """

    name: str
    path: str
    key: str
    secret: bool
    scope: Scope
    store: Target
    size: int | None
    tier: Tier | None
    rotate_after: int | None
    description: str
    resource: str
    value: str | None = field(default=None, repr=False)
    sealed: Secret | None = field(default=None, repr=False)

    def reveal(self) -> str:
        """The plain text. Raises InputError when a secret can't be decrypted."""
        return self.sealed.reveal() if self.sealed is not None else self.value or ""


@dataclass(frozen=True, slots=True)
class Environment:
    """A client's environment in AWS. ``path`` begins and ends with a slash.

    ``kms``: what encrypts secrets – ``alias/launchready/<client>`` when ``own_key`` (the program makes
    that key), else what the client file or the service names; None when there is no secret.
    """

    client: str
    target: Target
    region: str
    path: str
    kms: str | None
    own_key: bool
    parameters: tuple[Parameter, ...]

    @property
    def secrets(self) -> tuple[Parameter, ...]:
        """The parameters that hold secrets."""
        return tuple(parameter for parameter in self.parameters if parameter.secret)

    @property
    def stores(self) -> frozenset[Target]:
        """The services that hold any of it."""
        return frozenset(parameter.store for parameter in self.parameters)

    def parameter(self, name: str) -> Parameter | None:
        """The parameter of a variable."""
        return next((parameter for parameter in self.parameters if parameter.name == name), None)


def environment(client: ClientFile) -> Environment | None:
    """What ``environment`` declares; None without one, or without a variable in it."""
    given = environment_model.of(client)
    if given is None or not given.variables:
        return None
    path = path_of(given, client.client)
    parameters = tuple(_parameter(name, variable, given, path) for name, variable in given.variables.items())
    own = given.kms == OWN_KEY
    kms = own_alias(client.client) if own else AWS_KEYS[given.target] if given.kms == AWS_KEY else given.kms
    secret = any(parameter.secret for parameter in parameters)
    return Environment(
        client.client, given.target, given.region, path, kms if secret else None, own and secret, parameters
    )


def path_of(given: environment_model.Environment, client: str) -> str:
    """What the names of a client's variables begin with, slashes on both ends."""
    base = (given.path or f"/launchready/{client}").rstrip("/")
    return f"{base}/{given.stage}/" if given.stage else f"{base}/"


def own_alias(client: str) -> str:
    """The alias of the key that the program makes for a client (``.`` is not allowed in an alias)."""
    return f"alias/launchready/{client.replace('.', '_')}"


def _parameter(name: str, variable: Variable, given: environment_model.Environment, path: str) -> Parameter:
    secret = variable.secret is not None
    store: Target = given.target if secret else "ssm"
    return Parameter(
        name=name,
        path=path + name,
        key=key_text(("environment", "variables", name)),
        secret=secret,
        scope=variable.scope,
        store=store,
        size=variable.size,
        tier=tier_of(given.tier, variable.size) if store == "ssm" else None,
        rotate_after=variable.rotate_after or (given.rotate_after if secret else None),
        description=variable.description or "",
        resource=f"variable {name}",
        value=variable.value,
        sealed=variable.secret,
    )


def tier_of(wanted: Tier, size: int | None) -> Tier:
    """The tier that a value gets: ``auto`` is standard up to 4 KB; unknown sizes are decided later."""
    if wanted != "auto" or size is None:
        return wanted
    return "standard" if size <= AWS_LIMITS.standard_bytes else "advanced"

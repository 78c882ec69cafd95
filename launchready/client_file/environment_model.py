"""The model of ``environment``: the application's variables and secrets, and where they are kept."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, PlainValidator, model_validator

from launchready.client_file.base import Secret, Strict
from launchready.client_file.scalars import Mapped, Seconds, Text, Word, scalar_text, shape
from launchready.client_file.source import kind_of

Target = Literal["ssm", "secretsmanager"]
Tier = Literal["standard", "advanced", "auto"]
Scope = Literal["server", "browser"]

_TAG_BYTES = 16
"""AES-GCM's tag, which makes a ciphertext longer than its plain text."""


def _text(value: object) -> str:
    """A variable's value as text, its white space kept: numbers as written, true and false as words."""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = scalar_text(value)
    if not isinstance(text, str):
        raise ValueError(f"must be a string, not {kind_of(value)}")
    return text


Value = Annotated[str, PlainValidator(_text, json_schema_input_type=str | int | float | bool)]


class Variable(Strict):
    """One of the application's variables: a plain value or an encrypted one."""

    value: Value | None = None
    """A value that anyone may see."""
    secret: Secret | None = None
    """An encrypted value."""
    scope: Scope = "server"
    """Who may read it: ``server`` processes only, or the ``browser`` too (it is in the build)."""
    description: Text | None = None
    """What it is for; it is shown in AWS and in reports."""
    rotate_after: Seconds | None = None
    """How old the value may become, such as 90d; by default what ``environment`` says."""

    @model_validator(mode="after")
    def _one_of_both(self) -> Variable:
        if (self.value is None) == (self.secret is None):
            raise ValueError("needs exactly one of value or secret")
        return self

    @property
    def size(self) -> int | None:
        """Bytes of the value in UTF-8; of a secret without opening it. None when it can't be known."""
        if self.value is not None:
            return len(self.value.encode("utf-8"))
        return secret_size(self.secret) if self.secret is not None else None


class Environment(Strict):
    """The application's variables, one parameter or secret for each."""

    target: Target = "ssm"
    """Where secrets are kept: Systems Manager's Parameter Store or Secrets Manager. Plain values are
    parameters either way, since a plain text in Secrets Manager costs as much as a secret."""
    region: Text = "us-east-1"
    """The AWS region."""
    path: Text | None = None
    """What their names begin with; by default /launchready/<client>/."""
    stage: Text | None = None
    """One more level of the path, such as production."""
    kms: Text = "client"
    """What encrypts: ``client`` is a key of the client's own, made here; ``aws`` is the account's key of
    the service, without a price and without a wall between clients; or an alias/…, an id or an ARN."""
    tier: Tier = "auto"
    """The parameters' tier; ``auto`` is standard up to 4 KB and advanced above."""
    rotate_after: Seconds | None = 31_536_000
    """How old a secret may become where its variable doesn't say; null is for ever."""
    variables: dict[Text, Variable] = Field(default={})
    """Name → value or secret."""


EnvironmentOrNone = Annotated[
    Annotated[Environment, Mapped] | Annotated[Literal["none"], Word], Discriminator(shape)
]


def secret_size(secret: Secret) -> int | None:
    """Bytes of a secret's plain text, read off its ciphertext; None for another provider's form."""
    parts = secret.ciphertext.split(":")
    if len(parts) != 3:
        return None
    try:
        sealed = base64.b64decode(parts[2], validate=True)
    except (binascii.Error, ValueError):
        return None
    return max(0, len(sealed) - _TAG_BYTES)


def of(client: Any) -> Environment | None:
    """A client file's environment; None when there is none or it says ``none``."""
    return client.environment if isinstance(client.environment, Environment) else None

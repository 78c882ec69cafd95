"""The model of ``environment``: the application's variables and secrets."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from launchready.client_file.base import Secret, Strict
from launchready.client_file.scalars import Text


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

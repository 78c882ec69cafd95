"""Where variables are kept: a client's KMS key, parameters, secrets. The logic is in ``launchready.aws``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pulumi
from pulumi.dynamic import Resource

from components.aws.shell import Shell

RESOURCES = "launchready.aws.resources"


@dataclass(frozen=True, slots=True)
class StoredArgs:
    """``value``: sealed or plain; it is a secret of the engine's when ``secret``.

    ``key_id``: what encrypts it; None stores a parameter in clear. ``tier`` is for parameters only.
    """

    name: str
    value: pulumi.Input[str] = field(repr=False)
    secret: bool
    key_id: pulumi.Input[str] | None
    description: str
    region: str
    tags: Mapping[str, str]
    tier: str | None = None

    def inputs(self) -> dict[str, Any]:
        """The resource's inputs."""
        value = pulumi.Output.secret(self.value) if self.secret else self.value
        given = {
            "name": self.name,
            "value": value,
            "key_id": self.key_id,
            "description": self.description,
            "region": self.region,
            "tags": dict(self.tags),
        }
        return given if self.tier is None else {**given, "tier": self.tier}


class Key(Resource, module="launchready", name="Key"):
    """A KMS key of the client's own, named ``alias``; outputs ``key_id`` and ``arn``."""

    arn: pulumi.Output[str]
    key_id: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        alias: str,
        *,
        description: str,
        region: str,
        tags: Mapping[str, str],
        opts: pulumi.ResourceOptions,
    ) -> None:
        given = {"alias": alias, "description": description, "region": region, "tags": dict(tags)}
        found = dict.fromkeys(("arn", "key_id", "rotates", "adopted"))
        super().__init__(Shell(f"{RESOURCES}.key"), name, {**given, **found}, opts)


class Parameter(Resource, module="launchready", name="Parameter"):
    """A parameter of Parameter Store; outputs ``arn``, ``version``, ``key_arn`` (of a key with a policy)."""

    arn: pulumi.Output[str]
    version: pulumi.Output[int]
    key_arn: pulumi.Output[str | None]

    def __init__(self, name: str, args: StoredArgs, opts: pulumi.ResourceOptions) -> None:
        found = dict.fromkeys(("arn", "version", "live_tier", "key_arn", "adopted", "found_version"))
        super().__init__(Shell(f"{RESOURCES}.parameter"), name, {**args.inputs(), **found}, opts)


class StoredSecret(Resource, module="launchready", name="StoredSecret"):
    """A secret of Secrets Manager; outputs as Parameter's, ``version`` an id."""

    arn: pulumi.Output[str]
    version: pulumi.Output[str]
    key_arn: pulumi.Output[str | None]

    def __init__(self, name: str, args: StoredArgs, opts: pulumi.ResourceOptions) -> None:
        found = dict.fromkeys(("arn", "version", "key_arn", "adopted", "found_version"))
        super().__init__(Shell(f"{RESOURCES}.stored_secret"), name, {**args.inputs(), **found}, opts)

"""The application's variables: a key of the client's own, parameters, secrets, and who may read them."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from components.aws.stored import Key, Parameter, StoredArgs, StoredSecret
from components.base import Component
from launchready.aws.iam import path_arn, reading_policy
from launchready.client_file.sealed import Sealer
from launchready.declared import environment as declared
from launchready.declared.environment import Environment as Declared


@dataclass(frozen=True, slots=True)
class EnvironmentArgs:
    """``declared``: what the client file says; ``sealer`` makes the inputs of its secrets."""

    declared: Declared
    sealer: Sealer


class Environment(Component):
    """Outputs: ``environment_arns`` (variable → ARN), ``environment_policy`` (IAM policy, JSON)."""

    def __init__(self, name: str, args: EnvironmentArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        environment = args.declared
        self._tags = {declared.TAG: environment.client}
        key = self._key(environment)
        kept = {
            parameter.name: self._stored(environment, parameter, key, args.sealer)
            for parameter in environment.parameters
        }
        self.arns: dict[str, pulumi.Output[str]] = {name: stored.arn for name, stored in kept.items()}
        key_arns = [kept[parameter.name].key_arn for parameter in environment.secrets[:1]]
        self.policy: pulumi.Output[str] = pulumi.Output.all(
            arns=pulumi.Output.all(**self.arns), keys=pulumi.Output.all(*key_arns)
        ).apply(lambda known: _policy(environment, known["arns"], known["keys"]))
        self.register_outputs({"environment_arns": self.arns, "environment_policy": self.policy})

    def _key(self, environment: Declared) -> pulumi.Input[str] | None:
        """What encrypts: the ARN of the client's own key, or what the client file names."""
        if not environment.own_key or environment.kms is None:
            return environment.kms
        made = Key(
            "environment key",
            environment.kms,
            description=f"encrypts the variables of {environment.client} (launchready)",
            region=environment.region,
            tags=self._tags,
            opts=pulumi.ResourceOptions(parent=self),
        )
        return made.arn

    def _stored(
        self,
        environment: Declared,
        parameter: declared.Parameter,
        key: pulumi.Input[str] | None,
        sealer: Sealer,
    ) -> Parameter | StoredSecret:
        value = sealer(parameter.sealed) if parameter.sealed is not None else parameter.value or ""
        args = StoredArgs(
            name=parameter.path,
            value=value,
            secret=parameter.secret,
            key_id=key if parameter.secret else None,
            description=parameter.description,
            region=environment.region,
            tags=self._tags,
            tier=parameter.tier,
        )
        kind = StoredSecret if parameter.store == "secretsmanager" else Parameter
        return kind(parameter.resource, args, pulumi.ResourceOptions(parent=self))


def _policy(environment: Declared, arns: dict[str, str], keys: list[str | None]) -> str:
    paths: dict[str, str] = {}
    for parameter in environment.parameters:
        paths.setdefault(parameter.store, path_arn(arns[parameter.name], parameter.path, environment.path))
    key = keys[0] if keys else None
    return reading_policy(paths.get("ssm"), paths.get("secretsmanager"), key)

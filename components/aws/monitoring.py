"""The AWS resources that watch a launch: shells over ``launchready.aws.monitoring``, one module each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import pulumi
from pulumi.dynamic import Resource

from components.aws.shell import Shell

PACKAGE = "launchready.aws.monitoring"


class AwsResource(Resource):
    """``computed``: what the functions find out; it is an output."""

    def __init__(
        self,
        module: str,
        name: str,
        props: Mapping[str, Any],
        computed: tuple[str, ...],
        opts: pulumi.ResourceOptions,
    ) -> None:
        super().__init__(Shell(f"{PACKAGE}.{module}"), name, {**props, **dict.fromkeys(computed)}, opts)

    def output(self, key: str) -> pulumi.Output[Any]:
        """An input or computed property."""
        return cast("pulumi.Output[Any]", self.__dict__[key])


class HealthCheck(AwsResource, module="launchready", name="HealthCheck"):
    """A Route 53 health check; its id is the health check's."""

    def __init__(self, name: str, props: Mapping[str, Any], opts: pulumi.ResourceOptions) -> None:
        super().__init__("health_check", name, props, ("kind",), opts)


class Alarm(AwsResource, module="launchready", name="Alarm"):
    """A CloudWatch alarm; output ``arn``."""

    def __init__(self, name: str, props: Mapping[str, Any], opts: pulumi.ResourceOptions) -> None:
        super().__init__("alarm", name, props, ("arn",), opts)


class Topic(AwsResource, module="launchready", name="Topic"):
    """An SNS topic; output ``arn``."""

    def __init__(self, name: str, props: Mapping[str, Any], opts: pulumi.ResourceOptions) -> None:
        super().__init__("topic", name, props, ("arn",), opts)


class Subscription(AwsResource, module="launchready", name="Subscription"):
    """An owner at a topic; outputs ``arn`` and ``confirmed``."""

    def __init__(self, name: str, props: Mapping[str, Any], opts: pulumi.ResourceOptions) -> None:
        super().__init__("subscription", name, props, ("arn", "confirmed"), opts)


class Connection(AwsResource, module="launchready", name="Connection"):
    """An EventBridge connection; output ``arn``."""

    def __init__(self, name: str, props: Mapping[str, Any], opts: pulumi.ResourceOptions) -> None:
        super().__init__("connection", name, props, ("arn",), opts)


class ApiDestination(AwsResource, module="launchready", name="ApiDestination"):
    """An EventBridge API destination, its ``endpoint`` secret; output ``arn``."""

    def __init__(self, name: str, props: Mapping[str, Any], opts: pulumi.ResourceOptions) -> None:
        super().__init__("api_destination", name, props, ("arn",), opts)


class Role(AwsResource, module="launchready", name="Role"):
    """An IAM role with one policy; output ``arn``."""

    def __init__(self, name: str, props: Mapping[str, Any], opts: pulumi.ResourceOptions) -> None:
        super().__init__("role", name, props, ("arn",), opts)


class Rule(AwsResource, module="launchready", name="Rule"):
    """An EventBridge rule with its target; output ``arn``."""

    def __init__(self, name: str, props: Mapping[str, Any], opts: pulumi.ResourceOptions) -> None:
        super().__init__("rule", name, props, ("arn",), opts)

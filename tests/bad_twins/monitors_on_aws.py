"""A client's monitors on the edge's AWS, made by the functions of the resources themselves."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from components import monitor_props as props
from launchready.aws import reader
from launchready.aws.monitoring import (
    alarm,
    api_destination,
    connection,
    health_check,
    role,
    rule,
    subscription,
    topic,
)
from launchready.declared import declare
from launchready.declared.monitors import Monitoring

if TYPE_CHECKING:
    from tests.bad_twins.harness import Scene


class Aws:
    """The edge's AWS, for a twin to break."""

    def __init__(self, scene: Scene, declared: Monitoring) -> None:
        self._endpoint = scene.edge.aws.url
        self.declared = declared
        self.checks: dict[str, str] = {}
        """Monitor → id of its health check."""
        self.topics: dict[str, str] = {}
        """Region → ARN."""

    async def call(self, service: str, operation: str, region: str = "us-east-1", **given: Any) -> Any:
        def blocking() -> Any:
            client = reader.client(service, region, self._endpoint, 30.0)
            return getattr(client, operation)(**given)

        return await asyncio.to_thread(blocking)

    def make(self) -> None:
        """Everything, as the components order it; and the proof of a drill."""
        declared = self.declared
        for one in declared.topics:
            self.topics[one.region], _ = topic.create(props.topic_props(declared, one))
        for owner in declared.subscriptions:
            subscription.create(props.owner_props(owner, self.topics[owner.region]))
        health = {one.monitor: one for one in declared.alarms if one.monitor is not None}
        for monitor in declared.monitors:
            given = props.check_props(declared, monitor, health[monitor.name].name)
            self.checks[monitor.name], _ = health_check.create(given)
        for wanted in declared.alarms:
            dimensions = dict(wanted.dimensions)
            if wanted.monitor is not None:
                dimensions = {"HealthCheckId": self.checks[wanted.monitor]}
            alarm.create(props.alarm_props(declared, wanted, self.topics[wanted.region], dimensions))
        for way in declared.slack:
            _, made = connection.create(props.named(way))
            _, made = api_destination.create(props.destination_props(way, made["arn"], way.secret.reveal()))
            arn = made["arn"]
            _, taken = role.create(
                props.role_props(declared, way, role.trust(arn, way.name), role.permissions(arn))
            )
            rule.create(props.rule_props(declared, way, arn, taken["arn"]))

    async def drilled(self) -> None:
        """Leave the proof of a drill on every alarm."""
        for found in (await self.call("cloudwatch", "describe_alarms"))["MetricAlarms"]:
            tags = {
                "launchready:drilled": datetime.now(UTC).isoformat(timespec="seconds"),
                "launchready:drilled-channels": "email sms slack",
            }
            listed = [{"Key": key, "Value": value} for key, value in tags.items()]
            await self.call("cloudwatch", "tag_resource", ResourceARN=found["AlarmArn"], Tags=listed)


@contextmanager
def _environment(endpoint: str) -> Iterator[None]:
    given = {"AWS_ENDPOINT_URL": endpoint, "AWS_ACCESS_KEY_ID": "edge", "AWS_SECRET_ACCESS_KEY": "edge"}
    before = {name: os.environ.get(name) for name in given}
    os.environ.update(given)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


async def watched(scene: Scene) -> Aws:
    """The scene's client with its monitors, owners who said yes, and a drill; all gone afterwards."""
    declared = declare(scene.client).monitoring
    assert declared is not None
    aws = Aws(scene, declared)

    def make() -> None:
        with _environment(scene.edge.aws.url):
            aws.make()

    scene.stack.push_async_callback(asyncio.to_thread, _forget)
    await asyncio.to_thread(make)
    scene.edge.monitoring.owners(True)
    await aws.drilled()
    return aws


def _forget() -> None:
    from moto.moto_api._internal.models import moto_api_backend

    moto_api_backend.reset()

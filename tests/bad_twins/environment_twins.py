"""Bad twins of row ``secrets``, its environment: stored as `launch up` stores it, then broken in AWS."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from launchready.aws import reader
from launchready.declared import declare
from launchready.variables.store import Store
from tests.bad_twins.clients import client
from tests.bad_twins.harness import Scene, Twin
from tests.bad_twins.monitors_on_aws import _environment, _forget

PATH = "/launchready/twin"
VARIABLES = {
    "STRIPE_SECRET_KEY": {"secret": {"secure": "lr-twin-secret-4242"}, "rotate_after": "90d"},
    "SESSION_SECRET": {"secret": {"secure": "lr-twin-session-4242"}},
    "PUBLIC_API_URL": {"value": "https://api.acme.example", "scope": "browser"},
}


def with_environment(**changes: Any) -> dict[str, Any]:
    """The usual client, with variables."""
    return client(environment={"variables": VARIABLES, **changes})


class Aws:
    """The edge's AWS, for a twin to break."""

    def __init__(self, scene: Scene) -> None:
        self._endpoint = scene.edge.aws.url

    async def call(self, service: str, operation: str, **given: Any) -> Any:
        def blocking() -> Any:
            return getattr(reader.client(service, "us-east-1", self._endpoint, 30.0), operation)(**given)

        return await asyncio.to_thread(blocking)


async def stored(scene: Scene) -> Aws:
    """The scene's variables at the edge's AWS, gone afterwards."""
    environment = declare(scene.client).environment
    assert environment is not None

    def put() -> None:
        with _environment(scene.edge.aws.url):
            store = Store(environment)
            for parameter in environment.parameters:
                store.put(parameter, parameter.reveal())

    scene.stack.push_async_callback(asyncio.to_thread, _forget)
    await asyncio.to_thread(put)
    return Aws(scene)


def _twin(*trips: str, breaks: Callable[[Aws, Scene], Awaitable[None]] | None = None, **changes: Any) -> Twin:
    async def broken(scene: Scene) -> None:
        aws = await stored(scene)
        if breaks is not None:
            await breaks(aws, scene)

    checks = frozenset(f"secrets.environment.{name}" for name in trips)
    return Twin(with_environment(**changes), checks, broken, ("secrets",))


async def _gone(aws: Aws, _: Scene) -> None:
    await aws.call("ssm", "delete_parameter", Name=f"{PATH}/STRIPE_SECRET_KEY")


async def _waits(aws: Aws, _: Scene) -> None:
    await aws.call("secretsmanager", "delete_secret", SecretId=f"{PATH}/SESSION_SECRET")


async def _in_clear(aws: Aws, _: Scene) -> None:
    name = f"{PATH}/STRIPE_SECRET_KEY"
    await aws.call("ssm", "delete_parameter", Name=name)
    await aws.call("ssm", "put_parameter", Name=name, Value="lr-twin-secret-4242", Type="String")


async def _other_key(aws: Aws, _: Scene) -> None:
    await aws.call(
        "ssm", "put_parameter", Name=f"{PATH}/STRIPE_SECRET_KEY", Value="lr-twin-secret-4242",
        Type="SecureString", KeyId="alias/aws/ssm", Overwrite=True,
    )  # fmt: skip


async def _stray(aws: Aws, _: Scene) -> None:
    await aws.call("ssm", "put_parameter", Name=f"{PATH}/deep/OLD_TOKEN", Value="x", Type="String")


def _later(days: int) -> Callable[[Aws, Scene], Awaitable[None]]:
    async def later(_: Aws, scene: Scene) -> None:
        scene.now = datetime.now(UTC) + timedelta(days=days)

    return later


TWINS: dict[str, Twin] = {
    "environment: a variable that isn't there": _twin("stored", breaks=_gone),
    "environment: a secret that waits for its deletion": _twin(
        "stored", breaks=_waits, target="secretsmanager"
    ),
    "environment: a secret in clear": _twin("plain", breaks=_in_clear),
    "environment: another key": _twin("key", breaks=_other_key),
    "environment: a secret too old": _twin("age", breaks=_later(91)),
    "environment: a secret of Secrets Manager too old": _twin(
        "age", breaks=_later(91), target="secretsmanager"
    ),
    "environment: a stray": _twin("unmanaged", breaks=_stray),
}

GOOD: dict[str, Twin] = {
    "variables in Parameter Store": _twin(),
    "variables in Secrets Manager, just before they are due": _twin(
        breaks=_later(89), target="secretsmanager", kms="aws"
    ),
}

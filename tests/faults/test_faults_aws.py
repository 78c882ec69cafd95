"""Every call of every AWS resource loses its answer in turn: it is made once, changed once, gone once."""

from __future__ import annotations

import asyncio
import importlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from launchready.aws import parameters, pool, secrets
from launchready.aws.resources import parameter, stored_secret
from launchready.edge.aws import AwsEndpoint
from launchready.edge.faults import FaultDesk
from launchready.errors import LaunchreadyError
from tests.monitors.test_monitors_aws import CHECK, KINDS, given

TAGS = {"launchready:client": "acme", "launchready:stack": "acme"}
NAME = "/launchready/acme/GREETING"
STORED = {
    "name": NAME, "value": "hello", "key_id": "alias/aws/ssm", "description": "", "region": "us-east-1",
    "tags": TAGS,
}  # fmt: skip
KEY = {"alias": "alias/launchready/acme", "description": "acme", "region": "us-east-1", "tags": TAGS}
IDENTITY = {
    "domain": "acme.example", "region": "us-east-1", "mail_from": "bounce.acme.example", "selector": None,
    "private_key": None, "owner": "acme",
}  # fmt: skip
RESOURCES = {
    "resources.parameter": {**STORED, "tier": "auto"},
    "resources.stored_secret": {**STORED, "key_id": "alias/aws/secretsmanager"},
    "resources.key": KEY,
    "ses_identity": IDENTITY,
}
ALL = (*(f"monitoring.{name}" for name in KINDS), *RESOURCES)
QUICK = ("health_check", "key", "topic")
"""The two that AWS takes twice, and one by name."""


@dataclass
class Aws:
    desk: FaultDesk

    def met(self, kind: str, nth: int, work: Callable[[], Any]) -> tuple[Any, bool]:
        """What the work gives when its nth call meets the fault, and whether there was such a call."""
        self.desk.put({"hold": 0.05, "faults": [{"kind": kind, "service": "aws", "nth": nth}]})
        result = work()
        return result, bool(self.desk.show()["fired"])


@pytest.fixture(scope="module")
def endpoint() -> Iterator[AwsEndpoint]:
    loop, aws = asyncio.new_event_loop(), AwsEndpoint()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    asyncio.run_coroutine_threadsafe(aws.start("127.0.0.1"), loop).result(60)
    yield aws
    asyncio.run_coroutine_threadsafe(aws.close(), loop).result(60)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    loop.close()


@pytest.fixture
def aws(endpoint: AwsEndpoint, monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    from botocore.retries.standard import ExponentialBackoff

    for name, value in {
        "AWS_ENDPOINT_URL": endpoint.url, "AWS_ACCESS_KEY_ID": "edge", "AWS_SECRET_ACCESS_KEY": "edge",
        "AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    # botocore has no parameter for its back-off
    monkeypatch.setattr(ExponentialBackoff, "delay_amount", lambda self, context: 0.0)
    monkeypatch.setattr("launchready.aws.lost.time.sleep", lambda seconds: None)
    yield Aws(endpoint.faults)
    endpoint.faults.drop()


def empty() -> None:
    from moto.moto_api._internal.models import moto_api_backend

    moto_api_backend.reset()


def module_of(name: str) -> Any:
    return importlib.import_module(f"launchready.aws.{name}")


def props_of(name: str) -> dict[str, Any]:
    return RESOURCES[name] if name in RESOURCES else next(given(name.removeprefix("monitoring.")))


def prepared(aws: Aws, name: str) -> dict[str, Any]:
    """An empty AWS with what the resource needs, no faults, and the resource's properties."""
    aws.desk.drop()
    pool.client("sts", "us-east-1").get_caller_identity()  # moto is there
    empty()
    return props_of(name)


def held(name: str) -> int:
    """How many of that kind there are."""
    counts: dict[str, Callable[[], Any]] = {
        "monitoring.health_check": lambda: pool.client("route53", "us-east-1").list_health_checks()[
            "HealthChecks"
        ],
        "monitoring.alarm": lambda: pool.client("cloudwatch", "us-east-1").describe_alarms()["MetricAlarms"],
        "monitoring.topic": lambda: pool.client("sns", "us-east-1").list_topics()["Topics"],
        "monitoring.subscription": lambda: pool.client("sns", "us-east-1").list_subscriptions()[
            "Subscriptions"
        ],
        "monitoring.connection": lambda: pool.client("events", "us-east-1").list_connections()["Connections"],
        "monitoring.api_destination": lambda: pool.client("events", "us-east-1").list_api_destinations()[
            "ApiDestinations"
        ],
        "monitoring.role": lambda: pool.client("iam", "us-east-1").list_roles()["Roles"],
        "monitoring.rule": lambda: pool.client("events", "us-east-1").list_rules()["Rules"],
        "resources.parameter": lambda: pool.client("ssm", "us-east-1").describe_parameters()["Parameters"],
        "resources.stored_secret": lambda: pool.client("secretsmanager", "us-east-1").list_secrets()[
            "SecretList"
        ],
        "resources.key": lambda: _keys(pool.client("kms", "us-east-1")),
        "ses_identity": lambda: pool.client("sesv2", "us-east-1").list_email_identities()["EmailIdentities"],
    }
    return len(counts[name]())


def _keys(kms: Any) -> list[Any]:
    listed = [kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"] for key in kms.list_keys()["Keys"]]
    return [key for key in listed if key["KeyManager"] == "CUSTOMER" and key["KeyState"] == "Enabled"]


def exhausted(aws: Aws, name: str, kind: str, *, fails: bool = False) -> int:
    """Each call of create, then each of delete meets the fault; how many there were.

    ``fails``: the call may fail as a whole, with an error of ours; then doing it again does it.
    """
    module, calls, met = module_of(name), 0, True
    while met:
        props = prepared(aws, name)
        (own_id, state), met = aws.met(
            kind, calls + 1, lambda p=props: again(lambda: module.create(p), fails)
        )
        aws.desk.drop()
        assert held(name) == 1, f"call {calls + 1} of create"
        assert module.read(own_id, state)[0] == own_id
        calls += met
    props, gone, met = prepared(aws, name), 0, True
    while met:
        own_id, state = module.create(props)
        _, met = aws.met(kind, gone + 1, lambda i=own_id, s=state: again(lambda: module.delete(i, s), fails))
        aws.desk.drop()
        assert held(name) == 0, f"call {gone + 1} of delete"
        gone += met
    assert calls
    assert gone
    return calls + gone


def again(work: Callable[[], Any], fails: bool) -> Any:
    try:
        return work()
    except LaunchreadyError:
        if not fails:
            raise
        return work()


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=() if name.endswith(QUICK) else pytest.mark.slow) for name in ALL],
)
def test_it_is_made_once_and_gone_once_whichever_answer_is_lost(aws: Aws, name: str) -> None:
    exhausted(aws, name, "reset_after")


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["5xx_after", "5xx_before", "reset_before", "truncated"])
@pytest.mark.parametrize("name", ALL)
def test_other_faults_at_every_call(aws: Aws, name: str, kind: str) -> None:
    exhausted(aws, name, kind, fails=kind == "truncated")  # the SDK does not repeat what was cut short


def test_a_health_check_and_a_key_are_not_repeated_by_the_sdk(aws: Aws) -> None:
    """Two that AWS takes twice: a lost answer is looked up, and a call that did nothing is made again."""
    for kind in ("reset_before", "reset_after"):
        prepared(aws, "monitoring.health_check")
        aws.desk.put({"faults": [{"kind": kind, "service": "aws", "method": "POST", "nth": 1}]})
        module_of("monitoring.health_check").create(CHECK)
        assert aws.desk.show()["fired"]
        aws.desk.drop()
        assert held("monitoring.health_check") == 1


@pytest.mark.slow
@pytest.mark.parametrize("module", [parameter, stored_secret], ids=["parameter", "secret"])
def test_what_somebody_else_had_is_given_back_though_the_run_that_took_it_over_died(
    aws: Aws, module: Any
) -> None:
    """The value there before survives a death at every call of the take-over."""
    name = "resources.parameter" if module is parameter else "resources.stored_secret"
    for nth in range(1, 30):
        props = prepared(aws, name)
        make_foreign(module)
        aws.desk.put({"faults": [{"kind": "reset_after", "service": "aws", "nth": nth, "times": 50}]})
        died = False
        try:
            module.create(props)
        except LaunchreadyError:
            died = True
        aws.desk.drop()
        own_id, state = module.create(props)
        assert state["adopted"] is True, f"call {nth}"
        module.delete(own_id, state)
        assert foreign_value(module) == "theirs", f"call {nth}"
        if not died:
            return
    raise AssertionError("it never got through")


def make_foreign(module: Any) -> None:
    if module is parameter:
        pool.client("ssm", "us-east-1").put_parameter(Name=NAME, Value="theirs", Type="SecureString")
    else:
        pool.client("secretsmanager", "us-east-1").create_secret(Name=NAME, SecretString="theirs")


def foreign_value(module: Any) -> str | None:
    if module is parameter:
        return parameters.value_of(pool.client("ssm", "us-east-1"), NAME)
    return secrets.value_of(pool.client("secretsmanager", "us-east-1"), NAME)

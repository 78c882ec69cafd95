"""Declared values → lines of cost. An account's free tiers are told, not deducted: launches share them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib import resources

from launchready.declared.environment import Environment
from launchready.declared.monitors import Monitoring
from launchready.declared.types import Declared

ALERTS = 20
"""Alerts a month that are reckoned with: ten times down, ten times up again."""
FAST = 30
"""Seconds: Route 53 charges for a shorter interval."""
AWS_NAMES = (".amazonaws.com", ".cloudfront.net", ".elasticbeanstalk.com", ".awsapprunner.com", ".on.aws")
"""What a DNS-only host points at when it is in AWS."""


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars for one unit a month. ``free``: units of an account that cost nothing."""

    each: Decimal
    unit: str
    page: str
    free: int = 0


@dataclass(frozen=True, slots=True)
class Line:
    """One position. ``key``: the client-file key that declares it."""

    what: str
    quantity: int
    price: Price
    key: str

    @property
    def monthly(self) -> Decimal:
        return self.price.each * self.quantity


@dataclass(frozen=True, slots=True)
class Unknown:
    """What will cost something and can't be told beforehand."""

    what: str
    why: str
    page: str


@dataclass(frozen=True, slots=True)
class Estimate:
    """The lines, what is not known, and of which day and place the prices are."""

    lines: tuple[Line, ...]
    unknown: tuple[Unknown, ...]
    dated: str
    currency: str
    region: str
    note: str

    @property
    def monthly(self) -> Decimal:
        return sum((line.monthly for line in self.lines), Decimal(0))


@cache
def _table() -> dict[str, object]:
    text = resources.files("launchready.aws").joinpath("prices.json").read_text(encoding="utf-8")
    found: dict[str, object] = json.loads(text, parse_float=Decimal, parse_int=Decimal)
    return found


def price(name: str) -> Price:
    """One price of the table. Raises KeyError for one that it does not have."""
    prices = _table()["prices"]
    assert isinstance(prices, dict)  # noqa: S101 - the file is ours, and a test reads all of it
    entry = prices[name]
    return Price(Decimal(entry["price"]), entry["unit"], entry["page"], int(entry.get("free", 0)))


def names() -> tuple[str, ...]:
    """Every price of the table."""
    prices = _table()["prices"]
    return tuple(prices) if isinstance(prices, dict) else ()


def estimate(declared: Declared) -> Estimate:
    """What the declared monitors and variables cost a month."""
    table = _table()
    lines: list[Line] = []
    unknown: list[Unknown] = []
    if declared.monitoring is not None and declared.monitoring.provider == "aws":
        lines += _monitors(declared, declared.monitoring)
        unknown += _unknown_alerts(declared.monitoring)
    if declared.environment is not None:
        lines += _environment(declared.environment)
        unknown += _unknown_calls(declared.environment)
    return Estimate(
        tuple(line for line in lines if line.quantity), tuple(unknown), str(table["dated"]),
        str(table["currency"]), str(table["region"]), str(table["note"]),
    )  # fmt: skip


def _in_aws(declared: Declared) -> frozenset[str]:
    """Hosts that lead straight into AWS: DNS only, with one of its names as their target."""
    return frozenset(
        record.name
        for record in declared.records
        if record.type == "CNAME"
        and not record.proxied
        and record.content.lower().rstrip(".").endswith(AWS_NAMES)
    )


def _monitors(declared: Declared, monitoring: Monitoring) -> Iterator[Line]:
    inside = _in_aws(declared)
    for suffix, where, monitors in (
        ("", "outside AWS", [one for one in monitoring.monitors if one.host not in inside]),
        ("_aws", "in AWS", [one for one in monitoring.monitors if one.host in inside]),
    ):
        each, option = price(f"route53.health_check{suffix}"), price(f"route53.option{suffix}")
        key = "launchready:monitors"
        yield Line(f"Route 53 health checks {where}", len(monitors), each, f"{key}.paths")
        yield Line(f"– HTTPS {where}", len(monitors), option, f"{key}.paths")
        searched = sum(1 for one in monitors if one.contains is not None)
        yield Line(f"– string matching {where}", searched, option, f"{key}.endpoints")
        fast = sum(1 for one in monitors if one.interval < FAST)
        yield Line(f"– every 10 s instead of 30 {where}", fast, option, f"{key}.interval")
    alarms, metric = price("cloudwatch.alarm"), price("cloudwatch.metric")
    yield Line("CloudWatch alarms", len(monitoring.alarms), alarms, "launchready:monitors")
    yield Line("metric of certificates' days", 1, metric, "launchready:monitors.expiry_days")
    mails = ALERTS * sum(1 for owner in monitoring.subscriptions if owner.protocol == "email")
    yield Line(
        f"mails to owners, {ALERTS} alerts", mails, price("sns.email"), "launchready:monitors.notify.email"
    )
    posts = ALERTS * len(monitoring.slack)
    destination = price("events.api_destination")
    yield Line(f"posts to Slack, {ALERTS} alerts", posts, destination, "launchready:monitors.notify.slack")


def _unknown_alerts(monitoring: Monitoring) -> Iterator[Unknown]:
    numbers = [owner.endpoint for owner in monitoring.subscriptions if owner.protocol == "sms"]
    if numbers:
        yield Unknown(
            f"SMS to {len(set(numbers))} owners",
            "the price of a message depends on the country and carrier; an account begins with a limit of "
            "1 USD a month",
            "aws.amazon.com/sns/sms-pricing",
        )


def _environment(environment: Environment) -> Iterator[Line]:
    key = "launchready:environment"
    stored = [one for one in environment.parameters if one.store == "ssm"]
    advanced = [one for one in stored if one.tier == "advanced"]
    yield Line("SSM standard parameters", len(stored) - len(advanced), price("ssm.standard"), key)
    yield Line("SSM advanced parameters", len(advanced), price("ssm.advanced"), key)
    secrets = sum(1 for one in environment.parameters if one.store == "secretsmanager")
    yield Line("Secrets Manager secrets", secrets, price("secretsmanager.secret"), key)
    if environment.own_key:
        yield Line("KMS key of this client", 1, price("kms.key"), f"{key}.kms")
    elif environment.kms is not None and environment.kms.startswith("alias/aws/"):
        yield Line("KMS key that AWS manages", 1, price("kms.key_aws"), f"{key}.kms")


def _unknown_calls(environment: Environment) -> Iterator[Unknown]:
    for store in sorted(environment.stores):
        read = price("secretsmanager.call" if store == "secretsmanager" else "ssm.call")
        opened = price("kms.request")
        yield Unknown(
            f"reads of variables from {store}",
            f"they depend on how often the application starts: {_of_10_000(read)}, and {_of_10_000(opened)} "
            "by KMS",
            read.page,
        )
    if any(one.store == "ssm" and one.tier == "auto" for one in environment.parameters):
        yield Unknown(
            "the tier of parameters of unknown size",
            "counted as standard; beyond 4 KB each is an advanced one",
            price("ssm.advanced").page,
        )


def _of_10_000(one: Price) -> str:
    return f"{(one.each * 10_000).normalize():f} USD for 10,000" if one.each else "free"

"""What the world sees: the delegation and DS at the parent, keys at the name servers, certificates; and AWS.

Everything here is a read of ``launchready.evidence``; a failure to find out stays a cause.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field

from launchready.checklist.hosts import web_hosts
from launchready.declared.environment import Environment
from launchready.declared.monitors import Monitoring
from launchready.declared.types import Declared
from launchready.evidence.aws_probe import AwsReader
from launchready.evidence.collector import Collector, World
from launchready.evidence.limits import Limits
from launchready.evidence.types import (
    EACH_AUTHORITATIVE,
    PARENT,
    AwsProbe,
    AwsResult,
    DnsProbe,
    DnsResult,
    Probe,
    Result,
    TlsProbe,
    TlsResult,
)

MOST_HANDSHAKES = 200
"""Hosts whose certificate is looked at; those that share the edge's one are one."""


@dataclass(slots=True)
class Outside:
    """Results by probe. ``left_out``: hosts whose certificate was not looked at."""

    delegation: tuple[DnsResult, ...] = ()
    ds: tuple[DnsResult, ...] = ()
    keys: tuple[DnsResult, ...] = ()
    certificates: dict[str, TlsResult] = field(default_factory=dict)
    aws: dict[str, AwsResult] = field(default_factory=dict)
    left_out: int = 0


async def look(
    declared: Declared, world: World, limits: Limits, *, public: bool = True, aws: bool = True
) -> Outside:
    """Ask DNS, the hosts and AWS, all at once. ``public``: ask DNS and hosts; ``aws``: ask AWS."""
    found = Outside()
    async with asyncio.TaskGroup() as group:
        if public:
            group.create_task(_public(declared, world, limits, found))
        if aws:
            group.create_task(_aws(declared, world, limits, found))
    return found


async def _public(declared: Declared, world: World, limits: Limits, found: Outside) -> None:
    domain = declared.domain
    delegation, ds = DnsProbe(domain, "NS", PARENT), DnsProbe(domain, "DS", PARENT)
    keys = DnsProbe(domain, "DNSKEY", EACH_AUTHORITATIVE)
    probes: list[Probe] = [delegation]
    if declared.dnssec:
        probes += [ds, keys]
    hosts = list(_hosts(declared))
    found.left_out = max(0, len(hosts) - MOST_HANDSHAKES)
    handshakes = {host: TlsProbe(host) for host in hosts[:MOST_HANDSHAKES]}
    async with Collector(world, limits) as collector:
        results = await collector.collect([*probes, *handshakes.values()])
    found.delegation = _dns(results[delegation.id])
    found.ds = _dns(results.get(ds.id, ()))
    found.keys = _dns(results.get(keys.id, ()))
    for host, probe in handshakes.items():
        result = results[probe.id][0]
        if isinstance(result, TlsResult):
            found.certificates[host] = result


def _hosts(declared: Declared) -> Iterable[str]:
    """One of the proxied hosts that universal SSL covers with one certificate, and every other host."""
    proxied = {record.name for record in declared.records if record.proxied}
    shared = False
    for host in web_hosts(declared):
        below = host.removesuffix(declared.domain).rstrip(".")
        if host in proxied and "." not in below:
            if shared:
                continue
            shared = True
        yield host


def _dns(results: Iterable[Result]) -> tuple[DnsResult, ...]:
    return tuple(result for result in results if isinstance(result, DnsResult))


# ---- AWS ----------------------------------------------------------------------------------------


async def _aws(declared: Declared, world: World, limits: Limits, found: Outside) -> None:
    reader = AwsReader(world.aws, limits)

    async def read(probes: Iterable[AwsProbe]) -> None:
        asked = {probe.id: probe for probe in probes if probe.id not in found.aws}
        results = await asyncio.gather(*(reader.read(probe) for probe in asked.values()))
        found.aws.update(zip(asked, results, strict=True))

    await read(first_reads(declared))
    await read(second_reads(declared, found))


HEALTH_CHECKS = AwsProbe.of("route53", "list_health_checks")


def alarms(declared: Monitoring, region: str) -> AwsProbe:
    return AwsProbe.of("cloudwatch", "describe_alarms", region, AlarmNamePrefix=declared.prefix)


def topics(region: str) -> AwsProbe:
    return AwsProbe.of("sns", "list_topics", region)


def subscriptions(arn: str, region: str) -> AwsProbe:
    return AwsProbe.of("sns", "list_subscriptions_by_topic", region, TopicArn=arn)


def rule(name: str, region: str) -> AwsProbe:
    return AwsProbe.of("events", "describe_rule", region, Name=name)


def targets(name: str, region: str) -> AwsProbe:
    return AwsProbe.of("events", "list_targets_by_rule", region, Rule=name)


def destination(name: str, region: str) -> AwsProbe:
    return AwsProbe.of("events", "describe_api_destination", region, Name=name)


def parameters(path: str, region: str) -> AwsProbe:
    criterion = {"Key": "Path", "Option": "Recursive", "Values": [path.rstrip("/")]}
    return AwsProbe.of("ssm", "describe_parameters", region, ParameterFilters=[criterion])


def secrets(path: str, region: str) -> AwsProbe:
    return AwsProbe.of("secretsmanager", "list_secrets", region, Filters=[{"Key": "name", "Values": [path]}])


def versions(path: str, region: str) -> AwsProbe:
    return AwsProbe.of("secretsmanager", "list_secret_version_ids", region, SecretId=path)


def key(name: str, region: str) -> AwsProbe:
    return AwsProbe.of("kms", "describe_key", region, KeyId=name)


def first_reads(declared: Declared) -> Iterable[AwsProbe]:
    """One read for each list that holds something declared."""
    monitoring = declared.monitoring
    if monitoring is not None and monitoring.provider == "aws":
        yield HEALTH_CHECKS
        for topic in monitoring.topics:
            yield alarms(monitoring, topic.region)
            yield topics(topic.region)
        for way in monitoring.slack:
            yield rule(way.name, way.region)
            yield targets(way.name, way.region)
            yield destination(way.name, way.region)
    yield from _stored(declared.environment)
    store = declared.key_store
    if store is not None and declared.dkim_keys:
        yield (parameters if store.target == "ssm" else secrets)(store.path, store.region)
        yield key(store.key_id, store.region)


def _stored(environment: Environment | None) -> Iterable[AwsProbe]:
    if environment is None:
        return
    yield parameters(environment.path, environment.region)
    if "secretsmanager" in environment.stores:
        yield secrets(environment.path, environment.region)
    if environment.kms is not None:
        yield key(environment.kms, environment.region)


def second_reads(declared: Declared, found: Outside) -> Iterable[AwsProbe]:
    """What depends on the first answers: subscriptions by topic, versions by secret."""
    monitoring = declared.monitoring
    for topic in monitoring.topics if monitoring is not None else ():
        arn = topic_arn(found, topic.name, topic.region)
        if arn is not None:
            yield subscriptions(arn, topic.region)
    environment = declared.environment
    for one in environment.secrets if environment is not None else ():
        if one.store == "secretsmanager" and environment is not None:
            yield versions(one.path, environment.region)
    store = declared.key_store
    if store is not None and store.target == "secretsmanager":
        for plan in declared.dkim_keys:
            yield versions(store.path_of(plan.selector), store.region)


def topic_arn(found: Outside, name: str, region: str) -> str | None:
    """The ARN of a topic in the list of its region; None when it is not there, or not known."""
    result = found.aws.get(topics(region).id)
    listed = result.data.get("Topics", []) if result is not None and result.cause is None else []
    return next((t["TopicArn"] for t in listed if t["TopicArn"].rpartition(":")[2] == name), None)

"""What moto holds, read as plain values: health checks, alarms, metrics. The only reader of its backends.

moto must have been loaded. Its threads change these dictionaries: every walk is over a copy.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from launchready.edge.monitoring.alarms import Datum
from launchready.edge.monitoring.checks import REGIONS, HealthCheck

METRICS_REGION = "us-east-1"
"""Where Route 53 publishes its metrics."""
NAMESPACE = "AWS/Route53"
STATUS = "HealthCheckStatus"
KEEP_SECONDS = 3 * 3600.0
"""How long a health check's datapoints are kept: no alarm of a rehearsal looks back further."""

MetricKey = tuple[str, str, tuple[tuple[str, str], ...]]
"""Namespace, name, dimensions in order."""


def naive(at: float) -> datetime:
    """Seconds since the epoch as moto keeps times: UTC, without a zone."""
    return datetime.fromtimestamp(at, UTC).replace(tzinfo=None)


def seconds(at: datetime) -> float:
    """The reverse."""
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()


def health_checks() -> dict[str, HealthCheck]:
    """Every health check of every account, by id."""
    from moto.route53.models import route53_backends

    found: dict[str, HealthCheck] = {}
    for account, partitions in list(route53_backends.items()):
        for backend in list(partitions.values()):
            for check in list(backend.health_checks.values()):
                found[check.id] = health_check(check, account)
    return found


def health_check(check: Any, account: str) -> HealthCheck:
    """One of moto's health checks as a value; what was left out has Route 53's default."""
    secure = str(check.type_).startswith("HTTPS")
    return HealthCheck(
        id=check.id,
        account=account,
        type=str(check.type_),
        name=(check.fqdn or "").rstrip(".").lower() or None,
        address=check.ip_address or None,
        port=int(check.port or (443 if secure else 80)),
        path=check.resource_path or "/",
        search=check.search_string or "",
        interval=int(check.request_interval or 30),
        threshold=int(check.failure_threshold or 3),
        inverted=bool(check.inverted),
        disabled=bool(check.disabled),
        sni=bool(check.enable_sni),
        latency=bool(check.measure_latency),
        regions=tuple(check.regions or REGIONS),
        children=tuple(check.children or ()),
        healthy_children=int(check.health_threshold or 0),
    )


def alarm_backends() -> Iterator[Any]:
    """moto's CloudWatch backends that hold an alarm."""
    from moto.cloudwatch.models import cloudwatch_backends

    for regions in list(cloudwatch_backends.values()):
        for backend in list(regions.values()):
            if backend.alarms:
                yield backend


def data_of(backend: Any, wanted: set[MetricKey]) -> dict[MetricKey, list[Datum]]:
    """The datapoints of some metrics."""
    found: dict[MetricKey, list[Datum]] = {key: [] for key in wanted}
    names = {(namespace, name) for namespace, name, _ in wanted}
    for datum in list(backend.metric_data):
        if (datum.namespace, datum.name) not in names:
            continue
        key = (datum.namespace, datum.name, dimensions(datum.dimensions))
        if key in found:
            found[key].append(_datum(datum))
    return found


def dimensions(given: Any) -> tuple[tuple[str, str], ...]:
    """moto's dimensions, in order."""
    return tuple(sorted((str(d.name), str(d.value)) for d in given))


def _datum(datum: Any) -> Datum:
    at = seconds(datum.timestamp)
    if hasattr(datum, "sample_count"):
        return Datum(at, datum.sum, datum.min, datum.max, datum.sample_count)
    return Datum(at, datum.value, datum.value, datum.value)


def publish(account: str, check_id: str, values: dict[str, float], at: float) -> None:
    """Datapoints of one health check, as Route 53 publishes them."""
    from moto.cloudwatch.models import cloudwatch_backends

    backend = cloudwatch_backends[account][METRICS_REGION]
    own = [{"Name": "HealthCheckId", "Value": check_id}]
    backend.put_metric_data(
        NAMESPACE,
        [
            {
                "MetricName": name,
                "Value": value,
                "Dimensions": own,
                "Timestamp": naive(at),
                "Unit": _UNITS.get(name, "None"),
            }
            for name, value in values.items()
        ],
    )


_UNITS = {
    "HealthCheckPercentageHealthy": "Percent",
    "ConnectionTime": "Milliseconds",
    "SSLHandshakeTime": "Milliseconds",
    "TimeToFirstByte": "Milliseconds",
}


def prune(now: float) -> None:
    """Forget health checks' datapoints that are older than any alarm of a rehearsal looks."""
    from moto.cloudwatch.models import cloudwatch_backends

    oldest = naive(now - KEEP_SECONDS)
    for regions in list(cloudwatch_backends.values()):
        if METRICS_REGION in regions:
            data = regions[METRICS_REGION].metric_data
            for index in range(len(data) - 1, -1, -1):  # others append meanwhile
                if data[index].namespace == NAMESPACE and data[index].timestamp < oldest:
                    del data[index]

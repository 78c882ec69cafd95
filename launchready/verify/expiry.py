"""The days that certificates have left, handed to CloudWatch: when nobody hands them over, that alarms.

Route 53's health checks don't look at certificates, so the verifier does: after each run over a client
with monitors on AWS. What can't be published is said, and changes no verdict.
Source: docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography import x509

from launchready.aws import reader
from launchready.declared.monitors import (
    EXPIRY_DIMENSION,
    EXPIRY_METRIC,
    EXPIRY_NAMESPACE,
    REGION,
    Monitoring,
)
from launchready.evidence.types import Evidence, TlsResult

SECONDS = 20.0
_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Published:
    """``days``: what was handed over, None when nothing was; ``said``: one sentence for a person."""

    days: float | None
    said: str


def days_left(evidence: Evidence) -> float | None:
    """The fewest days that any certificate seen has left, negative when it has ended; None without one."""
    found = []
    for results in evidence.results.values():
        for result in results:
            if isinstance(result, TlsResult) and result.chain:
                try:
                    ends = x509.load_der_x509_certificate(result.chain[0]).not_valid_after_utc
                except ValueError:
                    continue  # row tls tells it
                found.append((ends - evidence.now).total_seconds() / _DAY)
    return min(found, default=None)


async def publish(
    monitoring: Monitoring | None, evidence: Evidence, edge: Mapping[str, Any] | None
) -> Published | None:
    """Hand the fewest days to the metric that the certificates' alarm watches.

    ``edge``: the edge's document, None for AWS itself with the environment's credentials. None when there
    is nobody to tell: no monitors on AWS, or only what the public sees.
    """
    if monitoring is None or monitoring.provider != "aws":
        return None
    days = days_left(evidence)
    if days is None:
        return Published(None, "days to expiry not published: no certificate was seen in this run")
    owner = next(one for one in monitoring.alarms if one.kind == "expiry").dimensions[EXPIRY_DIMENSION]
    endpoint = None if edge is None else str(edge.get("aws", ""))
    if endpoint == "":
        return Published(None, "days to expiry not published: this edge has no AWS")
    return await asyncio.to_thread(_publish, days, owner, endpoint)


def _publish(days: float, owner: str, endpoint: str | None) -> Published:
    from botocore.exceptions import BotoCoreError, ClientError

    data = {
        "MetricName": EXPIRY_METRIC,
        "Dimensions": [{"Name": EXPIRY_DIMENSION, "Value": owner}],
        "Value": days,
        "Unit": "None",
    }
    try:
        cloudwatch = reader.client("cloudwatch", REGION, endpoint, SECONDS)
        if cloudwatch is None:
            return Published(None, "days to expiry not published: no AWS credentials (set AWS_PROFILE)")
        cloudwatch.put_metric_data(Namespace=EXPIRY_NAMESPACE, MetricData=[data])
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        return Published(None, f"days to expiry not published: CloudWatch said {code}")
    except BotoCoreError as error:
        return Published(None, f"days to expiry not published: {type(error).__name__}")
    return Published(days, f"published: the first certificate ends in {days:.0f} days")

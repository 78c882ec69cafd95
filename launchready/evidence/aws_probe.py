"""Reads of AWS: what may be read, in threads with a time-out, as plain JSON without secrets.

On a local edge the endpoint is the edge's own; live, boto3 finds the credentials of the environment. Where
there are none, nothing was probed, and the result says what to do.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from launchready.evidence.limits import Limits
from launchready.evidence.types import AwsProbe, AwsResult, Cause

READS = frozenset(
    {
        ("cloudwatch", "describe_alarms"),
        ("cloudwatch", "get_metric_statistics"),
        ("cloudwatch", "list_tags_for_resource"),
        ("events", "describe_api_destination"),
        ("events", "describe_rule"),
        ("events", "list_targets_by_rule"),
        ("iam", "get_role"),
        ("iam", "get_role_policy"),
        ("route53", "list_health_checks"),
        ("sns", "get_subscription_attributes"),
        ("sns", "get_topic_attributes"),
        ("sns", "list_subscriptions_by_topic"),
        ("sns", "list_topics"),
        ("ssm", "describe_parameters"),
        ("kms", "describe_key"),
        ("secretsmanager", "list_secret_version_ids"),
        ("secretsmanager", "list_secrets"),
    }
)
"""What a probe may call: reads, and none that returns a secret's value."""

SECRET = frozenset({"InvocationEndpoint"})
"""Members that are secret by what launchready puts there (a Slack webhook's URL); left out of evidence."""

ABSENT = frozenset(
    {"NoSuchHealthCheck", "NotFound", "NotFoundException", "ResourceNotFound", "ResourceNotFoundException",
     "NoSuchEntity", "ParameterNotFound"}
)  # fmt: skip
"""Codes by which AWS says that there is no such thing."""

_REFUSED = frozenset(
    {"AccessDenied", "AccessDeniedException", "AuthorizationError", "ExpiredToken", "ExpiredTokenException",
     "InvalidClientTokenId", "SignatureDoesNotMatch", "UnrecognizedClientException", "AuthFailure"}
)  # fmt: skip
NO_CREDENTIALS = (
    "no AWS credentials: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, of an account "
    "that may read Route 53, CloudWatch, SNS and EventBridge"
)


class AwsReader:
    """Reads for one run. ``endpoint``: an edge's AWS ("" when it has none), or None for AWS itself."""

    def __init__(self, endpoint: str | None, limits: Limits) -> None:
        self._endpoint = endpoint
        self._limits = limits
        self._turns = asyncio.Semaphore(limits.aws_reads)

    async def read(self, probe: AwsProbe) -> AwsResult:
        """AWS's answer, or the cause why there is none. Raises ValueError for what is no read."""
        if (probe.service, probe.operation) not in READS:
            raise ValueError(f"{probe.service}.{probe.operation} is not one of the reads")
        if self._endpoint == "":
            return AwsResult(probe, Cause.NOT_PROBED, detail="this edge has no AWS")
        async with self._turns:
            try:
                async with asyncio.timeout(self._limits.aws_seconds):
                    return await asyncio.to_thread(self._read, probe)
            except TimeoutError:
                seconds = f"{self._limits.aws_seconds:g}"
                return AwsResult(probe, Cause.TIMEOUT, detail=f"AWS took longer than {seconds} s")

    def _read(self, probe: AwsProbe) -> AwsResult:
        """The blocking part; boto3 is loaded by the first read."""
        from botocore.exceptions import BotoCoreError, ClientError

        from launchready.aws import reader

        try:
            client = reader.client(probe.service, probe.region, self._endpoint, self._limits.aws_seconds)
            if client is None:
                return AwsResult(probe, Cause.NOT_PROBED, detail=NO_CREDENTIALS)
            data = reader.pages(client, probe.operation, json.loads(probe.parameters), self._limits.aws_pages)
        except ClientError as error:
            return _refused(probe, error.response)
        except BotoCoreError as error:
            return _unreached(probe, type(error).__name__)
        if data is None:
            return AwsResult(probe, Cause.TOO_LARGE, detail=f"more than {self._limits.aws_pages} pages")
        return AwsResult(probe, None, dict(_plain(data)))


def _refused(probe: AwsProbe, response: Mapping[str, Any]) -> AwsResult:
    told = response.get("Error", {})
    code, message = str(told.get("Code", "")), str(told.get("Message", ""))
    if code in ABSENT:
        return AwsResult(probe, None, error=code, detail=message)
    cause = Cause.REFUSED if code in _REFUSED else Cause.MALFORMED
    return AwsResult(probe, cause, detail=f"{probe.service} {probe.operation}: {code}: {message}")


def _unreached(probe: AwsProbe, kind: str) -> AwsResult:
    cause = {
        "ConnectTimeoutError": Cause.TIMEOUT,
        "ReadTimeoutError": Cause.TIMEOUT,
        "EndpointConnectionError": Cause.UNREACHABLE,
        "ConnectionClosedError": Cause.RESET,
        "ParamValidationError": Cause.CHECK_ERROR,
    }.get(kind, Cause.NOT_PROBED)
    return AwsResult(probe, cause, detail=f"{probe.service} {probe.operation}: {kind}")


def _plain(data: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """JSON members: dates as ISO text, bytes and secrets left out."""
    for key, value in data.items():
        if key == "ResponseMetadata" or key in SECRET or isinstance(value, bytes):
            continue
        yield key, _value(value)


def _value(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(_plain(value))
    if isinstance(value, list | tuple):
        return [_value(one) for one in value]
    return value.isoformat() if isinstance(value, date) else value

"""The days that certificates have left reach CloudWatch, or it is said why not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from launchready.client_file.model import ClientFile
from launchready.declared import declare
from launchready.declared.monitors import Monitoring
from launchready.evidence.types import Evidence, TlsProbe, TlsResult
from launchready.verify.expiry import days_left, publish

NOW = datetime(2026, 11, 24, tzinfo=UTC)


def certificate(days: float) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "acme.example")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(NOW - timedelta(days=90))
        .not_valid_after(NOW + timedelta(days=days))
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.DER)


def evidence(*chains: tuple[bytes, ...]) -> Evidence:
    probes = [TlsProbe(f"h{number}.acme.example") for number in range(len(chains))]
    results = {
        probe.id: (TlsResult(probe, None, chain=chain),) for probe, chain in zip(probes, chains, strict=True)
    }
    return Evidence(results, {"now": NOW})


def monitoring() -> Monitoring:
    values = {"client": "acme", "domain": "acme.example", "hosts": {"@": {"address": "203.0.113.10"}}}
    owners = {"notify": {"email": ["a@acme.example"]}}
    found = declare(ClientFile.model_validate({**values, "monitors": owners})).monitoring
    assert found is not None
    return found


def test_the_first_certificate_to_end_counts_and_junk_does_not() -> None:
    assert days_left(evidence((certificate(40),), (certificate(20), certificate(3)), (b"junk",))) == 20
    assert days_left(evidence((certificate(-2),))) == -2
    assert days_left(evidence((), (b"junk",))) is None


def datapoints() -> list[dict[str, Any]]:
    now = datetime.now(UTC)
    found: list[dict[str, Any]] = boto3.client("cloudwatch").get_metric_statistics(
        Namespace="launchready", MetricName="DaysToExpiry", Dimensions=[{"Name": "Client", "Value": "acme"}],
        StartTime=now - timedelta(hours=1), EndTime=now + timedelta(hours=1), Period=3600,
        Statistics=["Minimum"],
    )["Datapoints"]  # fmt: skip
    return found


async def test_the_days_are_published_under_the_client(aws: str) -> None:
    told = await publish(monitoring(), evidence((certificate(40),)), {"aws": aws})
    assert told is not None
    assert told.days == 40
    assert [point["Minimum"] for point in datapoints()] == [40.0]


async def test_live_it_takes_the_environments_credentials(aws: str) -> None:
    told = await publish(monitoring(), evidence((certificate(9),)), None)
    assert told is not None
    assert told.days == 9


async def test_without_a_certificate_or_monitors_nothing_is_published(aws: str) -> None:
    told = await publish(monitoring(), evidence(()), {"aws": aws})
    assert told is not None
    assert told.days is None
    assert "no certificate" in told.said
    assert await publish(None, evidence((certificate(40),)), {"aws": aws}) is None
    assert datapoints() == []


async def test_without_credentials_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, "/dev/null")
    told = await publish(monitoring(), evidence((certificate(40),)), None)
    assert told is not None
    assert (told.days, "no AWS credentials" in told.said) == (None, True)


async def test_a_silent_cloudwatch_changes_nothing_but_the_sentence() -> None:
    told = await publish(monitoring(), evidence((certificate(40),)), {"aws": "http://127.0.0.1:9"})
    assert told is not None
    assert told.days is None
    assert "EndpointConnectionError" in told.said

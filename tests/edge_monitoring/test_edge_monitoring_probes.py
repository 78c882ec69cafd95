"""Health checks are probed for real, and AWS's API says what the probes saw."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.edge_monitoring.edge_monitoring_kit import DOMAIN, Scene, scene

pytestmark = pytest.mark.asyncio(loop_scope="module")

HOME = {"/": {"status": 200, "body": "x" * 5_000 + "Welcome to Acme" + "y" * 5_000}}


async def status(stage: Scene, check: str) -> str:
    found = await stage.call("route53", "get_health_check_status", HealthCheckId=check)
    texts = {one["StatusReport"]["Status"] for one in found["HealthCheckObservations"]}
    assert len(texts) == 1
    return str(texts.pop())


async def statuses(stage: Scene, check: str, name: str = "HealthCheckStatus") -> list[float]:
    """Values of the metric, oldest first."""
    found = await stage.call(
        "cloudwatch", "get_metric_statistics", Namespace="AWS/Route53", MetricName=name,
        Dimensions=[{"Name": "HealthCheckId", "Value": check}], Period=1, Statistics=["Minimum"],
        StartTime=datetime.now(UTC) - timedelta(hours=1), EndTime=datetime.now(UTC) + timedelta(days=800),
    )  # fmt: skip
    return [point["Minimum"] for point in sorted(found["Datapoints"], key=lambda p: p["Timestamp"])]


async def test_the_edge_loads_no_moto_before_somebody_speaks_to_aws(tmp_path: Path) -> None:
    async with scene(tmp_path) as fresh:
        await fresh.advance(3600)
        assert fresh.edge.aws._moto is None


async def test_a_healthy_page_is_told_healthy_and_measured(stage: Scene) -> None:
    check = await stage.health_check("/")
    await stage.advance(0)
    assert await status(stage, check) == "Success: HTTP Status Code 200, OK. Resolved IP: 127.0.0.1."
    assert await statuses(stage, check) == [1.0]


async def test_a_check_is_told_unhealthy_only_after_its_threshold_and_healthy_again_likewise(
    stage: Scene,
) -> None:
    check = await stage.health_check("/login", RequestInterval=10, FailureThreshold=3)
    await stage.advance(0)
    await stage.defect("http.status", DOMAIN, path="/login", status=500)
    for _ in range(2):
        await stage.advance(10)
        assert (await statuses(stage, check))[-1] == 1.0
        assert (await status(stage, check)).startswith("Failure: HTTP Status Code 500")
    await stage.advance(10)
    assert (await statuses(stage, check))[-1] == 0.0
    await stage.mend()
    await stage.advance(20)
    assert (await statuses(stage, check))[-1] == 0.0
    await stage.advance(10)
    assert (await statuses(stage, check))[-1] == 1.0
    reason = await stage.call("route53", "get_health_check_last_failure_reason", HealthCheckId=check)
    assert "500" in reason["HealthCheckObservations"][0]["StatusReport"]["Status"]


async def test_only_the_broken_path_is_broken(stage: Scene) -> None:
    home, login = await stage.health_check("/"), await stage.health_check("/login")
    await stage.defect("http.status", DOMAIN, path="/login", status=500)
    await stage.advance(60)
    assert (await statuses(stage, home))[-1] == 1.0
    assert (await statuses(stage, login))[-1] == 0.0


@pytest.mark.parametrize(
    ("text", "healthy"), [("x", True), ("Welcome to Acme", True), ("yyyy", True), ("z", False)]
)
async def test_a_text_is_searched_in_the_body(stage: Scene, text: str, healthy: bool) -> None:
    await stage.control("POST", "origin/203.0.113.10", {"pages": HOME})
    check = await stage.health_check("/", Type="HTTPS_STR_MATCH", SearchString=text)
    await stage.advance(60)
    assert ((await statuses(stage, check))[-1] == 1.0) is healthy


async def test_a_text_behind_the_first_5120_bytes_does_not_count(stage: Scene) -> None:
    body = "x" * 5_110 + "Welcome to Acme"
    await stage.control("POST", "origin/203.0.113.10", {"pages": {"/": {"body": body}}})
    check = await stage.health_check("/", Type="HTTPS_STR_MATCH", SearchString="Welcome to Acme")
    await stage.advance(60)
    assert "5120 bytes" in await status(stage, check)
    assert (await statuses(stage, check))[-1] == 0.0


async def test_a_redirect_is_healthy_and_a_bad_certificate_too(stage: Scene) -> None:
    await stage.control(
        "POST", "origin/203.0.113.10", {"pages": {"/": {"status": 302, "headers": {"location": "/there"}}}}
    )
    await stage.defect("tls.expired", DOMAIN)
    check = await stage.health_check("/")
    await stage.advance(0)
    assert (await status(stage, check)).startswith("Success: HTTP Status Code 302")


async def test_without_sni_the_edge_refuses_the_handshake(stage: Scene) -> None:
    check = await stage.health_check("/", EnableSNI=False)
    await stage.advance(60)
    assert "SSL handshake failed" in await status(stage, check)


async def test_sni_is_what_https_checks_do_by_default(stage: Scene) -> None:
    check = await stage.health_check("/", EnableSNI=None, Port=None)
    found = await stage.call("route53", "get_health_check", HealthCheckId=check)
    config = found["HealthCheck"]["HealthCheckConfig"]
    assert (config["EnableSNI"], config["Port"]) == (True, 443)
    await stage.advance(0)
    assert (await status(stage, check)).startswith("Success")


async def test_a_host_beside_the_edge_is_reached_at_its_origin(stage: Scene) -> None:
    check = await stage.health_check("/", FullyQualifiedDomainName=f"direct.{DOMAIN}")
    await stage.advance(0)
    assert await status(stage, check) == "Success: HTTP Status Code 200, OK. Resolved IP: 203.0.113.20."
    await stage.defect("http.status", f"direct.{DOMAIN}", path="/")
    await stage.advance(30)
    assert (await status(stage, check)).startswith("Failure: HTTP Status Code 500")


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"FullyQualifiedDomainName": "nobody.acme.example"}, "DNS resolution failed with NXDOMAIN"),
        ({"FullyQualifiedDomainName": None, "IPAddress": "192.0.2.200"}, "nobody listens at 192.0.2.200:443"),
        ({"Port": 8443}, "TCP connection failed"),
    ],
)
async def test_what_can_not_be_reached_fails_and_says_why(
    stage: Scene, config: dict[str, Any], said: str
) -> None:
    check = await stage.health_check("/", **config)
    await stage.advance(60)
    assert said in await status(stage, check)
    assert (await statuses(stage, check))[-1] == 0.0


async def test_a_tcp_check_needs_a_connection_only(stage: Scene) -> None:
    check = await stage.health_check(None, Type="TCP", ResourcePath=None, EnableSNI=None)
    await stage.defect("http.status", DOMAIN)
    await stage.advance(60)
    assert (await statuses(stage, check))[-1] == 1.0


@pytest.mark.slow
async def test_a_hanging_server_times_out(stage: Scene) -> None:
    check = await stage.health_check("/", FailureThreshold=1)
    await stage.defect("tls.hang", DOMAIN)
    await stage.advance(0)
    assert "handshake failed" in await status(stage, check)


async def test_an_inverted_check_says_the_opposite_and_a_disabled_one_is_healthy(stage: Scene) -> None:
    check = await stage.health_check("/")
    await stage.advance(0)
    version = {"HealthCheckId": check}
    made = await stage.call("route53", "update_health_check", Inverted=True, **version)
    assert made["HealthCheck"]["HealthCheckVersion"] == 2
    await stage.advance(10)
    assert (await statuses(stage, check))[-1] == 0.0
    await stage.call("route53", "update_health_check", Inverted=False, Disabled=True, **version)
    await stage.defect("http.status", DOMAIN)
    await stage.advance(60)
    assert (await statuses(stage, check))[-1] == 1.0


async def test_an_update_keeps_the_regions_unless_they_are_reset(stage: Scene) -> None:
    regions = ["eu-west-1", "us-east-1", "us-west-2"]
    check = await stage.health_check("/", Regions=regions)
    await stage.advance(0)
    found = await stage.call("route53", "get_health_check_status", HealthCheckId=check)
    assert sorted(one["Region"] for one in found["HealthCheckObservations"]) == regions
    kept = await stage.call("route53", "update_health_check", HealthCheckId=check, FailureThreshold=2)
    assert kept["HealthCheck"]["HealthCheckConfig"]["Regions"] == regions
    reset = await stage.call("route53", "update_health_check", HealthCheckId=check, ResetElements=["Regions"])
    assert "Regions" not in reset["HealthCheck"]["HealthCheckConfig"]


async def test_a_calculated_check_counts_its_children(stage: Scene) -> None:
    children = [await stage.health_check(path) for path in ("/", "/login")]
    parent = await stage.call(
        "route53", "create_health_check", CallerReference="parent",
        HealthCheckConfig={"Type": "CALCULATED", "HealthThreshold": 2, "ChildHealthChecks": children},
    )  # fmt: skip
    number = parent["HealthCheck"]["Id"]
    await stage.advance(0)
    assert (await statuses(stage, number))[-1] == 1.0
    await stage.defect("http.status", DOMAIN, path="/login")
    await stage.advance(60)
    assert (await statuses(stage, number))[-1] == 0.0


async def test_a_blind_check_sees_nothing(stage: Scene) -> None:
    check = await stage.health_check("/")
    await stage.defect("monitor.blind", DOMAIN)
    await stage.defect("http.status", DOMAIN)
    await stage.advance(60)
    assert (await statuses(stage, check))[-1] == 1.0


async def test_latency_is_measured_where_it_is_asked_for(stage: Scene) -> None:
    check = await stage.health_check("/", MeasureLatency=True)
    await stage.advance(0)
    for name in ("ConnectionTime", "SSLHandshakeTime", "TimeToFirstByte"):
        assert (await statuses(stage, check, name))[0] > 0


async def test_an_edge_that_is_left_running_probes_by_itself(stage: Scene) -> None:
    check = await stage.health_check("/")
    async with asyncio.timeout(15):
        while not await statuses(stage, check):  # noqa: ASYNC110 - the edge is asked, nobody tells
            await asyncio.sleep(0.1)
    assert (await statuses(stage, check))[0] == 1.0


async def test_advancing_a_year_plays_few_rounds_and_leaves_alarms_as_they_are(stage: Scene) -> None:
    check = await stage.health_check("/")
    await stage.alarm(check, None, EvaluationPeriods=5, DatapointsToAlarm=1, TreatMissingData="breaching")
    await stage.advance(0)
    await stage.advance(600)
    assert await stage.state() == "OK"
    await stage.advance(365 * 86_400)
    assert await stage.state() == "OK"
    history = await stage.call("cloudwatch", "describe_alarm_history", HistoryItemType="StateUpdate")
    assert history["AlarmHistoryItems"][0]["HistorySummary"].endswith("to OK")

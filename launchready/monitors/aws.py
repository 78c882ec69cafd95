"""What a drill does on AWS: finds the alarm and its health check, inverts it, writes down the proof.

All calls block; the drill makes them in threads.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from launchready.aws.session import errors
from launchready.errors import ApiError

DRILLED = "launchready:drilled"
"""Tag on the alarm: when a drill last proved that its alert arrives (ISO 8601, UTC)."""
CHANNELS = "launchready:drilled-channels"
"""Tag on the alarm: the kinds of channels that this was proved for, such as ``email slack``."""
UNDERWAY = "launchready:drilling"
"""Tag on the alarm while its health check is inverted: what ``Inverted`` was before."""
Client = Callable[[str], Any]
"""Service name → its boto3 client, in the region of the alarm."""


@dataclass(frozen=True, slots=True)
class Target:
    """An alarm and the health check that it watches."""

    alarm: str
    arn: str
    health_check: str


def find(client: Client, alarm: str) -> Target:
    """Raises ApiError when there is no such alarm, or it watches no health check."""
    found = _alarm(client, alarm)
    check = next((d["Value"] for d in found["Dimensions"] if d["Name"] == "HealthCheckId"), None)
    if check is None:
        raise ApiError(
            f"the alarm {alarm} watches no health check", fix="run launch up: it is not as declared"
        )
    return Target(alarm, str(found["AlarmArn"]), str(check))


def state(client: Client, alarm: str) -> tuple[str, datetime]:
    """OK, ALARM or INSUFFICIENT_DATA, and since when."""
    found = _alarm(client, alarm)
    return str(found["StateValue"]), found["StateUpdatedTimestamp"].astimezone(UTC)


def was_drilled(client: Client, target: Target) -> bool:
    """Whether the alarm carries the proof of a drill."""
    with errors(f"tags of {target.alarm}"):
        tags = client("cloudwatch").list_tags_for_resource(ResourceARN=target.arn)["Tags"]
    return any(tag["Key"] == DRILLED for tag in tags)


def _alarm(client: Client, name: str) -> Mapping[str, Any]:
    with errors(f"alarm {name}"):
        found = client("cloudwatch").describe_alarms(AlarmNames=[name], AlarmTypes=["MetricAlarm"])[
            "MetricAlarms"
        ]
    if not found:
        raise ApiError(f"there is no alarm {name}", fix="launch up makes the monitors; drill them after it")
    alarm: Mapping[str, Any] = found[0]
    return alarm


def silenced(client: Client, alarm: str) -> bool:
    """Are the alarm's actions switched off?"""
    return not _alarm(client, alarm).get("ActionsEnabled", True)


def inverted(client: Client, target: Target) -> bool:
    """Is the health check inverted?"""
    with errors("health check"):
        found = client("route53").get_health_check(HealthCheckId=target.health_check)
    return bool(found["HealthCheck"]["HealthCheckConfig"].get("Inverted"))


def failing(client: Client, target: Target) -> str | None:
    """What most of Route 53's checkers complain of; None while most are content."""
    with errors("health check"):
        found = client("route53").get_health_check_status(HealthCheckId=target.health_check)
    said = [str(one.get("StatusReport", {}).get("Status", "")) for one in found["HealthCheckObservations"]]
    bad = [text for text in said if not text.startswith("Success")]
    return bad[0] if 2 * len(bad) > len(said) else None


def invert(client: Client, target: Target, value: bool) -> None:
    """Make it inverted, or not."""
    with errors("health check"):
        client("route53").update_health_check(HealthCheckId=target.health_check, Inverted=value)


def tags(client: Client, target: Target) -> dict[str, str]:
    with errors(f"alarm {target.alarm}"):
        found = client("cloudwatch").list_tags_for_resource(ResourceARN=target.arn)["Tags"]
    return {tag["Key"]: tag["Value"] for tag in found}


def tag(client: Client, target: Target, values: Mapping[str, str]) -> None:
    with errors(f"alarm {target.alarm}"):
        client("cloudwatch").tag_resource(
            ResourceARN=target.arn, Tags=[{"Key": key, "Value": value} for key, value in values.items()]
        )


def untag(client: Client, target: Target, *keys: str) -> None:
    with errors(f"alarm {target.alarm}"):
        client("cloudwatch").untag_resource(ResourceARN=target.arn, TagKeys=list(keys))


def record(client: Client, target: Target, at: datetime, kinds: list[str]) -> None:
    """The proof, where ``launch verify`` reads it on any machine."""
    stamp = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    tag(client, target, {DRILLED: stamp, CHANNELS: " ".join(sorted(set(kinds)))})


def strike(client: Client, target: Target) -> None:
    """A drill failed: what an earlier one proved holds no longer."""
    if {DRILLED, CHANNELS} & tags(client, target).keys():
        untag(client, target, DRILLED, CHANNELS)

"""Bad twins of the drill's proof: never given, too old, not of every kind of owner, or unreadable."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from tests.bad_twins.harness import Scene, Twin
from tests.bad_twins.monitoring_twins import monitored
from tests.bad_twins.monitors_on_aws import watched

DRILLED, CHANNELS = "launchready:drilled", "launchready:drilled-channels"


def _twin(tags: Mapping[str, str]) -> Twin:
    """``tags``: what is left of the proof on every alarm."""

    async def breaks(scene: Scene) -> None:
        aws = await watched(scene)
        for alarm in (await aws.call("cloudwatch", "describe_alarms"))["MetricAlarms"]:
            arn = {"ResourceARN": alarm["AlarmArn"]}
            await aws.call("cloudwatch", "untag_resource", TagKeys=[DRILLED, CHANNELS], **arn)
            listed = [{"Key": key, "Value": value} for key, value in tags.items()]
            if listed:
                await aws.call("cloudwatch", "tag_resource", Tags=listed, **arn)

    return Twin(monitored(), frozenset({"monitoring.drill.proved"}), breaks, ("monitoring",))


TODAY, LONG_AGO = (
    (datetime.now(UTC) - timedelta(days=days)).isoformat(timespec="seconds") for days in (0, 91)
)

TWINS: dict[str, Twin] = {
    "nobody has drilled": _twin({}),
    "the last drill was a quarter ago": _twin({DRILLED: LONG_AGO, CHANNELS: "email sms slack"}),
    "Slack was never drilled": _twin({DRILLED: TODAY, CHANNELS: "email sms"}),
    "the proof is no date": _twin({DRILLED: "yesterday", CHANNELS: "email sms slack"}),
}

"""EventBridge rules on the default bus, each with one target and its input transformer.

Alarms are events there, in their own region; the rule takes ours and makes Slack's message of them.
Source: docs.aws.amazon.com/eventbridge/latest/userguide (event patterns, input transformation).
"""

from __future__ import annotations

import json

from launchready.aws.monitoring.kind import Json, Kind
from launchready.aws.monitoring.names import described, patiently, unless_gone
from launchready.aws.pool import client
from launchready.aws.session import errors

TARGET = "slack"
"""Id of the rule's one target."""
WAITS = (2.0, 4.0, 8.0, 16.0)
"""Seconds between tries while a new role is not yet known everywhere in AWS."""


class Rule(Kind):
    """``pattern``: JSON text; ``paths`` and ``template``: the input transformer of the one target."""

    inputs = (
        "region", "name", "description", "pattern", "target_arn", "role_arn", "paths", "template", "enabled",
        "tags",
    )  # fmt: skip
    replaces = frozenset({"region", "name"})

    def make(self, props: Json) -> tuple[str, Json]:
        return props["name"], self.change(props["name"], props)

    def look(self, id_: str, props: Json) -> Json | None:
        events = client("events", props["region"])
        with errors(f"rule {id_}"):
            held = described(events.describe_rule, id_)
            if held is None:
                return None
            targets = events.list_targets_by_rule(Rule=id_)["Targets"]
            tags = events.list_tags_for_resource(ResourceARN=held["Arn"])["Tags"]
        target: Json = next((one for one in targets if one["Id"] == TARGET), {})
        transformer = target.get("InputTransformer") or {}
        return {
            "description": held.get("Description"),
            "pattern": json.dumps(json.loads(held.get("EventPattern") or "{}"), sort_keys=True),
            "target_arn": target.get("Arn"),
            "role_arn": target.get("RoleArn"),
            "paths": transformer.get("InputPathsMap") or {},
            "template": transformer.get("InputTemplate"),
            "enabled": held.get("State") == "ENABLED",
            "tags": {tag["Key"]: tag["Value"] for tag in tags},
            "arn": held["Arn"],
        }

    def change(self, id_: str, props: Json) -> Json:
        """PutRule and PutTargets make and change alike."""
        events = client("events", props["region"])
        wanted = props.get("tags") or {}
        with errors(f"rule {id_}"):
            arn = str(
                events.put_rule(
                    Name=id_,
                    Description=props.get("description") or "",
                    EventPattern=props["pattern"],
                    State="ENABLED" if props["enabled"] else "DISABLED",
                )["RuleArn"]
            )
            transformer = {"InputPathsMap": props["paths"], "InputTemplate": props["template"]}
            target = {
                "Id": TARGET, "Arn": props["target_arn"], "RoleArn": props["role_arn"],
                "InputTransformer": transformer,
            }  # fmt: skip
            patiently(lambda: events.put_targets(Rule=id_, Targets=[target]), WAITS)
            held = {tag["Key"] for tag in events.list_tags_for_resource(ResourceARN=arn)["Tags"]}
            if held - set(wanted):
                events.untag_resource(ResourceARN=arn, TagKeys=sorted(held - set(wanted)))
            if wanted:
                tags = [{"Key": key, "Value": value} for key, value in wanted.items()]
                events.tag_resource(ResourceARN=arn, Tags=tags)
        return {"arn": arn}

    def remove(self, id_: str, props: Json) -> None:
        """A rule with targets can't be deleted: these go first."""
        events = client("events", props["region"])
        with errors(f"rule {id_}"):
            if described(events.describe_rule, id_) is None:
                return
            targets = [one["Id"] for one in events.list_targets_by_rule(Rule=id_)["Targets"]]
            if targets:
                events.remove_targets(Rule=id_, Ids=targets)
            unless_gone(events.delete_rule, id_)


_KIND = Rule()
create, read, update, delete, diff = _KIND.create, _KIND.read, _KIND.update, _KIND.delete, _KIND.diff

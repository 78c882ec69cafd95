"""SNS topics to which the account's own CloudWatch alarms may publish.

Not encrypted: with AWS's own key for SNS, CloudWatch could not publish.
Source: docs.aws.amazon.com/sns/latest/api (CreateTopic, SetTopicAttributes).
"""

from __future__ import annotations

import json

from launchready.aws.monitoring.kind import Json, Kind
from launchready.aws.pool import client
from launchready.aws.session import code_of, errors

CLOUDWATCH = "cloudwatch.amazonaws.com"
_GONE = frozenset({"NotFound", "NotFoundException"})


def policy(arn: str, publisher: str) -> str:
    """Who may publish: the account itself, and its own alarms by way of ``publisher``."""
    partition, _, region, account = arn.split(":")[1:5]
    return json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Sid": "account",
                    "Effect": "Allow",
                    "Principal": {"AWS": f"arn:{partition}:iam::{account}:root"},
                    "Action": ["SNS:Publish", "SNS:Subscribe", "SNS:GetTopicAttributes"],
                    "Resource": arn,
                },
                {
                    "Sid": "alarms",
                    "Effect": "Allow",
                    "Principal": {"Service": publisher},
                    "Action": "SNS:Publish",
                    "Resource": arn,
                    "Condition": {
                        "StringEquals": {"aws:SourceAccount": account},
                        "ArnLike": {
                            "aws:SourceArn": f"arn:{partition}:cloudwatch:{region}:{account}:alarm:*"
                        },
                    },
                },
            ],
        },
        sort_keys=True,
    )


class Topic(Kind):
    """``publisher``: the service that may publish; ``display_name``: what mail and SMS say it is from."""

    inputs = ("region", "name", "display_name", "publisher", "tags")
    replaces = frozenset({"region", "name"})

    def make(self, props: Json) -> tuple[str, Json]:
        """CreateTopic gives the topic that is there, but refuses other tags: these come afterwards."""
        with errors(f"topic {props['name']}"):
            arn = str(client("sns", props["region"]).create_topic(Name=props["name"])["TopicArn"])
        return arn, self.change(arn, props)

    def look(self, id_: str, props: Json) -> Json | None:
        from botocore.exceptions import ClientError

        sns = client("sns", props["region"])
        with errors(f"topic {props['name']}"):
            try:
                held = sns.get_topic_attributes(TopicArn=id_)["Attributes"]
                tags = sns.list_tags_for_resource(ResourceArn=id_)["Tags"]
            except ClientError as error:
                if code_of(error) in _GONE:
                    return None
                raise
        ours = _same(held.get("Policy", ""), policy(id_, props.get("publisher") or CLOUDWATCH))
        return {
            "display_name": held.get("DisplayName") or "",
            "publisher": props.get("publisher") if ours else "someone else",
            "tags": {tag["Key"]: tag["Value"] for tag in tags},
            "arn": id_,
        }

    def change(self, id_: str, props: Json) -> Json:
        sns = client("sns", props["region"])
        wanted = props.get("tags") or {}
        with errors(f"topic {props['name']}"):
            for name, value in (
                ("DisplayName", props.get("display_name") or ""),
                ("Policy", policy(id_, props["publisher"])),
            ):
                sns.set_topic_attributes(TopicArn=id_, AttributeName=name, AttributeValue=value)
            held = {tag["Key"] for tag in sns.list_tags_for_resource(ResourceArn=id_)["Tags"]}
            if held - set(wanted):
                sns.untag_resource(ResourceArn=id_, TagKeys=sorted(held - set(wanted)))
            if wanted:
                tags = [{"Key": key, "Value": value} for key, value in wanted.items()]
                sns.tag_resource(ResourceArn=id_, Tags=tags)
        return {"arn": id_}

    def remove(self, id_: str, props: Json) -> None:
        """The topic and with it its subscriptions; AWS says nothing when there is none."""
        with errors(f"topic {props['name']}"):
            client("sns", props["region"]).delete_topic(TopicArn=id_)


def _same(one: str, other: str) -> bool:
    try:
        return bool(json.loads(one) == json.loads(other))
    except ValueError:
        return False


_KIND = Topic()
create, read, update, delete, diff = _KIND.create, _KIND.read, _KIND.update, _KIND.delete, _KIND.diff

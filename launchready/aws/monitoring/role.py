"""IAM roles with one policy of their own, and the two documents that an EventBridge rule's role needs.

Source: docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-identity-based.html (API destinations).
"""

from __future__ import annotations

import json
from typing import Any

from launchready.aws.monitoring.kind import Json, Kind
from launchready.aws.pool import client
from launchready.aws.session import code_of, errors

POLICY = "launchready"
"""Name of the role's one policy."""


def rule_arn(destination_arn: str, rule: str) -> str:
    """The ARN that a rule of the default bus has beside an API destination."""
    partition, _, region, account = destination_arn.split(":")[1:5]
    return f"arn:{partition}:events:{region}:{account}:rule/{rule}"


def trust(destination_arn: str, rule: str) -> str:
    """Who may take the role: EventBridge, for this rule of this account only."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sts:AssumeRole",
        "Condition": {
            "StringEquals": {"aws:SourceAccount": destination_arn.split(":")[4]},
            "ArnEquals": {"aws:SourceArn": rule_arn(destination_arn, rule)},
        },
    }
    return _text({"Version": "2012-10-17", "Statement": [statement]})


def permissions(destination_arn: str) -> str:
    """What the role may do: call that one destination."""
    statement = {"Effect": "Allow", "Action": "events:InvokeApiDestination", "Resource": destination_arn}
    return _text({"Version": "2012-10-17", "Statement": [statement]})


class Role(Kind):
    """``trust`` and ``permissions``: policy documents as JSON text with sorted keys."""

    inputs = ("region", "name", "description", "trust", "permissions", "tags")
    replaces = frozenset({"name"})

    def make(self, props: Json) -> tuple[str, Json]:
        from botocore.exceptions import ClientError

        iam = client("iam", props["region"])
        with errors(f"role {props['name']}"):
            try:
                iam.create_role(
                    RoleName=props["name"],
                    AssumeRolePolicyDocument=props["trust"],
                    Description=props.get("description") or "",
                )
            except ClientError as error:
                if code_of(error) != "EntityAlreadyExists":
                    raise
        return props["name"], self.change(props["name"], props)

    def look(self, id_: str, props: Json) -> Json | None:
        from botocore.exceptions import ClientError

        iam = client("iam", props["region"])
        with errors(f"role {id_}"):
            try:
                role = iam.get_role(RoleName=id_)["Role"]
            except ClientError as error:
                if code_of(error) == "NoSuchEntity":
                    return None
                raise
            try:
                held = _text(iam.get_role_policy(RoleName=id_, PolicyName=POLICY)["PolicyDocument"])
            except ClientError as error:
                if code_of(error) != "NoSuchEntity":
                    raise
                held = ""
            tags = iam.list_role_tags(RoleName=id_)["Tags"]
        return {
            "name": role["RoleName"],
            "description": role.get("Description") or "",
            "trust": _text(role["AssumeRolePolicyDocument"]),
            "permissions": held,
            "tags": {tag["Key"]: tag["Value"] for tag in tags},
            "arn": role["Arn"],
        }

    def change(self, id_: str, props: Json) -> Json:
        iam = client("iam", props["region"])
        wanted = props.get("tags") or {}
        with errors(f"role {id_}"):
            iam.update_role(RoleName=id_, Description=props.get("description") or "")
            iam.update_assume_role_policy(RoleName=id_, PolicyDocument=props["trust"])
            iam.put_role_policy(RoleName=id_, PolicyName=POLICY, PolicyDocument=props["permissions"])
            held = {tag["Key"] for tag in iam.list_role_tags(RoleName=id_)["Tags"]}
            if held - set(wanted):
                iam.untag_role(RoleName=id_, TagKeys=sorted(held - set(wanted)))
            if wanted:
                iam.tag_role(
                    RoleName=id_, Tags=[{"Key": key, "Value": value} for key, value in wanted.items()]
                )
            return {"arn": str(iam.get_role(RoleName=id_)["Role"]["Arn"])}

    def remove(self, id_: str, props: Json) -> None:
        from botocore.exceptions import ClientError

        iam = client("iam", props["region"])
        with errors(f"role {id_}"):
            for call, more in ((iam.delete_role_policy, {"PolicyName": POLICY}), (iam.delete_role, {})):
                try:
                    call(RoleName=id_, **more)
                except ClientError as error:
                    if code_of(error) != "NoSuchEntity":
                        raise


def _text(document: Any) -> str:
    return json.dumps(document, sort_keys=True)


_KIND = Role()
create, read, update, delete, diff = _KIND.create, _KIND.read, _KIND.update, _KIND.delete, _KIND.diff

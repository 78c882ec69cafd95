"""EventBridge connections: how a destination is authorised.

Source: docs.aws.amazon.com/eventbridge/latest/APIReference/API_CreateConnection.html.
"""

from __future__ import annotations

from launchready.aws.monitoring.kind import Json, Kind
from launchready.aws.monitoring.names import described, unless_gone, unless_there
from launchready.aws.pool import client
from launchready.aws.session import errors

HEADER, HEADER_VALUE = "X-Launchready", "alarm"
"""A connection must authorise somehow; Slack's secret is the URL itself."""


class Connection(Kind):
    """How a destination is authorised: here by a header that says nothing."""

    inputs = ("region", "name", "description")
    replaces = frozenset({"region", "name"})

    def make(self, props: Json) -> tuple[str, Json]:
        events = client("events", props["region"])
        with errors(f"connection {props['name']}"):
            if described(events.describe_connection, props["name"]) is None:
                unless_there(events.create_connection, **_connection(props))
                arn = events.describe_connection(Name=props["name"])["ConnectionArn"]
                return props["name"], {"arn": arn}
        return props["name"], self.change(props["name"], props)

    def look(self, id_: str, props: Json) -> Json | None:
        events = client("events", props["region"])
        with errors(f"connection {id_}"):
            held = described(events.describe_connection, id_)
        if held is None:
            return None
        return {"description": held.get("Description"), "arn": held["ConnectionArn"]}

    def change(self, id_: str, props: Json) -> Json:
        events = client("events", props["region"])
        with errors(f"connection {id_}"):
            events.update_connection(**_connection(props))
            return {"arn": str(events.describe_connection(Name=id_)["ConnectionArn"])}

    def remove(self, id_: str, props: Json) -> None:
        events = client("events", props["region"])
        with errors(f"connection {id_}"):
            unless_gone(events.delete_connection, id_)


def _connection(props: Json) -> Json:
    return {
        "Name": props["name"],
        "Description": props.get("description") or "",
        "AuthorizationType": "API_KEY",
        "AuthParameters": {"ApiKeyAuthParameters": {"ApiKeyName": HEADER, "ApiKeyValue": HEADER_VALUE}},
    }


_KIND = Connection()
create, read, update, delete, diff = _KIND.create, _KIND.read, _KIND.update, _KIND.delete, _KIND.diff

"""EventBridge API destinations: where Slack listens.

SNS can't post to Slack: Slack neither confirms a subscription nor takes SNS's JSON. The destination's URL
is a secret: it goes in and comes back under the key ``endpoint`` only, and into no error.
Source: docs.aws.amazon.com/eventbridge/latest/userguide/eb-api-destinations.html.
"""

from __future__ import annotations

from launchready.aws.monitoring.kind import Json, Kind
from launchready.aws.monitoring.names import described, hiding, unless_gone, unless_there
from launchready.aws.pool import client
from launchready.aws.session import errors
from launchready.aws.values import same
from launchready.client_file.sealed import opened
from launchready.errors import InputError

CALLS_PER_SECOND = 1
"""What Slack takes (docs.slack.dev, rate limits: incoming webhooks)."""


class ApiDestination(Kind):
    """``endpoint``: the URL that is called, secret and sealed (``client_file.sealed``)."""

    inputs = ("region", "name", "description", "connection_arn", "endpoint")
    replaces = frozenset({"region", "name"})

    def make(self, props: Json) -> tuple[str, Json]:
        events, url = client("events", props["region"]), _url(props)
        with hiding(url, f"API destination {props['name']}"):
            if described(events.describe_api_destination, props["name"]) is None:
                unless_there(events.create_api_destination, **_destination(props, url))
                arn = events.describe_api_destination(Name=props["name"])["ApiDestinationArn"]
                return props["name"], {"arn": arn}
        return props["name"], self.change(props["name"], props)

    def look(self, id_: str, props: Json) -> Json | None:
        """The endpoint as it was declared while it is that; another one is not told."""
        events, url = client("events", props["region"]), _url(props)
        with hiding(url, f"API destination {id_}"):
            held = described(events.describe_api_destination, id_)
        if held is None:
            return None
        ours = same(str(held.get("InvocationEndpoint", "")), url)
        return {
            "description": held.get("Description"),
            "connection_arn": held.get("ConnectionArn"),
            "endpoint": props.get("endpoint") if ours else "another one",
            "arn": held["ApiDestinationArn"],
        }

    def change(self, id_: str, props: Json) -> Json:
        events, url = client("events", props["region"]), _url(props)
        with hiding(url, f"API destination {id_}"):
            events.update_api_destination(**_destination(props, url))
            return {"arn": str(events.describe_api_destination(Name=id_)["ApiDestinationArn"])}

    def remove(self, id_: str, props: Json) -> None:
        events = client("events", props["region"])
        with errors(f"API destination {id_}"):
            unless_gone(events.delete_api_destination, id_)


def _url(props: Json) -> str:
    """The plain URL. Raises InputError when the passphrase that opens it is missing, or it is no URL."""
    url = opened(str(props.get("endpoint") or ""))
    if not url.startswith("https://"):
        raise InputError(
            "monitors.notify.slack is no https:// URL",
            fix="encrypt the webhook's whole URL: launch pulumi -- config set --secret --path "
            "'launchready:monitors.notify.slack'",
        )
    return url


def _destination(props: Json, url: str) -> Json:
    return {
        "Name": props["name"],
        "Description": props.get("description") or "",
        "ConnectionArn": props["connection_arn"],
        "InvocationEndpoint": url,
        "HttpMethod": "POST",
        "InvocationRateLimitPerSecond": CALLS_PER_SECOND,
    }


_KIND = ApiDestination()
create, read, update, delete, diff = _KIND.create, _KIND.read, _KIND.update, _KIND.delete, _KIND.diff

"""SNS subscriptions of a launch's owners, by mail and by SMS.

An owner confirms a mail subscription by a link; until then its state is pending, and after two days AWS
forgets it. SMS needs no confirmation. Slack is no SNS subscriber: see ``api_destination``.
Source: docs.aws.amazon.com/sns/latest/api (Subscribe, GetSubscriptionAttributes, Unsubscribe).
"""

from __future__ import annotations

from launchready.aws.monitoring.kind import Json, Kind
from launchready.aws.pool import client
from launchready.aws.session import code_of, errors

_GONE = frozenset({"NotFound", "NotFoundException"})


class Subscription(Kind):
    """``protocol``: email or sms; computed: ``confirmed``."""

    inputs = ("region", "topic_arn", "protocol", "endpoint")
    replaces = frozenset(inputs)
    first_delete = False

    def make(self, props: Json) -> tuple[str, Json]:
        """Subscribing an owner again gives the subscription that is there, and its state."""
        with errors(f"subscription by {props['protocol']}"):
            arn = client("sns", props["region"]).subscribe(
                TopicArn=props["topic_arn"],
                Protocol=props["protocol"],
                Endpoint=props["endpoint"],
                ReturnSubscriptionArn=True,
            )["SubscriptionArn"]
        live = self.look(str(arn), props)
        return str(arn), {"arn": arn, "confirmed": bool(live and live["confirmed"])}

    def look(self, id_: str, props: Json) -> Json | None:
        from botocore.exceptions import ClientError

        with errors(f"subscription by {props['protocol']}"):
            try:
                held = client("sns", props["region"]).get_subscription_attributes(SubscriptionArn=id_)
            except ClientError as error:
                if code_of(error) in _GONE:
                    return None
                raise
        attributes = held["Attributes"]
        return {
            "topic_arn": attributes.get("TopicArn"),
            "protocol": attributes.get("Protocol"),
            "endpoint": attributes.get("Endpoint"),
            "arn": id_,
            "confirmed": not is_pending(attributes),
        }

    def change(self, id_: str, props: Json) -> Json:
        """Nothing of it can change; the state may have."""
        live = self.look(id_, props)
        return {"arn": id_, "confirmed": bool(live and live["confirmed"])}

    def remove(self, id_: str, props: Json) -> None:
        """One that is still pending can't be ended: AWS forgets it by itself."""
        from botocore.exceptions import ClientError

        with errors(f"subscription by {props['protocol']}"):
            try:
                client("sns", props["region"]).unsubscribe(SubscriptionArn=id_)
            except ClientError as error:
                pending = code_of(error) in ("InvalidParameter", "InvalidParameterException")
                live = self.look(id_, props) if pending else None
                if code_of(error) not in _GONE and (live is None or live["confirmed"]):
                    raise


def is_pending(attributes: Json) -> bool:
    """Is a subscription yet to be confirmed, by its attributes?"""
    return str(attributes.get("PendingConfirmation", "false")).lower() == "true"


_KIND = Subscription()
create, read, update, delete, diff = _KIND.create, _KIND.read, _KIND.update, _KIND.delete, _KIND.diff

"""What moto answers untruly, answered truly: the few operations that the monitoring gives life to.

moto stores health checks, alarms, topics and rules, but evaluates and delivers nothing: a health check is
always well, an e-mail subscription confirmed at once, an alarm OK before it was ever evaluated. Here those
of its functions are replaced, in its own process and behind its own parsing and serialising, so that every
protocol of the AWS SDKs works; all else is moto's, untouched. ``teach`` undoes itself.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Protocol

from launchready.edge.monitoring.topics import PENDING, Notification, alarm_of

ALWAYS_OK = "Unchecked: Initial alarm creation"
"""moto's reason for the state of a new alarm, which CloudWatch has as INSUFFICIENT_DATA."""


_KEPT = ("state_value", "state_reason", "state_reason_data", "state_updated_timestamp", "history")
"""What an alarm keeps when its configuration is written anew."""


_LAST_FAILURE = r"{0}/(?P<api_version>[\d_-]+)/healthcheck/(?P<health_check_id>[^/]+)/lastfailurereason$"
"""A path of Route 53's API that moto does not have."""
_RESETTABLE = {
    "ChildHealthChecks": "children",
    "FullyQualifiedDomainName": "fqdn",
    "Regions": "regions",
    "ResourcePath": "resource_path",
}
"""ResettableElementName of Route 53's API → moto's attribute."""


class Life(Protocol):
    """What the monitoring knows and moto asks. Called from moto's threads."""

    def now(self) -> datetime:
        """Edge time, in UTC and without a time zone, as moto keeps times."""
        ...

    def observations(self, check: Any, failures: bool) -> list[dict[str, Any]]:
        """The checkers' last observations (or last failures), as the API shows them."""
        ...

    def changed(self, backend: Any, alarm: Any, old: str, since: datetime) -> None:
        """An alarm has entered another state."""
        ...

    def history(self, backend: Any, name: str | None) -> list[dict[str, Any]]:
        """The history of one alarm or of all, newest first, as the API shows it."""
        ...

    def subscribed(self, subscription: Any) -> None: ...
    def pending(self, subscription: Any) -> bool: ...
    def confirm(self, token: str) -> Any | None: ...
    def deliver(self, subscription: Any, notification: Notification) -> None: ...
    def sms(self, number: str, text: str) -> None: ...
    def event(self, rule: Any, target: Mapping[str, Any], event: Mapping[str, Any]) -> bool:
        """Send an event to a target; False when the target is not ours to serve."""
        ...


class _Undo:
    """Replaces attributes, and puts the old ones back."""

    def __init__(self) -> None:
        self._steps: list[Callable[[], object]] = []

    def put(self, owner: Any, name: str, value: Any) -> Any:
        """The value that was there; None where there was none."""
        missing = name not in vars(owner)
        old = vars(owner).get(name)
        setattr(owner, name, value)
        self._steps.append((lambda: delattr(owner, name)) if missing else (lambda: setattr(owner, name, old)))
        return old

    def then(self, step: Callable[[], object]) -> None:
        """One more thing to undo."""
        self._steps.append(step)

    def __call__(self) -> None:
        while self._steps:
            self._steps.pop()()


_TAUGHT: list[_Undo] = []


def teach(life: Life) -> Callable[[], None]:
    """Replace moto's functions by ones that ask ``life``; the result puts moto's back.

    moto is one for a whole process: of two edges in it, the later one is asked.
    """
    while _TAUGHT:
        _TAUGHT.pop()()
    undo = _Undo()
    _TAUGHT.append(undo)
    _teach_route53(life, undo)
    _teach_cloudwatch(life, undo)
    _teach_history(life, undo)
    _teach_subscriptions(life, undo)
    _teach_confirmation(life, undo)
    _teach_publishing(life, undo)
    _teach_events(life, undo)
    return undo


def _teach_route53(life: Life, undo: _Undo) -> None:
    from moto.core.responses import ActionResult
    from moto.route53.models import Route53Backend
    from moto.route53.responses import Route53
    from moto.route53.urls import url_paths

    def get_health_check_status(self: Any) -> Any:
        check = self.backend.get_health_check(self._get_param("HealthCheckId"))
        return ActionResult({"HealthCheckObservations": life.observations(check, failures=False)})

    def get_health_check_last_failure_reason(self: Any) -> Any:
        check = self.backend.get_health_check(self._get_param("HealthCheckId"))
        return ActionResult({"HealthCheckObservations": life.observations(check, failures=True)})

    def create_health_check(self: Any, caller_reference: str, health_check_args: dict[str, Any]) -> Any:
        """Route 53's own defaults, which differ for HTTPS."""
        secure = str(health_check_args.get("type")).startswith("HTTPS")
        given = {name: value for name, value in health_check_args.items() if value is not None}
        return create(self, caller_reference, {"port": 443 if secure else 80, "enable_sni": secure, **given})

    def update_health_check(self: Any, health_check_id: str, health_check_args: dict[str, Any]) -> Any:
        """An update keeps what it does not name, and counts up the version."""
        given = dict(health_check_args)
        for name in ("children", "regions"):
            if not given.get(name):
                given[name] = None
        check = update(self, health_check_id, given)
        check.health_check_version += 1
        return check

    def answer_update(self: Any) -> Any:
        answer = respond(self)
        check = self.backend.get_health_check(self._get_param("HealthCheckId"))
        for element in self._get_param("ResetElements", []):
            setattr(check, _RESETTABLE[element], None)
        return answer

    url_paths[_LAST_FAILURE] = Route53.dispatch
    undo.then(lambda: url_paths.pop(_LAST_FAILURE, None))
    undo.put(Route53, "get_health_check_status", get_health_check_status)
    respond = undo.put(Route53, "update_health_check", answer_update)
    undo.put(Route53, "get_health_check_last_failure_reason", get_health_check_last_failure_reason)
    create = undo.put(Route53Backend, "create_health_check", create_health_check)
    update = undo.put(Route53Backend, "update_health_check", update_health_check)


def _teach_cloudwatch(life: Life, undo: _Undo) -> None:
    import moto.cloudwatch.models as cloudwatch

    def put_metric_alarm(self: Any, *args: Any, **values: Any) -> Any:
        """A new alarm knows nothing yet; a changed one keeps its state."""
        name = values.get("name", args[0] if args else "")
        old = self.alarms.get(name)
        alarm = put(self, *args, **values)
        if old is None:
            alarm.state_value = "INSUFFICIENT_DATA"
        else:
            for kept in _KEPT:
                setattr(alarm, kept, getattr(old, kept))
        return alarm

    def set_alarm_state(self: Any, alarm_name: str, reason: str, reason_data: str, state_value: str) -> None:
        known = self.alarms.get(alarm_name)
        old, since = (known.state_value, known.state_updated_timestamp) if known else ("", life.now())
        set_state(self, alarm_name, reason, reason_data, state_value)
        if known is not None and old != state_value:
            life.changed(self, known, old, since)

    def delete_alarms(self: Any, alarm_names: list[str]) -> None:
        """An alarm's tags go with it."""
        for name in alarm_names:
            if (alarm := self.alarms.get(name)) is not None:
                self.tagger.delete_all_tags_for_resource(alarm.alarm_arn)
        delete(self, alarm_names)

    undo.put(cloudwatch, "utcnow", life.now)
    backend = cloudwatch.CloudWatchBackend
    put = undo.put(backend, "put_metric_alarm", put_metric_alarm)
    set_state = undo.put(backend, "set_alarm_state", set_alarm_state)
    delete = undo.put(backend, "delete_alarms", delete_alarms)


def _teach_history(life: Life, undo: _Undo) -> None:
    from moto.cloudwatch.responses import CloudWatchResponse
    from moto.core.responses import ActionResult

    def naive(value: datetime | None) -> datetime | None:
        return value.astimezone(UTC).replace(tzinfo=None) if value is not None and value.tzinfo else value

    def describe_alarm_history(self: Any) -> Any:
        items = life.history(self.cloudwatch_backend, self._get_param("AlarmName"))
        kind = self._get_param("HistoryItemType")
        first, last = naive(self._get_param("StartDate")), naive(self._get_param("EndDate"))
        chosen = [
            item
            for item in items
            if kind in (None, item["HistoryItemType"])
            and (first is None or item["Timestamp"] >= first)
            and (last is None or item["Timestamp"] <= last)
        ]
        if self._get_param("ScanBy") == "TimestampAscending":
            chosen.reverse()
        return ActionResult({"AlarmHistoryItems": chosen[: int(self._get_param("MaxRecords") or 100)]})

    undo.put(CloudWatchResponse, "describe_alarm_history", describe_alarm_history)


def _teach_subscriptions(life: Life, undo: _Undo) -> None:
    from moto.core.responses import ActionResult
    from moto.sns.models import SNSBackend
    from moto.sns.responses import SNSResponse

    def subscribe(self: Any, topic_arn: str, endpoint: str, protocol: str) -> Any:
        known = set(self.subscriptions)
        subscription = take(self, topic_arn, endpoint, protocol)
        if subscription.arn not in known:
            life.subscribed(subscription)
        return subscription

    def answer_subscribe(self: Any) -> Any:
        answer = respond(self)
        subscription = self.backend.subscriptions.get(answer.result["SubscriptionArn"])
        told = self._get_param("ReturnSubscriptionArn") in (True, "true")
        if subscription is not None and life.pending(subscription) and not told:
            return ActionResult({"SubscriptionArn": "pending confirmation"})
        return answer

    def shown(subscription: Any) -> dict[str, Any]:
        return {
            "SubscriptionArn": PENDING if life.pending(subscription) else subscription.arn,
            "Owner": subscription.owner,
            "Protocol": subscription.protocol,
            "Endpoint": subscription.endpoint,
            "TopicArn": subscription.topic_arn,
        }

    def listing(plain: Callable[[Any], Any]) -> Callable[[Any], Any]:
        def answer(self: Any) -> Any:
            result = plain(self).result
            return ActionResult({**result, "Subscriptions": [shown(s) for s in result["Subscriptions"]]})

        return answer

    def get_subscription_attributes(self: Any, arn: str) -> dict[str, Any]:
        attributes: dict[str, Any] = attributes_of(self, arn)
        pending = life.pending(self.subscriptions[arn])
        return {**attributes, "PendingConfirmation": pending, "ConfirmationWasAuthenticated": False}

    take = undo.put(SNSBackend, "subscribe", subscribe)
    respond = undo.put(SNSResponse, "subscribe", answer_subscribe)
    attributes_of = undo.put(SNSBackend, "get_subscription_attributes", get_subscription_attributes)
    for name in ("list_subscriptions", "list_subscriptions_by_topic"):
        undo.put(SNSResponse, name, listing(vars(SNSResponse)[name]))


def _teach_confirmation(life: Life, undo: _Undo) -> None:
    from moto.core.responses import ActionResult
    from moto.sns.exceptions import SNSInvalidParameter
    from moto.sns.responses import SNSResponse

    def confirm_subscription(self: Any) -> Any:
        self.backend.get_topic(self._get_param("TopicArn"))
        subscription = life.confirm(self._get_param("Token") or "")
        if subscription is None:
            raise SNSInvalidParameter("Invalid parameter: Token")
        return ActionResult({"SubscriptionArn": subscription.arn})

    def get_topic_attributes(self: Any) -> Any:
        answer = attributes(self)
        topic = self.backend.get_topic(self._get_param("TopicArn"))
        waiting = [life.pending(s) for s in list(self.backend.subscriptions.values()) if s.topic is topic]
        counts = {"SubscriptionsPending": sum(waiting), "SubscriptionsConfirmed": len(waiting) - sum(waiting)}
        return ActionResult({"Attributes": {**answer.result["Attributes"], **counts}})

    undo.put(SNSResponse, "confirm_subscription", confirm_subscription)
    attributes = undo.put(SNSResponse, "get_topic_attributes", get_topic_attributes)


def _teach_publishing(life: Life, undo: _Undo) -> None:
    from moto.sns.models import SNSBackend, Subscription

    def publish_to(self: Any, message: str, message_id: str, subject: str | None = None, **more: Any) -> None:
        if self.protocol not in ("email", "email-json", "sms", "http", "https"):
            onward(self, message, message_id, subject=subject, **more)
            return
        matcher = self._filter_policy_matcher
        if matcher is not None and not matcher.matches(more.get("message_attributes"), message):
            return
        text = message
        if more.get("message_structure") == "json":
            text = self._parse_message_structure(message, self.protocol)
        found = Notification(self.topic.arn, message_id, subject, text, alarm_of(message))
        life.deliver(self, found)

    def publish(
        self: Any, message: str, arn: str | None, phone_number: str | None = None, **more: Any
    ) -> str:
        message_id: str = original(self, message, arn, phone_number, **more)
        if phone_number:
            life.sms(phone_number, message)
        return message_id

    onward = undo.put(Subscription, "publish", publish_to)
    original = undo.put(SNSBackend, "publish", publish)


def _teach_events(life: Life, undo: _Undo) -> None:
    from moto.events.models import Connection, Rule

    def send_to_targets(self: Any, original_event: Any, transform_input: bool = True) -> None:
        if self.state != "ENABLED" or not self.event_pattern.matches_event(original_event):
            return
        rest = [target for target in self.targets if not life.event(self, target, original_event)]
        if rest:
            others = copy.copy(self)
            others.targets = rest
            onward(others, original_event, transform_input)

    def describe(self: Any) -> dict[str, Any]:
        """A connection's secrets are never read back."""
        return {**told(self), "AuthParameters": _without_secrets(self.auth_parameters)}

    onward = undo.put(Rule, "send_to_targets", send_to_targets)
    told = undo.put(Connection, "describe", describe)


def _without_secrets(given: Mapping[str, Any]) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    for kind, values in (given or {}).items():
        if kind == "InvocationHttpParameters":
            shown[kind] = {
                group: [
                    {k: v for k, v in entry.items() if k != "Value" or not entry.get("IsValueSecret")}
                    for entry in entries
                ]
                for group, entries in values.items()
            }
        else:
            shown[kind] = {k: v for k, v in values.items() if k in ("ApiKeyName", "Username", "HttpMethod")}
    return shown

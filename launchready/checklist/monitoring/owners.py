"""Owners: subscribed, confirmed, and nobody else; the topic lets alarms in; the way to Slack is whole."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from launchready.checklist.monitoring.live import (
    Json,
    ask,
    basics,
    judged,
    subscriptions,
    topic_arn,
)
from launchready.checklist.registry import (
    Fix,
    Outcome,
    Severity,
    Subject,
    check,
    failed,
    not_applicable,
    passed,
)
from launchready.declared.monitors import Monitoring, Slack, Subscription
from launchready.evidence.types import AwsProbe

PENDING = "PendingConfirmation"
CLOUDWATCH = "cloudwatch.amazonaws.com"
_SUBSCRIBE = "docs.aws.amazon.com/sns/latest/api/API_Subscribe.html"


def _find(held: list[Json], owner: Subscription) -> Json | None:
    return next(
        (
            one
            for one in held
            if one.get("Protocol") == owner.protocol
            and str(one.get("Endpoint", "")).lower() == owner.endpoint.lower()
        ),
        None,
    )


def _label(owner: Subscription) -> str:
    return f"{owner.protocol} {owner.endpoint} ({owner.region})"


@check(
    "monitoring.owner.exists",
    severity=Severity.HIGH,
    needs=[basics],
    reference=_SUBSCRIBE,
    defect="an owner is not subscribed: alarms do not reach them",
    fix=Fix("launchready:monitors.notify", "run `launch up`: it subscribes them again"),
    public=False,
)
def every_owner_is_subscribed(subject: Subject) -> Iterable[Outcome]:
    """Every declared mail address and telephone number is subscribed to the topic."""

    def judge(declared: Monitoring) -> Iterator[Outcome]:
        for owner in declared.subscriptions:
            if _find(subscriptions(subject, declared, owner.region), owner) is None:
                yield failed(_label(owner), "not subscribed", expected=f"subscribed to {declared.name}")
            else:
                yield passed(_label(owner), "subscribed")

    return judged(subject, judge)


@check(
    "monitoring.owner.confirmed",
    severity=Severity.HIGH,
    needs=[basics],
    reference=f"{_SUBSCRIBE} (a mail subscription is pending until its owner confirms it)",
    defect="an owner has not confirmed the subscription: alarms are not sent to them",
    fix=Fix(
        "launchready:monitors.notify", "follow the link in AWS's mail; after two days run `launch up` first"
    ),
    public=False,
)
def every_owner_has_confirmed(subject: Subject) -> Iterable[Outcome]:
    """Every subscribed owner has confirmed."""

    def judge(declared: Monitoring) -> Iterator[Outcome]:
        for owner in declared.subscriptions:
            held = _find(subscriptions(subject, declared, owner.region), owner)
            if held is None:
                yield not_applicable(_label(owner), "not subscribed")
            elif _is_pending(subject, owner, str(held.get("SubscriptionArn", ""))):
                yield failed(_label(owner), "pending confirmation", expected="confirmed")
            else:
                yield passed(_label(owner), "confirmed")

    return judged(subject, judge)


def _is_pending(subject: Subject, owner: Subscription, arn: str) -> bool:
    if not arn.startswith("arn:"):
        return True  # AWS lists "PendingConfirmation" in place of the ARN
    probe = AwsProbe.of("sns", "get_subscription_attributes", owner.region, SubscriptionArn=arn)
    attributes = ask(subject, probe).get("Attributes", {})
    return str(attributes.get(PENDING, "false")).lower() == "true"


@check(
    "monitoring.owner.undeclared",
    severity=Severity.LOW,
    needs=[basics],
    reference="checklist: monitoring (owners); least privilege",
    defect="alarms go to someone whom the client file does not name",
    fix=Fix("launchready:monitors.notify", "add them, or end the subscription in SNS"),
    public=False,
)
def nobody_else_is_told(subject: Subject) -> Iterable[Outcome]:
    """Nobody is subscribed whom the client file does not name."""

    def judge(declared: Monitoring) -> Iterator[Outcome]:
        for topic in declared.topics:
            known = {
                (owner.protocol, owner.endpoint.lower())
                for owner in declared.subscriptions
                if owner.region == topic.region
            }
            held = subscriptions(subject, declared, topic.region)
            others = [
                f"{one.get('Protocol')} {one.get('Endpoint')}"
                for one in held
                if (one.get("Protocol"), str(one.get("Endpoint", "")).lower()) not in known
            ]
            label = f"{topic.name} ({topic.region})"
            if others:
                yield failed(label, ", ".join(sorted(others)), expected="declared owners only")
            else:
                yield passed(label, f"{len(held)} owners")

    return judged(subject, judge)


@check(
    "monitoring.topic.policy",
    severity=Severity.HIGH,
    needs=[basics],
    reference="docs.aws.amazon.com/sns/latest/dg (access control); CloudWatch alarms publish by policy",
    defect="the topic does not let CloudWatch publish, or lets everyone",
    fix=Fix("launchready:monitors", "run `launch up`: it restores the topic's policy"),
    public=False,
)
def topics_let_alarms_in_and_nobody_else(subject: Subject) -> Iterable[Outcome]:
    """The topic's policy lets CloudWatch publish, and no stranger."""

    def judge(declared: Monitoring) -> Iterator[Outcome]:
        for topic in declared.topics:
            arn, label = topic_arn(subject, declared, topic.region), f"{topic.name} ({topic.region})"
            if arn is None:
                yield failed(label, "no such topic", expected="a topic")
                continue
            probe = AwsProbe.of("sns", "get_topic_attributes", topic.region, TopicArn=arn)
            wrong = _policy_problem(ask(subject, probe).get("Attributes", {}).get("Policy", ""))
            if wrong:
                yield failed(label, wrong, expected=f"{CLOUDWATCH} may publish, strangers may not")
            else:
                yield passed(label, f"{CLOUDWATCH} may publish")

    return judged(subject, judge)


def _policy_problem(text: str) -> str:
    try:
        statements = json.loads(text).get("Statement", [])
    except (ValueError, AttributeError):
        return "no policy"
    allowed = [one for one in statements if one.get("Effect") == "Allow" and _publishes(one)]
    if any(_everyone(one) and not one.get("Condition") for one in allowed):
        return "everyone may publish"
    services = [one.get("Principal") for one in allowed]
    ours = any(isinstance(p, dict) and CLOUDWATCH in _texts(p.get("Service")) for p in services)
    return "" if ours or any(_everyone(one) for one in allowed) else f"{CLOUDWATCH} may not publish"


def _publishes(statement: Json) -> bool:
    return any(action.lower() in ("sns:publish", "sns:*", "*") for action in _texts(statement.get("Action")))


def _everyone(statement: Json) -> bool:
    principal = statement.get("Principal")
    return principal == "*" or (isinstance(principal, dict) and "*" in _texts(principal.get("AWS")))


def _texts(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value or ())


def _slack_probes(slack: Slack) -> tuple[AwsProbe, AwsProbe, AwsProbe]:
    return (
        AwsProbe.of("events", "describe_rule", slack.region, Name=slack.name),
        AwsProbe.of("events", "list_targets_by_rule", slack.region, Rule=slack.name),
        AwsProbe.of("events", "describe_api_destination", slack.region, Name=slack.name),
    )


def _ways(subject: Subject) -> Iterator[AwsProbe]:
    declared = subject.declared.monitoring
    for slack in declared.slack if declared is not None else ():
        yield from _slack_probes(slack)


@check(
    "monitoring.slack.route",
    severity=Severity.HIGH,
    needs=[_ways],
    reference="docs.aws.amazon.com/eventbridge/latest/userguide/eb-api-destinations.html",
    defect="alarms don't get to Slack: the rule, its target, the transformation or the destination is broken",
    fix=Fix("launchready:monitors.notify.slack", "run `launch up`: it restores rule, target and destination"),
    public=False,
)
def the_way_to_slack_is_whole(subject: Subject) -> Iterable[Outcome]:
    """An enabled rule takes this launch's alarms, words them for Slack, and hands them to the destination."""

    def judge(declared: Monitoring) -> Iterator[Outcome]:
        if not declared.slack:
            yield not_applicable(subject.declared.domain, "no Slack is declared")
        for slack in declared.slack:
            wrong = _broken(subject, slack)
            label = f"{slack.name} ({slack.region})"
            if wrong:
                yield failed(label, wrong, expected="rule → transformer → API destination")
            else:
                yield passed(label, "whole")

    return judged(subject, judge)


def _broken(subject: Subject, slack: Slack) -> str:
    rule, targets, destination = (ask(subject, probe) for probe in _slack_probes(slack))
    if not rule:
        return "no such rule"
    if rule.get("State") != "ENABLED":
        return "the rule is off"
    if not _same(rule.get("EventPattern", ""), slack.pattern):
        return "the rule takes other events"
    if not destination:
        return "no such API destination"
    if destination.get("ApiDestinationState") != "ACTIVE":
        return f"the API destination is {destination.get('ApiDestinationState')}"
    arn = destination.get("ApiDestinationArn")
    target = next((one for one in targets.get("Targets", ()) if one.get("Arn") == arn), None)
    if target is None:
        return "the rule does not lead to the API destination"
    if not (target.get("InputTransformer") or {}).get("InputTemplate"):
        return "Slack would get CloudWatch's JSON, which it refuses: there is no input transformer"
    if f":role/{slack.role}" not in str(target.get("RoleArn", "")):
        return "the target has another role"
    return ""


def _same(one: str, other: str) -> bool:
    try:
        return bool(json.loads(one) == json.loads(other))
    except ValueError:
        return False

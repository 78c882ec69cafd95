"""What watches the launch: health checks, alarms, topics, owners, the way to Slack."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from launchready.aws.monitoring.kind import canonical
from launchready.declared.monitors import (
    SLACK_PATHS,
    SLACK_TEMPLATE,
    Alarm,
    Monitor,
    Monitoring,
    Slack,
    Subscription,
    Topic,
)
from launchready.drift import outside
from launchready.drift.compare import Run, Thing, compared
from launchready.drift.state import Resource
from launchready.drift.types import Difference

Json = Mapping[str, Any]
_PENDING = "PendingConfirmation"
_DELETED = "Deleted"
_TARGET = "slack"


def differences(run: Run) -> Iterator[Difference]:
    monitoring = run.declared.monitoring
    if monitoring is None or monitoring.provider != "aws":
        return
    yield from compared(run, _health_checks(run, monitoring))
    for topic in monitoring.topics:
        yield from compared(run, _topic(run, topic))
    yield from compared(run, _alarms(run, monitoring))
    yield from compared(run, _owners(run, monitoring))
    for way in monitoring.slack:
        yield from compared(run, _slack(run, way))


# ---- Route 53 -----------------------------------------------------------------------------------


def _health_checks(run: Run, monitoring: Monitoring) -> Iterator[Thing]:
    result = run.aws(outside.HEALTH_CHECKS, "health checks")
    if result is None:
        return
    checks: list[Json] = result.data.get("HealthChecks", [])
    for monitor in monitoring.monitors:
        resource = run.state.get("HealthCheck", monitor.name)
        found = _check_of(monitor, checks, resource)
        config = found["HealthCheckConfig"] if found is not None else None
        yield Thing(
            "healthcheck", monitor.url, _wanted_check(monitor),
            None if config is None else _live_check(config),
            None if resource is None else _state_check(resource.values),
            facts={"key": monitor.key}, show=_show_check,
        )  # fmt: skip


def _check_of(monitor: Monitor, checks: list[Json], resource: Resource | None) -> Json | None:
    """The health check of the state, else one that watches the same URL, an enabled one first."""
    own = next((one for one in checks if resource is not None and one["Id"] == resource.id), None)
    if own is not None:
        return own
    same = [one for one in checks if _watches(one["HealthCheckConfig"], monitor)]
    return min(same, key=lambda one: bool(one["HealthCheckConfig"].get("Disabled")), default=None)


def _watches(config: Json, monitor: Monitor) -> bool:
    host = str(config.get("FullyQualifiedDomainName", "")).lower().rstrip(".")
    return host == monitor.host and (config.get("ResourcePath") or "/") == monitor.path


def _wanted_check(monitor: Monitor) -> dict[str, Any]:
    return {
        "host": monitor.host, "path": monitor.path, "interval": monitor.interval,
        "failure_threshold": monitor.failure_threshold, "search": monitor.contains or None,
        "regions": sorted(monitor.regions), "disabled": False, "inverted": False,
    }  # fmt: skip


def _live_check(config: Json) -> dict[str, Any]:
    return {
        "host": str(config.get("FullyQualifiedDomainName", "")).lower().rstrip("."),
        "path": config.get("ResourcePath") or "/", "interval": config.get("RequestInterval"),
        "failure_threshold": config.get("FailureThreshold"), "search": config.get("SearchString") or None,
        "regions": sorted(config.get("Regions") or ()), "disabled": bool(config.get("Disabled")),
        "inverted": bool(config.get("Inverted")),
    }  # fmt: skip


def _state_check(values: Json) -> dict[str, Any]:
    found = {key: values.get(key) for key in ("host", "path", "interval", "failure_threshold")}
    return found | {
        "search": values.get("search") or None, "regions": sorted(values.get("regions") or ()),
        "disabled": bool(values.get("disabled")), "inverted": bool(values.get("inverted")),
    }  # fmt: skip


def _show_check(side: Json) -> str:
    words = [f"every {side['interval']} s, {side['failure_threshold']} failures"]
    words += [word for word in ("disabled", "inverted") if side[word]]
    words += [f"looks for {side['search']!r}"] if side["search"] else []
    words += [f"from {', '.join(side['regions'])}"] if side["regions"] else []
    return f"{side['host']}{side['path']} " + ", ".join(words)


# ---- CloudWatch and SNS -------------------------------------------------------------------------


def _alarms(run: Run, monitoring: Monitoring) -> Iterator[Thing]:
    wanted = {alarm.name: alarm for alarm in monitoring.alarms}
    for region in dict.fromkeys(topic.region for topic in monitoring.topics):
        result = run.aws(outside.alarms(monitoring, region), f"alarms in {region}")
        if result is None:
            continue
        live = {one["AlarmName"]: one for one in result.data.get("MetricAlarms", [])}
        for alarm in (one for one in wanted.values() if one.region == region):
            yield _alarm(run, monitoring, alarm, live.get(alarm.name))
        for foreign in sorted(set(live) - set(wanted)):
            yield _foreign_alarm(run, foreign, live[foreign], region)


def _foreign_alarm(run: Run, name: str, found: Json, region: str) -> Thing:
    resource = next((one for one in run.state.of("Alarm") if one.values.get("name") == name), None)
    delete = run.fixes.aws("cloudwatch", "delete-alarms", "--alarm-names", name, region=region)
    return Thing(
        "alarm", f"alarm {name}", None, {"metric": found.get("MetricName")},
        None if resource is None else {"metric": resource.values.get("metric")},
        delete if resource is None else None, show=lambda side: f"on {side['metric']}",
    )  # fmt: skip


_ALARM = (
    "namespace", "metric", "dimensions", "statistic", "comparison", "threshold", "period",
    "evaluation_periods", "treat_missing", "actions", "missing_actions", "enabled",
)  # fmt: skip


def _alarm(run: Run, monitoring: Monitoring, alarm: Alarm, found: Json | None) -> Thing:
    resource = run.state.get("Alarm", alarm.resource)
    topic = outside.topic_arn(run.outside, monitoring.topic(alarm.region).name, alarm.region)
    live = None if found is None else _live_alarm(found)
    declared = _wanted_alarm(run, alarm, topic, live)
    state = None if resource is None else {key: canonical(resource.values.get(key)) for key in _ALARM}
    return Thing(
        "alarm", f"alarm {alarm.name}", declared, live,
        None if state is None else state | {"enabled": bool(state["enabled"])},
        facts={"key": alarm.key},
        show=_show_alarm,
    )  # fmt: skip


def _wanted_alarm(run: Run, alarm: Alarm, topic: str | None, live: Json | None) -> dict[str, Any]:
    """``topic``: its ARN, None where it is gone or not known: another item tells that."""
    dimensions: Any = dict(alarm.dimensions)
    if alarm.monitor is not None:
        check = run.state.get("HealthCheck", alarm.monitor)
        checks = run.outside.aws.get(outside.HEALTH_CHECKS.id)
        alive = {one["Id"] for one in checks.data.get("HealthChecks", [])} if checks is not None else set()
        if check is not None and check.id in alive:
            dimensions = {"HealthCheckId": check.id}
        else:  # no such check: that is an item of its own
            dimensions = live["dimensions"] if live is not None else None
    actions = [topic] if topic is not None else live["actions"] if live is not None else None
    return {
        "namespace": alarm.namespace, "metric": alarm.metric, "dimensions": canonical(dimensions),
        "statistic": alarm.statistic, "comparison": alarm.comparison, "threshold": canonical(alarm.threshold),
        "period": alarm.period, "evaluation_periods": alarm.evaluation_periods,
        "treat_missing": alarm.treat_missing, "actions": actions, "enabled": True,
        "missing_actions": actions if alarm.kind == "health" else None,
    }  # fmt: skip


def _live_alarm(found: Json) -> dict[str, Any]:
    """``actions``: what is told both when it alarms and when it is over."""
    both = sorted(set(found.get("AlarmActions") or ()) & set(found.get("OKActions") or ()))
    return {
        "namespace": found.get("Namespace"), "metric": found.get("MetricName"),
        "dimensions": canonical({one["Name"]: one["Value"] for one in found.get("Dimensions") or ()}),
        "statistic": found.get("Statistic"), "comparison": found.get("ComparisonOperator"),
        "threshold": canonical(found.get("Threshold")), "period": found.get("Period"),
        "evaluation_periods": found.get("EvaluationPeriods"),
        "treat_missing": found.get("TreatMissingData") or "missing", "actions": both or None,
        "missing_actions": sorted(found.get("InsufficientDataActions") or ()) or None,
        "enabled": bool(found.get("ActionsEnabled")),
    }  # fmt: skip


def _show_alarm(side: Json) -> str:
    told = ", ".join(str(arn).rpartition(":")[2] for arn in side["actions"] or ()) or "nobody"
    off = "" if side["enabled"] else ", actions off"
    return (
        f"{side['metric']} {side['comparison']} {side['threshold']} over {side['evaluation_periods']} × "
        f"{side['period']} s, missing data {side['treat_missing']}, tells {told}{off}"
    )


def _topic(run: Run, topic: Topic) -> Iterator[Thing]:
    if run.aws(outside.topics(topic.region), f"topics in {topic.region}") is None:
        return
    arn = outside.topic_arn(run.outside, topic.name, topic.region)
    resource = run.state.get("Topic", topic.resource)
    yield Thing(
        "topic", f"topic {topic.name} in {topic.region}", {"name": topic.name},
        None if arn is None else {"name": topic.name},
        None if resource is None else {"name": resource.values.get("name")},
        show=lambda side: str(side["name"]),
    )  # fmt: skip


def _owners(run: Run, monitoring: Monitoring) -> Iterator[Thing]:
    for topic in monitoring.topics:
        arn = outside.topic_arn(run.outside, topic.name, topic.region)
        if arn is None:
            continue  # the topic is an item, or AWS did not tell
        result = run.aws(outside.subscriptions(arn, topic.region), f"owners in {topic.region}")
        if result is None:
            continue
        listed: list[Json] = result.data.get("Subscriptions", [])
        live = {(one["Protocol"], _endpoint(one["Protocol"], one["Endpoint"])): one for one in listed}
        wanted = {
            (one.protocol, _endpoint(one.protocol, one.endpoint)): one
            for one in monitoring.subscriptions
            if one.region == topic.region
        }
        for who, owner in wanted.items():
            yield from _owner(run, owner, live.get(who))
        for who in sorted(set(live) - set(wanted)):
            yield from _stranger(run, live[who], topic.region)


def _endpoint(protocol: str, endpoint: str) -> str:
    return endpoint.strip().lower() if protocol == "email" else endpoint.strip()


def _owner(run: Run, owner: Subscription, found: Json | None) -> Iterator[Thing]:
    resource = run.state.get("Subscription", owner.resource)
    arn = str(found["SubscriptionArn"]) if found is not None else _DELETED
    live = None if arn == _DELETED else {"subscribed": True, "confirmed": arn != _PENDING}
    state = (
        None
        if resource is None
        else {"subscribed": True, "confirmed": bool(resource.values.get("confirmed"))}
    )
    confirm = (
        f"{owner.endpoint} opens the link in AWS's mail; after two days, {run.fixes.up()} sends another"
        if live is not None
        else None
    )
    thing = Thing(
        "subscription", f"{owner.protocol} {owner.endpoint} in {owner.region}",
        {"subscribed": True, "confirmed": True}, live, state, confirm, {"key": owner.key},
        show=lambda side: "confirmed" if side["confirmed"] else "not confirmed",
    )  # fmt: skip
    if live is not None and live["confirmed"]:
        # the state knows how it was when it was made; that owners confirm later is as it should be
        yield Thing(thing.area, thing.subject, thing.declared, live, live if state else None, show=thing.show)
    else:
        yield thing


def _stranger(run: Run, found: Json, region: str) -> Iterator[Thing]:
    arn = str(found["SubscriptionArn"])
    if arn == _DELETED:
        return
    who = f"{found['Protocol']} {found['Endpoint']}"
    resource = next((one for one in run.state.of("Subscription") if one.id == arn), None)
    if arn == _PENDING:
        fix: str | None = "nothing to do: AWS forgets it unless somebody confirms it within two days"
    else:
        fix = run.fixes.aws("sns", "unsubscribe", "--subscription-arn", arn, region=region)
        key = {"email": "email", "sms": "sms"}.get(str(found["Protocol"]))
        if key is not None:
            fix += (
                f"\nor declare it: add {json.dumps(found['Endpoint'])} to launchready:monitors.notify.{key}"
            )
    yield Thing(
        "subscription", f"{who} in {region}", None, {"confirmed": arn != _PENDING},
        None if resource is None else {"confirmed": True}, fix if resource is None else None,
        show=lambda side: "confirmed" if side["confirmed"] else "not confirmed",
    )  # fmt: skip


# ---- EventBridge --------------------------------------------------------------------------------


def _slack(run: Run, way: Slack) -> Iterator[Thing]:
    subject = f"Slack in {way.region}"
    rule = run.aws(outside.rule(way.name, way.region), subject)
    targets = run.aws(outside.targets(way.name, way.region), subject)
    place = run.aws(outside.destination(way.name, way.region), subject)
    if rule is None or targets is None or place is None:
        return
    resource = run.state.get("Rule", way.resource)
    live = None
    if not rule.missing:
        target: Json = next((t for t in targets.data.get("Targets", []) if t["Id"] == _TARGET), {})
        transformer = target.get("InputTransformer") or {}
        live = {
            "enabled": rule.data.get("State") == "ENABLED",
            "pattern": _pattern(rule.data.get("EventPattern")),
            "paths": transformer.get("InputPathsMap") or {}, "template": transformer.get("InputTemplate"),
            "to": _last_but_one(target.get("Arn")),
        }  # fmt: skip
    wanted = {
        "enabled": True, "pattern": _pattern(way.pattern), "paths": dict(SLACK_PATHS),
        "template": SLACK_TEMPLATE, "to": way.name,
    }  # fmt: skip
    state = None
    if resource is not None:
        values = resource.values
        state = {
            "enabled": bool(values.get("enabled")), "pattern": _pattern(values.get("pattern")),
            "paths": values.get("paths") or {}, "template": values.get("template"),
            "to": _last_but_one(values.get("target_arn")),
        }  # fmt: skip
    yield Thing("chat", f"{subject}: rule {way.name}", wanted, live, state, show=_show_rule)
    made = run.state.get("ApiDestination", way.resource)
    yield Thing(
        "chat", f"{subject}: destination {way.name}", {"name": way.name},
        None if place.missing else {"name": place.data.get("Name")},
        None if made is None else {"name": made.values.get("name")}, show=lambda side: str(side["name"]),
    )  # fmt: skip


def _pattern(text: Any) -> str:
    try:
        return json.dumps(json.loads(text or "{}"), sort_keys=True)
    except (TypeError, ValueError):
        return str(text)


def _last_but_one(arn: Any) -> str:
    """A destination's name out of its ARN, which ends with an id of its own."""
    parts = str(arn or "").split("/")
    return parts[1] if len(parts) > 1 else ""


def _show_rule(side: Json) -> str:
    return f"{'on' if side['enabled'] else 'off'}, to {side['to'] or 'nobody'}, {side['pattern']}"

"""CloudWatch's alarms brought to life: evaluated on what was measured, their changes told to owners."""

from __future__ import annotations

import json
import logging
import secrets
from collections import deque
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from launchready.edge.monitoring import cloud, messages
from launchready.edge.monitoring.alarms import INSUFFICIENT, Rule, Verdict, evaluate, series, windows
from launchready.edge.monitoring.expression import ExpressionError, value_of
from launchready.edge.monitoring.messages import Change
from launchready.edge.state import EdgeState

log = logging.getLogger(__name__)

MAX_HISTORY = 500
Found = list[tuple[float, float] | None]


class Watch:
    """``look`` evaluates every alarm; ``changed`` tells about one."""

    def __init__(self, state: EdgeState) -> None:
        self._state = state
        self._history: dict[tuple[str, str], deque[dict[str, Any]]] = {}

    def look(self) -> int:
        """Evaluate every alarm now; how many changed."""
        now = self._state.clock.now().timestamp()
        changes = 0
        for backend in cloud.alarm_backends():
            alarms = [alarm for alarm in list(backend.alarms.values()) if alarm.rule is None]
            wanted = {key for alarm in alarms for key in _metrics(alarm)}
            measured = cloud.data_of(backend, wanted)
            for alarm in alarms:
                verdict = _verdict(alarm, measured, now)
                if verdict is not None and verdict.state != alarm.state_value:
                    changes += 1
                    data = json.dumps(_reason_data(alarm, verdict, now))
                    backend.set_alarm_state(alarm.name, verdict.reason, data, verdict.state)
        return changes

    def changed(self, backend: Any, alarm: Any, old: str, since: datetime) -> None:
        """The alarm is in another state: into its history, onto the event bus, to its actions."""
        change = self._change(backend, alarm, old, since)
        summary = f"Alarm updated from {old} to {change.new}"
        self._remember(backend, alarm, "StateUpdate", summary, _state_data(change))
        if self._state.defect("monitor.silent", alarm.name) is not None:
            return
        _emit(change)
        if not alarm.actions_enabled:
            return
        for arn in change.actions[change.new]:
            summary = self._act(change, arn)
            self._remember(backend, alarm, "Action", summary, {"notificationResource": arn})

    def history(self, backend: Any, name: str | None) -> list[dict[str, Any]]:
        """Newest first."""
        wanted = [
            items
            for (region, alarm), items in list(self._history.items())
            if region == _place(backend) and name in (None, alarm)
        ]
        return sorted(
            (item for items in wanted for item in reversed(items)),
            key=lambda item: item["Timestamp"],
            reverse=True,
        )

    def _remember(self, backend: Any, alarm: Any, kind: str, summary: str, data: Mapping[str, Any]) -> None:
        items = self._history.setdefault((_place(backend), alarm.name), deque(maxlen=MAX_HISTORY))
        items.append(
            {
                "AlarmName": alarm.name,
                "AlarmType": "MetricAlarm",
                "Timestamp": self._state.clock.now().astimezone(UTC).replace(tzinfo=None),
                "HistoryItemType": kind,
                "HistorySummary": summary,
                "HistoryData": json.dumps({"version": "1.0", **data}),
            }
        )

    def _change(self, backend: Any, alarm: Any, old: str, since: datetime) -> Change:
        shown = alarm.metric_data_queries[0].metric_stat if alarm.metric_data_queries else None
        metric = {
            "namespace": alarm.namespace or (shown.metric.namespace if shown else ""),
            "name": alarm.metric_name or (shown.metric.metric_name if shown else ""),
            "dimensions": cloud.dimensions(alarm.dimensions or (shown.metric.dimensions if shown else ())),
            "period": _period(alarm),
            "statistic": alarm.statistic or alarm.extended_statistic or (shown.stat if shown else ""),
            "threshold": float(alarm.threshold or 0.0),
            "comparison": alarm.comparison_operator,
            "periods": int(alarm.evaluation_periods or 1),
            "needed": int(alarm.datapoints_to_alarm or alarm.evaluation_periods or 1),
            "missing": alarm.treat_missing_data or "missing",
            "unit": alarm.unit,
        }
        return Change(
            account=backend.account_id,
            region=backend.region_name,
            name=alarm.name,
            arn=alarm.alarm_arn,
            description=alarm.description or "",
            old=old,
            new=alarm.state_value,
            reason=alarm.state_reason,
            reason_data=alarm.state_reason_data or "{}",
            at=self._state.clock.now(),
            updated=alarm.configuration_updated_timestamp.replace(tzinfo=UTC),
            since=since.replace(tzinfo=UTC),
            metric=metric,
            actions={
                "OK": tuple(alarm.ok_actions),
                "ALARM": tuple(alarm.alarm_actions),
                "INSUFFICIENT_DATA": tuple(alarm.insufficient_data_actions),
            },
        )

    def _act(self, change: Change, arn: str) -> str:
        """Run one action; what history says of it."""
        from moto.core.exceptions import ServiceException
        from moto.sns.models import sns_backends

        parts = arn.split(":")
        if len(parts) < 6 or parts[2] != "sns":
            return f"The action {arn} is of a kind that a local edge does not play"
        text = messages.alarm_json(change)
        body = {"default": text, "email": messages.alarm_mail(change), "sms": messages.subject(change)}
        try:
            sns_backends[parts[4]][parts[3]].publish(
                json.dumps(body), arn, subject=messages.subject(change), message_structure="json"
            )
        except ServiceException as error:
            return f"Failed to execute action {arn}: {error}"
        return f"Successfully executed action {arn}"


def _place(backend: Any) -> str:
    return f"{backend.account_id}/{backend.region_name}"


def _emit(change: Change) -> None:
    """The event, to every rule of the default bus that matches it."""
    from moto.events.models import events_backends

    regions = events_backends[change.account]
    if change.region not in regions:
        return
    event: Any = messages.alarm_event(change, secrets.token_hex(16))
    event["ingestion-time"] = change.at.timestamp()
    for rule in list(regions[change.region].describe_event_bus("default").rules.values()):
        rule.send_to_targets(event)


def _period(alarm: Any) -> int:
    if alarm.period:
        return int(alarm.period)
    stats = [q.metric_stat for q in alarm.metric_data_queries if q.metric_stat is not None]
    return max((int(stat.period) for stat in stats), default=60)


def _key(metric: Any) -> cloud.MetricKey:
    return (metric.namespace, metric.metric_name, cloud.dimensions(metric.dimensions))


def _metrics(alarm: Any) -> list[cloud.MetricKey]:
    if alarm.metric_name:
        return [_key(alarm)]
    return [_key(q.metric_stat.metric) for q in alarm.metric_data_queries if q.metric_stat is not None]


def _verdict(alarm: Any, data: Mapping[cloud.MetricKey, Any], now: float) -> Verdict | None:
    """None: an alarm of a kind that is not evaluated here (anomaly detection)."""
    rule = Rule(
        period=_period(alarm),
        periods=int(alarm.evaluation_periods or 1),
        needed=int(alarm.datapoints_to_alarm or alarm.evaluation_periods or 1),
        comparison=str(alarm.comparison_operator),
        threshold=float(alarm.threshold or 0.0),
        missing=alarm.treat_missing_data or "missing",
    )
    if rule.comparison.startswith(("LessThanLower", "GreaterThanUpper")) or rule.comparison.endswith("Upper"):
        return None
    count = windows(rule)
    if alarm.metric_name:
        statistic = str(alarm.statistic or alarm.extended_statistic or "Average")
        found = series(data[_key(alarm)], rule.period, count, now, statistic)
        return evaluate(rule, found, alarm.state_value)
    try:
        return evaluate(rule, _computed(alarm, data, rule.period, count, now), alarm.state_value)
    except ExpressionError as error:
        return Verdict(INSUFFICIENT, f"The expression can't be computed by a local edge: {error}")


def _computed(alarm: Any, data: Mapping[cloud.MetricKey, Any], period: int, count: int, now: float) -> Found:
    """The series that a metric-math alarm returns."""
    known: dict[str, Found] = {}
    for query in alarm.metric_data_queries:
        if query.metric_stat is not None:
            stat = query.metric_stat
            known[query.id] = series(data[_key(stat.metric)], period, count, now, str(stat.stat))
    shown = [q for q in alarm.metric_data_queries if q.return_data in (None, True, "true")]
    if len(shown) != 1:
        raise ExpressionError("exactly one of the metrics has to be returned")
    if shown[0].metric_stat is not None:
        return known[shown[0].id]
    expressions = {q.id: str(q.expression) for q in alarm.metric_data_queries if q.expression}
    out: Found = []
    for index in range(count):
        values = {name: (found[index][1] if found[index] else None) for name, found in known.items()}  # type: ignore[index]
        value = value_of(shown[0].id, expressions, values)
        out.append(None if value is None else (now - (index + 1) * period, value))
    return out


def _reason_data(alarm: Any, verdict: Verdict, now: float) -> dict[str, Any]:
    at = datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000")
    return {
        "version": "1.0",
        "queryDate": at,
        "statistic": alarm.statistic,
        "period": _period(alarm),
        "recentDatapoints": list(verdict.datapoints),
        "threshold": float(alarm.threshold or 0.0),
    }


def _state_data(change: Change) -> dict[str, Any]:
    return {
        "oldState": {"stateValue": change.old},
        "newState": {"stateValue": change.new, "stateReason": change.reason},
    }

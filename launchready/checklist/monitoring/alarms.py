"""Alarms: every declared one exists, as declared, leads to its topic, and is quiet."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from launchready.checklist.monitoring.live import (
    Json,
    alarm,
    basics,
    health_check,
    judged,
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
from launchready.declared.monitors import Alarm, Monitoring

_PUT = "docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html"
UP = Fix("launchready:monitors", "run `launch up`, and find out who changed it")


def _each(subject: Subject, judge: Callable[[Alarm, Json], Outcome]) -> Iterator[Outcome]:
    """One outcome for every declared alarm that there is."""

    def over(declared: Monitoring) -> Iterator[Outcome]:
        for wanted in declared.alarms:
            found = alarm(subject, declared, wanted)
            yield not_applicable(wanted.name, "no such alarm") if found is None else judge(wanted, found)

    return judged(subject, over)


@check(
    "monitoring.alarm.exists",
    severity=Severity.HIGH,
    needs=[basics],
    reference=_PUT,
    defect="an alarm is missing: a health check, the error rate or the certificates wake nobody",
    fix=Fix("launchready:monitors", "run `launch up`: it makes the alarms that are missing"),
    public=False,
)
def every_alarm_exists(subject: Subject) -> Iterable[Outcome]:
    """Every declared alarm exists: one for each URL, the error rate's, the certificates'."""

    def judge(declared: Monitoring) -> Iterator[Outcome]:
        for wanted in declared.alarms:
            if alarm(subject, declared, wanted) is None:
                yield failed(wanted.name, f"no such alarm in {wanted.region}", expected="an alarm")
            else:
                yield passed(wanted.name, wanted.region)

    return judged(subject, judge)


@check(
    "monitoring.alarm.declared",
    severity=Severity.MEDIUM,
    needs=[basics],
    reference=_PUT,
    defect="an alarm watches another metric, or with another threshold, period or silence than is declared",
    fix=UP,
    public=False,
)
def alarms_are_as_declared(subject: Subject) -> Iterable[Outcome]:
    """Metric, dimensions, threshold, period and missing data of every alarm are the declared ones."""

    def judge(wanted: Alarm, found: Json) -> Outcome:
        differs = list(_differs(subject, wanted, found))
        if differs:
            return failed(wanted.name, "; ".join(differs), expected="as declared")
        return passed(wanted.name, f"{wanted.metric} {wanted.comparison} {wanted.threshold:g}")

    return _each(subject, judge)


def _differs(subject: Subject, wanted: Alarm, found: Json) -> Iterator[str]:
    for key, value in {
        "Namespace": wanted.namespace,
        "MetricName": wanted.metric,
        "Statistic": wanted.statistic,
        "ComparisonOperator": wanted.comparison,
        "Threshold": wanted.threshold,
        "Period": wanted.period,
        "EvaluationPeriods": wanted.evaluation_periods,
        "TreatMissingData": wanted.treat_missing,
    }.items():
        if found.get(key) != value:
            yield f"{key} is {found.get(key)}, not {value}"
    held = {one["Name"]: one["Value"] for one in found.get("Dimensions") or ()}
    dimensions = dict(wanted.dimensions)
    if wanted.monitor is not None:
        declared = subject.declared.monitoring
        monitor = next(one for one in declared.monitors if one.name == wanted.monitor) if declared else None
        check_found = health_check(subject, monitor) if monitor is not None else None
        if check_found is None:
            return  # monitoring.monitor.exists tells that
        dimensions = {"HealthCheckId": str(check_found["Id"])}
    if held != dimensions:
        yield f"Dimensions are {held}, not {dimensions}"


@check(
    "monitoring.alarm.actions",
    severity=Severity.HIGH,
    needs=[basics],
    reference=f"{_PUT} (ActionsEnabled, AlarmActions, OKActions)",
    defect="an alarm tells nobody: its actions are off, lead elsewhere, or to a topic that is gone",
    fix=UP,
    public=False,
)
def alarms_lead_to_their_topic(subject: Subject) -> Iterable[Outcome]:
    """Every alarm has its actions on, and tells its topic when it begins and when it is over."""

    def over(declared: Monitoring) -> Iterator[Outcome]:
        for wanted in declared.alarms:
            found = alarm(subject, declared, wanted)
            if found is None:
                yield not_applicable(wanted.name, "no such alarm")
                continue
            wrong = _silent(found, topic_arn(subject, declared, wanted.region))
            if wrong:
                yield failed(wanted.name, wrong, expected=f"alarms and recoveries go to {declared.name}")
            else:
                yield passed(wanted.name, declared.name)

    return judged(subject, over)


def _silent(found: Json, topic: str | None) -> str:
    if topic is None:
        return "the topic does not exist"
    if not found.get("ActionsEnabled"):
        return "actions are off"
    for key, when in (("AlarmActions", "it alarms"), ("OKActions", "it is over")):
        if topic not in (found.get(key) or ()):
            return f"nobody is told when {when}"
    return ""


@check(
    "monitoring.alarm.quiet",
    severity=Severity.HIGH,
    needs=[basics],
    reference="docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring (alarm states)",
    defect="an alarm is going off now: a URL is down, or the error rate is too high",
    fix=Fix("launchready:monitors", "mend what it is about; the alarm's reason names it"),
    public=False,
)
def no_alarm_is_going_off(subject: Subject) -> Iterable[Outcome]:
    """No alarm on a URL or on the error rate is going off."""

    def judge(wanted: Alarm, found: Json) -> Outcome:
        if wanted.kind == "expiry":
            # its metric comes from this very run: row tls judges the certificates
            return not_applicable(wanted.name, "told by the certificates themselves")
        if found.get("StateValue") == "ALARM":
            return failed(wanted.name, str(found.get("StateReason", "ALARM"))[:200], expected="OK")
        return passed(wanted.name, str(found.get("StateValue")))

    return _each(subject, judge)


@check(
    "monitoring.errors",
    severity=Severity.HIGH,
    reference="checklist: monitoring (error rate)",
    defect="no error rate is watched: a site that answers, and fails inside, wakes nobody",
    fix=Fix("launchready:monitors.errors", "name the CloudWatch metric that counts the application's errors"),
    public=False,
)
def an_error_rate_is_watched(subject: Subject) -> Iterable[Outcome]:
    """An alarm on the application's error rate is declared."""

    def judge(declared: Monitoring) -> Iterator[Outcome]:
        found = next((one for one in declared.alarms if one.kind == "errors"), None)
        if found is None:
            yield failed(subject.declared.domain, "no metric is named", expected="monitors.errors")
        else:
            yield passed(subject.declared.domain, f"{found.namespace} {found.metric}")

    return judged(subject, judge)


@check(
    "monitoring.expiry",
    severity=Severity.MEDIUM,
    needs=[basics],
    reference="Route 53 health checks don't look at certificates; CloudWatch TreatMissingData",
    defect="nobody is told when a certificate is about to end, or when nobody looks any more",
    fix=Fix("launchready:monitors.expiry_days", "run `launch up`, and `launch verify` every night"),
    public=False,
)
def certificates_are_watched(subject: Subject) -> Iterable[Outcome]:
    """The alarm on the days that certificates have left exists, and goes off without data too."""

    def judge(declared: Monitoring) -> Iterator[Outcome]:
        wanted = next(one for one in declared.alarms if one.kind == "expiry")
        found = alarm(subject, declared, wanted)
        if found is None:
            yield failed(wanted.name, "no such alarm", expected="an alarm on certificates")
        elif found.get("TreatMissingData") != "breaching":
            observed = f"missing data is {found.get('TreatMissingData', 'missing')}"
            yield failed(wanted.name, observed, expected="missing data alarms")
        else:
            yield passed(wanted.name, f"fewer than {wanted.threshold:g} days, or no data for two")

    return judged(subject, judge)

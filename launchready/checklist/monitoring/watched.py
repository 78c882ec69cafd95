"""Health checks: every declared URL has one, set as declared; the pages that matter are among them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from launchready.checklist.monitoring.live import (
    NOBODY,
    Json,
    basics,
    elsewhere,
    health_check,
    judged,
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
    undecided,
)
from launchready.client_file.portal_model import Portal
from launchready.client_file.watched import LOG_IN, portal_endpoints
from launchready.declared.monitors import Monitor, Monitoring
from launchready.evidence.types import Cause, HttpProbe, HttpResult, Probe

UP = Fix("launchready:monitors", "run `launch up`: it makes the health checks that are missing")
SEARCHED = 5_120
"""Bytes of a page in which Route 53 looks for a text."""


@check(
    "monitoring.monitor.exists",
    severity=Severity.HIGH,
    needs=[basics],
    reference="checklist: monitoring; docs.aws.amazon.com/Route53 (health checks)",
    defect="a URL that should be watched has no health check, or one that is disabled or inverted",
    fix=UP,
    public=False,
)
def every_url_has_a_health_check(subject: Subject) -> Iterable[Outcome]:
    """Every declared URL has an HTTPS health check that is on."""
    declared = subject.declared.monitoring
    if declared is not None and declared.provider != "aws":
        return [elsewhere(subject, declared.provider)]

    def judge(declared: Monitoring) -> Iterator[Outcome]:
        for monitor in declared.monitors:
            found = health_check(subject, monitor)
            if found is None:
                yield failed(monitor.url, "no health check", expected="an HTTPS health check")
                continue
            config = found["HealthCheckConfig"]
            off = [word for word in ("Disabled", "Inverted") if config.get(word)]
            if off:
                yield failed(monitor.url, " and ".join(off).lower(), expected="a health check that is on")
            else:
                yield passed(monitor.url, f"health check {found['Id']}")

    return judged(subject, judge)


@check(
    "monitoring.monitor.declared",
    severity=Severity.MEDIUM,
    needs=[basics],
    reference="docs.aws.amazon.com/Route53/latest/APIReference/API_HealthCheckConfig.html",
    defect="a health check looks less often, later, elsewhere or for something else than is declared",
    fix=Fix("launchready:monitors", "run `launch up`, and find out who changed it"),
    public=False,
)
def health_checks_are_as_declared(subject: Subject) -> Iterable[Outcome]:
    """Interval, threshold, text, regions and SNI of every health check are the declared ones."""

    def judge(declared: Monitoring) -> Iterator[Outcome]:
        for monitor in declared.monitors:
            found = health_check(subject, monitor)
            if found is None:
                yield not_applicable(monitor.url, "no health check")
                continue
            differs = list(_differs(found["HealthCheckConfig"], monitor))
            if differs:
                yield failed(monitor.url, "; ".join(differs), expected="as declared")
            else:
                yield passed(monitor.url, f"every {monitor.interval} s, {monitor.failure_threshold} failures")

    return judged(subject, judge)


def _differs(config: Json, monitor: Monitor) -> Iterator[str]:
    wanted = {
        "RequestInterval": monitor.interval,
        "FailureThreshold": monitor.failure_threshold,
        "SearchString": monitor.contains or "",
        "Port": 443,
        "EnableSNI": True,
    }
    for key, value in wanted.items():
        if (config.get(key) or ("" if key == "SearchString" else None)) != value:
            yield f"{key} is {config.get(key)}, not {value}"
    if set(config.get("Regions") or ()) != set(monitor.regions):
        yield f"Regions are {', '.join(config.get('Regions') or ['all'])}"


@check(
    "monitoring.monitor.covers",
    severity=Severity.HIGH,
    reference="checklist: monitoring (home page, log-in and portal)",
    defect="the home page, the log-in or the portal is not among the URLs that are watched",
    fix=Fix("launchready:monitors.paths", "add the page's path (and its host to monitors.hosts)"),
    public=False,
)
def the_pages_that_matter_are_watched(subject: Subject) -> Iterable[Outcome]:
    """Home page, log-in and portal are among the watched URLs."""
    declared = subject.declared.monitoring
    if declared is None:
        yield not_applicable(subject.declared.domain, NOBODY)
        return
    urls = {monitor.name for monitor in declared.monitors}
    for what, names in _needed(subject, declared):
        found = sorted(urls.intersection(names))
        if found:
            yield passed(what, f"https://{found[0]}")
        else:
            yield failed(what, f"{len(urls)} URLs are watched, and it is none of them", expected=names[0])


def _needed(subject: Subject, declared: Monitoring) -> Iterator[tuple[str, tuple[str, ...]]]:
    """What must be watched, and the URLs of which one will do."""
    client = subject.client
    apex = client.hosts.get("@")
    homes = {subject.declared.domain, f"www.{subject.declared.domain}"}
    if apex is not None and apex.redirect is not None and "://" not in apex.redirect:
        homes.add(client.fqdn(apex.redirect))
    yield "home page", tuple(f"{host}/" for host in sorted(homes))
    if isinstance(client.portal, Portal):
        portal = next(iter(portal_endpoints(client)), None)
        if portal is not None:
            yield "portal", (portal.name,)
        logins = tuple(one.name for one in declared.monitors if LOG_IN.search(one.path))
        known = tuple(one.name for one in portal_endpoints(client) if one.key == "portal.login.path")
        yield "log-in", logins + known or ("a log-in page",)


def _pages(subject: Subject) -> Iterator[Probe]:
    declared = subject.declared.monitoring
    return (HttpProbe(monitor.url) for monitor in (declared.monitors if declared is not None else ()))


@check(
    "monitoring.monitor.answers",
    severity=Severity.HIGH,
    needs=[_pages],
    reference="docs.aws.amazon.com/Route53/latest/DeveloperGuide (how it determines health: 200–399)",
    defect="a watched URL does not answer as its monitor expects: it alarms from the first minute",
    fix=Fix("launchready:monitors", "mend the page, or correct its path, expect or contains"),
    public=False,
)
def watched_urls_answer_as_expected(subject: Subject) -> Iterable[Outcome]:
    """Every watched URL answers with its status (any 2xx or 3xx by default) and contains its text."""
    declared = subject.declared.monitoring
    if declared is None:
        yield not_applicable(subject.declared.domain, NOBODY)
        return
    for monitor in declared.monitors:
        result = subject.evidence.http(monitor.url)
        if result.cause is not None and result.cause is not Cause.PLACEHOLDER:
            yield undecided(monitor.url, result)
            continue
        wrong, expected = _wrong(monitor, result)
        if wrong:
            yield failed(monitor.url, wrong, expected=expected, evidence=[result.probe.id])
        else:
            yield passed(monitor.url, str(result.status), expected=expected, evidence=[result.probe.id])


def _wrong(monitor: Monitor, result: HttpResult) -> tuple[str, str]:
    """What is wrong with an answer ("" if nothing is), and what was expected."""
    status = result.status or 0
    expected = "200–399" if monitor.expect is None else str(monitor.expect)
    right = 200 <= status < 400 if monitor.expect is None else status == monitor.expect
    if not right:
        return str(status), expected
    if monitor.contains is not None:
        expected = f"{expected} with {monitor.contains!r}"
        if monitor.contains.encode() not in result.body[:SEARCHED]:
            return f"{status} without the text", expected
    return "", expected

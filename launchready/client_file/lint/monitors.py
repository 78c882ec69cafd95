"""Lints of what ``monitors`` watch: intervals, URLs, regions, the error rate, what a plan lacks."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from launchready.client_file.lint.context import Context
from launchready.client_file.lint.quota import too_many
from launchready.client_file.lint.registry import Hit, Level, rule
from launchready.client_file.monitors_model import ErrorMetric, Monitors, watches
from launchready.client_file.portal_model import Portal
from launchready.client_file.watched import LOG_IN, Watched, declared_endpoints, watched

HEALTH_CHECK_REGIONS = (
    "us-east-1", "us-west-1", "us-west-2", "eu-west-1", "ap-southeast-1", "ap-southeast-2",
    "ap-northeast-1", "sa-east-1",
)  # fmt: skip
"""From where Route 53 can watch (its API's HealthCheckRegion)."""
LEAST_REGIONS = 3
INTERVALS = (10, 30)
LONGEST_PATH = LONGEST_TEXT = 255
"""Route 53's ResourcePath and SearchString, in characters."""
DAY, WEEK, HOUR = 86_400, 604_800, 3_600
OWN_TAGS, MOST_TAGS = ("Name", "launchready:client", "launchready:domain"), 10
_PATH = re.compile(r"/[\x21\x22\x24-\x7e]*")
_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-\d")
_HEALTH = "docs.aws.amazon.com/Route53/latest/APIReference/API_HealthCheckConfig.html"
_ALARM = "docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html"


def _aws(context: Context) -> Monitors | None:
    """The monitors, where AWS watches."""
    monitors = watches(context.client.monitors)
    return monitors if monitors is not None and monitors.provider == "aws" else None


def _listed(context: Context) -> Iterator[Watched]:
    """What ``monitors`` itself lists (the portal's own URLs are the portal's to get right)."""
    return (one for one in declared_endpoints(context.client) if one.key.startswith("monitors."))


@rule(
    "client_file.monitors.interval",
    reference=f"{_HEALTH} (RequestInterval)",
    fix="write 10s or 30s",
)
def intervals_are_those_that_exist(context: Context) -> Iterator[Hit]:
    """Route 53 looks every 10 or every 30 seconds."""
    monitors = _aws(context)
    if monitors is not None and monitors.interval not in INTERVALS:
        yield Hit("monitors.interval", f"an interval of {monitors.interval} seconds")


@rule(
    "client_file.monitors.path",
    reference=f"RFC 3986 §3.3; {_HEALTH} (ResourcePath)",
    fix="write it as the browser sends it: /login or /search?q=1, percent-encoded, 255 characters at most",
)
def paths_can_be_asked_for(context: Context) -> Iterator[Hit]:
    """A path begins with / and has neither spaces nor a fragment."""
    monitors = watches(context.client.monitors)
    if monitors is None:
        return
    paths = [(f"paths[{number}]", path) for number, path in enumerate(monitors.paths)]
    paths += [(f"endpoints[{number}].path", one.path) for number, one in enumerate(monitors.endpoints)]
    for key, path in paths:
        if not (_PATH.fullmatch(path) and len(path) <= LONGEST_PATH):
            yield Hit(f"monitors.{key}", f"{path[:80]!r} is no path that can be watched")


def _reachable(context: Context, host: str) -> bool:
    return "*" not in host and context.answered_by(host, context.names_with(("A", "AAAA", "CNAME")))


@rule(
    "client_file.monitors.host",
    reference="design: hosts",
    fix='name a host of the file ("@" is the apex)',
)
def watched_hosts_are_declared(context: Context) -> Iterator[Hit]:
    """A watched host is one that the file declares, and no wildcard."""
    seen = set()
    for one in _listed(context):
        if one.host not in seen and not _reachable(context, one.host):
            seen.add(one.host)
            yield Hit(one.key, f"{one.host} is watched, and the file declares no such host")


@rule(
    "client_file.monitors.private",
    reference="design: private hosts answer 403 to everyone else",
    fix="watch it from inside your own network (launch monitors gatus), or make the host public",
)
def private_hosts_are_not_watched_from_outside(context: Context) -> Iterator[Hit]:
    """A private host is not watched: those who watch get 403 for ever."""
    private = {
        context.client.fqdn(name) for name, host in context.client.hosts.items() if host.exposure != "public"
    }
    for host, one in {one.host: one for one in _listed(context)}.items():
        if host in private:
            yield Hit(one.key, f"{host} is private: a health check from outside gets 403")


@rule(
    "client_file.monitors.redirect_only",
    reference=f"{_HEALTH} (a 3xx is healthy, and is not followed)",
    fix="watch the host that it leads to, or the redirect itself: endpoints: [{host: www, expect: 301}]",
)
def redirect_only_hosts_are_watched_as_such(context: Context) -> Iterator[Hit]:
    """A redirect-only host is watched only by who expects a redirect: it says nothing of the site."""
    only = {
        context.client.fqdn(name): host.redirect
        for name, host in context.client.hosts.items()
        if host.redirect is not None
    }
    for one in _listed(context):
        if one.host in only and not 300 <= (one.expect or 200) < 400:
            yield Hit(one.key, f"{one.host} only redirects (to {only[one.host]})")


@rule(
    "client_file.monitors.twice",
    reference="design: one monitor for each URL",
    fix="keep one of them",
)
def urls_are_watched_once(context: Context) -> Iterator[Hit]:
    """A URL has one expectation."""
    expected = defaultdict(set)
    for one in declared_endpoints(context.client):
        if (one.expect, one.contains) != (None, None):
            expected[one.name].add((one.expect, one.contains))
            if len(expected[one.name]) == 2:
                yield Hit(one.key, f"{one.url} is watched twice, with different answers")


@rule(
    "client_file.monitors.expect",
    reference=f"{_HEALTH} (healthy is 200–399)",
    fix="expect a 2xx or 3xx, or take provider: gatus, which compares the exact status",
)
def expected_statuses_are_healthy_ones(context: Context) -> Iterator[Hit]:
    """Route 53 takes 2xx and 3xx for healthy: what must answer otherwise would be down for ever."""
    if _aws(context) is None:
        return
    for one in _listed(context):
        if one.expect is not None and not 200 <= one.expect < 400:
            yield Hit(f"{one.key}.expect", f"{one.url} must answer {one.expect}: down to Route 53, always")


@rule(
    "client_file.monitors.contains",
    reference=f"{_HEALTH} (SearchString)",
    fix="search for a shorter text on one line, 255 characters at most",
)
def texts_can_be_searched_for(context: Context) -> Iterator[Hit]:
    """What a page must contain is a line of at most 255 characters."""
    for one in _listed(context):
        text = one.contains or ""
        if len(text) > LONGEST_TEXT or not text.isprintable():
            yield Hit(f"{one.key}.contains", "this text can't be searched for")


@rule(
    "client_file.monitors.regions",
    reference=f"{_HEALTH} (Regions: three or more)",
    fix=f"name three or more of {', '.join(HEALTH_CHECK_REGIONS)}; or leave regions out for all of them",
)
def regions_are_route_53s(context: Context) -> Iterator[Hit]:
    """Health checks come from three or more of Route 53's regions."""
    monitors = _aws(context)
    if monitors is None or not monitors.regions:
        return
    unknown = [region for region in monitors.regions if region not in HEALTH_CHECK_REGIONS]
    if unknown:
        yield Hit("monitors.regions", f"Route 53 does not watch from {', '.join(unknown)}")
    elif len(set(monitors.regions)) < LEAST_REGIONS:
        yield Hit("monitors.regions", f"{len(set(monitors.regions))} regions; Route 53 wants three or more")


@rule(
    "client_file.monitors.tls",
    level=Level.WARNING,
    reference=f"{_HEALTH} (Type: the endpoint must support TLS 1.0, 1.1 or 1.2)",
    fix='set tls.min_version to "1.2", or watch with provider: gatus',
)
def route_53_can_shake_hands(context: Context) -> Iterator[Hit]:
    """Hosts that only speak TLS 1.3 look down to Route 53."""
    if _aws(context) is None or context.client.tls.min_version != "1.3":
        return
    hosts = [one.host for one in watched(context.client) if one.host in context.proxied_names]
    if hosts:
        yield Hit("monitors", f"{hosts[0]} speaks TLS 1.3 only, and Route 53's documentation ends at 1.2")


@rule(
    "client_file.monitors.errors_missing",
    level=Level.WARNING,
    reference="checklist: monitoring (an alarm on the error rate)",
    fix="name the metric, such as errors: {namespace: AWS/ApplicationELB, metric: HTTPCode_Target_5XX_Count, "
    "threshold: 10}",
)
def the_error_rate_is_watched(context: Context) -> Iterator[Hit]:
    """The error rate has an alarm, so that a site that answers and fails inside wakes someone."""
    monitors = _aws(context)
    if monitors is not None and monitors.errors is None:
        yield Hit("monitors", "no error rate is watched: `launch verify` will fail monitoring.errors")


@rule(
    "client_file.monitors.log_in",
    level=Level.WARNING,
    reference="checklist: monitoring (home page, log-in and portal)",
    fix="add the log-in page, such as endpoints: [{host: portal, path: /login}]",
)
def the_log_in_is_watched(context: Context) -> Iterator[Hit]:
    """With a portal, a log-in page is watched; an API's log-in can't be, by a GET."""
    monitors = watches(context.client.monitors)
    if monitors is None or not isinstance(context.client.portal, Portal):
        return
    found = watched(context.client)
    if not any(one.key == "portal.login.path" or LOG_IN.search(one.path) for one in found):
        yield Hit(
            "monitors", "no log-in page is watched: `launch verify` will fail monitoring.monitor.covers"
        )


@rule(
    "client_file.monitors.errors",
    reference=_ALARM,
    fix="give the period as 60s or a multiple; period × periods is a day at most, a week from 1h on",
)
def the_error_alarm_can_be_made(context: Context) -> Iterator[Hit]:
    """The error metric is one that CloudWatch can alarm on."""
    monitors = _aws(context)
    metric = monitors.errors if monitors is not None else None
    if metric is not None:
        for key, what in _impossible(metric):
            yield Hit(f"monitors.errors.{key}", what)


def _impossible(metric: ErrorMetric) -> Iterator[tuple[str, str]]:
    if metric.period < 60 or metric.period % 60:
        yield "period", f"a period of {metric.period} seconds"
    elif metric.period * metric.periods > (WEEK if metric.period >= HOUR else DAY):
        yield "periods", f"{metric.periods} periods of {metric.period} seconds are too long a time"
    if not _REGION.fullmatch(metric.region):
        yield "region", f"{metric.region!r} is no AWS region"
    if len(metric.dimensions) > 30:
        yield "dimensions", f"{len(metric.dimensions)} dimensions; a metric has 30 at most"


@rule(
    "client_file.monitors.tags",
    reference="docs.aws.amazon.com/Route53/latest/APIReference (TagList: 10); AWS: aws: is reserved",
    fix=f"{MOST_TAGS - len(OWN_TAGS)} tags at most beside {', '.join(OWN_TAGS)}, none beginning with aws:",
)
def tags_can_be_set(context: Context) -> Iterator[Hit]:
    """Tags fit a health check, and don't take launchready's own names."""
    monitors = watches(context.client.monitors)
    if monitors is None:
        return
    if len(monitors.tags) > MOST_TAGS - len(OWN_TAGS):
        yield Hit("monitors.tags", f"{len(monitors.tags)} tags")
    for key, value in monitors.tags.items():
        taken = key in OWN_TAGS or key.lower().startswith("aws:")
        if taken or not key or len(key) > 128 or len(value) > 256:
            yield Hit("monitors.tags", f"{key[:40]!r} can't be a tag here")


@rule(
    "client_file.plan.health_checks",
    reference="developers.cloudflare.com/health-checks (by plan)",
    fix="take monitors.cloudflare out: Route 53 watches without it",
)
def health_checks_fit_the_plan(context: Context) -> Iterator[Hit]:
    """The plan has as many Cloudflare health checks as there are URLs (none on Free)."""
    monitors = watches(context.client.monitors)
    if monitors is not None and monitors.cloudflare:
        count = len(watched(context.client))
        hit = too_many("monitors.cloudflare", "Cloudflare health checks", count, "health_checks", context)
        if hit is not None:
            yield hit


@rule(
    "client_file.monitors.gatus",
    reference="design: monitors; what `launch monitors gatus` writes",
    fix="take provider: aws, or take them out",
)
def gatus_is_asked_for_what_it_does(context: Context) -> Iterator[Hit]:
    """With provider: gatus nothing is declared that only AWS does."""
    monitors = watches(context.client.monitors)
    if monitors is None or monitors.provider != "gatus":
        return
    for key, given in (
        ("errors", monitors.errors), ("notify.sms", monitors.notify.sms), ("regions", monitors.regions),
        ("tags", monitors.tags),
    ):  # fmt: skip
        if given:
            yield Hit(f"monitors.{key}", f"provider: gatus has no {key}")

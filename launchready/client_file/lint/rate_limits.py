"""Lints of ``rate_limits``: what the edge would not count, and what the plan does not allow."""

from __future__ import annotations

import re
from collections.abc import Iterator

from launchready.client_file import rate_limits
from launchready.client_file.lint.context import Context
from launchready.client_file.lint.quota import too_many
from launchready.client_file.lint.registry import Hit, Level, rule
from launchready.client_file.model import Exposure
from launchready.client_file.plans import FEATURES, RATE_LIMIT_PERIODS, next_plan, plan_with
from launchready.client_file.rate_limits_model import RateLimit

_DOCS = "developers.cloudflare.com/waf/rate-limiting-rules"
_METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"))
_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")


def _given(context: Context) -> Iterator[tuple[str, RateLimit]]:
    limits = context.client.rate_limits
    for number, limit in enumerate(() if limits is None or limits == "none" else limits):
        yield f"rate_limits[{number}]", limit


@rule(
    "client_file.rate_limits.path",
    reference="RFC 3986 §3.3; developers.cloudflare.com/rules/normalization",
    fix="write the path as a browser sends it: /api/login, or /api/auth/* for all below it",
)
def limited_paths_can_be_asked_for(context: Context) -> Iterator[Hit]:
    """A limited path is one that a request can have; ``*`` stands at its end only."""
    for key, limit in _given(context):
        fault = path_fault(limit.path)
        if fault:
            yield Hit(f"{key}.path", f"{limit.path!r} {fault}")


def path_fault(path: str) -> str | None:
    """Why no request matches a limited path, or None."""
    if not path.startswith("/"):
        return "does not begin with /"
    if "?" in path or "#" in path:
        return "has a query or a fragment, and paths alone are counted"
    if re.search(r'[\s\x00-\x1f\x7f"\\]', path):
        return "has white space, a quote or a backslash, which a path does not keep"
    if "*" in path[:-1]:
        return "has * elsewhere than at its end"
    if "//" in path or {".", ".."} & set(path.split("/")):
        return "is normalised to another path before it is compared"
    return None


@rule(
    "client_file.rate_limits.period",
    reference=_DOCS + "/#availability",
    fix="take one of the periods that are named",
)
def periods_are_the_plans(context: Context) -> Iterator[Hit]:
    """A limit counts over a period that Cloudflare has, and that the plan allows."""
    for key, limit in _given(context):
        hit = _seconds(f"{key}.per", "a period", limit.per, "rate_limit_period", context)
        if hit:
            yield hit


@rule(
    "client_file.rate_limits.mitigation",
    reference=_DOCS + "/#availability",
    fix="leave mitigation out, or take one of the values that are named",
)
def mitigations_are_the_plans(context: Context) -> Iterator[Hit]:
    """A visitor is kept out for a time that Cloudflare has, and that the plan allows."""
    for key, limit in _given(context):
        if limit.mitigation is None:
            continue
        at = f"{key}.mitigation"
        if context.client.plan.value == "enterprise" and limit.mitigation <= RATE_LIMIT_PERIODS[-1]:
            continue  # 0 throttles, and Enterprise sets any time by API
        if limit.mitigation == 0:
            what = "a mitigation of 0 s, which only Enterprise has (requests above the rate are refused)"
            yield Hit(at, what, "leave mitigation out: it is then as long as the period")
            continue
        hit = _seconds(at, "a mitigation", limit.mitigation, "rate_limit_mitigation", context)
        if hit:
            yield hit


def _seconds(key: str, what: str, seconds: int, field: str, context: Context) -> Hit | None:
    longest: int = getattr(context.limits, field)
    if seconds in RATE_LIMIT_PERIODS and seconds <= longest:
        return None
    plan = context.client.plan.value
    allowed = ", ".join(str(one) for one in RATE_LIMIT_PERIODS if one <= longest)
    needed = next_plan(seconds, field)
    known = seconds in RATE_LIMIT_PERIODS and needed is not None
    enough = f"; {needed} allows it" if known and needed != plan else ""
    fix = f"take {allowed}" + (f" (s), or {FEATURES[field].instead}" if known else " (s)")
    return Hit(key, f"{what} of {seconds} s, and {plan} has {allowed}{enough}", fix)


@rule(
    "client_file.rate_limits.field",
    reference=_DOCS + "/#availability",
    fix=f"raise the plan, or {FEATURES['rate_limit_fields'].instead}",
)
def limits_look_at_what_the_plan_shows(context: Context) -> Iterator[Hit]:
    """A limit looks at nothing that the plan does not show to rate limits: host from Pro, methods from
    Business."""
    for key, limit in _given(context):
        for word, given in (("host", limit.host is not None), ("methods", bool(limit.methods))):
            if given and word not in context.limits.rate_limit_fields:
                plan = plan_with(word, "rate_limit_fields")
                what = f"limits by {word}, which {context.client.plan.value} does not have; {plan} does"
                yield Hit(f"{key}.{word}", what)


@rule(
    "client_file.rate_limits.by",
    reference=_DOCS + "/parameters/#with-the-same-characteristics",
    fix=f"raise the plan, or {FEATURES['rate_limit_by'].instead}",
)
def visitors_are_told_apart_as_the_plan_can(context: Context) -> Iterator[Hit]:
    """``by`` names what the plan can count by, and not ip and nat at once."""
    for key, limit in _given(context):
        at = f"{key}.by"
        if not limit.by:
            yield Hit(at, "counts by nothing: all visitors would be one", "leave by out, or write ip")
        if {"ip", "nat"} <= set(limit.by):
            yield Hit(at, "ip and nat can't be combined", "keep one of them")
        for word in limit.by:
            fault, plan = _by_fault(word), plan_with(word.partition(":")[0], "rate_limit_by")
            if fault:
                yield Hit(at, f"{word!r} {fault}", "ip, nat, host, path, asn, country, header:NAME, …")
            elif word.partition(":")[0] not in context.limits.rate_limit_by:
                yield Hit(at, f"counts by {word}, and {context.client.plan.value} can't; {plan} can")


def _by_fault(word: str) -> str | None:
    kind, colon, name = word.partition(":")
    if kind in rate_limits.NAMED:
        return None if _NAME.fullmatch(name) else f"needs a name: {kind}:NAME"
    return None if kind in rate_limits.VISITOR and not colon else "is nothing that visitors are told apart by"


@rule(
    "client_file.rate_limits.method",
    reference="RFC 9110 §9.1",
    fix="write methods such as GET, POST, PUT, PATCH or DELETE",
)
def limited_methods_exist(context: Context) -> Iterator[Hit]:
    """``methods`` are HTTP methods."""
    for key, limit in _given(context):
        unknown = sorted(set(limit.methods) - _METHODS)
        if unknown:
            yield Hit(f"{key}.methods", f"{unknown[0]!r} is no HTTP method")


@rule(
    "client_file.rate_limits.host",
    reference="developers.cloudflare.com/dns/proxy-status",
    fix="name a proxied host of hosts, or set proxied: true there",
)
def the_edge_sees_what_is_limited(context: Context) -> Iterator[Hit]:
    """A limit's host is one that the edge answers; without a host, there is one at all."""
    seen = {name for name in context.proxied_names if not _only_redirects(context, name)}
    for key, limit in _given(context):
        if limit.host is None:
            if not seen:
                yield Hit(key, "no host is proxied, so the edge counts nothing")
            continue
        host = rate_limits.host_of(limit.host, context.domain)
        if "*" in host:
            yield Hit(f"{key}.host", f"{host} is no one host", "name the host, or leave host out for all")
        elif not context.answered_by(host, frozenset(seen)):
            yield Hit(f"{key}.host", f"{host} is no proxied host, so the edge counts nothing there")


def _only_redirects(context: Context, name: str) -> bool:
    hosts = context.client.hosts
    return any(h.redirect is not None and context.client.fqdn(key) == name for key, h in hosts.items())


@rule(
    "client_file.rate_limits.twice",
    reference=_DOCS + "/ (rules are evaluated in order, block ends it)",
    fix="keep one of them",
)
def nothing_is_limited_twice(context: Context) -> Iterator[Hit]:
    """No two entries limit the same requests of the same visitors over the same period."""
    seen: dict[object, str] = {}
    for entry, (key, limit) in zip(
        rate_limits.declared_entries(context.client), _given(context), strict=False
    ):
        spelled = rate_limits.path_text(limit.path)
        path = spelled if spelled in ("/", "/*") else spelled.rstrip("/")
        same = (path, entry.methods, entry.host, entry.by, entry.period)
        if same in seen:
            yield Hit(f"{key}.path", f"{limit.path} is limited twice, here and by {seen[same]}")
        seen.setdefault(same, key)


@rule(
    "client_file.plan.rate_limits",
    reference=_DOCS + "/#availability",
    fix=FEATURES["rate_limit_rules"].instead,
)
def rate_limits_fit_the_plan(context: Context) -> Iterator[Hit]:
    """There are no more rate limiting rules than the plan has, entries that can share one merged.

    On Free all entries share one rule, so ``requests`` and ``per`` are the same in all.
    """
    count = len(rate_limits.limits(context.client))
    if hit := too_many("rate_limits", "rate limiting rules", count, "rate_limit_rules", context):
        yield hit


@rule(
    "client_file.rate_limits.length",
    reference="developers.cloudflare.com/ruleset-engine/rules-language/expressions (4,096 characters)",
    fix="cover several paths by one that ends with *",
)
def limits_fit_an_expression(context: Context) -> Iterator[Hit]:
    """The paths that share a rule fit its expression."""
    for limit in rate_limits.limits(context.client):
        length = len(rate_limits.expression(limit))
        if length > rate_limits.MAX_EXPRESSION:
            what = f"{len(limit.paths)} paths make an expression of {length} characters"
            yield Hit(limit.keys[-1], f"{what}; {rate_limits.MAX_EXPRESSION} are allowed")


@rule(
    "client_file.rate_limits.portal",
    level=Level.WARNING,
    reference="OWASP API4:2023 Unrestricted Resource Consumption",
    fix="add its path to rate_limits, or take rate_limits out for the defaults",
)
def the_portals_doors_are_limited(context: Context) -> Iterator[Hit]:
    """A portal behind the edge has its log-in, reset, invite and sign-up limited."""
    client, host = context.client, rate_limits.portal_host(context.client)
    portal = client.portal
    if host is None or portal is None or portal == "none" or not rate_limits.behind_edge(client, host):
        return
    entries = rate_limits.declared_entries(client)
    for name, paths in rate_limits.portal_paths(portal).items():
        for path in paths:
            if not any(entry.covers(path) and entry.host in (None, host) for entry in entries):
                yield Hit("rate_limits", f"the portal's {name}, {path}, is not limited")


@rule(
    "client_file.rate_limits.private",
    level=Level.WARNING,
    reference=_DOCS + "/request-rate/ (counters are per address)",
    fix="take the limit out, or raise its requests to what everyone inside needs together",
)
def limits_leave_room_inside_a_private_host(context: Context) -> Iterator[Hit]:
    """A limit on a private host does not count everybody who may reach it as one visitor."""
    client = context.client
    private = {
        client.fqdn(key): host.exposure.private.allow
        for key, host in client.hosts.items()
        if isinstance(host.exposure, Exposure)
    }
    for key, limit in _given(context):
        host = None if limit.host is None else rate_limits.host_of(limit.host, context.domain)
        allow = private.get(host or "", ())
        if len(allow) == 1 and "ip" in limit.by and re.fullmatch(r"[0-9a-fA-F.:]+(/32|/128)?", allow[0]):
            what = f"{host} is reached from one address only: all who use it share {limit.requests} requests"
            yield Hit(f"{key}.host", what)

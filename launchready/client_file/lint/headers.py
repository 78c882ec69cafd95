"""Lints of the other response headers: what Cloudflare takes in a rule, and what weakens a baseline."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from launchready.client_file.headers import (
    MOST_HOST_CHARACTERS,
    header_plan,
    header_sets,
    origin_hosts,
    rule_count,
)
from launchready.client_file.headers_model import Csp, Headers
from launchready.client_file.lint.context import Context
from launchready.client_file.lint.quota import too_many
from launchready.client_file.lint.registry import Hit, Level, rule
from launchready.client_file.names import fqdn, relative
from launchready.client_file.positions import key_text
from launchready.client_file.tls_model import Hsts
from launchready.websec.headers import (
    FEATURES,
    LEAKING_REFERRERS,
    MAX_VALUE,
    NAME,
    OWN_KEYS,
    REFERRER_POLICIES,
    fixed,
    parse_permissions,
    permissions_policy,
    strange_characters,
)

_DOCS = "developers.cloudflare.com/rules/transform/response-header-modification"


def _free_names(context: Context) -> Iterator[tuple[str, str]]:
    """Names under ``set`` and ``remove``, with their keys."""
    for key, part in header_sets(context.client):
        for name in part.set:
            yield key_text((*_path(key), "set", name)), name
        for number, name in enumerate(part.remove):
            yield f"{key}.remove[{number}]", name


def _path(key: str) -> tuple[str, ...]:
    if key == "headers":
        return (key,)
    match = re.fullmatch(r'headers\.hosts(?:\.([^."]+)|\["(.*)"\])', key)
    return ("headers", "hosts", match[1] or match[2]) if match else (key,)


@rule(
    "client_file.headers.name",
    reference=f"{_DOCS}/reference/header-format",
    fix="use letters, digits, - and _",
)
def header_names_are_cloudflares(context: Context) -> Iterator[Hit]:
    """A header's name has letters, digits, - and _ only: Cloudflare takes no other in a rule."""
    for key, name in _free_names(context):
        if not NAME.fullmatch(name):
            yield Hit(key, f"{name!r} is no header name that Cloudflare takes")


@rule(
    "client_file.headers.fixed",
    reference=_DOCS,
    fix="take it out",
)
def headers_can_be_changed(context: Context) -> Iterator[Hit]:
    """No header is one that Cloudflare lets no rule change."""
    for key, name in _free_names(context):
        why = fixed(name)
        if why is not None:
            yield Hit(key, f"{name} can't be changed by a rule: {why}")


@rule(
    "client_file.headers.own_key",
    reference="design: one concept, one key",
    fix="use the key that the header has",
)
def headers_use_their_own_key(context: Context) -> Iterator[Hit]:
    """A header that has a key of its own is not set or removed by name."""
    for key, name in _free_names(context):
        own = OWN_KEYS.get(name.lower())
        if own is not None:
            yield Hit(key, f"{name} has a key of its own", f"use {own}")


@rule(
    "client_file.headers.twice",
    reference="RFC 9110 §5.1 (names ignore case)",
    fix="keep one of them",
)
def headers_are_changed_once(context: Context) -> Iterator[Hit]:
    """A header is set once, and not removed too."""
    for key, part in header_sets(context.client):
        seen: set[str] = set()
        for name in (*part.set, *part.remove):
            if name.lower() in seen:
                yield Hit(f"{key}.set", f"{name} is set or removed more than once")
            seen.add(name.lower())


@rule(
    "client_file.headers.value",
    reference=f"{_DOCS}/reference/header-format",
    fix="shorten the value, or leave out what no rule takes (line breaks, letters beyond ASCII)",
)
def values_fit_into_a_rule(context: Context) -> Iterator[Hit]:
    """A header's value has at most 4,096 characters, all of them such as Cloudflare takes."""
    plan = header_plan(context.client)
    if plan is None:
        return
    found: dict[str, str] = {}
    for host in (plan.default, *plan.own.values()):
        found |= {f"{name}\n{value}": name for name, value in host.fields.items()}
        if host.csp is not None:
            found[f"{host.csp.name}\n{host.csp.text}"] = host.csp.name
        for words in () if host.cors is None else (host.cors.methods, host.cors.headers, host.cors.expose):
            if words:
                found[f"cors\n{', '.join(words)}"] = "access-control-allow-headers"
    for pair, name in found.items():
        value = pair.partition("\n")[2]
        key = OWN_KEYS.get(name, key_text(("headers", "set", name)))
        strange = strange_characters(value)
        if strange:
            yield Hit(key, f"{name} holds {strange[:10]!r}")
        elif not value:
            yield Hit(key, f"{name} has no value", f"use remove: [{name}]")
        elif len(value) > MAX_VALUE:
            yield Hit(key, f"{name} has {len(value)} characters, and a rule takes {MAX_VALUE}")


@rule(
    "client_file.headers.host",
    reference="design: headers",
    fix="name a proxied host of hosts or records, without *",
)
def header_hosts_are_proxied(context: Context) -> Iterator[Hit]:
    """A host with headers of its own is proxied, answered by an origin, and given once."""
    headers = context.client.headers
    if not isinstance(headers, Headers):
        return
    known = frozenset(origin_hosts(context.client))
    seen: set[str] = set()
    for key in headers.hosts:
        at = key_text(("headers", "hosts", key))
        try:
            name = fqdn(relative(key, context.domain), context.domain)
        except ValueError as error:
            yield Hit(at, f"{key!r} is no host: {error}")
            continue
        if name not in known or "*" in name:
            yield Hit(at, f"{name} is no proxied host with an origin: no rule can change its answers")
        elif name in seen:
            yield Hit(at, f"{name} has headers of its own twice", "keep one of them")
        seen.add(name)


@rule(
    "client_file.headers.unproxied",
    level=Level.WARNING,
    reference=_DOCS,
    fix="proxy a host, or set the headers at the origin",
)
def headers_have_answers_to_change(context: Context) -> Iterator[Hit]:
    """Where headers are declared, some host is proxied."""
    if isinstance(context.client.headers, Headers) and not origin_hosts(context.client):
        yield Hit("headers", "no host is proxied: the edge sees no answer whose headers it could set")


@rule(
    "client_file.plan.headers",
    reference="developers.cloudflare.com/rules/transform (availability)",
    fix="give hosts the same headers, or raise the plan",
)
def header_rules_fit_the_plan(context: Context) -> Iterator[Hit]:
    """The headers take no more rules than the plan has."""
    count = rule_count(context.client)
    hit = too_many("headers", "response header rules", count, "response_header_rules", context)
    if hit is not None:
        yield hit


@rule(
    "client_file.headers.hosts_long",
    reference="developers.cloudflare.com/ruleset-engine (an expression has 4,096 characters)",
    fix="give more hosts the common headers",
)
def host_lists_fit_into_an_expression(context: Context) -> Iterator[Hit]:
    """The hosts that differ fit into one rule's expression."""
    plan = header_plan(context.client)
    if plan is None:
        return
    for kind in ("always", "csp", "cors"):
        for scope, _ in plan.scopes(kind):
            if sum(len(host) + 3 for host in scope.hosts) > MOST_HOST_CHARACTERS:
                yield Hit("headers.hosts", f"{len(scope.hosts)} hosts are too many for one expression")
                return


@rule(
    "client_file.headers.referrer_policy",
    reference="W3C Referrer Policy §3",
    fix="write strict-origin-when-cross-origin, or same-origin",
)
def the_referrer_policy_is_known_and_tight(context: Context) -> Iterator[Hit]:
    """Referrer-Policy is one that browsers know; one that leaks addresses is a warning."""
    for key, part in header_sets(context.client):
        given = part.referrer_policy
        if given is None or given == "none":
            continue
        words = [word.strip() for word in given.split(",")]
        unknown = [word for word in words if word not in REFERRER_POLICIES]
        if unknown:
            yield Hit(f"{key}.referrer_policy", f"there is no referrer policy {unknown[0]!r}")
        elif words[-1] in LEAKING_REFERRERS:
            what = f"{words[-1]} tells other sites the address, or tells it in clear"
            yield Hit(f"{key}.referrer_policy", what, level=Level.WARNING)


@rule(
    "client_file.headers.permissions_policy",
    reference="W3C Permissions Policy §5; RFC 9651 (dictionaries)",
    fix='write feature → who may use it: {camera: [], geolocation: [self, "https://maps.example"]}',
)
def the_permissions_policy_can_be_read(context: Context) -> Iterator[Hit]:
    """Permissions-Policy is one that browsers can read; a feature that none knows is a warning."""
    for key, part in header_sets(context.client):
        given, at = part.permissions_policy, f"{key}.permissions_policy"
        if given is None or given == "none":
            continue
        try:
            features = parse_permissions(given if isinstance(given, str) else permissions_policy(given))
        except ValueError as error:
            yield Hit(at, str(error))
            continue
        for feature in features:
            if feature not in FEATURES:
                yield Hit(at, f"no browser knows the feature {feature!r}", level=Level.WARNING)


@rule(
    "client_file.headers.framing",
    level=Level.WARNING,
    reference="OWASP Clickjacking Defense Cheat Sheet",
    fix="leave frame_options out, or name who may frame the pages in csp's frame-ancestors",
)
def someone_governs_frames(context: Context) -> Iterator[Hit]:
    """Without X-Frame-Options a declared policy has frame-ancestors and replaces the application's."""
    for key, part in header_sets(context.client):
        if part.frame_options != "none":
            continue
        csp = part.csp
        if (
            not isinstance(csp, Csp)
            or csp.mode != "set"
            or csp.report_only
            or "frame-ancestors" not in csp.policy
        ):
            yield Hit(f"{key}.frame_options", "frame_options: none – nothing else is sure to forbid frames")


@rule(
    "client_file.headers.nosniff",
    level=Level.WARNING,
    reference="OWASP HTTP Headers Cheat Sheet (X-Content-Type-Options)",
    fix="leave nosniff out",
)
def types_are_not_guessed(context: Context) -> Iterator[Hit]:
    """X-Content-Type-Options is not turned off, and not half."""
    hsts = context.client.tls.hsts
    also = isinstance(hsts, Hsts) and hsts.nosniff
    for key, part in header_sets(context.client):
        if part.nosniff is False:
            more = "; tls.hsts.nosniff still sends it" if also else ""
            yield Hit(f"{key}.nosniff", f"nosniff: false lets browsers guess types{more}")


@rule(
    "client_file.headers.endpoints",
    reference="W3C Reporting API §3.2 (names, and only https)",
    fix="write name → https: URL, the name in small letters",
)
def endpoints_take_reports(context: Context) -> Iterator[Hit]:
    """A reporting endpoint has a name in small letters and an https URL."""
    for key, part in header_sets(context.client):
        for name, url in (part.reporting_endpoints or {}).items():
            at = key_text((*_path(key), "reporting_endpoints", name))
            if not re.fullmatch(r"[a-z*][a-z0-9_.*-]*", name):
                yield Hit(at, f"{name!r} is no name for an endpoint")
            elif not _is_https(url):
                yield Hit(at, f"{url!r} is no https URL")


def _is_https(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme == "https" and bool(parts.hostname) and '"' not in url and "\\" not in url

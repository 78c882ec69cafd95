"""Lints of redirects, of ``redirects`` and of redirect-only hosts alike."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from launchready.client_file.lint.context import Context
from launchready.client_file.lint.registry import Hit, Level, rule
from launchready.client_file.names import to_ascii, within
from launchready.client_file.redirects import SCHEMES, Rule, RuleSet, parse_target, references, rules

MAX_STARS = 8


def _target_key(redirect: Rule) -> str:
    return f"{redirect.key}.to" if redirect.key.startswith("redirects") else f"{redirect.key}.redirect"


def _source_key(redirect: Rule) -> str:
    return f"{redirect.key}.from" if redirect.key.startswith("redirects") else redirect.key


def _entries(context: Context) -> Iterator[Rule]:
    return (r for r in rules(context.client) if r.key.startswith("redirects"))


@rule(
    "client_file.redirect.source",
    reference="developers.cloudflare.com/ruleset-engine (wildcard matching)",
    fix="write host/path, with * for anything: acme.example/old/*",
)
def sources_are_host_and_path(context: Context) -> Iterator[Hit]:
    """``from`` is a host and a path, with single stars, without port, user or fragment."""
    for redirect in _entries(context):
        reason = _source_fault(redirect)
        if reason:
            yield Hit(_source_key(redirect), f"{redirect.text!r} {reason}")


def _source_fault(redirect: Rule) -> str | None:
    text = redirect.text
    if re.search(r"[\s\x00-\x1f]", text):
        return "has white space"
    if "#" in text:
        return "has a fragment, which browsers never send"
    if "**" in text:
        return "has two stars in a row"
    if text.count("*") > MAX_STARS:
        return f"has more than {MAX_STARS} stars"
    if ":" in redirect.host or "@" in redirect.host:
        return "has a port or a user"
    try:
        to_ascii(redirect.host.replace("*", "x"))
    except ValueError as error:
        return f"has no host: {error}"
    return None


@rule(
    "client_file.redirect.outside",
    reference="developers.cloudflare.com/rules/url-forwarding (rules see the zone's own traffic)",
    fix="use a host of the domain",
)
def sources_are_inside_the_zone(context: Context) -> Iterator[Hit]:
    """A redirect's host belongs to the zone."""
    for redirect in _entries(context):
        if not _source_fault(redirect) and not within(redirect.host.replace("*", "x"), context.domain):
            yield Hit(_source_key(redirect), f"{redirect.host} is outside the zone {context.domain}")


@rule(
    "client_file.redirect.unproxied",
    reference="developers.cloudflare.com/rules/url-forwarding (requires a proxied DNS record)",
    fix="add the host with proxied: true, such as {redirect: …} under hosts, or a proxied AAAA of 100::",
)
def redirected_hosts_are_proxied(context: Context) -> Iterator[Hit]:
    """A host that redirects has a proxied record: else no request reaches the edge."""
    for redirect in rules(context.client):
        host = redirect.host
        if _source_fault(redirect) or not within(host.replace("*", "x"), context.domain):
            continue
        if "*" in host:
            pattern = re.compile("[^/]*".join(re.escape(part) for part in host.split("*")))
            if any(pattern.fullmatch(name) for name in context.proxied_names):
                continue
        elif context.answered_by(host, context.proxied_names):
            continue
        what = "has no proxied record" if context.by_name.get(host) else "has no record"
        yield Hit(_source_key(redirect), f"{host} redirects, but {what}")


def _foreign_scheme(redirect: Rule) -> str | None:
    """The scheme of a target when it is none of the web's."""
    scheme = re.match(r"([a-zA-Z][a-zA-Z0-9+-]*):", redirect.to)
    if redirect.keeps_path or scheme is None or scheme[1].lower() in SCHEMES:
        return None
    return scheme[1].lower()


@rule(
    "client_file.redirect.target",
    reference="RFC 3986 §3, RFC 9110 §10.2.2",
    fix="write a whole URL: https://acme.example/new/${1}",
)
def targets_are_urls(context: Context) -> Iterator[Hit]:
    """``to`` is an absolute URL."""
    for redirect in rules(context.client):
        if redirect.keeps_path or _foreign_scheme(redirect):
            continue
        try:
            parse_target(redirect.to)
        except ValueError as error:
            yield Hit(_target_key(redirect), f"{redirect.to!r} {_reason(error)}")


def _reason(error: ValueError) -> str:
    text = str(error)
    return text if text.startswith(("has", "is", "carries")) else f"has no valid host or port: {text}"


@rule(
    "client_file.redirect.scheme",
    reference="RFC 9110 §10.2.2; OWASP unvalidated redirects",
    fix="use https:",
)
def targets_have_a_web_scheme(context: Context) -> Iterator[Hit]:
    """A redirect leads to http: or https:, never to javascript: or data:."""
    for redirect in rules(context.client):
        scheme = _foreign_scheme(redirect)
        if scheme is not None:
            yield Hit(_target_key(redirect), f"a redirect to {scheme}:")


@rule(
    "client_file.redirect.downgrade",
    level=Level.WARNING,
    reference="RFC 6797 §7.2; W3C Mixed Content",
    fix="use https: in the target",
)
def targets_stay_encrypted(context: Context) -> Iterator[Hit]:
    """A redirect leads to https:."""
    for redirect in rules(context.client):
        if not redirect.keeps_path and redirect.to.lower().startswith("http://"):
            yield Hit(_target_key(redirect), f"{redirect.text} redirects to {redirect.to}, unencrypted")


@rule(
    "client_file.redirect.captures",
    reference="developers.cloudflare.com/ruleset-engine (wildcard_replace)",
    fix="refer to the stars of from, counted from ${1}",
)
def captures_exist(context: Context) -> Iterator[Hit]:
    """A target refers only to stars that the source has."""
    for redirect in _entries(context):
        wrong = sorted({n for n in references(redirect.to) if not 1 <= n <= redirect.stars})
        if wrong:
            yield Hit(
                _target_key(redirect),
                f"{redirect.to!r} refers to ${{{wrong[0]}}}, and {redirect.text} has {redirect.stars} stars",
            )
        elif not _captures_can_be_had(redirect):
            yield Hit(
                _target_key(redirect),
                f"{redirect.to!r} takes captures from both host and path: then from must end in *, "
                f"to in ${{{redirect.stars}}}, and the query must be kept",
                "write one redirect for each host",
            )


def _captures_can_be_had(redirect: Rule) -> bool:
    """One expression yields captures of the host, or of the path, or of the whole URL, query and all."""
    used, in_host = set(references(redirect.to)), redirect.host.count("*")
    if all(n <= in_host for n in used) or all(n > in_host for n in used):
        return True
    ends_alike = (redirect.path or "").endswith("*") and redirect.to.endswith(f"${{{redirect.stars}}}")
    return redirect.keep_query and ends_alike


@rule(
    "client_file.redirect.loop",
    reference="RFC 9110 §15.4 (infinite redirection loops)",
    fix="lead one of them somewhere that is not redirected",
)
def redirects_end(context: Context) -> Iterator[Hit]:
    """No chain of the file's redirects leads back to where it began."""
    every = RuleSet(rules(context.client))
    for redirect in every.rules:
        if _source_fault(redirect):
            continue
        keys = every.loop_from(redirect)
        if keys is not None:
            yield Hit(_source_key(redirect), f"{redirect.text} goes in a circle: {' → '.join(keys)}")


@rule(
    "client_file.redirect.shadowed",
    reference="developers.cloudflare.com/rules/url-forwarding (the first match wins)",
    fix="put the narrower redirect first, or take it out",
)
def every_redirect_can_match(context: Context) -> Iterator[Hit]:
    """No redirect is covered by one that stands before it.

    A warning for a redirect-only host: it may be there for its proxied record alone.
    """
    plain: dict[str, list[Rule]] = defaultdict(list)
    starred: list[Rule] = []
    for redirect in rules(context.client):
        before = (*plain[redirect.host], *starred)
        cover = next((b for b in before if b.covers(redirect)), None)
        if cover is not None:
            what = f"{redirect.text} never matches: {cover.key} ({cover.text}) comes first"
            host_only = not redirect.key.startswith("redirects")
            yield Hit(_source_key(redirect), what, level=Level.WARNING if host_only else None)
        (starred if "*" in redirect.host else plain[redirect.host]).append(redirect)

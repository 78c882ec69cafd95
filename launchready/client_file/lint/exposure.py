"""Lints of ``hosts.<name>.exposure``: hosts that would not be private, allow lists that say less or more."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from urllib.parse import urlsplit

from launchready.client_file import exposure
from launchready.client_file.lint.context import Context
from launchready.client_file.lint.quota import too_many
from launchready.client_file.lint.registry import Hit, Level, rule
from launchready.client_file.model import Exposure, Host
from launchready.client_file.plans import FEATURES
from launchready.client_file.positions import key_text
from launchready.client_file.redirects import rules

_DOCS = "developers.cloudflare.com/waf/custom-rules"
_UNSEEN = tuple(
    ipaddress.ip_network(text)
    for text in (
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "::1/128",
        "fc00::/7",
        "fe80::/10",
    )
)
"""Networks that no visitor of the internet comes from (RFC 6890)."""


def _private(context: Context) -> Iterator[tuple[str, Host, Exposure]]:
    for key, host in context.client.hosts.items():
        if isinstance(host.exposure, Exposure):
            yield key, host, host.exposure


def _networks(allow: tuple[str, ...]) -> list[exposure.Network]:
    """Those that are networks; the others are another lint's."""
    found = []
    for text in allow:
        try:
            found.append(exposure.network(text))
        except ValueError:
            continue
    return found


def _at(key: str) -> str:
    return key_text(("hosts", key, "exposure"))


def _entry_at(key: str, number: int) -> str:
    return key_text(("hosts", key, "exposure", "private", "allow", number))


@rule(
    "client_file.exposure.dns_only",
    reference="developers.cloudflare.com/dns/proxy-status (rules see proxied traffic only)",
    fix="set proxied: true, or close the host at its origin and leave exposure out",
)
def private_hosts_are_proxied(context: Context) -> Iterator[Hit]:
    """A private host is proxied: what is DNS only never meets the edge."""
    for key, host, _ in _private(context):
        if not host.proxied and host.redirect is None:
            yield Hit(_at(key), f"{key} is DNS only, so the edge can't close it")


@rule(
    "client_file.exposure.redirect",
    reference="developers.cloudflare.com/ruleset-engine/reference/phases-list (redirects come first)",
    fix="leave exposure out: the host shows nothing but where it leads",
)
def redirect_hosts_are_not_private(context: Context) -> Iterator[Hit]:
    """A redirect-only host is not private: it answers before the firewall is asked."""
    for key, host, _ in _private(context):
        if host.redirect is not None:
            yield Hit(_at(key), f"{key} only redirects, and redirects come before the firewall")


@rule(
    "client_file.exposure.network",
    reference="RFC 4632 §3.1, RFC 4291 §2.3 (CIDR)",
    fix="write networks such as 198.51.100.0/24 or 2001:db8::/32, or single addresses",
)
def allow_lists_are_networks(context: Context) -> Iterator[Hit]:
    """An allow list holds networks in CIDR form, without host bits."""
    for key, _, found in _private(context):
        for number, text in enumerate(found.private.allow):
            try:
                exposure.network(text)
            except ValueError:
                yield _network_hit(_entry_at(key, number), text)


def _network_hit(at: str, text: str) -> Hit:
    try:
        meant = ipaddress.ip_network(text.strip(), strict=False)
    except ValueError:
        return Hit(at, f"{text!r} is no network")
    what = f"{text!r} has host bits set: is the network or the address meant?"
    return Hit(at, what, f"write {meant} for the network, or {text.partition('/')[0]} for the one address")


@rule(
    "client_file.exposure.everyone",
    reference=_DOCS,
    fix="leave exposure out for a public host, or name the networks that may come in",
)
def private_hosts_exclude_somebody(context: Context) -> Iterator[Hit]:
    """An allow list does not let the whole internet in."""
    for key, _, found in _private(context):
        for one in exposure.shortest(_networks(found.private.allow)):
            if one.prefixlen <= 1:
                yield Hit(_at(key), f"{key} lets all of {one} in: that is everyone, or half of it")


@rule(
    "client_file.exposure.nobody",
    level=Level.WARNING,
    reference=_DOCS,
    fix="name the networks that may come in, unless it is to be closed to all",
)
def private_hosts_let_somebody_in(context: Context) -> Iterator[Hit]:
    """A private host can be reached by somebody."""
    for key, _, found in _private(context):
        if not found.private.allow:
            yield Hit(_at(key), f"the allow list of {key} is empty: nobody reaches it")


@rule(
    "client_file.exposure.unseen",
    level=Level.WARNING,
    reference="RFC 6890 (special-purpose addresses)",
    fix="name the public address that these visitors have on the internet",
)
def allow_lists_name_public_addresses(context: Context) -> Iterator[Hit]:
    """An allow list names addresses that the edge can see: private and loopback ones never reach it."""
    for key, _, found in _private(context):
        for number, text in enumerate(found.private.allow):
            one = next(iter(_networks((text,))), None)
            if one is not None and any(_inside(one, place) for place in _UNSEEN):
                yield Hit(_entry_at(key, number), f"no visitor from the internet has an address in {text}")


def _inside(one: exposure.Network, place: exposure.Network) -> bool:
    if isinstance(one, ipaddress.IPv4Network):
        return isinstance(place, ipaddress.IPv4Network) and one.subnet_of(place)
    return isinstance(place, ipaddress.IPv6Network) and one.subnet_of(place)


@rule(
    "client_file.exposure.overlap",
    level=Level.WARNING,
    reference="RFC 4632 §3.1 (aggregation)",
    fix="drop the network that another one contains",
)
def allow_lists_say_each_network_once(context: Context) -> Iterator[Hit]:
    """No network of an allow list lies within another."""
    for key, _, found in _private(context):
        known = [(n, one) for n, text in enumerate(found.private.allow) for one in _networks((text,))]
        for number, one in known:
            outer = [
                other
                for at, other in known
                if at != number and _inside(one, other) and (one != other or at < number)
            ]
            if outer:
                yield Hit(_entry_at(key, number), f"{one} is within {outer[0]} already")


@rule(
    "client_file.exposure.length",
    reference="developers.cloudflare.com/ruleset-engine/rules-language/expressions (4,096 characters)",
    fix="name larger networks, or close the host at its origin",
)
def allow_lists_fit_an_expression(context: Context) -> Iterator[Hit]:
    """The hosts that share an allow list, and the list, fit one rule's expression."""
    try:
        groups = exposure.private_hosts(context.client)
    except ValueError:
        return
    for group in groups:
        length = exposure.expression_length(group)
        if length > exposure.MAX_EXPRESSION:
            what = f"{len(group.hosts)} hosts and {len(group.allow)} networks take about {length} characters"
            yield Hit(_at(group.keys[0]), f"{what} of an expression; {exposure.MAX_EXPRESSION} are allowed")


@rule(
    "client_file.exposure.target",
    reference="design: private hosts (everyone else gets 403)",
    fix="redirect to a public host, or leave exposure out",
)
def public_hosts_do_not_lead_to_private_ones(context: Context) -> Iterator[Hit]:
    """No redirect leads from a public host to a private one: its visitors would get 403."""
    private = {context.client.fqdn(key) for key, _, _ in _private(context)}
    for redirect in rules(context.client):
        target = redirect.to if redirect.keeps_path else _host(redirect.to)
        if target in private and redirect.host not in private:
            at = redirect.key + (".to" if redirect.key.startswith("redirects") else ".redirect")
            yield Hit(at, f"{redirect.host} leads to {target}, which is private: its visitors get 403")


def _host(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None


@rule(
    "client_file.plan.private_hosts",
    reference=_DOCS + " (availability)",
    fix=FEATURES["waf_custom_rules"].instead,
)
def private_hosts_fit_the_plan(context: Context) -> Iterator[Hit]:
    """There are no more different allow lists than the plan has custom rules."""
    try:
        count = len(exposure.private_hosts(context.client))
    except ValueError:
        return
    if hit := too_many("hosts", "different allow lists of private hosts", count, "waf_custom_rules", context):
        yield hit

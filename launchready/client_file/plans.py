"""What each Cloudflare plan allows, in one table.

Source: developers.cloudflare.com (rules, DNS and plan pages), November 2026.
"""

from __future__ import annotations

from dataclasses import dataclass

from launchready.client_file.model import Plan


@dataclass(frozen=True, slots=True)
class Limits:
    """Quotas of one plan; None means none that is known beforehand (an Enterprise contract's own)."""

    dns_records: int | None
    redirect_rules: int
    record_tags: int
    comment_length: int
    """Characters of a record's comment."""
    minimum_ttl: int
    """Seconds; the lowest explicit TTL."""
    rate_limit_rules: int
    health_checks: int
    waf_custom_rules: int
    cache_rules: int
    response_header_rules: int


MAXIMUM_TTL = 86_400

LIMITS: dict[Plan, Limits] = {
    Plan.FREE: Limits(200, 10, 0, 100, 60, 1, 0, 5, 10, 10),
    Plan.PRO: Limits(3_500, 25, 20, 500, 60, 2, 10, 20, 25, 25),
    Plan.BUSINESS: Limits(3_500, 50, 20, 500, 60, 5, 50, 100, 50, 50),
    Plan.ENTERPRISE: Limits(None, 300, 20, 500, 30, 100, 1_000, 1_000, 300, 300),
}


def next_plan(fits: int, wanted: str) -> str | None:
    """The smallest plan whose limit ``wanted`` (a field's name) admits ``fits``, or None."""
    for plan, limits in LIMITS.items():
        limit = getattr(limits, wanted)
        if limit is None or limit >= fits:
            return plan.value
    return None


@dataclass(frozen=True, slots=True)
class Feature:
    """What a field of Limits counts, in words. ``unit``: of its numbers, "" for a plain count."""

    title: str
    key: str
    """The client-file key that uses it."""
    instead: str
    """What to do where a plan does not have it, or not enough of it."""
    reference: str
    unit: str = ""
    floor: bool = False
    """The number is the least that is allowed, and not the most."""


FEATURES: dict[str, Feature] = {
    "dns_records": Feature(
        "DNS records",
        "records",
        "delegate a subdomain to a zone of its own, or take a wildcard",
        "developers.cloudflare.com/dns/manage-dns-records/reference/record-limits",
    ),
    "redirect_rules": Feature(
        "single redirects",
        "redirects",
        "merge redirects with *, or redirect at the origin",
        "developers.cloudflare.com/rules/url-forwarding/single-redirects",
    ),
    "record_tags": Feature(
        "tags of a record",
        "records",
        "write it into the record's comment",
        "developers.cloudflare.com/dns/manage-dns-records/reference/record-attributes",
    ),
    "comment_length": Feature(
        "a record's comment",
        "records",
        "shorten it; the client file has room for comments of its own",
        "developers.cloudflare.com/dns/manage-dns-records/reference/record-attributes",
        "characters",
    ),
    "minimum_ttl": Feature(
        "lowest TTL of a record",
        "records",
        "take auto (300 s), or a proxied host, whose changes are seen at once",
        "developers.cloudflare.com/dns/manage-dns-records/reference/ttl",
        "s",
        floor=True,
    ),
    "rate_limit_rules": Feature(
        "rate limiting rules",
        "rate_limits",
        "let entries share requests and period: they are merged into one rule over their paths",
        "developers.cloudflare.com/waf/rate-limiting-rules",
    ),
    "health_checks": Feature(
        "Cloudflare health checks",
        "monitors",
        "Route 53 health checks (monitors, the default) or Gatus (launch monitors gatus)",
        "developers.cloudflare.com/health-checks",
    ),
    "waf_custom_rules": Feature(
        "WAF custom rules",
        "hosts",
        "give private hosts one allow list: they then share a rule",
        "developers.cloudflare.com/waf/custom-rules",
    ),
    "cache_rules": Feature(
        "cache rules",
        "cache",
        "say it with Cache-Control at the origin, which the edge respects",
        "developers.cloudflare.com/cache/how-to/cache-rules",
    ),
    "response_header_rules": Feature(
        "response header transform rules",
        "headers",
        "give hosts the same headers, or set them at the origin",
        "developers.cloudflare.com/rules/transform",
    ),
}
"""Every field of Limits, described: what a plan lacks is told from here and nowhere else."""

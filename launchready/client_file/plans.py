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
    rate_limit_period: int
    """Seconds; the longest of RATE_LIMIT_PERIODS that requests may be counted over."""
    rate_limit_mitigation: int
    """Seconds; the longest of RATE_LIMIT_PERIODS that a visitor may be kept out."""
    rate_limit_fields: frozenset[str]
    """What a limit may look at, in words of the client file."""
    rate_limit_by: frozenset[str]
    """Who may count as one visitor, in words of the client file."""
    custom_block_page: bool
    """May a rule that blocks say what it answers?"""
    minimum_edge_ttl: int
    """Seconds; the shortest time that a cache rule may name, for the edge or for browsers."""
    cache_key_parts: bool
    """May a cache key have single query parameters, headers and cookies?"""
    purge_urls: int
    """URLs in one call that purges."""
    purge_items: int
    """Hosts, prefixes or tags in one call that purges."""
    advanced_certificates: int
    """Certificate packs that may be ordered (Advanced Certificate Manager, paid for per zone)."""


MAXIMUM_TTL = 86_400

CERTIFICATE_HOSTS = 50
"""Names in one advanced certificate, the apex among them."""

HEALTH_CHECK_INTERVALS = {Plan.PRO: 60, Plan.BUSINESS: 15, Plan.ENTERPRISE: 10}
"""Seconds: how often a plan's health checks may look at most (developers.cloudflare.com/health-checks)."""

RATE_LIMIT_PERIODS = (
    10, 15, 20, 30, 40, 45, 60, 90, 120, 180, 240, 300, 480, 600, 900, 1200, 1800, 2400, 3600, 65_535, 86_400,
)  # fmt: skip
"""Seconds that Cloudflare takes for a period or a mitigation; each plan up to its own longest.

Source: developers.cloudflare.com/waf/rate-limiting-rules/ (availability), November 2026.
"""
_PATH = frozenset({"path"})
_HOST = _PATH | {"host"}
_METHODS = _HOST | {"methods"}
_ADDRESS, _NAT = frozenset({"ip"}), frozenset({"ip", "nat"})
_ANYONE = _NAT | {"header", "cookie", "query", "host", "path", "asn", "country"}

LIMITS: dict[Plan, Limits] = {
    Plan.FREE: Limits(
        200, 10, 0, 100, 60, 1, 0, 5, 10, 10,
        10, 10, _PATH, _ADDRESS, False,
        7_200, False, 100, 100, 0,
    ),
    Plan.PRO: Limits(
        3_500, 25, 20, 500, 60, 2, 10, 20, 25, 25,
        60, 3_600, _HOST, _ADDRESS, True,
        3_600, False, 100, 100, 100,
    ),
    Plan.BUSINESS: Limits(
        3_500, 50, 20, 500, 60, 5, 50, 100, 50, 50,
        600, 86_400, _METHODS, _NAT, True,
        1, False, 100, 100, 100,
    ),
    Plan.ENTERPRISE: Limits(
        None, 300, 20, 500, 30, 100, 1_000, 1_000, 300, 300,
        65_535, 86_400, _METHODS, _ANYONE, True,
        1, True, 500, 100, 100,
    ),
}  # fmt: skip


def next_plan(fits: int, wanted: str) -> str | None:
    """The smallest plan whose limit ``wanted`` (a field's name) admits ``fits``, or None."""
    for plan, limits in LIMITS.items():
        limit = getattr(limits, wanted)
        if limit is None or limit >= fits:
            return plan.value
    return None


def plan_with(word: str, wanted: str) -> str | None:
    """The smallest plan whose set ``wanted`` (a field's name) has ``word``, or None."""
    return next((plan.value for plan, limits in LIMITS.items() if word in getattr(limits, wanted)), None)


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
    "minimum_edge_ttl": Feature(
        "shortest time in a cache rule",
        "cache",
        "leave it to the origin's Cache-Control, which may be shorter: name the path in cache.respect_origin",
        "developers.cloudflare.com/cache/how-to/edge-browser-cache-ttl",
        "s",
        floor=True,
    ),
    "cache_key_parts": Feature(
        "single query parameters in a cache key",
        "cache",
        "query: ignore, or sort",
        "developers.cloudflare.com/cache/how-to/cache-keys",
    ),
    "purge_urls": Feature(
        "URLs in one purging call",
        "cache",
        "launch purge makes as many calls as it takes",
        "developers.cloudflare.com/cache/how-to/purge-cache",
    ),
    "purge_items": Feature(
        "hosts, prefixes or tags in one purging call",
        "cache",
        "launch purge makes as many calls as it takes",
        "developers.cloudflare.com/cache/how-to/purge-cache",
    ),
    "response_header_rules": Feature(
        "response header transform rules",
        "headers",
        "give hosts the same headers, or set them at the origin",
        "developers.cloudflare.com/rules/transform",
    ),
    "rate_limit_period": Feature(
        "longest period of a rate limit",
        "rate_limits",
        "count over a shorter period, and throttle accounts in the application",
        "developers.cloudflare.com/waf/rate-limiting-rules",
        "s",
    ),
    "rate_limit_mitigation": Feature(
        "longest mitigation of a rate limit",
        "rate_limits",
        "take a shorter mitigation, and lock accounts in the application",
        "developers.cloudflare.com/waf/rate-limiting-rules",
        "s",
    ),
    "rate_limit_fields": Feature(
        "what a rate limit looks at",
        "rate_limits",
        "give what must be limited a path of its own, and limit by path",
        "developers.cloudflare.com/waf/rate-limiting-rules",
    ),
    "rate_limit_by": Feature(
        "who counts as one visitor of a rate limit",
        "rate_limits",
        "count by address (ip), and throttle accounts in the application",
        "developers.cloudflare.com/waf/rate-limiting-rules",
    ),
    "custom_block_page": Feature(
        "an answer of one's own when a rule blocks",
        "rate_limits",
        "Cloudflare's page, with the same status",
        "developers.cloudflare.com/waf/custom-rules/create-dashboard",
    ),
    "advanced_certificates": Feature(
        "advanced certificates (Advanced Certificate Manager, paid for per zone)",
        "tls.certificates",
        "use names one label below the domain, which universal SSL covers, or set proxied: false",
        "developers.cloudflare.com/ssl/edge-certificates/advanced-certificate-manager",
    ),
}
"""Every field of Limits, described: what a plan lacks is told from here and nowhere else."""


@dataclass(frozen=True, slots=True)
class AwsLimits:
    """What AWS takes for one variable of ``environment``.

    Source: Systems Manager's PutParameter, Secrets Manager's CreateSecret and KMS's ScheduleKeyDeletion
    (API references, November 2026).
    """

    standard_bytes: int = 4_096
    advanced_bytes: int = 8_192
    secret_bytes: int = 65_536
    name_length: int = 1_011
    """Characters of a parameter's ARN."""
    secret_name_length: int = 512
    levels: int = 15
    """Levels of a parameter's name."""
    description_length: int = 1_024
    standard_parameters: int = 10_000
    """Standard parameters of an account in a region."""


AWS_LIMITS = AwsLimits()

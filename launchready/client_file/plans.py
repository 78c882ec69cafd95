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

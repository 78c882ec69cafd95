"""``rate_limits`` → the rules of phase ``http_ratelimit``.

Source: developers.cloudflare.com/waf/rate-limiting-rules/ (parameters), .../create-api/.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from launchready.client_file import rate_limits
from launchready.client_file.model import ClientFile, Plan, Portal
from launchready.client_file.plans import LIMITS
from launchready.client_file.rate_limits import Limit
from launchready.declared.draft import refused
from launchready.declared.types import Rule

PHASE = "http_ratelimit"
STATUS = 429
"""RFC 6585 §4."""
PAGE = "Too many requests. Please wait a moment and try again."


def rules(client: ClientFile) -> Mapping[str, tuple[Rule, ...]]:
    """The rules by phase; no phase without rules. Raises InputError for what no rule can say."""
    found = tuple(_rule(client, limit) for limit in rate_limits.limits(client))
    return {PHASE: found} if found else {}


def _rule(client: ClientFile, limit: Limit) -> Rule:
    key = limit.keys[0]
    if '"' in "".join(limit.paths) or "\\" in "".join(limit.paths):
        raise refused(client, f"{key}.path", "a limited path has a quote or a backslash")
    try:
        characteristics = rate_limits.characteristics(limit.by)
    except KeyError as error:
        raise refused(client, f"{key}.by", f"{error} is nothing that visitors are told apart by") from None
    return Rule(
        ref=_ref(client, limit),
        expression=rate_limits.expression(limit),
        action="block",
        description=_description(limit),
        key="rate_limits" if len(limit.keys) > 1 else key,
        parameters=_parameters(client.plan),
        ratelimit={
            "characteristics": characteristics,
            "period": limit.period,
            "requests_per_period": limit.requests,
            "mitigation_timeout": limit.mitigation,
        },
    )


def _ref(client: ClientFile, limit: Limit) -> str:
    """On Free the one rule keeps its name whatever is in it; elsewhere a rule is what it limits."""
    if client.plan is Plan.FREE:
        return "limit-shared"
    if limit.keys[0].startswith("portal"):
        return f"limit-{limit.keys[0].replace('.', '-')}"
    identity = "\n".join((*limit.paths, limit.host or "", *limit.methods, *limit.by, str(limit.period)))
    return f"limit-{hashlib.sha256(identity.encode()).hexdigest()[:12]}"


def _description(limit: Limit) -> str:
    first, more = limit.paths[0], len(limit.paths) - 1
    where = f"{first} and {more} more" if more else first
    return f"{limit.requests} requests in {limit.period} s: {where}"[:200]


def _parameters(plan: Plan) -> Mapping[str, Any]:
    """A short answer of our own where the plan has that; else Cloudflare's page, which is 429 too."""
    if not LIMITS[plan].custom_block_page:
        return {}
    return {"response": {"status_code": STATUS, "content_type": "text/plain", "content": PAGE}}


def notes(client: ClientFile) -> tuple[str, ...]:
    """What the report must say of how requests are counted."""
    found = rate_limits.limits(client)
    if not found:
        return (_without(client),)
    notes = []
    if client.plan is Plan.FREE:
        paths, rate = ", ".join(found[0].paths), f"{found[0].requests} requests in {found[0].period} s"
        notes.append(
            f"rate limits on Free: one rule and one counter over {paths}, for each address and data centre "
            f"({rate}); methods and hosts are not told apart, so that a preflight counts too"
        )
    notes += [
        f"rate limits: {', '.join(limit.paths)} share one rule and one counter, as {client.plan.value} "
        f"has {LIMITS[client.plan].rate_limit_rules} rules"
        for limit in found
        if len(limit.keys) > 1 and client.plan is not Plan.FREE
    ]
    notes.append(
        "rate limits are counted in each data centre by itself and throttle no account: "
        "that is the application's"
    )
    return tuple(notes)


def _without(client: ClientFile) -> str:
    if client.rate_limits is not None:
        return "rate_limits: none – no request is limited at the edge"
    if isinstance(client.portal, Portal):
        return "rate limits: none by default, since the portal is not behind the edge of this zone"
    return "rate limits: none by default, since no portal is declared"

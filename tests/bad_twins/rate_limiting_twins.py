"""Bad twins of row ``rate_limiting``: limits that are gone, looser, stricter, or leave a door open."""

from __future__ import annotations

from typing import Any

from launchready.declared import declare
from tests.bad_twins.clients import DOMAIN, client
from tests.bad_twins.dns_twins import defect, twin
from tests.bad_twins.harness import Break, Scene, Twin
from tests.bad_twins.provision import phase_rule

PHASE = "http_ratelimit"
LIMITS = [
    {"path": path, "requests": 5, "per": "10s"} for path in ("/api/login", "/api/reset", "/api/invite/*")
]
LIMITED = client(rate_limits=LIMITS)
PORTAL = {
    "base": f"https://app.{DOMAIN}",
    "login": {"path": "/api/login"},
    "reset": {"path": "/api/reset"},
}


def changed(**change: Any) -> Break:
    """The declared rule with other values at the API."""

    async def breaks(scene: Scene) -> None:
        rules = [phase_rule(rule) for rule in declare(scene.client).rulesets[PHASE]]
        rules = [{**r, **change, "ratelimit": r["ratelimit"] | change.get("ratelimit", {})} for r in rules]
        await scene.api.phase_rules(scene.zone_id, PHASE, rules)

    return breaks


async def gone(scene: Scene) -> None:
    await scene.api.phase_rules(scene.zone_id, PHASE, [])


GOOD: dict[str, Twin] = {"logs in within limits": Twin(LIMITED, frozenset())}

TWINS: dict[str, Twin] = {
    "rate limits: gone": twin(LIMITED, gone, "rate_limiting.rule.declared"),
    "rate limits: looser": twin(
        LIMITED, changed(ratelimit={"requests_per_period": 50}), "rate_limiting.rule.declared"
    ),
    "rate limits: stricter": twin(
        LIMITED, changed(ratelimit={"requests_per_period": 2}), "rate_limiting.rule.declared"
    ),
    "rate limits: switched off": twin(LIMITED, changed(enabled=False), "rate_limiting.rule.declared"),
    "rate limits: only logged": twin(LIMITED, changed(action="log"), "rate_limiting.rule.declared"),
    "rate limits: a path is left out": twin(
        LIMITED,
        changed(expression='lower(http.request.uri.path) in {"/api/login" "/api/reset"}'),
        "rate_limiting.rule.declared",
    ),
    "rate limits: no Retry-After": twin(
        LIMITED, defect("http.no_retry_after", DOMAIN), "rate_limiting.refusal.retry_after"
    ),
    "rate limits: a portal's door is left out": Twin(
        client(rate_limits=LIMITS[:1], portal=PORTAL),
        frozenset({"rate_limiting.portal.covered"}),
        rows=("rate_limiting",),
    ),
    "rate limits: a portal without any": Twin(
        client(rate_limits="none", portal=PORTAL),
        frozenset({"rate_limiting.portal.covered", "rate_limiting.login.address"}),
        rows=("rate_limiting",),
    ),
}

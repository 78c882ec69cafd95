"""Bot management: the fields that each plan has."""

from __future__ import annotations

from launchready.edge.api import plans
from launchready.edge.api.envelope import Reply, refuse
from launchready.edge.api.fields import choice, read
from launchready.edge.api.router import Call, Router
from launchready.edge.state import Json

_PATH = "zones/{zone_id}/bot_management"
_ACTIONS = ("allow", "block", "managed_challenge")
_SWITCHES: dict[str, int] = {
    "fight_mode": 0,
    "enable_js": 0,
    "sbfm_static_resource_protection": 1,
    "optimize_wordpress": 1,
    "suppress_session_score": 3,
    "auto_update_model": 3,
    "bm_cookie_enabled": 3,
}
"""Field → the lowest plan's rank that has it."""
_CHOICES: dict[str, tuple[int, tuple[str, ...]]] = {
    "ai_bots_protection": (0, ("block", "disabled", "only_on_ad_pages")),
    "crawler_protection": (0, ("enabled", "disabled")),
    "sbfm_definitely_automated": (1, _ACTIONS),
    "sbfm_verified_bots": (1, ("allow", "block")),
    "sbfm_likely_automated": (2, _ACTIONS),
}


def add_routes(router: Router) -> None:
    router.add("GET", _PATH, get_bots)
    router.add("PUT", _PATH, put_bots)


def get_bots(call: Call) -> Reply:
    return Reply(_shown(call))


def put_bots(call: Call) -> Reply:
    body, plan = call.object(1004), plans.of(call.zone.info)
    given: Json = {}
    for name, rank in _SWITCHES.items():
        value = read(body, name, "boolean", code=1004)
        if value is not None:
            given[name] = value
            _need(plan, rank, name)
    for name, (rank, allowed) in _CHOICES.items():
        value = read(body, name, "string", code=1004)
        if value is not None:
            given[name] = choice(value, allowed, name, code=1004)
            _need(plan, rank, name)
    call.zone.extra.setdefault("bot_management", {}).update(given)
    return Reply(_shown(call))


def _need(plan: plans.Plan, rank: int, name: str) -> None:
    if plan.rank < rank:
        raise refuse(403, 1015, f"{name} is not available on the {plan.label} plan")


def _shown(call: Call) -> Json:
    defaults: Json = {"enable_js": False, "ai_bots_protection": "disabled", "crawler_protection": "disabled"}
    rank = plans.of(call.zone.info).rank
    if rank == 0:
        defaults["fight_mode"] = False
    else:
        defaults.update(
            sbfm_definitely_automated="allow",
            sbfm_verified_bots="allow",
            sbfm_static_resource_protection=False,
            optimize_wordpress=False,
        )
        if rank > 1:
            defaults["sbfm_likely_automated"] = "allow"
    return {**defaults, "using_latest_model": True, **call.zone.extra.get("bot_management", {})}

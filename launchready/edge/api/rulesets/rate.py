"""``ratelimit`` of a rule: what Cloudflare takes on which plan, and in what words it refuses.

Sources: developers.cloudflare.com/waf/rate-limiting-rules/ (availability, parameters); the words of refusals
as people have met them (code 20155, "not entitled to use the period …"), November 2026.
"""

from __future__ import annotations

import re
from typing import Any

from launchready.edge.api.envelope import RefusalError, refuse
from launchready.edge.api.fields import is_kind
from launchready.edge.api.plans import Plan
from launchready.edge.api.rulesets.expressions import check_filter, check_value, fields_of
from launchready.edge.state import Json

PHASE = "http_ratelimit"
CODE, COLO_CODE = 20121, 20155
CHALLENGES = ("challenge", "js_challenge", "managed_challenge")
_KNOWN = {
    "characteristics": "array",
    "period": "integer",
    "requests_per_period": "integer",
    "mitigation_timeout": "integer",
    "requests_to_origin": "boolean",
    "counting_expression": "string",
    "score_per_period": "integer",
    "score_response_header_name": "string",
}
_COUNTED_RESPONSE = frozenset(
    {
        "http.response.code",
        "http.response.headers",
        "http.response.headers.names",
        "http.response.headers.values",
    }
)
_NAMED = re.compile(r'(http\.request\.(?:headers|cookies|uri\.args))\["([^"\\]+)"\]')
_ADVANCED = frozenset({"http.host", "http.request.uri.path", "ip.src.asnum", "ip.src.country"})


def check_rate(rule: Json, plan: Plan, pointer: str) -> None:
    """Refuses a rate limit that Cloudflare would not take on this plan."""
    where = f"{pointer}/ratelimit"
    rate = rule.get("ratelimit")
    if rate is None:
        raise _bad(where, "ratelimit", "a rule of phase http_ratelimit needs it")
    for key, value in rate.items():
        if key not in _KNOWN:
            raise _bad(f"{where}/{key}", key, "there is no such field")
        if value is not None and not is_kind(value, _KNOWN[key]):
            raise _bad(f"{where}/{key}", key, f"it must be of type {_KNOWN[key]}")
    _check_amount(rate, plan, where)
    _check_period(rate.get("period"), plan, where)
    _check_timeout(rate.get("mitigation_timeout") or 0, str(rule.get("action")), plan, where)
    _check_characteristics(rate.get("characteristics"), plan, f"{where}/characteristics")
    _check_counting(rate.get("counting_expression"), plan, f"{where}/counting_expression")
    _check_fields(rule["expression"], plan, frozenset(), f"{pointer}/expression")


def _check_amount(rate: Json, plan: Plan, where: str) -> None:
    requests, score = rate.get("requests_per_period"), rate.get("score_per_period")
    if score is not None or rate.get("score_response_header_name") is not None:
        if plan.name != "enterprise":
            raise _bad(f"{where}/score_per_period", "score_per_period", _entitled("complexity scores"))
        if requests is None and score is not None and score > 0 and rate.get("score_response_header_name"):
            return
        raise _bad(where, "ratelimit", "a score needs score_per_period and score_response_header_name alone")
    if requests is None or requests < 1:
        raise _bad(f"{where}/requests_per_period", "requests_per_period", "it must be 1 or more")


def _check_period(period: Any, plan: Plan, where: str) -> None:
    if period is None:
        raise _bad(f"{where}/period", "period", "it is required")
    allowed = plan.rate_limit_periods
    if period not in allowed:
        listed = ", ".join(map(str, allowed))
        why = _entitled(f"the period {period}, can only use a period among [{listed}]")
        raise _bad(f"{where}/period", "period", why)


def _check_timeout(timeout: int, action: str, plan: Plan, where: str) -> None:
    """0 throttles: with challenges everyone but Enterprise must, with other actions only Enterprise may."""
    at, key = f"{where}/mitigation_timeout", "mitigation_timeout"
    longest = plan.rate_limit_timeout
    if plan.name == "enterprise":
        if not 0 <= timeout <= longest:
            raise _bad(at, key, f"it must be between 0 and {longest}")
    elif action in CHALLENGES:
        if timeout != 0:
            raise _bad(at, key, _entitled(f"a mitigation timeout with the action {action}, it must be 0"))
    elif timeout == 0:
        raise _bad(at, key, _entitled(f"throttle {action}"))
    elif plan.name == "free" and timeout != longest:
        raise _bad(at, key, _entitled(f"a mitigation timeout different from {longest}"))
    elif timeout not in plan.rate_limit_timeouts:
        listed = ", ".join(map(str, plan.rate_limit_timeouts))
        raise _bad(at, key, _entitled(f"the mitigation timeout {timeout}, can only use one among [{listed}]"))


def _check_characteristics(given: Any, plan: Plan, pointer: str) -> None:
    if not given or not all(isinstance(one, str) and one for one in given):
        raise _bad(pointer, "characteristics", "it must list at least one characteristic")
    if len(set(given)) != len(given):
        raise _bad(pointer, "characteristics", "each characteristic may be there once")
    if "cf.colo.id" not in given:
        raise refuse(
            400,
            COLO_CODE,
            "characteristics field is missing 'cf.colo.id', this is required as ratelimiting counting is "
            "processed at colocation level only",
            source={"pointer": pointer},
        )
    if {"ip.src", "cf.unique_visitor_id"} <= set(given):
        raise _bad(pointer, "characteristics", "ip.src and cf.unique_visitor_id can't be used together")
    plain = {"cf.colo.id", "ip.src"} | ({"cf.unique_visitor_id"} if plan.rank >= 2 else set())
    for one in given:
        if one in plain:
            continue
        if plan.name != "enterprise":
            raise _bad(pointer, "characteristics", _entitled(f"the characteristic {one}"))
        _check_advanced(one, plan, pointer)


def _check_advanced(one: str, plan: Plan, pointer: str) -> None:
    named = _NAMED.fullmatch(one)
    if named is not None:
        if named[1] == "http.request.headers" and named[2] != named[2].lower():
            raise _bad(pointer, "characteristics", f"{one}: header names are in lower case")
    elif one not in _ADVANCED:
        check_value(one, PHASE, plan, pointer)


def _check_counting(counting: Any, plan: Plan, pointer: str) -> None:
    if not counting:
        return
    if plan.rank < 2:
        raise _bad(pointer, "counting_expression", _entitled("a counting expression"))
    check_filter(counting, PHASE, plan, pointer)
    _check_fields(counting, plan, _COUNTED_RESPONSE, pointer)


def _check_fields(expression: str, plan: Plan, more: frozenset[str], pointer: str) -> None:
    if plan.rate_limit_fields is None:
        return
    beyond = sorted(fields_of(expression) - plan.rate_limit_fields - more)
    if beyond:
        raise _bad(pointer, "expression", _entitled(f"the field {beyond[0]} in rate limits"))


def _entitled(what: str) -> str:
    return f"not entitled to use {what}"


def _bad(pointer: str, what: str, why: str) -> RefusalError:
    return refuse(400, CODE, f"not a valid value for {what} because {why}", source={"pointer": pointer})

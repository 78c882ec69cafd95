"""Rate limiting: the phase ``http_ratelimit``.

Each rule counts by itself, for each value of its characteristics. A visitor above the rate meets the action
for as long as ``mitigation_timeout`` says; with 0 only what is above the rate meets it. What depends on the
answer (response fields, ``requests_to_origin``) is counted once there is one. Sources:
developers.cloudflare.com/waf/rate-limiting-rules/ (parameters, request-rate).
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import math
import re
import secrets
from collections.abc import Hashable
from typing import Any

from launchready.edge.https import pages
from launchready.edge.https.defects import http_defect
from launchready.edge.https.exchange import Exchange
from launchready.edge.https.messages import Response
from launchready.edge.rules import RuleError, compile_value
from launchready.edge.state import EdgeState, Json

log = logging.getLogger(__name__)

PHASE = "http_ratelimit"
VISITOR_COOKIE = "_cfuvid"
"""What tells apart visitors who share an address (developers.cloudflare.com/fundamentals/reference/
policies-compliances/cloudflare-cookies/)."""
CHALLENGES = ("challenge", "js_challenge", "managed_challenge")

_NAMED = re.compile(r'(http\.request\.(?:headers|cookies|uri\.args))\["([^"]+)"\]')
_PLAIN = ("http.host", "http.request.uri.path", "ip.src", "ip.src.asnum", "ip.src.country")
_FROM_CACHE = ("HIT", "STALE", "UPDATING")
_RESPONSE = "http.response."


def rate_limits(exchange: Exchange) -> Response | None:
    """The answer to a visitor above a rate; None for everyone else, whose requests are now counted."""
    if PHASE in exchange.skipped:
        return None
    for rule in exchange.rules(PHASE):
        if (answer := _apply(exchange, rule)) is not None:
            return answer
    return None


def _apply(exchange: Exchange, rule: Json) -> Response | None:
    limit, counters, now = rule["ratelimit"], exchange.state.counters, exchange.state.clock.monotonic()
    key, period = _key(exchange, rule), float(limit["period"])
    matches = exchange.holds(rule["expression"])
    if matches and counters.until(key) > now:
        return _act(exchange, rule, counters.until(key) - now)
    counting = limit.get("counting_expression") or rule["expression"]
    if _RESPONSE in counting or limit.get("requests_to_origin"):
        exchange.to_count.append((rule, key))
        total = counters.total(key, now, period)
    elif exchange.holds(counting):
        total = counters.add(key, now, period)
    else:
        total = counters.total(key, now, period)
    if not matches or total <= limit.get("requests_per_period", math.inf):
        return None
    timeout = float(limit.get("mitigation_timeout") or 0)
    if timeout and rule["action"] != "log":
        counters.keep_out(key, now + timeout)
    return _act(exchange, rule, timeout or period)


def count_answer(exchange: Exchange, response: Response) -> None:
    """Count what could only be counted with the answer."""
    if not exchange.to_count:
        return
    exchange.fields.answered(response)
    cached = response.header("cf-cache-status").upper() in _FROM_CACHE
    now = exchange.state.clock.monotonic()
    for rule, key in exchange.to_count:
        limit = rule["ratelimit"]
        if limit.get("requests_to_origin") and cached:
            continue
        if exchange.holds(limit.get("counting_expression") or rule["expression"]):
            exchange.state.counters.add(key, now, float(limit["period"]))


def know_visitor(exchange: Exchange, response: Response) -> None:
    """Give a visitor without one the cookie that tells it apart, where a rule needs it."""
    if exchange.new_visitor:
        cookie = f"{VISITOR_COOKIE}={exchange.new_visitor}; path=/; HttpOnly; SameSite=None; Secure"
        response.headers.append(("set-cookie", cookie))


def _act(exchange: Exchange, rule: Json, seconds: float) -> Response | None:
    """``seconds``: until the visitor may try again."""
    action = rule["action"]
    if action == "block":
        custom = (rule.get("action_parameters") or {}).get("response")
        answer = pages.blocked(exchange.request, custom, 429, 1015)
        if not http_defect(exchange.state, "http.no_retry_after", exchange.site.host):
            answer.set("retry-after", str(max(1, math.ceil(seconds))))
        return answer
    return pages.challenge(exchange.request) if action in CHALLENGES else None


# --- who is a visitor -------------------------------------------------------------------------


def _key(exchange: Exchange, rule: Json) -> Hashable:
    """A changed rule counts anew: its version is part of the key."""
    values = tuple(_value(exchange, name) for name in rule["ratelimit"]["characteristics"])
    return exchange.zone.id, rule.get("id"), rule.get("version"), values


def _value(exchange: Exchange, name: str) -> Hashable:
    if name == "cf.colo.id":
        return None  # the edge is one data centre
    if name == "cf.unique_visitor_id":
        return _visitor(exchange)
    if name in _PLAIN:
        found: Any = exchange.fields[name]
        return str(found)
    named = _NAMED.fullmatch(name)
    if named is not None:
        values: list[bytes] | None = exchange.fields[named[1]].get(named[2].encode())
        return None if values is None else b"\0".join(values)
    try:
        text: bytes | None = compile_value(name)(exchange.fields)
        return text
    except RuleError as error:
        log.warning("a characteristic of %s is not evaluated: %s", exchange.zone.name, error)
        return None


def _visitor(exchange: Exchange) -> Hashable:
    """By a cookie that only this edge can make; by address for whoever does not bring one."""
    given: list[bytes] = exchange.fields["http.request.cookies"].get(VISITOR_COOKIE.encode(), [])
    for value in given:
        known, _, mark = value.partition(b".")
        if hmac.compare_digest(mark, _mark(exchange.state, known).encode()):
            return known
    if not exchange.new_visitor:
        name = secrets.token_urlsafe(18)
        exchange.new_visitor = f"{name}.{_mark(exchange.state, name.encode())}"
    return str(exchange.fields["ip.src"])


def _mark(state: EdgeState, name: bytes) -> str:
    return hmac.new(state.token.encode(), name, hashlib.sha256).hexdigest()[:32]

"""What happens to a request before the origin is asked, and to its answer after: phases, in order.

Order of the rulesets: developers.cloudflare.com/ruleset-engine/reference/phases-list/ (redirects,
configuration, custom firewall rules, rate limits). Always Use HTTPS comes before single redirects: a visitor
of http://www gets two redirects (community.cloudflare.com/t/581453). A phase returns the answer, or None to
go on. Cache rules and request transforms slot in here as further functions.
"""

from __future__ import annotations

from collections.abc import Callable

from launchready.edge.https import pages
from launchready.edge.https.compression import compress
from launchready.edge.https.defects import http_defect
from launchready.edge.https.exchange import Exchange
from launchready.edge.https.messages import Response
from launchready.edge.https.ratelimit import CHALLENGES, count_answer, know_visitor, rate_limits
from launchready.edge.https.redirects import single_redirects
from launchready.edge.https.transform import transform_headers

RequestPhase = Callable[[Exchange], Response | None]
ResponsePhase = Callable[[Exchange, Response], None]


def ssl_off(exchange: Exchange) -> Response | None:
    """Mode "off": https visitors are sent to http (developers.cloudflare.com/ssl/…/ssl-modes/off/)."""
    request = exchange.request
    if exchange.ssl_mode == "off" and request.scheme == "https":
        return pages.redirect(301, f"http://{request.host}{request.target}")
    return None


def always_https(exchange: Exchange) -> Response | None:
    """Host, path and query are kept. Without effect while SSL is off."""
    request = exchange.request
    wanted = exchange.setting("always_use_https", "off") == "on" and exchange.ssl_mode != "off"
    if request.scheme != "http" or not wanted:
        return None
    if http_defect(exchange.state, "http.unforced", exchange.site.host):
        return None
    return pages.redirect(301, f"https://{request.host}{request.target}")


def configuration(exchange: Exchange) -> Response | None:
    """Later matches override earlier ones, setting by setting."""
    for rule in exchange.matching("http_config_settings"):
        for name, value in (rule.get("action_parameters") or {}).items():
            exchange.overrides[name] = {True: "on", False: "off"}[value] if isinstance(value, bool) else value
    return None


def firewall(exchange: Exchange) -> Response | None:
    """Custom rules: the first that blocks or challenges ends the request.

    ``skip`` spares it the phases that it names, or with ``ruleset`` the rules after it.
    """
    for rule in exchange.matching("http_request_firewall_custom"):
        action, parameters = rule.get("action"), rule.get("action_parameters") or {}
        if action == "block":
            answer = pages.blocked(exchange.request, parameters.get("response"), 403, 1020)
            return _edge_error(exchange, answer, b"waf", 1020)
        if action in CHALLENGES:
            return pages.challenge(exchange.request)
        if action == "skip":
            exchange.skipped.update(parameters.get("phases") or ())
            if "ruleset" in parameters:
                return None
    return None


def rate_limiting(exchange: Exchange) -> Response | None:
    """After the custom rules: what they block is not counted."""
    answer = rate_limits(exchange)
    challenged = answer is not None and answer.header("cf-mitigated") == "challenge"
    return answer if answer is None or challenged else _edge_error(exchange, answer, b"ratelimit", 1015)


def _edge_error(exchange: Exchange, answer: Response, kind: bytes, code: int) -> Response:
    """A block is an error page of the edge, and header rules apply to those (not to challenges).

    They can even tell them apart: the field ``cf.response.error_type`` is "waf" or "ratelimit" for them.
    """
    exchange.fields["cf.response.error_type"] = kind
    exchange.fields["cf.response.1xxx_code"] = code
    transform_headers(exchange, answer)
    return answer


def hsts(exchange: Exchange, response: Response) -> None:
    """The zone's ``security_header`` setting, on https answers only (RFC 6797 §7.2)."""
    if exchange.request.scheme != "https":
        return
    setting = exchange.setting("security_header", None) or {}
    wanted = setting.get("strict_transport_security") or {}
    host = exchange.site.host
    if not wanted.get("enabled") or http_defect(exchange.state, "http.no_hsts", host):
        return
    age = 300 if http_defect(exchange.state, "http.short_hsts", host) else int(wanted.get("max_age") or 0)
    value = f"max-age={age}"
    value += "; includeSubDomains" if wanted.get("include_subdomains") else ""
    value += "; preload" if wanted.get("preload") else ""
    response.set("strict-transport-security", value)
    if wanted.get("nosniff"):
        response.set("x-content-type-options", "nosniff")


BEFORE_ORIGIN: tuple[RequestPhase, ...] = (
    ssl_off,
    always_https,
    single_redirects,
    configuration,
    firewall,
    rate_limiting,
)
ON_ORIGIN_ANSWERS: tuple[ResponsePhase, ...] = (transform_headers, count_answer)
ON_EVERY_ANSWER: tuple[ResponsePhase, ...] = (hsts, know_visitor, compress)

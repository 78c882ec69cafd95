"""Single redirects: the phase ``http_request_dynamic_redirect``.

The first matching rule wins. Settings and defaults (301, query dropped):
developers.cloudflare.com/rules/url-forwarding/single-redirects/settings/.
"""

from __future__ import annotations

import logging

from launchready.edge.https import pages
from launchready.edge.https.defects import http_defect
from launchready.edge.https.exchange import Exchange
from launchready.edge.https.messages import Response, text_of
from launchready.edge.rules import RuleError, compile_value
from launchready.edge.state import Json

log = logging.getLogger(__name__)

PHASE = "http_request_dynamic_redirect"


def single_redirects(exchange: Exchange) -> Response | None:
    if http_defect(exchange.state, "http.redirect_loop", exchange.site.host):
        return pages.redirect(301, _here(exchange))
    for rule in exchange.matching(PHASE):
        if rule.get("action") == "redirect" and "from_value" in (rule.get("action_parameters") or {}):
            return _redirect(exchange, rule["action_parameters"]["from_value"])
    return None


def _redirect(exchange: Exchange, value: Json) -> Response:
    target = _target(exchange, value.get("target_url") or {})
    if target is None:
        return pages.error(exchange.request, 500, 1035, "The redirect's target could not be worked out.")
    status = int(value.get("status_code") or 301)
    query = exchange.request.target.partition("?")[2]
    if value.get("preserve_query_string") and query:
        base, mark, fragment = target.partition("#")
        if "?" in base:
            return pages.error(exchange.request, 500, 10055)
        target = f"{base}?{query}{mark}{fragment}"
    return _damaged(exchange, status, target)


def _target(exchange: Exchange, url: Json) -> str | None:
    if "value" in url:
        return str(url["value"])
    try:
        found = compile_value(str(url.get("expression") or ""))(exchange.fields)
    except RuleError as error:
        log.warning("a redirect of %s has a target that is not evaluated: %s", exchange.zone.name, error)
        return None
    return text_of(found) if found else None


def _here(exchange: Exchange) -> str:
    request = exchange.request
    return f"{request.scheme}://{request.host}{request.target}"


def _damaged(exchange: Exchange, status: int, target: str) -> Response:
    """The redirect, with the defects set on its host."""
    state, host = exchange.state, exchange.site.host
    if found := http_defect(state, "http.redirect_status", host):
        status = int(found.options.get("status", 302))
    if found := http_defect(state, "http.redirect_target", host):
        target = str(found.options.get("target", "https://wrong.invalid/"))
    if http_defect(state, "http.redirect_drops_query", host):
        target = target.partition("?")[0]
    return pages.redirect(status, target)

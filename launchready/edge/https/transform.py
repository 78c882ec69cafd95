"""Response header transform rules, as Cloudflare runs them.

developers.cloudflare.com/rules/transform/response-header-modification/ (read in November 2026): rules run in
order and later ones overwrite, yet every filter and every value sees the fields as they were when the
phase began; "set" replaces all headers of the name and, where its expression gives nothing, removes them;
"add" appends one; "remove" takes all. They apply to what comes from the origin, the cache and Workers and
to the edge's own error pages, blocks among them (cf.response.error_type tells those apart), but not to its
redirects and challenges. Whether that holds for every block: docs/decisions/0010-private-hosts.md.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from launchready.edge.https.exchange import Exchange
from launchready.edge.https.messages import Response, text_of
from launchready.edge.rules import RuleError, compile_value
from launchready.edge.state import Json

log = logging.getLogger(__name__)

PHASE = "http_response_headers_transform"


@dataclass(frozen=True, slots=True)
class Change:
    """One operation on one header (lower-case name); ``value`` "" where there is none."""

    operation: Literal["set", "add", "remove"]
    name: str
    value: str = ""


def transform_headers(exchange: Exchange, response: Response) -> None:
    """Every matching rule's changes, worked out over the answer as it came, then made in order."""
    exchange.fields.answered(response)
    for change in list(_changes(exchange)):
        if change.operation != "add":
            response.remove(change.name)
        if change.value:
            response.headers.append((change.name, change.value))


def _changes(exchange: Exchange) -> Iterator[Change]:
    for rule in exchange.matching(PHASE):
        for name, wanted in ((rule.get("action_parameters") or {}).get("headers") or {}).items():
            operation = wanted.get("operation", "set")
            if operation == "remove":
                yield Change("remove", name.lower())
                continue
            value = _value(exchange, wanted)
            if value is not None:
                yield Change(operation, name.lower(), value)


def _value(exchange: Exchange, wanted: Json) -> str | None:
    """The header's text; "" where the expression gives nothing, None where it can't be evaluated."""
    value = wanted.get("value")
    if value is None:
        try:
            found = compile_value(str(wanted.get("expression") or ""))(exchange.fields)
        except RuleError as error:
            log.warning("a header rule of %s is not evaluated: %s", exchange.zone.name, error)
            return None
        value = "" if found is None else text_of(found)
    return "".join(c if c >= " " else " " for c in str(value))

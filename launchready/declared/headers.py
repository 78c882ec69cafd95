"""``headers`` → the rules of phase http_response_headers_transform, as few as the answers differ.

Three kinds, each once for every group of hosts that get the same: what is always so (headers set and
removed), the policy for answers that have none, the origins that may read. Rules run in order and later
ones win, so the last kind grants again what the first took away. Fields are those of the origin's answer
throughout the phase (developers.cloudflare.com/rules/transform/response-header-modification/).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Any

from launchready.client_file.headers import GRANTS, HeaderPlan, HostHeaders, Scope, header_plan, origin_groups
from launchready.client_file.headers_model import Cors
from launchready.client_file.model import ClientFile
from launchready.declared.expression import literal
from launchready.declared.types import Rule

PHASE = "http_response_headers_transform"
EVERYTHING = "true"
"""The expression that every request matches."""
_ORIGIN = 'http.request.headers["origin"][0]'


def header_rules(client: ClientFile) -> tuple[Rule, ...]:
    """The phase's rules, in order; none without a proxied host or with ``headers: none``."""
    plan = header_plan(client)
    return () if plan is None else (*_always(plan), *_policies(plan), *_sharing(plan))


def _always(plan: HeaderPlan) -> Iterator[Rule]:
    for scope, headers in plan.scopes("always"):
        changes = _changes(headers)
        if changes:
            words = f"response headers of {_whose(scope)}"
            yield _rule("headers", scope, _hosts(scope), words, changes)


def _changes(headers: HostHeaders) -> dict[str, Any]:
    """Header → the API's change of it."""
    changes: dict[str, Any] = {name: _set(value) for name, value in headers.fields.items()}
    if headers.csp is not None and not headers.csp.if_absent:
        changes[headers.csp.name] = _set(headers.csp.text)
    if headers.cors is not None:
        changes |= {key: {"operation": "remove"} for key in GRANTS}
        given = headers.fields.get("vary")
        # Vary belongs on every answer: caches must know that the header may differ (Fetch, "CORS and caches")
        changes["vary"] = _set(f"{given}, Origin") if given else {"operation": "add", "value": "Origin"}
    return changes | {key: {"operation": "remove"} for key in headers.removed}


def _policies(plan: HeaderPlan) -> Iterator[Rule]:
    for scope, headers in plan.scopes("csp"):
        csp = headers.csp
        if csp is not None and csp.if_absent:
            condition = _both(_hosts(scope), f"not has_key(http.response.headers, {literal(csp.name)})")
            words = f"Content-Security-Policy of {_whose(scope)}, where the answer has none"
            yield _rule("csp", scope, condition, words, {csp.name: _set(csp.text)}, "headers.csp")


def _sharing(plan: HeaderPlan) -> Iterator[Rule]:
    for scope, headers in plan.scopes("cors"):
        if headers.cors is None:
            continue
        for number, origins in enumerate(origin_groups(headers.cors), 1):
            condition = _asked_by(origins, _hosts(scope))
            words = f"cross-origin requests to {_whose(scope)}"
            yield _rule("cors", scope, condition, words, _granted(headers.cors), "headers.cors", number)


def _asked_by(origins: tuple[str, ...], hosts: str) -> str:
    if len(origins) == 1:
        return _both(hosts, f"{_ORIGIN} eq {literal(origins[0])}")
    return _both(hosts, f"{_ORIGIN} in {{{' '.join(literal(origin) for origin in origins)}}}")


def _granted(cors: Cors) -> dict[str, Any]:
    one = len(dict.fromkeys(cors.origins)) == 1
    changes = {
        "access-control-allow-origin": _set(cors.origins[0])
        if one
        else {"operation": "set", "expression": _ORIGIN}
    }
    if cors.credentials:
        changes["access-control-allow-credentials"] = _set("true")
    for name, words in (
        ("access-control-allow-methods", methods(cors)),
        ("access-control-allow-headers", cors.headers),
        ("access-control-expose-headers", cors.expose),
    ):
        if words:
            changes[name] = _set(", ".join(words))
    if cors.max_age is not None:
        changes["access-control-max-age"] = _set(str(cors.max_age))
    return changes


def methods(cors: Cors) -> tuple[str, ...]:
    """The methods that a preflight's answer lists, in upper case; empty: the simple ones suffice."""
    extra = tuple(dict.fromkeys(method.upper() for method in cors.methods))
    return ("GET", "HEAD", "POST", *(m for m in extra if m not in ("GET", "HEAD", "POST"))) if extra else ()


def _set(value: str) -> dict[str, str]:
    return {"operation": "set", "value": value}


def _hosts(scope: Scope) -> str:
    if not scope.hosts:
        return EVERYTHING
    if len(scope.hosts) == 1:
        return f"http.host {'ne' if scope.others else 'eq'} {literal(scope.hosts[0])}"
    listed = f"http.host in {{{' '.join(literal(host) for host in scope.hosts)}}}"
    return f"not {listed}" if scope.others else listed


def _both(hosts: str, condition: str) -> str:
    if hosts == EVERYTHING:
        return condition
    return f"({hosts}) and {condition}" if hosts.startswith("not ") else f"{hosts} and {condition}"


def _whose(scope: Scope) -> str:
    if scope.others:
        return "every host but " + _some(scope.hosts) if scope.hosts else "every host"
    return _some(scope.hosts)


def _some(hosts: tuple[str, ...]) -> str:
    shown = ", ".join(hosts[:3])
    return shown if len(hosts) <= 3 else f"{shown} and {len(hosts) - 3} more"


def _rule(
    kind: str,
    scope: Scope,
    expression: str,
    description: str,
    changes: Mapping[str, Any],
    key: str = "headers",
    number: int = 1,
) -> Rule:
    """``ref``: kind and host, the same however the values change."""
    word = re.sub(r"[^a-z0-9]+", "_", scope.word).strip("_")
    ref = f"{kind}_{word}"
    if scope.word != "all":
        ref = f"{ref[:48]}_{sha256(scope.word.encode()).hexdigest()[:8]}"
    if number > 1:
        ref = f"{ref}_{number}"
    return Rule(ref, expression, "rewrite", description, key, {"headers": dict(changes)})

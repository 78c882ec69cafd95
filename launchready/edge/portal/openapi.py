"""The portal's own description (OpenAPI 3.1), made from the client file that configures it."""

from __future__ import annotations

from typing import Any

from launchready.client_file.portal_model import Call, Portal
from launchready.edge.portal.templates import MAX_TEXT

_KINDS: tuple[tuple[type, str], ...] = (
    (bool, "boolean"),
    (int, "number"),
    (float, "number"),
    (str, "string"),
)


def describe(portal: Portal) -> dict[str, Any]:
    """The document: a path for each call, resource, onboarding step and webhook."""
    paths: dict[str, dict[str, Any]] = {}
    for call, name in calls(portal):
        paths.setdefault(call.path, {})[call.method.lower()] = _operation(
            call, name, secured=call.identity is not None
        )
    for number, resource in enumerate(portal.resources):
        for method in resource.methods:
            entry = Call(path=resource.path, method=method, body=resource.body if method != "GET" else None)
            operation = _operation(entry, f"resource {number} {method}", secured=True, partly=True)
            if "{id}" in resource.path:
                id_ = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
                operation["parameters"] = [id_]
            paths.setdefault(resource.path, {})[method.lower()] = operation
        if resource.list_ is not None:
            listed = _operation(Call(path=resource.list_, method="GET"), f"list {number}", secured=True)
            paths.setdefault(resource.list_, {})["get"] = listed
    for hook in portal.webhooks:
        paths.setdefault(hook.path, {})["post"] = _operation(
            Call(path=hook.path), f"webhook {hook.path}", secured=False
        )
    scheme: dict[str, Any] = {"type": "http", "scheme": "bearer"}
    if not portal.login.bearer:
        name = portal.cookies[0] if portal.cookies else "session"
        scheme = {"type": "apiKey", "in": "cookie", "name": name}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Portal", "version": "1"},
        "servers": [{"url": portal.base}],
        "paths": paths,
        "components": {"securitySchemes": {"session": scheme}},
    }


def calls(portal: Portal) -> list[tuple[Call, str]]:
    """Every declared call with a name of its own."""
    found: list[tuple[Call | None, str]] = [
        (portal.login, "login"),
        (portal.login.mfa, "second factor"),
        (portal.session, "session"),
        (portal.logout, "logout"),
        (portal.logout_all, "logout everywhere"),
    ]
    for name in ("reset", "invite", "signup"):
        call = getattr(portal, name)
        found += [(call, name), (call.confirm if call else None, f"{name} confirm")]
    found += [(call, f"onboarding {number}") for number, call in enumerate(portal.onboarding)]
    return [(call, name) for call, name in found if call is not None]


def _operation(call: Call, name: str, *, secured: bool, partly: bool = False) -> dict[str, Any]:
    """``partly``: may a body lack fields?"""
    refusals = {
        str(code): {"description": "refused"} for code in (400, 401, 403, 404, 409, 413, 415, 422, 429)
    }
    operation: dict[str, Any] = {
        "operationId": name.replace(" ", "_").replace("/", "_"),
        "responses": {str(code): {"description": "done"} for code in (200, 201, 202, 204)} | refusals,
    }
    if secured:
        operation["security"] = [{"session": []}]
    if call.body is not None:
        kind = "application/json" if call.encoding == "json" else "application/x-www-form-urlencoded"
        operation["requestBody"] = {
            "required": True,
            "content": {kind: {"schema": _schema(call.body, partly)}},
        }
    return operation


def _schema(example: Any, partly: bool = False) -> dict[str, Any]:
    if isinstance(example, dict):
        return {
            "type": "object",
            "properties": {key: _schema(value) for key, value in example.items()},
            **({} if partly else {"required": list(example)}),
            "additionalProperties": False,
        }
    if isinstance(example, list):
        return {"type": "array", "items": _schema(example[0]) if example else {}}
    kind = next((word for type_, word in _KINDS if isinstance(example, type_)), "null")
    if kind == "string":
        return {"type": kind, "maxLength": MAX_TEXT}
    return {"type": kind, **({"minimum": -(10**9), "maximum": 10**9} if kind == "number" else {})}

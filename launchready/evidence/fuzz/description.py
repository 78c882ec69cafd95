"""A portal's OpenAPI description, made ready: what would lock, mail or log out is left out, ids filled in."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from launchready.client_file.portal_model import Call, Portal

SESSION_HEADER = "X-Launchready-Session"
"""Stands for every way to log in: the forwarder puts the real session in its place."""
METHODS = ("get", "put", "post", "patch", "delete", "head", "options")
MAX_OPERATIONS = 100
_SCHEME = {"type": "apiKey", "in": "header", "name": SESSION_HEADER}


class Unusable(Exception):  # noqa: N818 - the portal's description is what is wrong
    """The description can't be worked with; says why."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """``operations``: ``METHOD path`` of each that is tried; ``left_out``: those that are not, on purpose."""

    document: Mapping[str, Any]
    operations: tuple[str, ...]
    left_out: tuple[str, ...]


def prepare(given: object, portal: Portal, base: str, *, deletes: bool) -> Prepared:
    """The description to work with. ``base``: the forwarder's URL. ``deletes``: is DELETE tried too?

    Raises Unusable: no OpenAPI 3 document, references to elsewhere, nothing left to try.
    """
    if not isinstance(given, dict) or not str(given.get("openapi", "")).startswith("3."):
        raise Unusable("it is no OpenAPI 3 document")
    document = copy.deepcopy(given)
    for reference in _references(document):
        if not reference.startswith("#"):
            raise Unusable("it refers to other documents, which are not fetched")
    paths = document.get("paths")
    if not isinstance(paths, dict):
        raise Unusable("it has no paths")
    document["servers"] = [{"url": base}]
    prefix = _prefix(given, portal)
    tried, left = [], []
    for path, item in list(paths.items()):
        if not isinstance(item, dict):
            raise Unusable(f"its path {path[:100]!r} is no object")
        item.pop("servers", None)
        for method in [name for name in item if name in METHODS]:
            label = f"{method.upper()} {prefix}{path}"
            if (method == "delete" and not deletes) or _is_delicate(prefix + path, method, portal):
                del item[method]
                left.append(label)
            elif isinstance(item[method], dict):
                item[method].pop("servers", None)
                _fill_ids(prefix + path, item, item[method], portal)
                tried.append(label)
        if prefix:
            paths[prefix + path] = paths.pop(path)
    if not tried:
        raise Unusable("it describes nothing that may be tried")
    if len(tried) > MAX_OPERATIONS:
        raise Unusable(f"it describes more than {MAX_OPERATIONS} operations")
    _one_way_to_log_in(document)
    return Prepared(document, tuple(tried), tuple(left))


def _references(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(found := value.get("$ref"), str):
            yield found
        for inner in value.values():
            yield from _references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _references(inner)


def _prefix(document: Mapping[str, Any], portal: Portal) -> str:
    """What the description's own server puts before its paths, beyond ``portal.base``."""
    servers = document.get("servers")
    url = (
        servers[0].get("url", "")
        if isinstance(servers, list) and servers and isinstance(servers[0], dict)
        else ""
    )
    base = portal.base.rstrip("/")
    if str(url).startswith(base):
        return str(url)[len(base) :].rstrip("/")
    return str(url).rstrip("/") if str(url).startswith("/") else ""


def _is_delicate(path: str, method: str, portal: Portal) -> bool:
    """Log-in locks accounts, log-out ends the session, reset, invite and sign-up send mail."""
    return any(call.method.lower() == method and _same(call.path, path) for call in _delicate(portal))


def _delicate(portal: Portal) -> Iterator[Call]:
    found: list[Call | None] = [portal.login, portal.login.mfa, portal.logout, portal.logout_all]
    for call in (portal.reset, portal.invite, portal.signup):
        found += [call, call.confirm if call is not None else None]
    yield from (call for call in found if call is not None)
    yield from (Call(path=hook.path) for hook in portal.webhooks)


def _same(declared: str, path: str) -> bool:
    """Is it the same path, however its places are called?"""

    def bare(text: str) -> str:
        return re.sub(r"\{[^{}]*\}", "{}", text.partition("?")[0])

    return bare(declared) == bare(path)


def _fill_ids(path: str, item: dict[str, Any], operation: dict[str, Any], portal: Portal) -> None:
    """Give the id of a declared resource as example, so that valid requests are made too."""
    resource = next((one for one in portal.resources if "{id}" in one.path and _same(one.path, path)), None)
    if resource is None or not resource.ids:
        return
    given = [place.get("parameters", []) for place in (item, operation)]
    if not all(isinstance(one, list) for one in given):
        raise Unusable(f"the parameters of {path[:100]!r} are no list")
    for parameter in [one for many in given for one in many]:
        if isinstance(parameter, dict) and parameter.get("in") == "path":
            parameter.pop("examples", None)
            parameter["example"] = resource.ids[0]


def _one_way_to_log_in(document: dict[str, Any]) -> None:
    """Every declared security scheme becomes the header that the forwarder knows."""
    components = document.setdefault("components", {})
    schemes = components.get("securitySchemes") if isinstance(components, dict) else None
    if isinstance(schemes, dict):
        components["securitySchemes"] = {name: dict(_SCHEME) for name in schemes}

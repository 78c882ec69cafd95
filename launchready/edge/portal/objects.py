"""The tenants' objects: every request asks whose they are, whatever path, body or method it uses."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from launchready.client_file.portal_model import Portal, Resource
from launchready.edge.https.messages import Response
from launchready.edge.portal import templates
from launchready.edge.portal.auth import Auth
from launchready.edge.portal.defects import Switches
from launchready.edge.portal.messages import Refusal, Visit, as_json
from launchready.edge.portal.store import Account

READS, WRITES = ("GET", "HEAD"), ("POST", "PUT", "PATCH")


@dataclass(slots=True)
class Thing:
    """One object. ``fields`` are what its owner may write."""

    id: str
    owner: str
    tenant: str
    fields: dict[str, Any] = field(default_factory=dict)
    kept: dict[str, Any] = field(default_factory=dict)
    """What only the portal itself writes."""


class Objects:
    """The objects of every declared resource."""

    def __init__(self, portal: Portal, auth: Auth, switches: Switches) -> None:
        self._auth = auth
        self._on = switches.on
        self._resources = [(resource, _pattern(resource.path)) for resource in portal.resources]
        self._things: dict[tuple[str, str], Thing] = {}
        for resource in portal.resources:
            owner = portal.identities.get(resource.owner)
            for number, name in enumerate(resource.ids, 1):
                sample = {k: v for k, v in (resource.body or {"name": ""}).items() if v != "{id}"}
                self._things[resource.path, name] = Thing(
                    name,
                    owner.user.lower() if owner else "",
                    (owner.tenant or "") if owner else "",
                    {
                        key: f"{key} {number}" if isinstance(value, str) else value
                        for key, value in sample.items()
                    },
                )

    def find(self, visit: Visit) -> tuple[Resource, str | None] | None:
        """The resource that a path belongs to, and the id in it; None for a list."""
        for resource, pattern in self._resources:
            match = pattern.fullmatch(visit.path)
            if match is not None and self._method(visit) in (*resource.methods, "HEAD"):
                return resource, match.groupdict().get("id")
        for resource, _ in self._resources:
            if resource.list_ == visit.path and visit.request.method in READS:
                return resource, None
        return None

    def allowed(self, path: str) -> tuple[str, ...]:
        """The methods that a path takes, () when there is nothing."""
        found: list[str] = []
        for resource, pattern in self._resources:
            if pattern.fullmatch(path):
                found.extend(resource.methods)
            if resource.list_ == path:
                found.append("GET")
        return tuple(dict.fromkeys(found))

    def _method(self, visit: Visit) -> str:
        asked = visit.request.header("x-http-method-override").upper()
        return asked if asked and self._on("portal.authz.method_override") else visit.request.method

    async def handle(self, visit: Visit, resource: Resource, id: str | None) -> Response:
        """One request about an object, or about the list of one's own."""
        account = self._account(visit)
        if id is None and resource.list_ == visit.path:
            return self._list(resource, account)
        method = self._method(visit)
        given = visit.fields("json") if method in WRITES else {}
        key = _id_in(resource, given) if id is None else id
        thing = self._things.get((resource.path, key))
        overridden = method != visit.request.method
        if thing is None or not (overridden or self._may(resource, thing, account, method)):
            raise self._denied(resource, exists=thing is not None)
        if method in READS:
            return as_json(200, self._shown(thing))
        if method == "DELETE":
            del self._things[resource.path, key]
            return Response(204)
        self._write(resource, thing, given)
        return as_json(200, self._shown(thing))

    def _account(self, visit: Visit) -> Account | None:
        open_to_all = (
            "portal.authz.anonymous" if visit.request.method in READS else "portal.authz.anonymous_write"
        )
        if self._on(open_to_all):
            found = self._auth.visitor(visit)
            return found.account if found else None
        if self._on("portal.authz.expired"):
            late = self._auth.visitor(visit, ended=True)
            if late is not None:
                return late.account
        return self._auth.required(visit).account

    def _may(self, resource: Resource, thing: Thing, account: Account | None, method: str) -> bool:
        if account is None:
            return self._on("portal.authz.anonymous" if method in READS else "portal.authz.anonymous_write")
        if account.tenant != thing.tenant:
            writes = method not in READS and self._on("portal.authz.write")
            return writes or self._on("portal.authz.cross_tenant")
        if account.name.lower() == thing.owner or resource.shared:
            return True
        return self._on("portal.authz.peer")

    def _denied(self, resource: Resource, *, exists: bool) -> Refusal:
        if exists and self._on("portal.authz.tells"):
            return Refusal(409, "foreign", "This belongs to someone else.")
        if resource.denied == 403:
            return Refusal(403, "forbidden", "This is not yours.")
        return Refusal(404, "not_found", "There is nothing here.")

    def _list(self, resource: Resource, account: Account | None) -> Response:
        things = [thing for (path, _), thing in self._things.items() if path == resource.path]
        if not self._on("portal.authz.list"):
            things = [thing for thing in things if self._may(resource, thing, account, "GET")]
        return as_json(200, {"items": [self._shown(thing) for thing in things]})

    def _shown(self, thing: Thing) -> dict[str, Any]:
        internal = (
            {"_pk": 48_213, "_table": "tenant_objects"} if self._on("portal.errors.internal_id") else {}
        )
        return {"id": thing.id, **thing.fields, **thing.kept, **internal}

    def _write(self, resource: Resource, thing: Thing, given: dict[str, Any]) -> None:
        loose = self._on("portal.input.types")
        extra = {key: given[key] for key in resource.protected if key in given}
        if extra and self._on("portal.authz.mass_assignment"):
            given = {key: value for key, value in given.items() if key not in extra}
            thing.kept.update(extra)
        known = {key: value for key, value in (resource.body or {}).items() if key in given}
        values = templates.read_body(known, given, loose=loose)
        if self._on("portal.input.injection") and any("'" in str(value) for value in values.values()):
            raise RuntimeError(
                "SQLSTATE[42601]: syntax error at or near \"'\" in UPDATE tenant_objects SET name = '"
            )
        thing.fields.update({key: given[key] for key in known if known[key] != "{id}"})


def _id_in(resource: Resource, given: dict[str, Any]) -> str:
    """The id in a body, where the resource's path has none."""
    field = next((name for name, value in (resource.body or {}).items() if value == "{id}"), "")
    return str(given.get(field, ""))


def _pattern(path: str) -> re.Pattern[str]:
    before, place, after = path.partition("{id}")
    inner = r"(?P<id>[^/]{1,200})" if place else ""
    return re.compile(re.escape(before) + inner + re.escape(after))

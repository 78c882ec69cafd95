"""Every declared resource, tried by its owner, a peer, another tenant, nobody, and an ended session."""

from __future__ import annotations

from dataclasses import dataclass

from launchready.client_file.portal_model import Resource
from launchready.evidence.portal.registry import scenario
from launchready.evidence.portal.stage import Stage, Visitor

READS, WRITES = ("GET", "HEAD"), ("PUT", "PATCH")
ABSENT = "lr-absent-0123456789"


@dataclass(slots=True)
class Cast:
    """Visitors by what they are to one resource; None where the client file has nobody for the part."""

    owner: Visitor
    peer: Visitor | None
    stranger: Visitor | None
    nobody: Visitor
    ended: Visitor | None


@scenario("tenants")
async def tenants(stage: Stage) -> None:
    """Positive control first: only the contrast with what the owner may counts."""
    stage.need(stage.portal.resources, "resources")
    browsers: dict[str, Visitor] = {}
    casts = [await _cast(stage, resource, browsers) for resource in stage.portal.resources]
    for number, (resource, cast) in enumerate(zip(stage.portal.resources, casts, strict=True)):
        for key in resource.ids:
            await _reads(number, resource, key, cast)
        if resource.list_ is not None:
            for part in ("owner", "peer", "stranger"):
                visitor = getattr(cast, part)
                if visitor is not None:
                    await visitor.request(f"{part} list {number}", "GET", resource.list_)
    for number, (resource, cast) in enumerate(zip(stage.portal.resources, casts, strict=True)):
        for key in resource.ids:
            await _writes(number, resource, key, cast)
    await _functions(stage, browsers)


async def _browser(stage: Stage, name: str, browsers: dict[str, Visitor]) -> Visitor:
    if name not in browsers:
        visitor = stage.visitor(name)
        stage.facts[f"login {name}"] = await visitor.login(f"log in {name}")
        browsers[name] = visitor
    return browsers[name]


async def _cast(stage: Stage, resource: Resource, browsers: dict[str, Visitor]) -> Cast:
    people = stage.portal.identities
    owner = stage.need(people.get(resource.owner), f"identities.{resource.owner}")
    admins = stage.portal.admin_roles
    others = {name: one for name, one in people.items() if name != resource.owner and one.role not in admins}
    peer = next((name for name, one in others.items() if one.tenant == owner.tenant), None)
    stranger = next((name for name, one in others.items() if one.tenant != owner.tenant), None)
    ended = None
    if stage.portal.logout is not None:
        late = stage.visitor(resource.owner)
        if await late.login("log in to end"):
            ended = late.copy()
            await late.call("end the session", stage.portal.logout)
    return Cast(
        await _browser(stage, resource.owner, browsers),
        await _browser(stage, peer, browsers) if peer else None,
        await _browser(stage, stranger, browsers) if stranger else None,
        stage.visitor(),
        ended,
    )


def _parts(cast: Cast) -> list[tuple[str, Visitor]]:
    parts = (("stranger", cast.stranger), ("peer", cast.peer), ("nobody", cast.nobody), ("ended", cast.ended))
    return [(name, visitor) for name, visitor in parts if visitor is not None]


async def _try(
    label: str, visitor: Visitor, resource: Resource, method: str, key: str, **headers: str
) -> None:
    from launchready.client_file.portal_model import Call

    body = resource.body if method not in ("GET", "HEAD", "DELETE") else None
    call = Call(path=resource.path, method=method, body=body)
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    await visitor.call(label, call, id=key, headers=sent)


async def _reads(number: int, resource: Resource, key: str, cast: Cast) -> None:
    for method in (method for method in resource.methods if method in READS):
        tail = f"{method} {number} {key}"
        await _try(f"owner {tail}", cast.owner, resource, method, key)
        for part, visitor in _parts(cast):
            await _try(f"{part} {tail}", visitor, resource, method, key)
        if cast.stranger is not None:
            await _try(f"absent {tail}", cast.stranger, resource, method, ABSENT)


async def _writes(number: int, resource: Resource, key: str, cast: Cast) -> None:
    """Others first, so that what they change shows in the owner's next look; then the owner himself."""
    writing = [method for method in resource.methods if method not in READS]
    for method in writing:
        tail = f"{method} {number} {key}"
        for part, visitor in _parts(cast):
            await _try(f"{part} {tail}", visitor, resource, method, key)
        if cast.stranger is not None:
            label = f"override {tail}"
            await _try(label, cast.stranger, resource, "POST", key, x_http_method_override=method)
    if writing and "GET" in resource.methods:
        await _try(f"owner after {number} {key}", cast.owner, resource, "GET", key)
    for method in (method for method in writing if method in WRITES):
        await _try(f"owner {method} {number} {key}", cast.owner, resource, method, key)
        if resource.protected:
            more = resource.model_copy(update={"body": {**(resource.body or {}), **resource.protected}})
            await _try(f"assign {method} {number} {key}", cast.owner, more, method, key)
            if "GET" in resource.methods:
                await _try(f"assigned {method} {number} {key}", cast.owner, resource, "GET", key)


async def _functions(stage: Stage, browsers: dict[str, Visitor]) -> None:
    """What administrators do, tried by someone who is none."""
    invite = stage.portal.invite
    admin = stage.portal.identities.get(invite.identity or "") if invite is not None else None
    if invite is None or admin is None or admin.role not in stage.portal.admin_roles:
        return
    for name, visitor in browsers.items():
        if stage.portal.identities[name].role not in stage.portal.admin_roles:
            stage.facts["function"] = name
            await visitor.call("invite as a user", invite, email=f"lr-{stage.access.nonce}@invalid.example")
            return

"""Lints of ``portal``: where it is, who logs in, what is called, and what can't be proved as it stands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from launchready.client_file.base import Secret
from launchready.client_file.lint.context import Context
from launchready.client_file.lint.registry import Hit, Level, rule
from launchready.client_file.portal_model import Call, Portal, TokenCall

PLACES = frozenset(("user", "email", "password", "new_password", "token", "totp", "challenge", "nonce"))
"""What a placeholder may name."""
_PLACE = re.compile(r"\$\{([^}]*)\}")
CHECKLIST = "launch checklist (portal)"


def _portal(context: Context) -> Portal | None:
    portal = context.client.portal
    return portal if isinstance(portal, Portal) else None


def _calls(portal: Portal) -> Iterator[tuple[str, Call]]:
    """(key, call) of every declared request."""
    yield "portal.login", portal.login
    if portal.login.mfa is not None:
        yield "portal.login.mfa", portal.login.mfa
    for name in ("session", "reset", "invite", "signup", "logout", "logout_all"):
        call = getattr(portal, name)
        if call is not None:
            yield f"portal.{name}", call
        if isinstance(call, TokenCall) and call.confirm is not None:
            yield f"portal.{name}.confirm", call.confirm
    for number, call in enumerate(portal.onboarding):
        yield f"portal.onboarding[{number}]", call


@rule(
    "client_file.portal.base",
    reference=CHECKLIST,
    fix="write the portal's own address: https:// and a name of hosts",
)
def the_portal_is_a_declared_host(context: Context) -> Iterator[Hit]:
    """The portal is at an https URL, whose host the client file declares."""
    portal = _portal(context)
    if portal is None:
        return
    parts = urlsplit(portal.base)
    host = (parts.hostname or "").rstrip(".")
    if parts.scheme != "https" or not host or parts.query or parts.fragment or parts.username:
        yield Hit("portal.base", f"{portal.base!r} is no https URL of a portal")
    elif host not in {context.client.fqdn(name) for name in context.client.hosts}:
        yield Hit("portal.base", f"{host} is not declared in hosts, so nothing may be sent to it")
    elif any(
        context.client.fqdn(n) == host and h.redirect is not None for n, h in context.client.hosts.items()
    ):
        yield Hit("portal.base", f"{host} only redirects; a portal answers itself")


@rule(
    "client_file.portal.path",
    reference="RFC 3986 §3.3",
    fix="write the path below the base, beginning with /",
)
def paths_begin_with_a_slash(context: Context) -> Iterator[Hit]:
    """Every path of the portal begins with a slash and names no other host."""
    portal = _portal(context)
    if portal is None:
        return
    named = [(f"{key}.path", call.path) for key, call in _calls(portal)]
    for number, resource in enumerate(portal.resources):
        named.append((f"portal.resources[{number}].path", resource.path))
        if resource.list_ is not None:
            named.append((f"portal.resources[{number}].list", resource.list_))
    named += [(f"portal.webhooks[{number}].path", hook.path) for number, hook in enumerate(portal.webhooks)]
    named += [(f"portal.{key}", path) for key in ("openapi", "release") if (path := getattr(portal, key))]
    for key, path in named:
        if not path.startswith("/") or path.startswith("//") or re.search(r"[\s#]", path):
            yield Hit(key, f"{path!r} is no path below the base")


@rule(
    "client_file.portal.identity",
    reference="design: portal.identities",
    fix="name one of portal.identities, or add it there",
)
def named_identities_exist(context: Context) -> Iterator[Hit]:
    """Whoever owns, invites or fills in a form is one of the identities."""
    portal = _portal(context)
    if portal is None:
        return
    named = [(f"{key}.identity", call.identity) for key, call in _calls(portal) if call.identity is not None]
    named += [(f"portal.resources[{n}].owner", one.owner) for n, one in enumerate(portal.resources)]
    for key, name in named:
        if name not in portal.identities:
            yield Hit(key, f"there is no identity {name!r}")


@rule(
    "client_file.portal.password",
    reference="launch checklist: secrets out of the code; OWASP ASVS 5.0 §13.3.1",
    fix="encrypt it: pulumi config set --secret --path launchready:portal.identities.NAME.password",
)
def passwords_are_encrypted(context: Context) -> Iterator[Hit]:
    """No identity's password lies in the file in clear."""
    portal = _portal(context)
    for name, identity in (portal.identities if portal is not None else {}).items():
        if not isinstance(identity.password, Secret):
            yield Hit(f"portal.identities.{name}.password", f"the password of {name} is not encrypted")


@rule(
    "client_file.portal.placeholder",
    reference="design: portal (bodies with placeholders)",
    fix=f"use one of {', '.join(sorted(PLACES))}",
)
def placeholders_are_known(context: Context) -> Iterator[Hit]:
    """A body's placeholder is one that is filled in."""
    portal = _portal(context)
    if portal is None:
        return
    for key, call in _calls(portal):
        for text in _texts(call.body):
            for name in _PLACE.findall(text):
                if name not in PLACES:
                    yield Hit(f"{key}.body", f"nothing is known to put in place of ${{{name}}}")


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for one in value.values():
            yield from _texts(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _texts(one)
    elif isinstance(value, str):
        yield value


@rule(
    "client_file.portal.token",
    reference="design: portal.reset, portal.invite",
    fix="write a regular expression with one group, such as [?&]token=([A-Za-z0-9_-]+)",
)
def token_patterns_have_one_group(context: Context) -> Iterator[Hit]:
    """What finds the token in a mail is a regular expression with one group."""
    portal = _portal(context)
    for name in ("reset", "invite", "signup"):
        call = getattr(portal, name, None)
        if not isinstance(call, TokenCall):
            continue
        try:
            groups = re.compile(call.token).groups
        except re.error as error:
            yield Hit(f"portal.{name}.token", f"no regular expression: {error}")
            continue
        if groups != 1:
            yield Hit(f"portal.{name}.token", f"has {groups} groups instead of one")


@rule(
    "client_file.portal.lifetime",
    reference="launch checklist: reset and invite tokens live 15–60 minutes",
    fix="15m to 60m",
)
def tokens_live_for_a_while(context: Context) -> Iterator[Hit]:
    """A token's declared lifetime is 15 to 60 minutes."""
    portal = _portal(context)
    for name in ("reset", "invite"):
        call = getattr(portal, name, None)
        if isinstance(call, TokenCall) and not 900 <= call.lifetime <= 3600:
            yield Hit(f"portal.{name}.lifetime", f"{call.lifetime} s is not within 15 to 60 minutes")


@rule(
    "client_file.portal.twice",
    reference="RFC 9110 §9.1",
    fix="take one of them out",
)
def no_request_is_declared_twice(context: Context) -> Iterator[Hit]:
    """A method and path stand for one thing."""
    portal = _portal(context)
    seen: dict[tuple[str, str], str] = {}
    for key, call in _calls(portal) if portal is not None else ():
        first = seen.setdefault((call.method, call.path), key)
        if first != key:
            yield Hit(f"{key}.path", f"{call.method} {call.path} is {first} already")


@rule(
    "client_file.portal.id",
    reference="design: portal.resources (path with {id}, ids)",
    fix="put {id} into the path or into the body",
)
def resources_say_where_their_id_goes(context: Context) -> Iterator[Hit]:
    """A resource has ids, and its path or body has a place for them."""
    portal = _portal(context)
    for number, resource in enumerate(portal.resources if portal is not None else ()):
        key = f"portal.resources[{number}]"
        if not resource.ids:
            yield Hit(f"{key}.ids", "names no object, so nothing can be tried", "name one or two that exist")
        if "{id}" not in resource.path and "{id}" not in list(_texts(resource.body)):
            yield Hit(f"{key}.path", "has no place for the object's id")


@rule(
    "client_file.portal.tenants",
    reference="OWASP API1:2023; launch checklist: two fresh accounts of different tenants",
    fix="declare test accounts of two tenants",
    level=Level.WARNING,
)
def there_are_two_tenants(context: Context) -> Iterator[Hit]:
    """Resources are proved apart by identities of two tenants."""
    portal = _portal(context)
    if portal is None or not portal.resources:
        return
    tenants = {one.tenant for one in portal.identities.values() if one.role not in portal.admin_roles}
    if len(tenants - {None}) < 2:
        yield Hit("portal.identities", "all of one tenant: that tenants are kept apart can't be proved")


@rule(
    "client_file.portal.session",
    reference="launch checklist (authn)",
    fix="name a request that only someone logged in may make, such as session: /api/me",
    level=Level.WARNING,
)
def there_is_a_way_to_tell_a_session(context: Context) -> Iterator[Hit]:
    """Something tells whether a session is alive."""
    portal = _portal(context)
    if portal is not None and portal.session is None:
        yield Hit("portal.login", "portal.session is not declared: whether a session ends can't be proved")

"""The portal that twins start from: two tenants, a second factor, mail, webhooks. Good as it stands."""

from __future__ import annotations

from typing import Any

from tests.bad_twins.clients import DOMAIN, client
from tests.bad_twins.harness import Scene, Twin

HOST = f"portal.{DOMAIN}"
SPEND = {"token": "${token}", "password": "${new_password}"}


def person(user: str, role: str, tenant: str) -> dict[str, Any]:
    return {
        "user": user,
        "password": {"secure": f"correct horse {user} battery"},
        "role": role,
        "tenant": tenant,
    }


PORTAL: dict[str, Any] = {
    "base": f"https://{HOST}",
    "login": {
        "path": "/api/login",
        "body": {"email": "${user}", "password": "${password}"},
        "mfa": {"path": "/api/login/code", "body": {"code": "${totp}"}},
    },
    "session": {"path": "/api/me", "method": "GET"},
    "reset": {
        "path": "/api/reset",
        "body": {"email": "${user}"},
        "confirm": {"path": "/api/reset/new", "body": SPEND},
    },
    "invite": {
        "path": "/api/invites",
        "body": {"email": "${email}"},
        "identity": "root",
        "confirm": {"path": "/api/invites/accept", "body": SPEND},
    },
    "signup": {
        "path": "/api/signup",
        "body": {"email": "${email}"},
        "confirm": {"path": "/api/signup/new", "body": SPEND},
    },
    "logout": {"path": "/api/logout"},
    "logout_all": {"path": "/api/logout/all"},
    "cookies": ["portal_session"],
    "identities": {
        "ada": person("ada@north.example", "owner", "north"),
        "bob": person("bob@north.example", "member", "north"),
        "cyn": person("cyn@south.example", "owner", "south"),
        "root": {
            **person("root@north.example", "admin", "north"),
            "totp": {"secure": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"},
        },
    },
    "resources": [
        {
            "path": "/api/invoices/{id}",
            "owner": "ada",
            "ids": ["inv-1"],
            "methods": ["GET", "PATCH"],
            "body": {"note": "text"},
            "protected": {"tenant": "south"},
            "list": "/api/invoices",
        },
        {
            "path": "/api/documents/{id}",
            "owner": "cyn",
            "ids": ["doc-7"],
            "methods": ["GET"],
            "denied": 403,
        },
    ],
    "onboarding": [
        {
            "path": "/api/onboarding/company",
            "body": {"name": "${nonce}", "seats": 3},
            "identity": "ada",
            "limit": 5,
        }
    ],
    "webhooks": [{"path": "/hooks/pay", "scheme": "stripe", "secret": {"secure": "whsec_of_a_twin"}}],
    "dependencies": ["payments"],
    "openapi": "/openapi.json",
    "release": "/release.json",
    "budget": 2000,
}


def with_portal(**changes: Any) -> dict[str, Any]:
    """The client of the other twins with a portal; ``changes`` go into the portal."""
    values = client()
    values["hosts"]["portal"] = {"address": "203.0.113.40"}
    return values | {"portal": {**PORTAL, **changes}}


def switched(
    kind: str, *trips: str, rows: tuple[str, ...] = (), options: dict[str, Any] | None = None, **changes: Any
) -> Twin:
    """A twin whose portal has one defect on. ``changes``: to the portal that the client file declares."""

    async def breaks(scene: Scene) -> None:
        scene.defect(kind, HOST, **(options or {}))

    return Twin(with_portal(**changes), frozenset(trips), breaks, rows)


def misdescribed(*trips: str, rows: tuple[str, ...] = (), **changes: Any) -> Twin:
    """A twin whose client file describes another portal than the good one that is there."""

    async def breaks(scene: Scene) -> None:
        scene.portal(PORTAL)

    return Twin(with_portal(**changes), frozenset(trips), breaks, rows)

"""The client file of a portal that is not the sample's: bearer tokens, forms, its own paths and words."""

from __future__ import annotations

from typing import Any

from tests.bad_twins.clients import DOMAIN, client

HOST = f"members.{DOMAIN}"
TOTP = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
HOOK = "a secret of the other portal"
LIMIT = 4


def _person(user: str, role: str, tenant: str) -> dict[str, Any]:
    return {
        "user": user,
        "password": {"secure": f"quite another {user} phrase"},
        "role": role,
        "tenant": tenant,
    }


PORTAL: dict[str, Any] = {
    "base": f"https://{HOST}",
    "login": {
        "path": "/oauth/token",
        "encoding": "form",
        "body": {"grant_type": "password", "username": "${user}", "password": "${password}"},
        "success": {"status": 200, "json": {"token_type": "Bearer"}},
        "bearer": "access_token",
        "mfa": {
            "path": "/oauth/otp",
            "encoding": "form",
            "body": {"ticket": "${challenge}", "otp": "${totp}"},
            "when": {"status": 403, "json": {"ticket": "*", "error": "otp_required"}},
            "success": {"status": 200, "json": {"token_type": "Bearer"}},
        },
    },
    "session": {"path": "/v1/profile", "method": "GET", "success": {"json": {"profile.name": "*"}}},
    "reset": {
        "path": "/v1/recoveries",
        "encoding": "form",
        "body": {"address": "${user}"},
        "success": {"status": 204},
        "token": r"code ([A-Za-z0-9_-]{20,})",
        "confirm": {
            "path": "/v1/recoveries/${token}",
            "method": "PUT",
            "encoding": "form",
            "body": {"phrase": "${new_password}"},
            "success": {"status": 204},
        },
    },
    "invite": {
        "path": "/v1/members",
        "encoding": "form",
        "body": {"address": "${email}"},
        "identity": "boss",
        "success": {"status": 201},
        "token": r"code ([A-Za-z0-9_-]{20,})",
        "confirm": {
            "path": "/v1/members/${token}",
            "method": "PUT",
            "encoding": "form",
            "body": {"phrase": "${new_password}"},
            "success": {"status": 204},
        },
    },
    "logout": {"path": "/oauth/token", "method": "DELETE", "success": {"status": 204}},
    "logout_all": {"path": "/oauth/tokens", "method": "DELETE", "success": {"status": 204}},
    "admin_roles": ["staff"],
    "identities": {
        "eve": _person("eve@east.example", "buyer", "east"),
        "eli": _person("eli@east.example", "buyer", "east"),
        "wes": _person("wes@west.example", "buyer", "west"),
        "boss": {**_person("boss@east.example", "staff", "east"), "totp": {"secure": TOTP}},
    },
    "resources": [
        {
            "path": "/v1/orders/{id}",
            "owner": "eve",
            "ids": ["4711"],
            "methods": ["GET", "PUT"],
            "body": {"remark": "text"},
            "protected": {"buyer": "wes@west.example"},
            "list": "/v1/orders",
            "denied": 403,
        }
    ],
    "onboarding": [
        {
            "path": "/v1/setup",
            "encoding": "form",
            "body": {"firm": "${nonce}", "people": 3},
            "identity": "eve",
            "success": {"status": 201},
            "limit": LIMIT,
        }
    ],
    "webhooks": [{"path": "/v1/events", "scheme": "github", "secret": {"secure": HOOK}}],
    "budget": 2000,
}


def other_client() -> dict[str, Any]:
    """A client whose portal is this one."""
    values = client()
    values["hosts"]["members"] = {"address": "203.0.113.41"}
    return values | {"portal": PORTAL}

"""Accounts, the user, and token verification."""

from __future__ import annotations

from launchready.edge.api.envelope import Reply, paged
from launchready.edge.api.router import Call, Router
from launchready.edge.state import EdgeState, Json


def add_routes(router: Router) -> None:
    router.add("GET", "accounts", list_accounts)
    router.add("GET", "accounts/{account_id}", get_account)
    router.add("GET", "user", get_user)
    router.add("GET", "user/tokens/verify", verify_token)
    router.add("GET", "accounts/{account_id}/tokens/verify", verify_token)


def account(state: EdgeState) -> Json:
    return {
        "id": state.account_id,
        "name": state.account.get("name", "Local edge"),
        "type": "enterprise" if state.plan == "enterprise" else "standard",
        "settings": {"enforce_twofactor": False, "abuse_contact_email": "abuse@edge.example"},
        "created_on": state.account["created_on"],
    }


def list_accounts(call: Call) -> Reply:
    wanted = call.query.get("name")
    own = account(call.state)
    found = [own] if wanted in (None, own["name"]) else []
    return paged(found, call.query, default=20, low=5, high=50)


def get_account(call: Call) -> Reply:
    return Reply(account(call.state))


def get_user(call: Call) -> Reply:
    return Reply(
        {
            "id": call.state.account_id,
            "email": "owner@edge.example",
            "first_name": None,
            "last_name": None,
            "telephone": None,
            "country": None,
            "zipcode": None,
            "suspended": False,
            "two_factor_authentication_enabled": True,
            "two_factor_authentication_locked": False,
            "has_pro_zones": call.state.plan == "pro",
            "has_business_zones": call.state.plan == "business",
            "has_enterprise_zones": call.state.plan == "enterprise",
        }
    )


def verify_token(call: Call) -> Reply:
    message = {"code": 10000, "message": "This API Token is valid and active"}
    return Reply({"id": call.state.account_id[::-1], "status": "active"}, messages=[message])

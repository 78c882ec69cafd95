"""Twins of bursts and webhooks. The edge limits nothing here: what is proved is the portal's own."""

from __future__ import annotations

from typing import Any

from tests.bad_twins.harness import Scene, Twin
from tests.bad_twins.portals import HOST, PORTAL, misdescribed, switched, with_portal

ROWS = ("rate_limiting",)


def unlimited(kind: str, *trips: str) -> Twin:
    async def breaks(scene: Scene) -> None:
        scene.defect(kind, HOST)

    values: dict[str, Any] = with_portal() | {"rate_limits": "none"}
    return Twin(values, frozenset({*trips, "rate_limiting.portal.covered"}), breaks, ROWS)


TWINS: dict[str, Twin] = {
    "log-ins without a limit": unlimited("portal.limits.login_address", "rate_limiting.login.address"),
    "a limit by an address that is made up": unlimited(
        "portal.limits.spoofed", "rate_limiting.login.spoofed"
    ),
    "resets without a limit": unlimited(
        "portal.limits.reset", "rate_limiting.reset.address", "rate_limiting.reset.account"
    ),
    "sign-ups without a limit": unlimited("portal.limits.signup", "rate_limiting.signup.address"),
    "invitations without a limit": unlimited("portal.limits.invite", "rate_limiting.invite.sender"),
    "forms without a limit": unlimited("portal.limits.onboarding", "rate_limiting.onboarding.user"),
    "a webhook with another secret": misdescribed(
        "rate_limiting.webhook.accepted",
        webhooks=[{**PORTAL["webhooks"][0], "secret": {"secure": "another secret"}}],
        rows=ROWS,
    ),
    "a webhook without a signature": switched(
        "portal.webhook.unsigned", "rate_limiting.webhook.unsigned", rows=ROWS
    ),
    "a webhook with a wrong signature": switched(
        "portal.webhook.wrong", "rate_limiting.webhook.signature", rows=ROWS
    ),
    "a webhook of yesterday": switched("portal.webhook.stale", "rate_limiting.webhook.stale", rows=ROWS),
    "a webhook twice": switched("portal.webhook.replayed", "rate_limiting.webhook.replay", rows=ROWS),
}

"""Good clients of other shapes: a portal of its own kind, and what a generator makes of the schema."""

from __future__ import annotations

from typing import Any

from tests.bad_twins import mail_created_twins
from tests.bad_twins.clients import DOMAIN
from tests.bad_twins.generated import SEEDS, generated
from tests.bad_twins.harness import Scene, Twin
from tests.bad_twins.monitoring_twins import monitored
from tests.bad_twins.monitors_on_aws import watched
from tests.bad_twins.other_portal import OtherPortal
from tests.bad_twins.other_portal_client import HOST, other_client
from tests.bad_twins.portals import with_portal


async def _other_portal(scene: Scene) -> None:
    """The sample portal makes room for another application."""
    world = scene.edge.world
    app = OtherPortal(scene.state.clock, lambda: world.sink["smtp"])
    scene.edge.https.origins.set_app(HOST, app)


DOORS = ("/api/login*", "/api/*")
MAIL = "mails with a generated key, SES of its own and MTA-STS"


def everything() -> dict[str, Any]:
    """A client on the Pro plan that uses all there is to declare."""
    values = with_portal()
    shop = f"https://shop.{DOMAIN}"
    log_in = {"host": "portal", "path": "/login"}
    return values | {
        "plan": "pro",
        "hosts": {
            **values["hosts"],
            "shop": {"address": ["203.0.113.30", "2001:db8::30"]},
            "direct": {"address": "203.0.113.31", "proxied": False, "ttl": "10m"},
            "staging": {"address": "203.0.113.11", "exposure": {"private": {"allow": ["198.51.100.0/24"]}}},
        },
        "email": mail_created_twins.GOOD[MAIL].client["email"],
        "tls": {"dnssec": False, "min_version": "1.3", "hsts": {"max_age": "2y"}},
        "cache": {"html": "bypass", "static": "30d", "tiered": True},
        "headers": {"hosts": {"app": {"cors": {"origins": [shop], "credentials": True, "methods": ["PUT"]}}}},
        "rate_limits": [{"path": path, "requests": 50, "per": "10s"} for path in DOORS],
        "monitors": {**monitored()["monitors"], "endpoints": [log_in]},
        "waivers": [{"check": "tls.hsts.preload", "reason": "a subdomain is old", "until": "2999-01-01"}],
    }


async def _watched(scene: Scene) -> None:
    await watched(scene)


TWINS: dict[str, Twin] = {}
GOOD = {
    "pro with everything": Twin(everything(), frozenset(), _watched),
    "a portal with bearer tokens and forms": Twin(other_client(), frozenset(), _other_portal),
    **{f"generated with seed {seed}": Twin(generated(seed), frozenset()) for seed in SEEDS},
}

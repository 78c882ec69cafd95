"""Every bad twin, by name: what breaks, and exactly which checks must fail. And the good clients."""

from __future__ import annotations

from tests.bad_twins import dns_twins, email_auth_twins, redirect_twins, tls_twins
from tests.bad_twins.clients import RICH, client, unsigned
from tests.bad_twins.email_auth_twins import MAILS, EmailTwin
from tests.bad_twins.harness import Scene, Twin


def _of_email(twin: EmailTwin) -> Twin:
    """An e-mail twin as this harness runs it: its zone is broken in the edge's state."""

    async def breaks(scene: Scene) -> None:
        if twin.break_served is not None:
            twin.break_served(scene.state.zones[scene.zone_id])
            scene.state.changed()

    return Twin({**twin.client, "tls": {"dnssec": False}}, twin.trips, breaks)


GOOD: dict[str, Twin] = {
    "signed, never mails": Twin(client(), frozenset()),
    "mails by two senders": Twin(unsigned(email=MAILS), frozenset()),
    "many kinds of records": Twin(RICH, frozenset()),
}

TWINS: dict[str, Twin] = {
    **dns_twins.TWINS,
    **redirect_twins.TWINS,
    **tls_twins.TWINS,
    **{name: _of_email(twin) for name, twin in email_auth_twins.TWINS.items()},
}

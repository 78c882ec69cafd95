"""Every bad twin, by name: what breaks, and exactly which checks must fail. And the good clients."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from types import ModuleType

from tests.bad_twins import email_auth_twins
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


def _modules() -> list[ModuleType]:
    """Every ``*_twins.py`` here that has TWINS of this harness."""
    names = sorted(path.stem for path in Path(__file__).parent.glob("*_twins.py"))
    return [import_module(f"tests.bad_twins.{name}") for name in names if name != "email_auth_twins"]


GOOD: dict[str, Twin] = {
    "signed, never mails": Twin(client(), frozenset()),
    "mails by two senders": Twin(unsigned(email=MAILS), frozenset()),
    "many kinds of records": Twin(RICH, frozenset()),
    **{name: twin for module in _modules() for name, twin in getattr(module, "GOOD", {}).items()},
}

TWINS: dict[str, Twin] = {
    **{name: _of_email(twin) for name, twin in email_auth_twins.TWINS.items()},
    **{name: twin for module in _modules() for name, twin in module.TWINS.items()},
}

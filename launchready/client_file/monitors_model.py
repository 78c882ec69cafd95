"""The model of ``monitors``: health checks from outside, and whom they wake."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Discriminator

from launchready.client_file.base import Secret, Strict
from launchready.client_file.scalars import Mapped, Seconds, Texts, Word, shape


class Notify(Strict):
    """Where alarms go."""

    email: Texts = ()
    """Mail addresses."""
    sms: Texts = ()
    """Telephone numbers in E.164 form."""
    slack: Secret | None = None
    """Slack webhook URL, encrypted."""


class Monitors(Strict):
    """Health checks from outside, and whom they wake."""

    paths: Texts = ("/",)
    """Paths that must answer."""
    hosts: Texts = ("@",)
    """Hosts that are watched."""
    interval: Seconds = 30
    """10 or 30 seconds."""
    notify: Notify = Notify()
    """Where alarms go."""
    errors: dict[str, Any] | None = None
    """The CloudWatch metric of the error rate."""


MonitorsOrNone = Annotated[
    Annotated[Monitors, Mapped] | Annotated[Literal["none"], Word], Discriminator(shape)
]

"""The model of ``monitors``: health checks from outside, and whom they wake."""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field

from launchready.client_file.base import Secret, Strict
from launchready.client_file.scalars import (
    Bool,
    Mapped,
    Seconds,
    Text,
    Texts,
    Word,
    lower,
    scalar_text,
    shape,
)


def _number(value: object) -> object:
    """A number as the engine hands it over: ``"5"`` and ``"0.5"`` are numbers."""
    text = scalar_text(value)
    if isinstance(text, str):
        try:
            number = float(text)
        except ValueError:
            number = math.nan
        if not math.isfinite(number):
            raise ValueError(f"{text!r} is no number")
        return number
    return value


def _whole(value: object) -> object:
    text = scalar_text(value)
    return int(text) if isinstance(text, str) and text.isdigit() else value


Number = Annotated[float, BeforeValidator(_number)]
Count = Annotated[int, BeforeValidator(_whole)]


class Notify(Strict):
    """Where alarms go."""

    email: Texts = ()
    """Mail addresses; each owner confirms by the link in the mail that AWS sends."""
    sms: Texts = ()
    """Telephone numbers in E.164 form, such as +14155550100."""
    slack: Secret | None = None
    """Slack webhook URL, encrypted."""


class Endpoint(Strict):
    """One URL that must answer, with what it must answer."""

    host: Text = "@"
    """Host of the file; "@" is the apex."""
    path: Text = "/"
    """Path, with a query if need be."""
    expect: Annotated[Count, Field(ge=100, le=599)] | None = None
    """The exact status; without it any 2xx or 3xx will do."""
    contains: Annotated[Text, Field(min_length=1)] | None = None
    """Text that is in the first 5,120 bytes of the page."""


class ErrorMetric(Strict):
    """The CloudWatch metric of the application's error rate, and when it is too high."""

    namespace: Annotated[Text, Field(min_length=1)]
    """Such as AWS/ApplicationELB."""
    metric: Annotated[Text, Field(min_length=1)]
    """Such as HTTPCode_Target_5XX_Count."""
    dimensions: dict[Text, Text] = Field(default={})
    """Such as LoadBalancer: app/acme/50dc6c495c0c9188."""
    statistic: Literal["Average", "Sum", "Minimum", "Maximum", "SampleCount"] = "Sum"
    """How the values of a period become one."""
    threshold: Number
    """The value that must not be passed."""
    comparison: Annotated[
        Literal["greater", "greater_or_equal", "less", "less_or_equal"], BeforeValidator(lower)
    ] = "greater"
    """How the value compares with the threshold when it alarms."""
    period: Seconds = 300
    """Seconds: 60 or a multiple of it."""
    periods: Annotated[Count, Field(ge=1)] = 1
    """Periods in a row that must be too high."""
    region: Annotated[Text, BeforeValidator(lower)] = "us-east-1"
    """Region of the metric: the alarm and its topic live there too."""


class Monitors(Strict):
    """Health checks from outside, and whom they wake."""

    provider: Annotated[Literal["aws", "gatus"], BeforeValidator(lower)] = "aws"
    """Who watches: aws (Route 53 and CloudWatch), or your own gatus (see `launch monitors gatus`)."""
    cloudflare: Bool = False
    """Cloudflare's health checks and notifications as well (Pro and above)."""
    paths: Texts = ("/",)
    """Paths that must answer, on each of ``hosts``."""
    hosts: Texts = ("@",)
    """Hosts of the file that are watched."""
    endpoints: tuple[Endpoint, ...] = ()
    """Further URLs, each with what it must answer."""
    portal: Bool = True
    """Whether the declared portal's home and log-in are watched too."""
    interval: Seconds = 30
    """10 or 30 seconds; a change replaces the health checks."""
    failure_threshold: Annotated[Count, Field(ge=1, le=10)] = 3
    """Failed attempts in a row until it is down."""
    regions: Texts = ()
    """Route 53 regions to watch from, three or more; without it all of them."""
    expiry_days: Annotated[Count, Field(ge=1, le=90)] = 14
    """Alarm when a certificate has fewer days left, or when nobody has looked for two days."""
    notify: Notify = Notify()
    """Where alarms go."""
    errors: ErrorMetric | None = None
    """The CloudWatch metric of the error rate."""
    tags: dict[Text, Text] = Field(default={})
    """AWS tags beside launchready's own."""


MonitorsOrNone = Annotated[
    Annotated[Monitors, Mapped] | Annotated[Literal["none"], Word], Discriminator(shape)
]


def watches(value: Any) -> Monitors | None:
    """The monitors that a file declares; None for ``none`` and for nothing at all."""
    return value if isinstance(value, Monitors) else None

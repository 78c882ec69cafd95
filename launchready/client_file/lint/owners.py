"""Lints of ``monitors.notify``: somebody is told, by an address or number that can exist."""

from __future__ import annotations

import re
from collections.abc import Iterator

from launchready.client_file.lint.context import Context
from launchready.client_file.lint.registry import Hit, Level, rule
from launchready.client_file.monitors_model import watches
from launchready.client_file.names import is_hostname, to_ascii

SMS_REGIONS = frozenset((
    "af-south-1", "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-south-2",
    "ap-southeast-1", "ap-southeast-2", "ap-southeast-3", "ca-central-1", "eu-central-1", "eu-central-2",
    "eu-north-1", "eu-south-1", "eu-south-2", "eu-west-1", "eu-west-2", "eu-west-3", "il-central-1",
    "me-central-1", "me-south-1", "sa-east-1", "us-east-1", "us-east-2", "us-west-1", "us-west-2",
))  # fmt: skip
"""Regions from which SNS is known to send SMS (docs.aws.amazon.com/sns, "supported Regions", 2025)."""
_E164 = re.compile(r"\+[1-9]\d{6,14}")
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")


@rule(
    "client_file.monitors.owners",
    reference="checklist: monitoring (owners)",
    fix="name an owner: notify: {email: [oncall@…]}, sms or slack; or write monitors: none",
)
def somebody_is_told(context: Context) -> Iterator[Hit]:
    """Alarms go to somebody."""
    monitors = watches(context.client.monitors)
    if monitors is None:
        return
    notify = monitors.notify
    if not (notify.email or notify.sms or notify.slack):
        yield Hit("monitors", "monitors.notify is empty: alarms would wake nobody")
    elif monitors.cloudflare and not (notify.email or notify.slack):
        yield Hit(
            "monitors.notify",
            "Cloudflare notifies by mail and webhook, not by SMS",
            "add notify.email or notify.slack, or take monitors.cloudflare out",
        )


@rule(
    "client_file.monitors.account",
    reference="developers.cloudflare.com/api (alerting policies belong to an account)",
    fix="add launchready:account, quoted; or take monitors.cloudflare out",
)
def cloudflares_notifications_have_an_account(context: Context) -> Iterator[Hit]:
    """Cloudflare's notifications belong to an account, which is named."""
    monitors = watches(context.client.monitors)
    if monitors is not None and monitors.cloudflare and context.client.account is None:
        yield Hit("monitors.cloudflare", "monitors.cloudflare without launchready:account")


@rule(
    "client_file.monitors.email",
    reference="RFC 5321 §4.1.2",
    fix="write it as name@domain",
)
def owners_have_mailboxes(context: Context) -> Iterator[Hit]:
    """An owner's e-mail address is one."""
    monitors = watches(context.client.monitors)
    for number, address in enumerate(monitors.notify.email if monitors is not None else ()):
        if not _is_mailbox(address):
            yield Hit(f"monitors.notify.email[{number}]", f"{address!r} is no mail address")


def _is_mailbox(address: str) -> bool:
    local, at, domain = address.rpartition("@")
    try:
        host = to_ascii(domain)
    except ValueError:
        return False
    return bool(at and len(local) <= 64 and _LOCAL.fullmatch(local) and "." in host and is_hostname(host))


@rule(
    "client_file.monitors.sms",
    reference="ITU-T E.164",
    fix="write it as +, country code and number, digits only: +14155550100",
)
def owners_have_telephones(context: Context) -> Iterator[Hit]:
    """An owner's telephone number is in E.164 form."""
    monitors = watches(context.client.monitors)
    for number, telephone in enumerate(monitors.notify.sms if monitors is not None else ()):
        if not _E164.fullmatch(telephone):
            yield Hit(f"monitors.notify.sms[{number}]", f"{telephone!r} is not in E.164 form")


@rule(
    "client_file.monitors.sms_region",
    level=Level.WARNING,
    reference="docs.aws.amazon.com/sns/latest/dg/sns-supported-regions-countries.html",
    fix="add a mail address or Slack, so that the error-rate alarm arrives too",
)
def sms_leaves_from_where_it_can(context: Context) -> Iterator[Hit]:
    """The error-rate alarm is in a region from which SNS sends SMS."""
    monitors = watches(context.client.monitors)
    if monitors is None or monitors.errors is None or not monitors.notify.sms:
        return
    region = monitors.errors.region
    if region not in SMS_REGIONS:
        yield Hit("monitors.errors.region", f"SNS is not known to send SMS from {region}")

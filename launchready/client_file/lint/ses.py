"""Lints of ``email.ses``: an identity that the file owns."""

from __future__ import annotations

import re
from collections.abc import Iterator

from launchready.client_file.created import SES, SES_TOKENS, given_tokens
from launchready.client_file.lint.context import Context
from launchready.client_file.lint.registry import Hit, rule
from launchready.client_file.mail_options_model import PresetSender
from launchready.client_file.senders import preset_name

_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-\d")


@rule(
    "client_file.ses.unlisted",
    reference="design: mail presets",
    fix="add ses to email.senders, or take email.ses out",
)
def an_identity_has_its_sender(context: Context) -> Iterator[Hit]:
    """``email.ses`` goes with the sender ``ses``."""
    email = context.client.email
    if email.ses is not None and all(preset_name(sender) != SES for sender in email.senders):
        yield Hit("email.ses", "email.ses, but ses is none of email.senders")


@rule(
    "client_file.ses.region",
    reference="docs.aws.amazon.com/general/latest/gr/ses.html (regions)",
    fix="write an AWS region such as eu-west-1, once",
)
def the_identity_has_a_region(context: Context) -> Iterator[Hit]:
    """The identity's region is one, and the sender says no other."""
    email = context.client.email
    if email.ses is None:
        return
    if not _REGION.fullmatch(email.ses.region):
        yield Hit("email.ses.region", f"{email.ses.region!r} is no AWS region")
    for number, sender in enumerate(email.senders):
        own = isinstance(sender, PresetSender) and sender.preset == SES
        if own and isinstance(sender, PresetSender) and sender.region not in (None, email.ses.region):
            yield Hit(f"email.senders[{number}].region", f"not the region of email.ses, {email.ses.region}")


@rule(
    "client_file.ses.byodkim",
    reference="docs.aws.amazon.com/ses/latest/dg/send-email-authentication-dkim-bring-your-own.html",
    fix="add the selector to email.dkim: {generate: rsa}",
)
def the_own_key_is_made(context: Context) -> Iterator[Hit]:
    """``byodkim`` names an active generated RSA key (SES takes no other)."""
    email = context.client.email
    if email.ses is None or email.ses.byodkim is None:
        return
    name = email.ses.byodkim
    key = email.dkim.get(name)
    if key is None or key.generate != "rsa" or not key.active:
        why = "there is none" if key is None else "it is no active generated RSA key"
        yield Hit("email.ses.byodkim", f"SES signs with the DKIM selector {name!r}, but {why}")


@rule(
    "client_file.ses.tokens",
    reference="docs.aws.amazon.com/ses/latest/dg/send-email-authentication-dkim-easy.html",
    fix="keep the three CNAMEs that SES shows, or none of them",
)
def tokens_are_three_or_none(context: Context) -> Iterator[Hit]:
    """Of Easy DKIM's CNAMEs the file has three or none, and none beside a key of one's own."""
    email = context.client.email
    tokens = given_tokens(email)
    if email.ses is None or not tokens:
        return
    if email.ses.byodkim is not None:
        yield Hit(f"email.dkim.{tokens[0]}", "a CNAME of Easy DKIM beside email.ses.byodkim")
    elif len(tokens) != SES_TOKENS:
        yield Hit(
            f"email.dkim.{tokens[0]}", f"{len(tokens)} CNAMEs of Easy DKIM; an identity has {SES_TOKENS}"
        )

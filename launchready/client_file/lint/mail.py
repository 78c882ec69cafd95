"""Lints of senders, receivers and reports: what ``email`` says."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from launchready.client_file.lint.context import Context
from launchready.client_file.lint.dkim import keys_of_sender
from launchready.client_file.lint.registry import Hit, Level, rule
from launchready.client_file.senders import preset_name, resolved
from launchready.mailauth import bimi, tls_rpt
from launchready.mailauth.presets import PRESETS


@rule(
    "client_file.sender.unknown",
    reference="design: mail presets",
    fix="name a preset, or describe the sender: {name: …, spf: [include:…], return_path: …}",
)
def senders_have_presets(context: Context) -> Iterator[Hit]:
    """A sender given by name is a preset."""
    for number, sender in enumerate(context.client.email.senders):
        name = preset_name(sender)
        if name is not None and name not in PRESETS:
            yield Hit(f"email.senders[{number}]", f"no preset {name!r}", _nearest(name, tuple(PRESETS)))


@rule(
    "client_file.receiver.unknown",
    reference="design: mail presets",
    fix="name a preset that takes mail, or leave receive out and put the MX records under records",
)
def the_receiver_takes_mail(context: Context) -> Iterator[Hit]:
    """``email.receive`` is a preset that takes mail."""
    name = context.client.email.receive
    takers = tuple(k for k, preset in PRESETS.items() if preset.receives)
    if name is not None and name not in takers:
        reason = "takes no mail" if name in PRESETS else "is no preset"
        yield Hit("email.receive", f"{name!r} {reason}", _nearest(name, takers))


def _nearest(name: str, known: tuple[str, ...]) -> str:
    near = difflib.get_close_matches(name, known, 1)
    return f"did you mean `{near[0]}`?" if near else f"one of {', '.join(known)}"


@rule(
    "client_file.sender.unaligned",
    level=Level.WARNING,
    reference="RFC 9989 §4.4 (alignment)",
    fix="add the sender's DKIM selector to email.dkim, so that its mail passes with d= the domain",
)
def every_sender_can_pass_dmarc(context: Context) -> Iterator[Hit]:
    """A sender whose return path is not the domain signs with DKIM as the domain.

    A warning: a sender's keys often come after the launch has begun (SES hands its tokens out only then).
    """
    email = context.client.email
    for sender in resolved(context.client):
        made = sender.name == "ses" and email.ses is not None
        if sender.passes_by_spf(email.dmarc.aspf) or made or keys_of_sender(context, sender):
            continue
        yield Hit(
            sender.key,
            f"{sender.title} sends with the return path {sender.return_path}, which SPF alone does not align "
            f"with {context.domain}, and email.dkim has no key for it",
        )


@rule(
    "client_file.tls_rpt.address",
    reference="RFC 8460 §3",
    fix="write mailto:tls@acme.example or an https: URL",
)
def tls_reports_have_an_address(context: Context) -> Iterator[Hit]:
    """TLS reports go to mailto: or https: URLs."""
    uris = [
        f"mailto:{address}" if "@" in address and ":" not in address else address
        for address in context.client.email.tls_rpt
    ]
    for number, uri in enumerate(uris):
        problems = list(tls_rpt.parse(tls_rpt.record([uri])).problems)
        problems += [f"rua={uri} is named twice"] if uri in uris[:number] else []
        for problem in problems:
            yield Hit(f"email.tls_rpt[{number}]", problem)


@rule(
    "client_file.bimi.record",
    reference="BIMI draft §4.2 (assertion record)",
    fix="give https: URLs: the logo an SVG, the authority a PEM",
)
def the_logo_is_an_svg_behind_https(context: Context) -> Iterator[Hit]:
    """BIMI's logo is an SVG at an https: URL."""
    declared = context.client.email.bimi
    if declared is not None:
        for problem in bimi.parse(bimi.record(declared.logo, declared.authority)).problems:
            yield Hit("email.bimi", problem)


@rule(
    "client_file.bimi.policy",
    reference="BIMI draft §2.3 (the domain must enforce DMARC)",
    fix="set email.dmarc.policy to quarantine or reject, without testing",
)
def a_logo_needs_an_enforced_policy(context: Context) -> Iterator[Hit]:
    """BIMI is shown only under a DMARC policy that is enforced."""
    email = context.client.email
    weak = email.dmarc.policy == "none" or email.dmarc.sp == "none" or email.dmarc.testing
    if email.bimi is not None and email.senders and weak:
        yield Hit("email.bimi", "a BIMI logo, but DMARC is not enforced")

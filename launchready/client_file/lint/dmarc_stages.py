"""Lints of DMARC's stages, and of the reports that a domain takes for others."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from launchready.client_file.lint.context import Context
from launchready.client_file.lint.registry import Hit, Level, rule
from launchready.client_file.names import to_ascii, within
from launchready.mailauth.dmarc import Policy

STAGES = "email.dmarc.stages"


@rule(
    "client_file.dmarc.stages",
    reference="design: mail (none, then quarantine, then reject); RFC 9989 §7",
    fix="list stages from the weakest policy to the strongest, each with a later `until`, the last without",
)
def stages_lead_upwards(context: Context) -> Iterator[Hit]:
    """Stages grow stronger, each but the last has its last day, and ``policy`` is one of them."""
    dmarc = context.client.email.dmarc
    if not dmarc.stages:
        return
    for number, (stage, following) in enumerate(pairwise(dmarc.stages)):
        at = f"{STAGES}[{number}]"
        if Policy(stage.policy).strength >= Policy(following.policy).strength:
            yield Hit(
                f"{STAGES}[{number + 1}]", f"{following.policy} after {stage.policy} is no step upwards"
            )
        if stage.until is None:
            yield Hit(at, f"the stage {stage.policy} has no end, so nothing follows it")
        elif following.until is not None and following.until <= stage.until:
            yield Hit(f"{STAGES}[{number + 1}].until", f"{following.policy} ends before {stage.policy} does")
    if dmarc.policy not in {stage.policy for stage in dmarc.stages}:
        known = ", ".join(stage.policy for stage in dmarc.stages)
        yield Hit("email.dmarc.policy", f"policy {dmarc.policy} is none of the stages ({known})")


@rule(
    "client_file.dmarc.stage_over",
    level=Level.WARNING,
    reference="design: mail (staged DMARC)",
    fix="see `launch dmarc next CLIENT` for what must be true first; then set policy, or a later until",
)
def the_stage_is_not_over(context: Context) -> Iterator[Hit]:
    """The stage that is published has not passed its last day."""
    dmarc = context.client.email.dmarc
    for number, stage in enumerate(dmarc.stages):
        over = stage.until is not None and stage.until < context.today
        if stage.policy == dmarc.policy and over and number + 1 < len(dmarc.stages):
            following = dmarc.stages[number + 1].policy
            what = f"the DMARC stage {stage.policy} ended on {stage.until}, and {following} is not published"
            yield Hit(f"{STAGES}[{number}].until", what)


@rule(
    "client_file.dmarc.accepts",
    reference="RFC 9990 §4",
    fix='name other domains, such as client.example, or "*" alone for everyone',
)
def accepted_reports_are_about_others(context: Context) -> Iterator[Hit]:
    """``accept_reports_from`` names other domains, each once, or everyone."""
    names = context.client.email.dmarc.accept_reports_from
    key = "email.dmarc.accept_reports_from"
    for number, name in enumerate(names):
        problem = _problem(name, context.domain)
        if problem is None and "*" in names and name != "*":
            problem = f'"*" covers {name} already'
        if problem is None and name.lower() in [other.lower() for other in names[:number]]:
            problem = f"{name} is named twice"
        if problem is not None:
            yield Hit(f"{key}[{number}]", problem)


def _problem(name: str, domain: str) -> str | None:
    if name == "*":
        return None
    try:
        ascii_name = to_ascii(name)
    except ValueError as error:
        return str(error)
    if "." not in ascii_name or "*" in ascii_name:
        return f"{name!r} is no domain"
    if within(ascii_name, domain):
        return f"reports about {name} need no permission at {domain}"
    return None

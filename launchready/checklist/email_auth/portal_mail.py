"""The portal's own mails: signed for the client's domain, so that they arrive."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from launchready.checklist.played import judged_by, missing, place, scenario
from launchready.checklist.registry import (
    Fix,
    Outcome,
    Severity,
    Subject,
    check,
    failed,
    inconclusive,
    not_applicable,
    passed,
)
from launchready.client_file.names import within
from launchready.client_file.portal_model import Portal
from launchready.evidence.types import Cause, PortalResult

REHEARSED = "no active RSA key is generated (email.dkim): in a rehearsal the portal has nothing to sign with"


@check(
    "email_auth.portal.aligned",
    severity=Severity.MEDIUM,
    needs=[scenario("reset")],
    reference="RFC 9989 §4.4.1; RFC 6376 §6; launch checklist: DKIM passes and aligns",
    defect="the portal's mails carry no DKIM signature of the client's domain that holds: they land in spam",
    fix=Fix(
        "launchready:email.dkim", "sign with the published key, as the domain, and after the last change"
    ),
    public=False,
)
@judged_by("reset")
def the_portals_mails_are_signed_for_the_domain(
    subject: Subject, portal: Portal, seen: PortalResult
) -> Outcome:
    """A DKIM signature of each mail of the portal verifies, and its domain aligns with From."""
    email = subject.client.email
    if portal.reset is None:
        return not_applicable(place(portal), "portal.reset is not declared")
    if not email.managed or not email.senders:
        return not_applicable(place(portal), "no sender is declared (email.senders)")
    if subject.evidence.on_edge and not _can_sign(subject):
        return not_applicable(place(portal), REHEARSED)
    where = place(portal, portal.reset.path)
    mails, senders = seen.facts.get("mail signatures"), seen.facts.get("mail senders")
    if not mails or not senders:
        return missing(portal, seen, "reset", portal.reset.path)
    domain, strict = subject.client.domain, email.dmarc.adkim == "s"
    expected = f"a signature that holds, d={domain}" + ("" if strict else " or below")
    for mail in mails:
        found = [one for one in mail["signatures"] if one["result"] == "pass"]
        if any(_aligns(str(one["domain"]), domain, strict=strict) for one in found):
            continue
        open_ = (one for one in mail["signatures"] if one["result"] == "temperror")
        unread = next((o for o in open_ if _aligns(str(o["domain"]), domain, strict=strict)), None)
        if unread is not None:
            return inconclusive(where, Cause(unread["failure"]), unread["detail"], expected=expected)
        shown = "; ".join(_shown(one) for one in mail["signatures"])
        return failed(where, shown or "no signature", expected=expected, evidence=[seen.probe.id])
    return passed(where, f"{len(mails)} mail(s) signed", expected=expected, evidence=[seen.probe.id])


def _can_sign(subject: Subject) -> bool:
    return any(plan.active and plan.algorithm == "rsa" for plan in subject.declared.dkim_keys)


def _shown(one: Mapping[str, Any]) -> str:
    return f"d={one['domain']}: {one['result']} {one['detail']}".strip()


def _aligns(signer: str, domain: str, *, strict: bool) -> bool:
    return signer == domain or (not strict and within(signer, domain))

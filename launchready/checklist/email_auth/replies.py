"""Where answers to the portal's mails go."""

from __future__ import annotations

from launchready.checklist.played import judged_by, missing, place, scenario
from launchready.checklist.registry import (
    Fix,
    Outcome,
    Severity,
    Subject,
    check,
    failed,
    not_applicable,
    passed,
)
from launchready.client_file.portal_model import Portal
from launchready.evidence.types import PortalResult


@check(
    "email_auth.reply_to",
    severity=Severity.MEDIUM,
    needs=[scenario("reset")],
    reference="RFC 5322 §3.6.2; launch checklist: reply-to consistent",
    defect="a mail of the portal asks for answers to another domain",
    fix=Fix("launchready:portal.reset", "send with a Reply-To of the client's own domain, or with none"),
    public=False,
)
@judged_by("reset")
def replies_go_to_the_domain(subject: Subject, portal: Portal, seen: PortalResult) -> Outcome:
    """From and Reply-To of the portal's mails are of the client's domain."""
    if portal.reset is None:
        return not_applicable(place(portal), "portal.reset is not declared")
    senders = seen.facts.get("mail senders")
    if senders is None:
        return missing(portal, seen, "reset", portal.reset.path)
    domain = subject.client.domain
    bad = sorted(str(one) for one in senders if one != domain and not str(one).endswith(f".{domain}"))
    if bad:
        return failed(place(portal, portal.reset.path), f"answers go to {', '.join(bad)}", expected=domain)
    return passed(place(portal, portal.reset.path), ", ".join(map(str, senders)))

"""SPF: what an evaluation costs, and what stands in its way."""

from __future__ import annotations

from launchready.checklist.email_auth.reader import Mail, basics, reading, spf_tree
from launchready.checklist.registry import Fix, Outcome, Severity, check
from launchready.mailauth import spf
from launchready.mailauth.spf import Fault

SENDERS = "launchready:email.senders"
NOT_ONE = "not exactly one SPF record"


@check(
    "email_auth.spf.lookups",
    severity=Severity.HIGH,
    needs=[basics, spf_tree],
    reference="RFC 7208 §4.6.4",
    defect="SPF evaluation needs more than ten DNS look-ups, which is a permerror",
    fix=Fix(SENDERS, "drop a sender, or replace its include by the addresses it really uses"),
)
@reading
def spf_stays_within_ten_lookups(mail: Mail) -> Outcome:
    """SPF evaluation needs at most ten DNS look-ups, loops and long MX lists included."""
    tree = mail.spf_tree()
    if tree is None:
        return mail.inapplicable(NOT_ONE)
    expected = f"at most {spf.MAX_LOOKUPS} look-ups"
    over = tree.having(Fault.LOOKUPS, Fault.LOOP)
    if over:
        reasons = "; ".join(map(str, over))
        return mail.failed(f"{reasons}\n{tree.explain()}", expected=expected)
    unknown = [trouble for trouble in tree.unknown if trouble.detail.startswith("TXT")]
    if unknown:
        return mail.undecided(unknown, f"at least {tree.lookups}; ")
    return mail.passed(f"{tree.lookups} of {spf.MAX_LOOKUPS}\n{tree.explain()}", expected=expected)


@check(
    "email_auth.spf.void",
    severity=Severity.MEDIUM,
    needs=[basics, spf_tree],
    reference="RFC 7208 §4.6.4, void look-ups",
    defect="more than two SPF look-ups bring nothing, which is a permerror",
    fix=Fix(SENDERS, "delete the terms whose names are gone"),
)
@reading
def spf_stays_within_two_void_lookups(mail: Mail) -> Outcome:
    """SPF evaluation meets at most two names without data."""
    tree = mail.spf_tree()
    if tree is None:
        return mail.inapplicable(NOT_ONE)
    expected = f"at most {spf.MAX_VOID} void look-ups"
    if tree.voids > spf.MAX_VOID:
        empty = [f"{node.term} ({node.domain})" for node in tree.root.walk() if node.void4 or node.void6]
        client = "" if tree.void4 > spf.MAX_VOID else " for clients with IPv6"
        return mail.failed(f"{tree.voids} void look-ups{client}: " + ", ".join(empty), expected=expected)
    if tree.unknown:
        return mail.undecided(tree.unknown, f"at least {tree.voids}; ")
    return mail.passed(f"{tree.voids} of {spf.MAX_VOID}", expected=expected)


@check(
    "email_auth.spf.mx_hosts",
    severity=Severity.MEDIUM,
    needs=[basics, spf_tree],
    reference="RFC 7208 §4.6.4, mx",
    defect="an mx term leads to more than ten hosts, which is a permerror",
    fix=Fix(SENDERS, "name addresses instead of mx"),
)
@reading
def spf_mx_terms_lead_to_few_hosts(mail: Mail) -> Outcome:
    """No mx term of the SPF tree leads to more than ten hosts."""
    tree = mail.spf_tree()
    if tree is None:
        return mail.inapplicable(NOT_ONE)
    over = tree.having(Fault.MX_FANOUT)
    if over:
        return mail.failed("; ".join(map(str, over)), expected=f"at most {spf.MAX_MX} hosts")
    unknown = [trouble for trouble in tree.unknown if trouble.detail.startswith(("TXT", "MX"))]
    return mail.undecided(unknown) if unknown else mail.passed(f"at most {spf.MAX_MX} hosts for each mx")


@check(
    "email_auth.spf.includes",
    severity=Severity.HIGH,
    needs=[basics, spf_tree],
    reference="RFC 7208 §5.2",
    defect="an include or redirect leads to no usable SPF record, which is a permerror",
    fix=Fix(SENDERS, "correct the name, or drop the sender"),
)
@reading
def spf_includes_lead_to_records(mail: Mail) -> Outcome:
    """Every include and redirect leads to exactly one well-formed SPF record."""
    tree = mail.spf_tree()
    if tree is None:
        return mail.inapplicable(NOT_ONE)
    broken = [
        str(trouble)
        for node in tree.root.walk()
        if node is not tree.root
        for trouble in node.troubles
        if trouble.fault in (Fault.INCLUDE_NONE, Fault.NO_RECORD, Fault.MANY_RECORDS, Fault.SYNTAX)
    ]
    if broken:
        return mail.failed("; ".join(broken), expected="one SPF record behind each include and redirect")
    unknown = [trouble for trouble in tree.unknown if trouble.detail.startswith("TXT")]
    if unknown:
        return mail.undecided(unknown)
    leads = sum(1 for node in tree.root.walk() if node.record is not None) - 1
    return mail.passed(f"{leads} included records, all usable")

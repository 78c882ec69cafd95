"""SPF: is there one record, is it right, and does it say what the client declares?"""

from __future__ import annotations

from launchready.checklist.email_auth.reader import Mail, Role, basics, reading, spf_tree
from launchready.checklist.registry import Fix, Outcome, Severity, check
from launchready.client_file.spf_record import compose
from launchready.mailauth import spf

SENDERS = "launchready:email.senders"
NARROWEST4, NARROWEST6 = 12, 24
"""A shorter prefix admits more hosts than any sender has (2^20 IPv4 addresses)."""


@check(
    "email_auth.spf.present",
    severity=Severity.HIGH,
    needs=[basics],
    reference="RFC 7208 §3",
    defect="the domain publishes no SPF record",
    fix=Fix(SENDERS, "name who sends (or [] for nobody) and bring the stack up"),
)
@reading
def spf_is_published(mail: Mail) -> Outcome:
    """The domain publishes an SPF record."""
    found = mail.spf_records()
    if found:
        return mail.passed(found[0])
    meant = [text for text in mail.texts(mail.domain) if spf.resembles_spf(text)]
    observed = f"no SPF record; {meant[0]!r} is not taken for one" if meant else "no SPF record"
    return mail.failed(observed, expected="one TXT record that begins with 'v=spf1'")


@check(
    "email_auth.spf.single",
    severity=Severity.CRITICAL,
    needs=[basics],
    reference="RFC 7208 §4.5",
    defect="several SPF records, which every receiver answers with permerror",
    fix=Fix(SENDERS, "merge them: declare every sender there and delete the other record"),
)
@reading
def spf_is_single(mail: Mail) -> Outcome:
    """The domain has no second SPF record."""
    return mail.single("SPF", mail.spf_records())


@check(
    "email_auth.spf.syntax",
    severity=Severity.HIGH,
    needs=[basics],
    reference="RFC 7208 §4.6",
    defect="an SPF record that breaks the grammar",
    fix=Fix(SENDERS, "correct the term named here"),
)
@reading
def spf_is_well_formed(mail: Mail) -> Outcome:
    """Every term of the SPF record follows the grammar."""
    problems = [str(problem) for text in mail.spf_records() for problem in spf.parse(text).problems]
    if problems:
        return mail.failed("; ".join(problems), expected="terms by RFC 7208 §12")
    return mail.passed("well-formed") if mail.spf_records() else mail.inapplicable("no SPF record")


@check(
    "email_auth.spf.all",
    severity=Severity.HIGH,
    needs=[basics, spf_tree],
    reference="RFC 7208 §5.1",
    defect="SPF lets every address pass, or says nothing of those not listed",
    fix=Fix(
        "launchready:email.spf_all", "end the record in -all (or ~all while senders are still being found)"
    ),
)
@reading
def spf_ends_in_a_refusal(mail: Mail) -> Outcome:
    """The SPF record ends in -all or ~all."""
    tree = mail.spf_tree()
    if tree is None:
        return mail.inapplicable("not exactly one SPF record")
    allowed = ("-all",) if mail.role is Role.NEVER else ("-all", "~all")
    expected = " or ".join(allowed)
    last = _last(tree.root)
    end = last.record.all if last.record is not None else None
    if end is None:
        failures = [trouble for trouble in last.troubles if trouble.fault is spf.Fault.DNS]
        if failures:
            return mail.undecided(failures)
        return mail.failed("no 'all' at the end: unlisted addresses are neutral", expected=expected)
    if end.text.lower() not in allowed:
        return mail.failed(f"ends in {end.text}", expected=expected)
    return mail.passed(f"ends in {end.text}", expected=expected)


def _last(node: spf.Node) -> spf.Node:
    """The record that decides for unlisted addresses, ``redirect=`` followed."""
    redirected = [child for child in node.children if child.term.startswith("redirect=")]
    return _last(redirected[0]) if redirected else node


@check(
    "email_auth.spf.breadth",
    severity=Severity.MEDIUM,
    needs=[basics],
    reference="RFC 7208 §5.6",
    defect="SPF admits a network that is far larger than any sender",
    fix=Fix(SENDERS, "name the addresses that really send"),
)
@reading
def spf_admits_no_huge_network(mail: Mail) -> Outcome:
    """No ip4 or ip6 term of the domain's own record admits more than a provider's share of the internet."""
    found = mail.spf_records()
    if not found:
        return mail.inapplicable("no SPF record")
    wide = [
        mechanism.text
        for text in found
        for mechanism in spf.parse(text).reached
        if mechanism.network is not None
        and mechanism.qualifier is spf.Qualifier.PASS
        and mechanism.network.prefixlen < (NARROWEST4 if mechanism.network.version == 4 else NARROWEST6)
    ]
    expected = f"prefixes of at least /{NARROWEST4} (IPv4) and /{NARROWEST6} (IPv6)"
    if wide:
        return mail.failed(", ".join(wide), expected=expected)
    return mail.passed("no huge network", expected=expected)


@check(
    "email_auth.spf.order",
    severity=Severity.LOW,
    needs=[basics],
    reference="RFC 7208 §5.1, terms after all",
    defect="terms after 'all', which are never evaluated",
    fix=Fix(SENDERS, "move them in front of 'all' or delete them"),
)
@reading
def spf_has_nothing_after_all(mail: Mail) -> Outcome:
    """Nothing that matters stands behind ``all``."""
    found = mail.spf_records()
    if not found:
        return mail.inapplicable("no SPF record")
    dead = []
    for record in map(spf.parse, found):
        dead += [m.text for m in record.mechanisms[len(record.reached) :]]
        redirect = record.modifier("redirect")
        dead += [f"redirect={redirect}"] if redirect is not None and record.all is not None else []
    return mail.failed("never evaluated: " + " ".join(dead)) if dead else mail.passed("nothing after 'all'")


@check(
    "email_auth.spf.no_ptr",
    severity=Severity.LOW,
    needs=[basics],
    reference="RFC 7208 §5.5",
    defect="the ptr mechanism, which should not be used",
    fix=Fix(SENDERS, "replace ptr by ip4, ip6 or include"),
)
@reading
def spf_avoids_ptr(mail: Mail) -> Outcome:
    """The SPF record doesn't use ptr."""
    found = mail.spf_records()
    if not found:
        return mail.inapplicable("no SPF record")
    used = [m.text for text in found for m in spf.parse(text).mechanisms if m.name == "ptr"]
    return mail.failed(" ".join(used)) if used else mail.passed("no ptr")


@check(
    "email_auth.spf.declared",
    severity=Severity.HIGH,
    needs=[basics],
    reference="client file: email.senders (live = declared, SPF)",
    defect="another SPF record is served than the client file declares",
    fix=Fix(SENDERS, "bring the stack up, or declare what is served"),
    public=False,
)
@reading
def spf_is_as_declared(mail: Mail) -> Outcome:
    """The SPF record served is the one that the client file declares."""
    declared = spf.select(mail.declared_texts(mail.domain))
    if not declared:
        return mail.inapplicable("no SPF record is declared")
    served = mail.spf_records()
    expected = " | ".join(declared)
    # a second record beside the declared one is spf.single's finding
    if not all(_words(text) in map(_words, served) for text in declared):
        return mail.failed(" | ".join(served) or "no SPF record", expected=expected)
    return mail.passed(" | ".join(served), expected=expected)


def _words(text: str) -> list[str]:
    return text.split()


@check(
    "email_auth.spf.senders",
    severity=Severity.HIGH,
    needs=[basics, spf_tree],
    reference="RFC 9989 §5.1.1",
    defect="SPF doesn't admit a sender that the client file names",
    fix=Fix(SENDERS, "bring the stack up, or add the sender's include to the record"),
    public=False,
)
@reading
def spf_admits_every_sender(mail: Mail) -> Outcome:
    """Each declared sender whose return path is the domain is admitted by SPF (flattened ones: see there)."""
    composed = compose(mail.client)
    needed = [term for term in composed.terms if term.flat is None] if composed is not None else []
    wanted = {term.include for term in needed if term.include is not None}
    terms = {term.text.lower().lstrip("+") for term in needed if term.include is None}
    tree = mail.spf_tree()
    if tree is None or not (wanted or terms):
        return mail.inapplicable("no sender needs SPF" if tree is not None else "not exactly one SPF record")
    own = {m.text.lower().lstrip("+") for m in tree.root.record.reached} if tree.root.record else set()
    reached = {
        node.domain for node in tree.root.walk() if node.term.lower().lstrip("+").startswith("include:")
    }
    absent = sorted(f"include:{name}" for name in wanted - reached) + sorted(terms - own)
    if absent and tree.unknown:
        return mail.undecided(tree.unknown, f"not seen: {', '.join(absent)}; ")
    expected = ", ".join(sorted([f"include:{name}" for name in wanted] + sorted(terms)))
    if absent:
        return mail.failed("not admitted: " + ", ".join(absent), expected=expected)
    return mail.passed("every sender is admitted", expected=expected)


@check(
    "email_auth.spf.nobody",
    severity=Severity.HIGH,
    needs=[basics],
    reference="RFC 7208 §10.1.2",
    defect="a domain that never mails admits somebody in SPF",
    fix=Fix(SENDERS, "publish 'v=spf1 -all', or name the senders"),
    public=False,
)
@reading
def spf_admits_nobody_where_nobody_sends(mail: Mail) -> Outcome:
    """A domain that never mails publishes an SPF record that admits nobody."""
    if mail.role is not Role.NEVER:
        return mail.inapplicable("the domain sends mail" if mail.role is Role.MAILS else "email: none")
    found = mail.spf_records()
    if not found:
        return mail.inapplicable("no SPF record")
    admitted = [
        m.text for text in found for m in spf.parse(text).reached if m.qualifier is not spf.Qualifier.FAIL
    ]
    admitted += [f"redirect={r}" for text in found if (r := spf.parse(text).redirect) is not None]
    if admitted:
        return mail.failed("admits " + " ".join(admitted), expected="v=spf1 -all")
    return mail.passed(found[0], expected="v=spf1 -all")

"""Custom return paths: does SPF pass there for the sender, and do bounces arrive?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from launchready.checklist.email_auth.reader import Mail, known, reading
from launchready.checklist.registry import Fix, Outcome, Severity, Subject, check
from launchready.client_file.names import within
from launchready.client_file.senders import ResolvedSender, resolved
from launchready.evidence.types import Cause, DnsProbe
from launchready.mailauth import spf
from launchready.mailauth.dns import Answer, normal, texts

KEY = "launchready:email.senders"


def _paths(mail: Mail) -> Iterator[ResolvedSender]:
    """The presets' senders whose return path is below the domain."""
    for sender in resolved(mail.client):
        if sender.custom_path and sender.preset is not None and within(sender.return_path, mail.domain):
            yield sender


def at_return_paths(subject: Subject) -> Iterator[DnsProbe]:
    """SPF of each return path, all that it includes, and who takes its bounces."""
    for sender in _paths(Mail(subject)):
        path = normal(sender.return_path)
        yield DnsProbe(path, "MX")
        wanted = spf.wanted(path, lambda name, rdtype: known(subject, name, rdtype))
        yield from (DnsProbe(name, rdtype) for name, rdtype in sorted(wanted))


def _none(mail: Mail) -> list[Outcome]:
    return [mail.inapplicable("no sender has a custom return path")]


@check(
    "email_auth.return_path.spf",
    severity=Severity.HIGH,
    needs=[at_return_paths],
    reference="RFC 7208 §2.4 (the domain of MAIL FROM)",
    defect="a custom return path has no SPF record that admits its sender",
    fix=Fix(KEY, "bring the stack up; check the sender's account and region"),
    public=False,
)
@reading
def return_paths_admit_their_senders(mail: Mail) -> Iterable[Outcome]:
    """Each custom return path has one SPF record, and it leads to the sender's own."""
    return [_admits(mail, sender) for sender in _paths(mail)] or _none(mail)


def _admits(mail: Mail, sender: ResolvedSender) -> Outcome:
    path = normal(sender.return_path)
    include = sender.preset.spf_include if sender.preset is not None else None
    expected = f"one SPF record that includes {include}"
    found = spf.select(texts(mail.need(path, "TXT").data))
    if len(found) != 1:
        return mail.failed(f"{len(found) or 'no'} SPF records", expected=expected, subject=path)
    tree = spf.tree(path, mail.ask)
    if include is None or any(node.domain == include for node in tree.root.walk()) or _aliased(mail, sender):
        return mail.passed(found[0], expected=expected, subject=path)
    if tree.unknown:
        first = tree.unknown[0]
        return mail.unknown(Cause(first.failure or Cause.SERVFAIL), str(first), subject=path)
    return mail.failed(found[0], expected=expected, subject=path)


def _aliased(mail: Mail, sender: ResolvedSender) -> bool:
    """Is the return path an alias of the provider's own, whose SPF record is the provider's business?"""
    targets = {normal(r.content) for r in sender.path_records() if r.type == "CNAME"}
    return bool(targets) and mail.aliased_by(normal(sender.return_path), "TXT") in targets


@check(
    "email_auth.return_path.bounces",
    severity=Severity.MEDIUM,
    needs=[at_return_paths],
    reference="RFC 5321 §4.5.5 (a custom return path takes bounces)",
    defect="nobody takes the bounces that go to a custom return path",
    fix=Fix(KEY, "bring the stack up; check the sender's account and region"),
    public=False,
)
@reading
def return_paths_take_bounces(mail: Mail) -> Iterable[Outcome]:
    """Each custom return path has MX hosts, those that its sender asks for where it names them."""
    return [_bounces(mail, sender) for sender in _paths(mail)] or _none(mail)


def _bounces(mail: Mail, sender: ResolvedSender) -> Outcome:
    path = normal(sender.return_path)
    answer: Answer = mail.need(path, "MX")
    served = sorted(normal(data.partition(" ")[2]) for data in answer.data)
    wanted = sorted(normal(r.content) for r in sender.path_records() if r.type == "MX")
    expected = ", ".join(wanted) or "an MX host"
    good = served == wanted if wanted else bool([host for host in served if host])
    judge = mail.passed if good else mail.failed
    return judge(", ".join(served) or "no MX", expected=expected, subject=path)

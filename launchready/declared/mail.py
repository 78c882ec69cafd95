"""``email`` → SPF, DKIM, DMARC, MX, TLS reporting and BIMI records, and what they rest on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from launchready.client_file.model import ClientFile, Dmarc, Email
from launchready.client_file.senders import receiver
from launchready.declared import dkim, senders, ses, spf
from launchready.declared.draft import Draft, draft, refused
from launchready.declared.tls import contact
from launchready.mailauth import bimi
from launchready.mailauth.presets import PRESETS


@dataclass(frozen=True, slots=True)
class Mail:
    """The mail records of a domain, and sentences for the report."""

    drafts: tuple[Draft, ...] = ()
    notes: tuple[str, ...] = ()


def mail(client: ClientFile) -> Mail:
    """The records that ``email`` derives; none for ``email: none``.

    Raises InputError for a sender or receiver that has no preset.
    """
    email = client.email
    if not email.managed:
        return Mail(
            notes=("email: none – mail records are not launchready's; only explicit ones are served",)
        )
    policy = spf.compose(client, email)
    apex = client.domain
    drafts = [draft(record.name, "TXT", record.text, record.key) for record in policy.records]
    drafts += _mx(client, email)
    drafts += dkim.dkim_drafts(client, email)
    drafts += senders.delegations(client)
    drafts += ses.ses_drafts(client, email)
    drafts += senders.return_paths(client)
    drafts.append(draft(f"_dmarc.{apex}", "TXT", dmarc_record(email, apex), "email.dmarc"))
    drafts += senders.accepted_reports(client)
    if email.tls_rpt:
        reports = ",".join(map(contact, email.tls_rpt))
        drafts.append(draft(f"_smtp._tls.{apex}", "TXT", f"v=TLSRPTv1; rua={reports}", "email.tls_rpt"))
    if email.bimi is not None:
        content = bimi.record(email.bimi.logo, email.bimi.authority, email.bimi.avatar)
        drafts.append(draft(bimi.record_name(apex), "TXT", content, "email.bimi"))
    return Mail(tuple(drafts), (*policy.notes, *_stage(client), *_notes(email)))


def dmarc_record(email: Email, domain: str) -> str:
    """The DMARC record (RFC 9989 §4.7). A domain that never mails rejects, whatever else is asked."""
    dmarc, mails = email.dmarc, bool(email.senders)
    rua = dmarc.rua if dmarc.rua is not None else (f"mailto:dmarc@{domain}",) if mails else ()
    tags = [
        ("v", "DMARC1"),
        ("p", dmarc.policy if mails else "reject"),
        ("sp", dmarc.sp),
        ("np", dmarc.np),
        ("rua", ",".join(map(contact, rua))),
        ("ruf", ",".join(map(contact, dmarc.ruf))),
        ("fo", dmarc.fo),
        ("adkim", dmarc.adkim),
        ("aspf", dmarc.aspf),
        ("t", "y" if dmarc.testing and mails else None),
    ]
    return "; ".join(f"{tag}={value}" for tag, value in tags if value)


def _mx(client: ClientFile, email: Email) -> Iterator[Draft]:
    """The receiver's hosts; the null MX (RFC 7505) for a domain that neither sends nor receives."""
    if email.receive is not None:
        preset = PRESETS.get(email.receive)
        if preset is None or not preset.receives:
            takers = ", ".join(name for name, preset in PRESETS.items() if preset.receives)
            raise refused(client, "email.receive", f"{email.receive!r} takes no mail", f"one of {takers}")
        for priority, host in (receiver(client) or preset).mx(client.domain):
            yield draft(client.domain, "MX", host, "email.receive", priority=priority)
    elif not email.senders:
        yield draft(client.domain, "MX", ".", "email.senders", priority=0)


def _stage(client: ClientFile) -> Iterator[str]:
    """Which stage of DMARC this is, and what comes next."""
    dmarc = client.email.dmarc
    policies = [stage.policy for stage in dmarc.stages]
    if not client.email.senders or dmarc.policy not in policies:
        return
    number = policies.index(dmarc.policy)
    if number + 1 == len(policies):
        yield f"DMARC: stage {number + 1} of {len(policies)} ({dmarc.policy}), the last"
        return
    yield (
        f"DMARC: stage {number + 1} of {len(policies)} ({dmarc.policy}) until {dmarc.stages[number].until}; "
        f"next is {policies[number + 1]}, when reports were read and every sender is aligned: "
        f"`launch dmarc next {client.client}`"
    )


def _notes(email: Email) -> Iterator[str]:
    declared: Dmarc = email.dmarc
    if not email.senders:
        yield "email.senders: [] – a domain that never mails: SPF -all, DMARC p=reject, DKIM keys revoked"
        if "policy" in declared.model_fields_set and declared.policy != "reject":
            yield f"email.dmarc.policy: {declared.policy} – reject is published, since nothing may send"

"""Lints of DMARC: the record that ``email.dmarc`` makes, and those among ``records``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from launchready.client_file import txt
from launchready.client_file.lint.context import Context
from launchready.client_file.lint.mail_level import carried
from launchready.client_file.lint.registry import Hit, Level, rule
from launchready.mailauth import dmarc


@dataclass(frozen=True, slots=True)
class Published:
    """A DMARC record's text, its name, and where it comes from."""

    name: str
    text: str
    key: str


def _records(context: Context) -> Iterator[Published]:
    """The TXT records at _dmarc names among ``records``."""
    for entry in context.of_type("TXT"):
        if entry.name.startswith("_dmarc."):
            try:
                yield Published(entry.name, txt.text(entry.content), f"{entry.key}.content")
            except ValueError:
                continue


def composed_record(context: Context) -> Published | None:
    """The record that ``email.dmarc`` makes; None when it makes none."""
    email = context.client.email
    if not email.managed:
        return None
    declared = email.dmarc
    tags = {
        "p": declared.policy, "sp": declared.sp, "np": declared.np,
        "rua": ",".join(map(_uri, declared.rua or ())), "ruf": ",".join(map(_uri, declared.ruf)),
        "fo": declared.fo, "adkim": declared.adkim, "aspf": declared.aspf,
    }  # fmt: skip
    text = "; ".join(["v=DMARC1", *(f"{tag}={value}" for tag, value in tags.items() if value)])
    return Published(f"_dmarc.{context.domain}", text, "email.dmarc")


def _uri(address: str) -> str:
    return f"mailto:{address}" if "@" in address and ":" not in address else address


@rule(
    "client_file.dmarc.syntax",
    reference="RFC 9989 §4.7",
    fix="correct the tag; report addresses are mailto: URIs",
)
def dmarc_records_parse(context: Context) -> Iterator[Hit]:
    """DMARC records obey the syntax, and begin with v=DMARC1."""
    composed = composed_record(context)
    if composed is not None:
        for problem in dmarc.parse(composed.text).problems:
            yield Hit(composed.key, f"DMARC of {composed.name}: {problem}")
    for record in _records(context):
        if dmarc.is_dmarc(record.text) or dmarc.resembles_dmarc(record.text):
            for problem in dmarc.parse(record.text).problems:
                yield carried(context, Hit(record.key, f"DMARC of {record.name}: {problem}"))


@rule(
    "client_file.dmarc.obsolete",
    level=Level.WARNING,
    reference="RFC 9989 (pct, rf and ri are gone)",
    fix="take the tag out; t=y replaces pct=0",
)
def dmarc_has_no_obsolete_tags(context: Context) -> Iterator[Hit]:
    """No DMARC record has pct, rf or ri, which have no effect any more."""
    for record in _records(context):
        for remark in dmarc.parse(record.text).remarks:
            if "removed by RFC 9989" in remark:
                yield Hit(record.key, f"DMARC of {record.name}: {remark}")


@rule(
    "client_file.dmarc.several",
    reference="RFC 9989 §4.10 (several records count as none)",
    fix="keep one record",
)
def a_name_has_one_dmarc_record(context: Context) -> Iterator[Hit]:
    """A name has at most one DMARC record."""
    seen: dict[str, str] = {}
    for record in _records(context):
        if dmarc.is_dmarc(record.text) and seen.setdefault(record.name, record.key) != record.key:
            yield carried(context, Hit(record.key, f"{record.name} has a second DMARC record"))


@rule(
    "client_file.dmarc.managed",
    reference="RFC 9989 §4.10; design: one place declares a record",
    fix="leave it out of records and write the policy under email.dmarc, or set email: none",
)
def dmarc_is_declared_once(context: Context) -> Iterator[Hit]:
    """Where ``email`` declares the domain's DMARC record, ``records`` has none."""
    if not context.client.email.managed:
        return
    for record in _records(context):
        if record.name == f"_dmarc.{context.domain}":
            yield Hit(record.key, f"TXT of {record.name} beside the one that `email` declares")


@rule(
    "client_file.dmarc.policy_none",
    level=Level.WARNING,
    reference="RFC 9989 §7 (p=none only observes); design: mail",
    fix="set policy to quarantine or reject, or waive email_auth.dmarc.policy until a date",
)
def the_policy_is_enforced(context: Context) -> Iterator[Hit]:
    """The policy ``none`` is a stage with an end: it needs a waiver with a date."""
    email = context.client.email
    if not email.managed or not email.senders or email.dmarc.policy != "none":
        return
    current = {w.check for w in context.client.waivers if w.until >= context.today}
    if "email_auth.dmarc.policy" not in current:
        yield Hit("email.dmarc.policy", "DMARC policy none, and no waiver that ends it")

"""Lints of SPF flattening: what is asked for, what was taken, whether it fits, and whether it is needed."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from datetime import timedelta

from launchready.client_file import txt
from launchready.client_file.lint.context import Context
from launchready.client_file.lint.registry import Hit, Level, rule
from launchready.client_file.senders import resolved
from launchready.client_file.spf_record import compose, to_flatten
from launchready.mailauth.quotas import SPF_LOOKUPS, TXT_RECORD, TXT_RRSET
from launchready.mailauth.spf.flatten import read

TAKEN = "spf_flattened"


@rule(
    "client_file.spf.flatten.unknown",
    reference="design: mail (SPF flattening)",
    fix="name senders of email.senders whose return path is the domain, or write flatten: true",
)
def what_is_flattened_is_a_sender(context: Context) -> Iterator[Hit]:
    """``email.spf.flatten`` names senders, and ones that the apex's record names."""
    chosen = context.client.email.spf.flatten
    if isinstance(chosen, bool):
        return
    senders = {sender.name.lower(): sender for sender in resolved(context.client)}
    for name in chosen:
        sender = senders.get(name.lower())
        if sender is None:
            near = difflib.get_close_matches(name.lower(), senders, 1)
            advice = f"did you mean `{near[0]}`?" if near else None
            yield Hit("email.spf.flatten", f"{name!r} is none of the senders", advice)
        elif not sender.at_apex:
            what = f"{name} sends with the return path {sender.return_path}: the apex has no include of it"
            yield Hit("email.spf.flatten", what, f"leave {name} out")


@rule(
    "client_file.spf.flatten.missing",
    level=Level.WARNING,
    reference="design: mail (SPF flattening)",
    fix="run `launch spf flatten CLIENT`; until then the includes are published as they are",
)
def what_is_to_be_flattened_was_resolved(context: Context) -> Iterator[Hit]:
    """Every include that is to be flattened was resolved."""
    taken = context.client.spf_flattened
    known = taken.includes if taken is not None else {}
    for include, senders in to_flatten(context.client).items():
        if include not in known:
            yield Hit("email.spf.flatten", f"include:{include} ({', '.join(senders)}) was not flattened yet")


@rule(
    "client_file.spf.flatten.unused",
    level=Level.WARNING,
    reference="design: mail (SPF flattening)",
    fix="run `launch spf flatten CLIENT`, which drops it, or take the key out",
)
def what_was_resolved_is_used(context: Context) -> Iterator[Hit]:
    """Every include in ``spf_flattened`` is one that is to be flattened."""
    taken, wanted = context.client.spf_flattened, to_flatten(context.client)
    for include in taken.includes if taken is not None else ():
        if include not in wanted:
            yield Hit(TAKEN, f"include:{include} is flattened by no sender any more")


@rule(
    "client_file.spf.flatten.term",
    reference="RFC 7208 §12",
    fix="don't edit spf_flattened: run `launch spf flatten CLIENT`",
)
def resolved_terms_parse(context: Context) -> Iterator[Hit]:
    """The terms in ``spf_flattened`` are SPF mechanisms that let pass."""
    taken = context.client.spf_flattened
    for include, terms in taken.includes.items() if taken is not None else ():
        try:
            flat = read(terms)
        except ValueError as error:
            yield Hit(TAKEN, f"include:{include}: {error}")
            continue
        odd = [term for term in (*terms, *flat.kept) if term[:1] in "+-~?" or term.lower() == "all"]
        if odd:
            yield Hit(TAKEN, f"include:{include}: {odd[0]!r} can't stand for an include")


@rule(
    "client_file.spf.flatten.old",
    level=Level.WARNING,
    reference="design: mail (staleness of flattened SPF)",
    fix="run `launch spf flatten CLIENT` and review what changed",
)
def resolved_addresses_are_young(context: Context) -> Iterator[Hit]:
    """Flattened addresses are no older than ``email.spf.max_age``, and not from the future."""
    taken = context.client.spf_flattened
    if taken is None or not taken.includes:
        return
    age, limit = context.today - taken.taken, timedelta(seconds=context.client.email.spf.max_age)
    if age > limit:
        yield Hit(f"{TAKEN}.taken", f"SPF was flattened {age.days} days ago; max_age is {limit.days} days")
    elif age < timedelta(days=-1):
        yield Hit(f"{TAKEN}.taken", f"SPF was flattened on {taken.taken}, a day that is still to come")


@rule(
    "client_file.spf.flatten.needless",
    level=Level.WARNING,
    reference="RFC 7208 §4.6.4 (ten look-ups); design: mail",
    fix="set email.spf.flatten to false: providers change their addresses, and an include follows them",
)
def flattening_is_needed(context: Context) -> Iterator[Hit]:
    """SPF is flattened only where the includes need more look-ups than there are.

    Not judged where a custom sender's include is among them, whose cost the file doesn't know.
    """
    composed = compose(context.client)
    if composed is None or not to_flatten(context.client):
        return
    custom = {sender.name for sender in resolved(context.client) if sender.preset is None}
    unknown = any(term.include is not None and term.sender in custom for term in composed.terms)
    if composed.unflattened <= SPF_LOOKUPS and not unknown:
        what = (
            f"the includes need {composed.unflattened} of {SPF_LOOKUPS} look-ups: nothing has to be flattened"
        )
        yield Hit("email.spf.flatten", what)


@rule(
    "client_file.spf.size",
    reference="Cloudflare error 9015; RFC 7208 §3.4",
    fix="name networks instead of addresses, or flatten fewer senders (email.spf.flatten: [names])",
)
def spf_records_fit(context: Context) -> Iterator[Hit]:
    """Every SPF record that ``email`` amounts to fits a TXT record, and the others at its name."""
    composed = compose(context.client)
    for record in composed.records if composed is not None else ():
        size = txt.wire_size(txt.strings(record.text))
        if size > TXT_RECORD:
            yield Hit(record.key, f"SPF of {record.name} takes {size} bytes of {TXT_RECORD}")
        beside = sum(len(entry.content) for entry in context.rrsets.get((record.name, "TXT"), ()))
        if beside and beside + len(record.text) > TXT_RRSET:
            total = f"{beside + len(record.text)} characters of {TXT_RRSET}"
            yield Hit(record.key, f"SPF of {record.name} and the other TXT records there have {total}")


@rule(
    "client_file.spf.flatten.managed",
    reference="design: one place declares a record",
    fix="give the record in records another name: _spf1, _spf2 … hold flattened addresses",
)
def names_of_flattened_records_are_free(context: Context) -> Iterator[Hit]:
    """``records`` has nothing at the names that hold flattened addresses."""
    composed = compose(context.client)
    for record in composed.records[1:] if composed is not None else ():
        for entry in context.by_name.get(record.name, ()):
            yield Hit(entry.key, f"{entry.type} of {record.name} beside the SPF record that `email` declares")

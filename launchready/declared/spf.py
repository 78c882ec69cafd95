"""SPF composed from named senders, with its look-ups explained (RFC 7208 §4.6.4)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from launchready.client_file import spf_record
from launchready.client_file.model import ClientFile, Email
from launchready.client_file.senders import ResolvedSender, preset_name, resolved
from launchready.client_file.spf_record import Composed, SpfRecord
from launchready.declared.draft import refused
from launchready.mailauth.presets import PRESETS
from launchready.mailauth.quotas import SPF_LOOKUPS


@dataclass(frozen=True, slots=True)
class Policy:
    """SPF records, the apex's first, and the sentences that explain them."""

    records: tuple[SpfRecord, ...]
    notes: tuple[str, ...]


def compose(client: ClientFile, email: Email) -> Policy:
    """``v=spf1``, the terms of every sender whose return path is the domain, and the default.

    Raises InputError for a sender without a preset.
    """
    for sender in email.senders:
        name = preset_name(sender)
        if name is not None and name not in PRESETS:
            known = ", ".join(sorted(PRESETS))
            raise refused(
                client, "email.senders", f"no preset {name!r}", f"one of {known}, or {{name: …, spf: […]}}"
            )
    composed = spf_record.compose(client) or Composed((), ())
    return Policy(
        composed.records, (*_costs(email, composed), *_flattened(client, composed), *_paths(client))
    )


def _costs(email: Email, composed: Composed) -> Iterator[str]:
    """What the record costs, sender by sender."""
    if not email.senders:
        return
    costs: dict[str, int] = {}
    for term in composed.terms:
        costs[term.sender] = costs.get(term.sender, 0) + term.published
    parts = ", ".join(f"{name} {cost}" for name, cost in costs.items()) or "no sender needs one"
    more = len(composed.records) - 1
    room = f", {more} for the addresses" if more else ""
    yield f"SPF: {composed.lookups} of {SPF_LOOKUPS} DNS look-ups ({parts}{room})"


def _flattened(client: ClientFile, composed: Composed) -> Iterator[str]:
    flat = sorted({term.sender for term in composed.terms if term.flat is not None})
    taken = client.spf_flattened
    if flat and taken is not None:
        yield (
            f"SPF: {', '.join(flat)} flattened as of {taken.taken} "
            f"(otherwise {composed.unflattened} look-ups or more); "
            f"`launch spf flatten {client.client}` renews it"
        )


def _paths(client: ClientFile) -> Iterator[str]:
    for sender in resolved(client):
        if not sender.at_apex:
            yield _path(sender, client.email.dmarc.aspf, client.email.dmarc.adkim)


def _path(sender: ResolvedSender, aspf: str, adkim: str) -> str:
    """What a return path elsewhere means for alignment (RFC 9989 §4.4)."""
    said = (
        f"SPF: {sender.name} sends with the return path {sender.return_path}, not {sender.domain}: "
        "no term at the apex; "
    )
    if sender.passes_by_spf(aspf):
        return said + "under aspf=r it is aligned, so that its mail passes DMARC by SPF or by DKIM"
    if sender.option is not None and sender.option.signs == "return_path":
        own = "" if adkim == "s" else " (aligned under adkim=r)"
        return said + (
            f"it signs as {sender.return_path}{own}: mail From {sender.return_path} passes by itself, "
            f"mail From {sender.domain} only by DKIM with d={sender.domain}"
        )
    return said + "its mail passes DMARC by DKIM"

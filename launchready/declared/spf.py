"""SPF composed from named senders, with its look-ups explained (RFC 7208 §4.6.4)."""

from __future__ import annotations

from dataclasses import dataclass

from launchready.client_file.model import ClientFile, CustomSender, Email
from launchready.declared.draft import refused
from launchready.mailauth.presets import OWN_DOMAIN, PRESETS

MAX_LOOKUPS = 10

_LOOKING_UP = ("include", "a", "mx", "ptr", "exists", "redirect")


@dataclass(frozen=True, slots=True)
class Policy:
    """An SPF record's text and the sentences that explain it."""

    record: str
    notes: tuple[str, ...]


def compose(client: ClientFile, email: Email) -> Policy:
    """``v=spf1``, the terms of every sender whose return path is the domain, and the default.

    Raises InputError for a sender without a preset.
    """
    terms: dict[str, None] = {}
    costs: list[tuple[str, int]] = []
    notes: list[str] = []
    for sender in email.senders:
        name, own, path, cost = _sender(client, sender)
        if path is not None:
            notes.append(
                f"SPF: {name} sends with the return path {path}, not {client.domain}: "
                "no term at the apex; its mail passes DMARC by DKIM"
            )
            continue
        if any(term not in terms for term in own):
            costs.append((name, cost))
        terms.update(dict.fromkeys(own))
    if email.senders:
        total = sum(cost for _, cost in costs)
        parts = ", ".join(f"{name} {cost}" for name, cost in costs) or "no sender needs one"
        notes.insert(0, f"SPF: {total} of {MAX_LOOKUPS} DNS look-ups ({parts})")
    return Policy(" ".join(("v=spf1", *terms, email.spf_all)), tuple(notes))


def _sender(client: ClientFile, sender: str | CustomSender) -> tuple[str, tuple[str, ...], str | None, int]:
    """A sender's name, SPF terms, return path (None = the domain itself) and look-ups."""
    if isinstance(sender, CustomSender):
        path = sender.return_path
        foreign = path if path and path.rstrip(".").lower() != client.domain else None
        return sender.name, sender.spf, foreign, sum(map(_looks_up, sender.spf))
    preset = PRESETS.get(sender)
    if preset is None:
        known = ", ".join(sorted(PRESETS))
        raise refused(
            client, "email.senders", f"no preset {sender!r}", f"one of {known}, or {{name: …, spf: […]}}"
        )
    if preset.return_path != OWN_DOMAIN:
        return preset.name, (), preset.return_path, 0
    terms = (f"include:{preset.spf_include}",) if preset.spf_include is not None else ()
    return preset.name, terms, None, preset.spf_lookups


def _looks_up(term: str) -> bool:
    """Does a term cost a look-up? What an include of one's own leads to is not known here."""
    name = term.lstrip("+-~?").lower()
    return any(name == kind or name.startswith((f"{kind}:", f"{kind}/", f"{kind}=")) for kind in _LOOKING_UP)

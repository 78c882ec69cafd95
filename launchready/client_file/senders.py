"""Senders resolved: what each one's preset, region, account and return path amount to for one domain.

Every other part (declared records, lints, checks) asks here, so that all agree on what a sender is.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

from launchready.client_file.mail_model import CustomSender, Email, Sender
from launchready.client_file.mail_options_model import PresetSender
from launchready.client_file.model import ClientFile
from launchready.client_file.names import fqdn, relative, to_ascii, within
from launchready.mailauth.dns import normal
from launchready.mailauth.presets import INCLUDE_LOOKUPS, OWN_DOMAIN, PRESETS, Preset, ReturnPathOption

_LOOKING_UP = ("include", "a", "mx", "ptr", "exists", "redirect")


@dataclass(frozen=True, slots=True)
class PathRecord:
    """One record of a custom return path: full name, type, content, priority."""

    name: str
    type: str
    content: str
    priority: int | None = None


@dataclass(frozen=True, slots=True)
class ResolvedSender:
    """One sender. ``number``: its place in ``email.senders``.

    ``terms``: the SPF terms that admit it. ``lookups``: what they cost. ``return_path``: the domain in
    the envelope. ``custom_path``: is it one that the client file asks for, below the domain?
    """

    number: int
    name: str
    domain: str
    preset: Preset | None
    terms: tuple[str, ...]
    lookups: int
    return_path: str
    custom_path: bool = False
    account: str | None = None
    region: str | None = None

    @property
    def key(self) -> str:
        """The client-file key."""
        return f"email.senders[{self.number}]"

    @property
    def title(self) -> str:
        return self.preset.title if self.preset is not None else self.name

    @property
    def at_apex(self) -> bool:
        """Does the domain's own SPF record name it?"""
        return self.return_path == self.domain

    def passes_by_spf(self, aspf: str) -> bool:
        """Can SPF make it pass DMARC for mail From the domain (RFC 9989 §4.4)?"""
        return self.at_apex or (aspf == "r" and within(self.return_path, self.domain))

    @property
    def option(self) -> ReturnPathOption | None:
        """What its custom return path publishes."""
        return self.preset.return_path_option if self.preset is not None and self.custom_path else None

    def path_records(self) -> tuple[PathRecord, ...]:
        """The records of its custom return path; none while a key that they need is missing."""
        option = self.option
        if option is None or self.missing():
            return ()
        values = {"region": self.region or "", "account": self.account or "", "base": self.base}
        return tuple(
            PathRecord(self.return_path, r.type, r.content.format(**values), r.priority)
            for r in option.records
        )

    def missing(self) -> tuple[str, ...]:
        """Keys that its custom return path needs and that are not given."""
        given = {"region": self.region, "account": self.account}
        return tuple(key for key in (self.option.needs if self.option else ()) if not given[key])

    @property
    def base(self) -> str:
        return self.preset.base if self.preset is not None else ""

    def delegations(self) -> Iterator[tuple[str, str]]:
        """(selector, CNAME target) of each DKIM key whose delegation follows from what is known."""
        shape = self.preset.dkim if self.preset is not None else None
        if shape is None or (shape.needs_account and self.account is None):
            return
        for selector in shape.selectors:
            target = shape.cname(selector, self.domain, account=self.account or "", base=self.base)
            if target is not None:
                yield selector, target


def preset_name(sender: Sender) -> str | None:
    """The name of a sender's preset; None for a custom sender."""
    if isinstance(sender, PresetSender):
        return sender.preset
    return sender if isinstance(sender, str) else None


def resolved(client: ClientFile) -> list[ResolvedSender]:
    """Every sender that has a preset that exists, or is custom, in order."""
    found = (resolve(number, sender, client) for number, sender in enumerate(client.email.senders))
    return [sender for sender in found if sender is not None]


def resolve(number: int, sender: Sender, client: ClientFile) -> ResolvedSender | None:
    """One sender; None when its preset doesn't exist."""
    domain = client.domain
    if isinstance(sender, CustomSender):
        path = sender.return_path or domain
        path = path if "." in path else _custom_path(path, domain)
        return ResolvedSender(number, sender.name, domain, None, sender.spf, _cost(sender.spf), path)
    options = sender if isinstance(sender, PresetSender) else PresetSender(preset=sender)
    known = PRESETS.get(options.preset)
    if known is None:
        return None
    region, custom = options.region, options.return_path
    if known.name == "ses" and client.email.ses is not None:
        region = region or client.email.ses.region
        custom = custom or client.email.ses.mail_from
    preset = known.in_region(region)
    path = _custom_path(custom, domain) if custom else preset.return_path
    return ResolvedSender(
        number,
        preset.name,
        domain,
        preset,
        (f"include:{preset.spf_include}",) if preset.spf_include is not None else (),
        preset.spf_lookups,
        domain if path == OWN_DOMAIN else path,
        custom is not None,
        options.account,
        region,
    )


def _custom_path(name: str, domain: str) -> str:
    try:
        return fqdn(relative(name, domain), domain)
    except ValueError:
        return name


def _cost(terms: tuple[str, ...]) -> int:
    """Look-ups of SPF terms; what an include of a stranger leads to is not known here."""
    return sum(map(term_lookups, terms))


def term_lookups(term: str) -> int:
    """What an SPF term costs: an include of a provider that is known with all that it includes."""
    kind, _, target = term.lstrip("+-~?").partition(":")
    if kind.lower() == "include":
        return INCLUDE_LOOKUPS.get(normal(target), 1)
    return int(_looks_up(term))


def _looks_up(term: str) -> bool:
    name = term.lstrip("+-~?").lower()
    return any(name == kind or name.startswith((f"{kind}:", f"{kind}/", f"{kind}=")) for kind in _LOOKING_UP)


def accepts_reports_of(client: ClientFile) -> tuple[str, ...]:
    """The other domains of ``email.dmarc.accept_reports_from`` as A-labels, each once; "*" is everyone."""
    found: dict[str, None] = {}
    for name in client.email.dmarc.accept_reports_from if client.email.managed else ():
        with contextlib.suppress(ValueError):  # the lint client_file.dmarc.accepts says what is no name
            found[to_ascii(name)] = None
    return tuple(found)


def receiver(client: ClientFile) -> Preset | None:
    """Who takes the domain's mail, in the region of the sender of the same preset; None without one."""
    email: Email = client.email
    known = PRESETS.get(email.receive) if email.receive is not None else None
    if known is None or not known.receives:
        return None
    same = (s for s in email.senders if isinstance(s, PresetSender) and s.preset == known.name)
    return known.in_region(next((s.region for s in same if s.region), None))

"""Lints of DKIM keys, in ``email.dkim`` and among ``records``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from launchready.client_file import txt
from launchready.client_file.lint.context import Context
from launchready.client_file.lint.mail_level import carried
from launchready.client_file.lint.registry import Hit, Level, rule
from launchready.client_file.senders import ResolvedSender, resolved
from launchready.mailauth import dkim
from launchready.mailauth.presets import Preset


@dataclass(frozen=True, slots=True)
class Selector:
    """A selector of the domain: its key's text, or the name that it is delegated to."""

    name: str
    key: str
    text: str | None = None
    cname: str | None = None
    managed: bool = False
    domain: str = ""
    """The signing domain of one in ``records``; "" for those of ``email.dkim``."""
    generated: bool = False
    """Is it a key that launchready makes, for an own sender?"""


def selectors(context: Context) -> Iterator[Selector]:
    """Every DKIM selector that the file declares for the domain or a name below it."""
    email = context.client.email
    for name, declared in email.dkim.items():
        key = f"email.dkim.{name}"
        if declared.revoked:
            continue
        if declared.generate is not None:
            yield Selector(name, key, managed=True, generated=True)
        elif declared.public_key is not None:
            packed = "".join(declared.public_key.split())
            yield Selector(name, key, f"v=DKIM1; k={declared.type}; p={packed}", managed=True)
        else:
            yield Selector(name, key, cname=declared.cname, managed=True)
    for entry in context.of_type("TXT", "CNAME"):
        selector, found, domain = entry.name.partition("._domainkey.")
        if not found:
            continue
        if entry.type == "CNAME":
            yield Selector(selector, entry.key, cname=entry.content, domain=domain)
        else:
            try:
                yield Selector(selector, f"{entry.key}.content", txt.text(entry.content), domain=domain)
            except ValueError:
                continue


@rule(
    "client_file.dkim.key",
    reference="RFC 6376 §3.6.1, RFC 8301 §3.2, RFC 8463 §4",
    fix="paste the public key again: base64, RSA of at least 1,024 bits or Ed25519",
)
def dkim_keys_are_keys(context: Context) -> Iterator[Hit]:
    """A DKIM key can be read, and verifiers take it."""
    for selector in selectors(context):
        if selector.text is not None:
            for problem in dkim.parse_key(selector.text).problems:
                hit = Hit(selector.key, f"DKIM selector {selector.name}: {problem}")
                yield hit if selector.managed else carried(context, hit)


@rule(
    "client_file.dkim.selector",
    reference="RFC 6376 §3.1",
    fix="use letters, digits and hyphens, as the sender gives it",
)
def dkim_selectors_are_names(context: Context) -> Iterator[Hit]:
    """A selector is one or more host name labels."""
    for name in context.client.email.dkim:
        if not dkim.is_selector(name):
            yield Hit(f"email.dkim.{name}", f"{name!r} is no DKIM selector")


@rule(
    "client_file.dkim.short",
    level=Level.WARNING,
    reference="RFC 8301 §3.2",
    fix="have the sender make a key of 2,048 bits",
)
def dkim_keys_are_long(context: Context) -> Iterator[Hit]:
    """An RSA key has 2,048 bits or more."""
    for selector in selectors(context):
        if selector.text is None:
            continue
        record = dkim.parse_key(selector.text)
        if record.usable and record.type == "rsa" and record.bits < dkim.RECOMMENDED_BITS:
            yield Hit(selector.key, f"DKIM selector {selector.name}: an RSA key of {record.bits} bits")


@rule(
    "client_file.dkim.managed",
    reference="RFC 6376 §3.6.2.2; design: one place declares a record",
    fix="keep the selector in email.dkim only",
)
def selectors_are_declared_once(context: Context) -> Iterator[Hit]:
    """A selector of ``email.dkim`` is not also in ``records``."""
    own = {f"{name.lower()}._domainkey.{context.domain}" for name in context.client.email.dkim}
    for entry in context.of_type("TXT", "CNAME"):
        if entry.name in own:
            yield Hit(entry.key, f"{entry.type} of {entry.name} beside email.dkim")


def keys_of_sender(context: Context, sender: ResolvedSender) -> list[str]:
    """The selectors with which a sender can sign as the domain: by their CNAME target, their usual name,
    those that its account implies, or nobody else's."""
    derived = [selector for selector, _ in sender.delegations()]
    found = [s for s in selectors(context) if s.domain in ("", context.domain)]
    presets = [other.preset for other in resolved(context.client) if other.preset is not None]
    if sender.preset is None:
        return [s.name for s in found if not any(_claims(p, s) for p in presets)]
    others = [p for p in presets if p.name != sender.name]
    signs_alone = sender.name == "ses" and context.client.email.ses is not None
    found = [s for s in found if signs_alone or not s.generated]
    keys = [
        s
        for s in found
        if _claims(sender.preset, s) or (s.cname is None and not any(_claims(o, s) for o in others))
    ]
    return derived + [s.name for s in keys]


def _claims(preset: Preset, selector: Selector) -> bool:
    """Whether a selector is evidently one preset's."""
    if selector.cname is not None and preset.dkim.suffixes:
        return preset.dkim.leads_here(selector.cname)
    return selector.name.lower() in preset.dkim.selectors

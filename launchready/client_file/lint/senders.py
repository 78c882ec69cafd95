"""Lints of senders in detail: regions, accounts, custom return paths."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from launchready.client_file.lint.context import Context
from launchready.client_file.lint.registry import Hit, rule
from launchready.client_file.mail_model import Ses
from launchready.client_file.mail_options_model import PresetSender
from launchready.client_file.names import is_hostname, within
from launchready.client_file.senders import ResolvedSender, resolved
from launchready.mailauth.presets import PRESETS, Preset


def _options(context: Context) -> Iterator[tuple[str, PresetSender, Preset]]:
    """(key, options, preset) of each sender that has options and a preset that exists."""
    for number, sender in enumerate(context.client.email.senders):
        if isinstance(sender, PresetSender) and sender.preset in PRESETS:
            yield f"email.senders[{number}]", sender, PRESETS[sender.preset]


@rule(
    "client_file.sender.region",
    reference="`launch mail presets` (regions)",
    fix="name a region of the provider, or leave it out",
)
def regions_exist(context: Context) -> Iterator[Hit]:
    """A sender's region is one of its provider's."""
    for key, sender, preset in _options(context):
        if sender.region is None or sender.region in preset.regions:
            continue
        near = difflib.get_close_matches(sender.region, preset.regions, 1)
        known = f"did you mean `{near[0]}`?" if near else f"one of {', '.join(preset.regions)}"
        advice = known if preset.regions else "leave region out"
        yield Hit(f"{key}.region", f"{preset.title} has no region {sender.region!r}", advice)


@rule(
    "client_file.sender.account",
    reference="`launch mail presets` (accounts)",
    fix="copy it from the CNAME targets that the provider shows",
)
def accounts_have_their_form(context: Context) -> Iterator[Hit]:
    """A sender's account has the form that its provider's names have."""
    for key, sender, preset in _options(context):
        if sender.account is None:
            continue
        if preset.account is None:
            yield Hit(
                f"{key}.account", f"the names of {preset.title} have no account in them", "leave it out"
            )
        elif not preset.account.fits(sender.account):
            what = f"{sender.account!r} is not {preset.account.what}"
            yield Hit(f"{key}.account", what, f"such as {preset.account.example}")


@rule(
    "client_file.sender.return_path",
    reference="`launch mail presets` (custom return paths), RFC 5321 §4.4",
    fix="write a name below the domain, such as bounces, that nothing else uses",
)
def return_paths_can_be_published(context: Context) -> Iterator[Hit]:
    """A custom return path is one that the provider knows, below the domain, with what its records need."""
    for sender in resolved(context.client):
        if sender.custom_path and sender.preset is not None:
            yield from _path(context, sender, sender.preset)


def _path(context: Context, sender: ResolvedSender, preset: Preset) -> Iterator[Hit]:
    key, path = f"{sender.key}.return_path", sender.return_path
    if preset.return_path_option is None:
        kept = "the domain itself" if preset.at_apex() else preset.return_path
        yield Hit(key, f"{preset.title} always uses {kept} as return path", "leave return_path out")
    elif not within(path, context.domain) or path == context.domain or not is_hostname(path):
        yield Hit(key, f"the return path {path!r} is no host name below {context.domain}")
    elif preset.name == "ses" and context.client.email.ses is not None:
        yield from _beside_identity(context, sender, context.client.email.ses)
    elif sender.missing():
        needs = " and ".join(sender.missing())
        yield Hit(key, f"{preset.title} needs {needs} for a custom return path", f"add {needs} to the sender")
    else:
        yield from _taken(context, sender, key)


def _beside_identity(context: Context, sender: ResolvedSender, ses: Ses) -> Iterator[Hit]:
    """``email.ses`` makes the identity: what the sender says must be the same."""
    given = context.client.email.senders[sender.number]
    if not isinstance(given, PresetSender):
        return
    for name, wanted, said in (
        ("region", ses.region, given.region),
        ("return_path", ses.mail_from, given.return_path),
    ):
        if said is not None and said != wanted:
            what = (
                f"{name} {said} of the sender, but {wanted or 'none'} in email.ses, which makes the identity"
            )
            yield Hit(f"{sender.key}.{name}", what, "say it in email.ses only, and write the sender as `ses`")


def _taken(context: Context, sender: ResolvedSender, key: str) -> Iterator[Hit]:
    """Other records at the name: nothing stands beside a CNAME, and who takes bounces takes them alone."""
    kinds = {record.type for record in sender.path_records()}
    for entry in context.by_name.get(sender.return_path, ()):
        if "CNAME" in kinds or entry.type in ("CNAME", "MX"):
            yield Hit(key, f"{sender.return_path} is a return path, and {entry.key} has its {entry.type}")
    for other in resolved(context.client):
        same = other.number < sender.number and other.return_path == sender.return_path
        if same and other.path_records() != sender.path_records():
            yield Hit(key, f"{sender.return_path} is the return path of {other.title} already")


@rule(
    "client_file.sender.twice",
    reference="design: mail presets",
    fix="keep one of them, or give the second another region or return path",
)
def senders_are_named_once(context: Context) -> Iterator[Hit]:
    """A sender is named once."""
    seen: dict[tuple[object, ...], str] = {}
    for sender in resolved(context.client):
        identity = (sender.name, sender.region, sender.return_path, sender.account, sender.terms)
        if seen.setdefault(identity, sender.key) != sender.key:
            yield Hit(sender.key, f"{sender.title} is named already ({seen[identity]})")

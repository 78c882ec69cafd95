"""Lints of DKIM keys that launchready makes: whose they are, which one is active, what comes after."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from launchready.client_file.created import own_senders, sender_of
from launchready.client_file.lint.context import Context
from launchready.client_file.lint.registry import Hit, Level, rule


def _generated(context: Context) -> Iterator[tuple[str, str, str, bool]]:
    """(selector, whose, algorithm, active) of each key pair of ours, revoked ones aside."""
    email = context.client.email
    for name, key in email.dkim.items():
        if key.generate is not None and not key.revoked:
            yield name, sender_of(email, name, key), key.generate, key.active


@rule(
    "client_file.dkim.sender",
    reference="design: DKIM keys are generated only for own senders and SES BYODKIM",
    fix="name a custom sender of email.senders, or ses with email.ses.byodkim; a provider makes its own keys",
)
def generated_keys_have_a_sender(context: Context) -> Iterator[Hit]:
    """A generated key belongs to a sender that signs with the client's own key."""
    known = own_senders(context.client.email)
    for name, sender, _, _ in _generated(context):
        if sender and sender in known:
            continue
        if sender:
            yield Hit(f"email.dkim.{name}.sender", f"there is no own sender {sender!r}")
        elif known:
            several = f"DKIM selector {name}: whose is it, of {', '.join(known)}?"
            yield Hit(f"email.dkim.{name}", several, "say so: sender: NAME")
        else:
            yield Hit(f"email.dkim.{name}", f"DKIM selector {name}: no sender signs with a key of one's own")


@rule(
    "client_file.dkim.active",
    reference="RFC 6376 §3.1 (selectors let keys be rotated); design: mail",
    fix="`launch dkim rotate CLIENT` adds the new key and gives the old one its last day",
)
def a_sender_has_one_active_key(context: Context) -> Iterator[Hit]:
    """Of a sender's generated keys exactly one of an algorithm is active; retired ones come beside it."""
    groups: dict[tuple[str, str], list[tuple[str, bool]]] = defaultdict(list)
    senders: dict[str, list[str]] = defaultdict(list)
    for name, sender, algorithm, active in _generated(context):
        groups[sender, algorithm].append((name, active))
        if active:
            senders[sender].append(name)
    for (sender, algorithm), keys in groups.items():
        current = [name for name, is_active in keys if is_active]
        if len(current) > 1:
            both = f"{algorithm} keys {' and '.join(current)} are both active"
            yield Hit(f"email.dkim.{current[1]}", f"{both} for {sender or 'one sender'}")
        elif not senders[sender]:
            last = f"DKIM selector {keys[-1][0]} is retired and {sender or 'its sender'} has no active key"
            yield Hit(f"email.dkim.{keys[-1][0]}.until", last)


@rule(
    "client_file.dkim.retired",
    level=Level.WARNING,
    reference="RFC 6376 §3.6.1 (an empty key revokes)",
    fix="set revoked: true in place of until, and take the selector out some weeks later",
)
def retired_keys_end(context: Context) -> Iterator[Hit]:
    """A retired key's last day lies ahead."""
    for name, key in context.client.email.dkim.items():
        if key.until is not None and key.until < context.today and not key.revoked:
            yield Hit(f"email.dkim.{name}.until", f"DKIM selector {name} was retired until {key.until}")

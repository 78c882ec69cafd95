"""``email.dkim`` → key records: given, delegated, revoked, or of a pair that launchready makes."""

from __future__ import annotations

from collections.abc import Iterator

from launchready.client_file import environment_model
from launchready.client_file.created import sender_of
from launchready.client_file.model import ClientFile, Email
from launchready.declared import environment
from launchready.declared.created import DKIM_OUTPUT, DkimKeyPlan, KeyStore, Source
from launchready.declared.draft import Draft, draft, refused
from launchready.mailauth.dkim import key_record, selector_name


def key_store(client: ClientFile) -> KeyStore | None:
    """Where private keys are kept: beside the application's variables; None without a generated key.

    The client's own KMS key encrypts where the environment makes one (that is, where it has a secret).
    """
    if not key_plans(client.email):
        return None
    given = environment_model.of(client) or environment_model.Environment()
    made = environment.environment(client)
    own = made is not None and made.own_key and made.kms is not None
    if own and made is not None and made.kms is not None:
        key_id = made.kms
    elif given.kms in (environment.OWN_KEY, environment.AWS_KEY):
        key_id = environment.AWS_KEYS[given.target]
    else:
        key_id = given.kms
    path = environment.path_of(given, client.client)
    return KeyStore(given.target, given.region, path, key_id, {environment.TAG: client.client})


def key_plans(email: Email) -> tuple[DkimKeyPlan, ...]:
    """The key pairs to make, in the file's order. A revoked one has no key any more."""
    return tuple(
        DkimKeyPlan(name, key.generate, sender_of(email, name, key), key.active, key.until, _place(name))
        for name, key in email.dkim.items()
        if key.generate is not None and not key.revoked
    )


def dkim_drafts(client: ClientFile, email: Email) -> Iterator[Draft]:
    """The records of every selector of ``email.dkim``; those that follow from a sender are ``senders``'.

    Raises InputError for a target that is no name.
    """
    for selector, key in email.dkim.items():
        name, place = selector_name(selector.lower(), client.domain), _place(selector)
        if key.cname is not None:
            yield delegated(client, name, key.cname, place)
        elif key.revoked:
            # an empty key revokes it (RFC 6376 §3.6.1)
            yield draft(name, "TXT", key_record("", key.generate or key.type), place)
        elif key.generate is not None:
            source = Source(DKIM_OUTPUT, (selector, "record"), name, "{}")
            stand_in = draft(name, "TXT", key_record("", key.generate), place)
            yield stand_in._replace(source=source)
        elif key.public_key is not None:
            yield draft(name, "TXT", key_record(key.public_key, key.type), place)
    if not email.senders:
        # an empty key revokes every selector (RFC 6376 §3.6.1)
        yield draft(f"*._domainkey.{client.domain}", "TXT", "v=DKIM1; p=", "email.senders")


def delegated(client: ClientFile, name: str, target: str, place: str) -> Draft:
    """A CNAME. Raises InputError when the target is no name."""
    try:
        return draft(name, "CNAME", target, place)
    except ValueError as error:
        raise refused(client, place, error) from None


def _place(selector: str) -> str:
    return f"email.dkim.{selector}"

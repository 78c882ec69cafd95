"""The life of the resource DkimKey, for ``components.aws.shell.Shell``: a key pair, made once.

It talks to nobody; it is here since this is where the shell's modules are. Given: ``selector``,
``algorithm``, ``salt`` (the stack's, to seal with; may be None). Found out: ``private_key`` (sealed where
there is a passphrase: see ``launchready.client_file.sealed``), ``record``, ``created``.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from launchready.client_file.sealed import seal
from launchready.client_file.secrets import PASSPHRASE, PASSPHRASE_FILE, PassphraseKey, passphrase
from launchready.errors import InputError, Where
from launchready.mailauth import dkim_keys

Props = dict[str, Any]


def create(props: Mapping[str, Any]) -> tuple[str, Props]:
    """A fresh pair. Raises InputError when it can't be sealed."""
    pair = dkim_keys.generate(props["algorithm"], datetime.now(UTC))
    found = {
        "private_key": _sealed(pair.private_pem, props.get("salt")),
        "record": pair.record,
        "created": pair.created,
    }
    return f"dkim/{props['selector']}", {**props, **found}


def update(_id: str, olds: Mapping[str, Any], _news: Mapping[str, Any]) -> Props:
    """Nothing of a key changes."""
    return dict(olds)


def diff(_id: str, olds: Mapping[str, Any], news: Mapping[str, Any]) -> tuple[bool, list[str], bool]:
    """Another algorithm or selector is another key; the salt matters only when a key is sealed."""
    replaces = [name for name in ("selector", "algorithm") if olds.get(name) != news.get(name)]
    return bool(replaces), replaces, False


def read(id_: str, props: Mapping[str, Any]) -> tuple[str, Props]:
    """A key does not drift: what is served of it is the record's matter."""
    return id_, dict(props)


def delete(_id: str, _props: Mapping[str, Any]) -> None:
    """The state held the only copy."""


def _sealed(pem: str, salt: str | None) -> str:
    """Sealed with the stack's passphrase; in clear (the engine's own secret) where there is none."""
    if not salt or not (os.environ.get(PASSPHRASE) or os.environ.get(PASSPHRASE_FILE)):
        return pem
    where = Where(key="email.dkim")
    try:
        key = PassphraseKey.open(salt, passphrase(os.environ, where), where)
    except InputError as error:
        raise InputError(f"the DKIM key can't be sealed: {error.what}", where=where, fix=error.fix) from None
    return seal(key.encrypt(pem), salt)

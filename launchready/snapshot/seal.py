"""Encrypting what may hold secrets: AES-256-GCM under the stack's passphrase.

The salt is the stack's own where it uses Pulumi's passphrase provider, and stands in the manifest, so that
a snapshot can be opened with the passphrase alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from launchready.client_file.secrets import PassphraseKey, passphrase
from launchready.errors import InputError, Where

SUFFIX = ".sealed"


@dataclass(slots=True)
class Sealer:
    """Keys of one passphrase (of ``environ``), derived once for each salt: that takes a second."""

    environ: Mapping[str, str] = field(repr=False)
    _keys: dict[str, PassphraseKey] = field(default_factory=dict, repr=False)

    def key(self, salt: str | None, where: Where) -> PassphraseKey:
        """The key of a salt; of a new one without. Raises InputError for a wrong or missing passphrase."""
        if salt is None:
            made = PassphraseKey.create(passphrase(self.environ, where))
            return self._keys.setdefault(made.encryptionsalt, made)
        if salt not in self._keys:
            self._keys[salt] = PassphraseKey.open(salt, passphrase(self.environ, where), where)
        return self._keys[salt]


def seal(key: PassphraseKey, content: bytes) -> bytes:
    """Encrypted UTF-8 text."""
    return key.encrypt(content.decode("utf-8")).encode("ascii")


def unseal(key: PassphraseKey, content: bytes, where: Where) -> bytes:
    """Raises InputError for content that was not sealed under this key."""
    try:
        message = content.decode("ascii")
    except UnicodeDecodeError:
        raise InputError("an encrypted file of the snapshot is damaged", where=where) from None
    return key.decrypt(message, where).encode("utf-8")

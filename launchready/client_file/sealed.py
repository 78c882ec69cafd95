"""Secrets that cross the engine as ciphertext, so that nothing of its own can show them.

The engine's verbose log prints the inputs of resources in clear, secret ones too (measured: version
3.259, ``-v=9``). A resource therefore gets a secret as the client file has it, ``v1:nonce:ciphertext``,
with the salt that it was made with; the provider's process opens it with the passphrase of its
environment. A secret that another of Pulumi's secrets providers made goes over in clear, as the engine's
own secret (docs/decisions/0014-sealed-secrets.md).
"""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from pathlib import Path

from launchready.client_file.base import Secret
from launchready.client_file.secrets import (
    PASSPHRASE,
    PASSPHRASE_FILE,
    PassphraseKey,
    passphrase,
)
from launchready.client_file.source import read_source
from launchready.errors import InputError, Where

PREFIX = "launchready-sealed:"
_SEPARATOR = "|"
"""In neither base64 nor the messages' colons."""

_keys: dict[tuple[str, str], PassphraseKey] = {}
_opening = threading.Lock()


def seal(ciphertext: str, encryptionsalt: str) -> str:
    """One text that ``opened`` understands."""
    return f"{PREFIX}{encryptionsalt}{_SEPARATOR}{ciphertext}"


def is_sealed(value: str) -> bool:
    """Whether ``opened`` has to decrypt this."""
    return value.startswith(PREFIX)


def opened(value: str, environ: Mapping[str, str] | None = None) -> str:
    """The plain text of a sealed value; any other value as it is.

    ``environ``: where the passphrase is (this process's by default). A key is derived once for each
    salt. Raises InputError when the passphrase is missing or not the one that it was sealed with.
    """
    if not is_sealed(value):
        return value
    salt, _, ciphertext = value.removeprefix(PREFIX).partition(_SEPARATOR)
    where = Where(key="a sealed secret")
    word = passphrase(os.environ if environ is None else environ, where)
    with _opening:  # providers serve several calls at once; deriving a key takes most of a second
        key = _keys.get((salt, word))
        if key is None:
            key = _keys[salt, word] = PassphraseKey.open(salt, word, where)
    return key.decrypt(ciphertext, where)


class Sealer:
    """Makes the input that stands for a secret of one client file."""

    def __init__(self, path: Path | None, environ: Mapping[str, str] | None = None) -> None:
        environ = os.environ if environ is None else environ
        self._salt: str | None = None
        if path is not None and (PASSPHRASE in environ or environ.get(PASSPHRASE_FILE)):
            try:
                self._salt = read_source(path).encryptionsalt
            except InputError:  # no client file: whoever needs it says so
                self._salt = None

    @property
    def salt(self) -> str | None:
        """What the provider's process seals with what is made there; None where it could not open it."""
        return self._salt

    def __call__(self, secret: Secret) -> str:
        """Sealed where the provider will be able to open it, else the plain text.

        Wrap it in ``pulumi.Output.secret`` all the same. Raises InputError when a plain text is needed
        and nothing can decrypt it.
        """
        if self._salt is not None and secret.ciphertext.count(":") == 2:
            return seal(secret.ciphertext, self._salt)
        return secret.reveal()

"""Pulumi's passphrase secrets provider, and copies of a client file with canaries in place of secrets.

Format (Pulumi 3, ``sdk/go/common/secrets/passphrase``): the file's ``encryptionsalt`` is
``v1:<salt>:<message>``, the salt 8 bytes in base64, the message the word "pulumi" encrypted under the
derived key, by which a wrong passphrase is noticed. A message is ``v1:<nonce>:<ciphertext>``, AES-256-GCM
with a 12-byte nonce, tag appended. The key is PBKDF2-HMAC-SHA256 of the passphrase, 1,000,000 rounds.
"""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC

from launchready.errors import InputError, Where

ROUNDS = 1_000_000
SALT_BYTES = 8
NONCE_BYTES = 12
PASSPHRASE = "PULUMI_CONFIG_PASSPHRASE"  # noqa: S105 - the variable's name
PASSPHRASE_FILE = "PULUMI_CONFIG_PASSPHRASE_FILE"  # noqa: S105 - the variable's name
_CHECK = "pulumi"

RandomBytes = Callable[[int], bytes]


class SecretReader(Protocol):
    """Something that decrypts a file's secrets."""

    def reveal(self, encryptionsalt: str | None, ciphertext: str, where: Where) -> str:
        """The plain text of one ciphertext. Raises InputError naming what is missing or wrong."""


def _derive(passphrase: str, salt: bytes) -> AESGCM:
    kdf = PBKDF2HMAC(algorithm=hashes.SHA256(), length=32, salt=salt, iterations=ROUNDS)
    return AESGCM(kdf.derive(passphrase.encode("utf-8")))


def _decode(text: str, where: Where) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise InputError(
            "a secret is damaged (no base64)",
            where=where,
            fix="set it again with `pulumi config set --secret`",
        ) from None


def _split(message: str, where: Where) -> tuple[bytes, bytes]:
    parts = message.split(":")
    if len(parts) != 3 or parts[0] != "v1":
        raise InputError(
            "a secret is not of the passphrase provider's form v1:nonce:ciphertext",
            where=where,
            fix="use Pulumi's passphrase provider, or set the value again with `pulumi config set --secret`",
        )
    nonce = _decode(parts[1], where)
    if len(nonce) != NONCE_BYTES:
        raise InputError("a secret is damaged (nonce)", where=where, fix="set it again")
    return nonce, _decode(parts[2], where)


class PassphraseKey:
    """The key of one salt and passphrase; encrypts and decrypts values."""

    def __init__(self, cipher: AESGCM, encryptionsalt: str, random: RandomBytes) -> None:
        self._cipher = cipher
        self._random = random
        self.encryptionsalt = encryptionsalt
        """The ``encryptionsalt`` line that a stack file needs."""

    @classmethod
    def create(cls, passphrase: str, *, random: RandomBytes = os.urandom) -> PassphraseKey:
        """A key under a fresh salt."""
        salt = random(SALT_BYTES)
        key = cls(_derive(passphrase, salt), "", random)
        key.encryptionsalt = f"v1:{base64.b64encode(salt).decode()}:{key.encrypt(_CHECK)}"
        return key

    @classmethod
    def open(cls, encryptionsalt: str, passphrase: str, where: Where) -> PassphraseKey:
        """The key of an existing salt. Raises InputError when the passphrase is not the right one."""
        parts = encryptionsalt.split(":", 2)
        if len(parts) != 3 or parts[0] != "v1":
            raise InputError(
                "encryptionsalt is damaged", where=where, fix="restore the line from version control"
            )
        key = cls(_derive(passphrase, _decode(parts[1], where)), encryptionsalt, os.urandom)
        nonce, sealed = _split(parts[2], where)
        try:
            opened = key._cipher.decrypt(nonce, sealed, None)
        except InvalidTag:
            opened = b""
        if opened != _CHECK.encode():
            raise InputError(
                f"{PASSPHRASE} is not this file's passphrase",
                where=where,
                fix=f"set {PASSPHRASE} to the right one",
            )
        return key

    def encrypt(self, plain: str) -> str:
        """``v1:<nonce>:<ciphertext>`` of a plain text."""
        nonce = self._random(NONCE_BYTES)
        sealed = self._cipher.encrypt(nonce, plain.encode("utf-8"), None)
        return f"v1:{base64.b64encode(nonce).decode()}:{base64.b64encode(sealed).decode()}"

    def decrypt(self, message: str, where: Where) -> str:
        """The plain text of ``v1:<nonce>:<ciphertext>``."""
        nonce, sealed = _split(message, where)
        try:
            return self._cipher.decrypt(nonce, sealed, None).decode("utf-8")
        except (InvalidTag, UnicodeDecodeError):
            raise InputError(
                "a secret can't be decrypted: it was encrypted under another salt",
                where=where,
                fix="set it again with `pulumi config set --secret --path`",
            ) from None


@dataclass(slots=True)
class EnvironmentSecrets:
    """Reads secrets with the passphrase that the environment names (or the file it names)."""

    environ: Mapping[str, str]
    _keys: dict[str, PassphraseKey] = field(default_factory=dict, repr=False)

    def reveal(self, encryptionsalt: str | None, ciphertext: str, where: Where) -> str:
        if not encryptionsalt:
            raise InputError(
                "a secret needs the file's encryptionsalt, which is missing",
                where=where,
                fix="set the secret with `pulumi config set --secret`, which writes it",
            )
        key = self._keys.get(encryptionsalt)
        if key is None:
            key = PassphraseKey.open(encryptionsalt, passphrase(self.environ, where), where)
            self._keys[encryptionsalt] = key
        return key.decrypt(ciphertext, where)


@dataclass(slots=True)
class CopiedSecrets:
    """Reads a file's secrets out of a copy of it in which others stand in their places (``canary_copy``).

    ``places``: ciphertext in the file → ciphertext in the copy; ``salt``: the copy's.
    """

    places: Mapping[str, str]
    salt: str
    reader: EnvironmentSecrets

    def reveal(self, encryptionsalt: str | None, ciphertext: str, where: Where) -> str:
        if ciphertext not in self.places:
            raise InputError(
                "this secret was not there when the rehearsal began",
                where=where,
                fix="rehearse again, so that it gets a stand-in",
            )
        return self.reader.reveal(self.salt, self.places[ciphertext], where)


def passphrase(environ: Mapping[str, str], where: Where | None = None) -> str:
    """The passphrase of ``PULUMI_CONFIG_PASSPHRASE`` or of the file that ``…_FILE`` names.

    Raises InputError that names both variables when neither is set.
    """
    if PASSPHRASE in environ:
        return environ[PASSPHRASE]
    if environ.get(PASSPHRASE_FILE):
        path = Path(environ[PASSPHRASE_FILE])
        try:
            return path.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "no UTF-8"
            raise InputError(f"{PASSPHRASE_FILE}: {path} can't be read: {reason}", where=where) from None
    raise InputError(
        f"this file's secrets need a passphrase, and neither {PASSPHRASE} nor {PASSPHRASE_FILE} is set",
        where=where,
        fix=f"set {PASSPHRASE}",
    )


def is_secure(value: Any) -> bool:
    """Whether a value is a secure leaf: ``{secure: "…"}``."""
    return isinstance(value, dict) and set(value) == {"secure"} and isinstance(value["secure"], str)

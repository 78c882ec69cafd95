"""A snapshot's manifest (``launchready.snapshot/1``): what it is of, and the checksum of every file."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from launchready.errors import InputError, Where

SCHEMA = "launchready.snapshot/1"
NAME = "manifest.json"
CLIENT_FILE = "client.yaml"
_TIME = "%Y%m%dT%H%M%SZ"


class Kind(StrEnum):
    """``BEFORE``: what a change found. ``LAUNCH``: what came of one, with the file that declared it."""

    BEFORE = "before"
    LAUNCH = "launch"


@dataclass(frozen=True, slots=True)
class File:
    """One file: its name, size in bytes and SHA-256 as stored, and whether it is encrypted."""

    name: str
    bytes: int
    sha256: str
    encrypted: bool = False


@dataclass(frozen=True, slots=True)
class Manifest:
    """``id`` names the snapshot. ``world``: "live", or which edge. ``reason``: "up", "destroy", "rollback".

    ``client_file``: is the client file the one that this launch came from ("launched"), one that is only
    assumed to be ("assumed"), or is there none ("none")? ``before``: the snapshot that the same change
    took at its beginning. ``to``: what a rollback went back to. ``proof``: what verified it.
    """

    id: str
    kind: Kind
    client: str
    domain: str
    world: str
    taken: str
    reason: str
    zone: Mapping[str, Any] | None
    records: int
    resources: int
    world_digest: str
    plan: str
    client_file: str
    client_sha256: str
    salt: str
    files: tuple[File, ...]
    git: Mapping[str, Any] | None = None
    before: str | None = None
    to: str | None = None
    proof: Mapping[str, Any] | None = None
    missing: tuple[str, ...] = field(default=())
    made_by: str = ""

    @property
    def at(self) -> datetime:
        return datetime.fromisoformat(self.taken)

    @property
    def size(self) -> int:
        """Bytes of its files."""
        return sum(file.bytes for file in self.files)

    def document(self) -> dict[str, Any]:
        """As JSON."""
        return {"schema": SCHEMA, **asdict(self)}

    def encode(self) -> bytes:
        return json.dumps(self.document(), indent=1).encode() + b"\n"


def decode(content: bytes, where: Where) -> Manifest:
    """The manifest of a file's content. Raises InputError when it is damaged."""
    try:
        document = json.loads(content)
        if document.pop("schema") != SCHEMA:
            raise ValueError(f"it is no {SCHEMA} document")
        files = tuple(File(**file) for file in document.pop("files"))
        missing = tuple(document.pop("missing"))
        kind = Kind(document.pop("kind"))
        made = Manifest(**document, kind=kind, files=files, missing=missing)
        if made.at.tzinfo is None:
            raise ValueError("its time has no zone")
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise InputError(
            f"the snapshot's manifest is damaged: {type(error).__name__}: {error}",
            where=where,
            fix="use another snapshot: `launch snapshots CLIENT` lists them",
        ) from None
    return made


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def name_of(taken: datetime, files: Iterable[File]) -> str:
    """``<UTC time>-<short hash>``: the hash is over the files, and a nonce is in what is encrypted."""
    whole = hashlib.sha256()
    for file in sorted(files, key=lambda file: file.name):
        whole.update(f"{file.name}\0{file.sha256}\n".encode())
    return f"{taken.astimezone(UTC).strftime(_TIME)}-{whole.hexdigest()[:8]}"

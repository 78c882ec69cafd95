"""The project that a rollback runs: this program, and the client file of a snapshot.

Secrets that were rotated since the snapshot keep the value that they have now: what issued them has
forgotten the old one. They are named; ``old_secrets`` brings the old values back all the same.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from launchready.client_file.files import write_atomically
from launchready.client_file.positions import Key, key_text
from launchready.client_file.secrets import is_secure
from launchready.client_file.source import NAMESPACE, read_source
from launchready.errors import InputError, Where
from launchready.snapshot.seal import Sealer


@dataclass(frozen=True, slots=True)
class Project:
    """``rotated``: keys of secrets that differ from the snapshot's; ``kept``: have they today's value?"""

    directory: Path
    client_path: Path
    rotated: tuple[str, ...]
    kept: bool


def make_project(
    root: Path,
    client: str,
    then: bytes,
    now: bytes | None,
    target: Path,
    sealer: Sealer,
    *,
    old_secrets: bool = False,
) -> Project:
    """Write the project to ``target``. ``then``, ``now``: the client file of the snapshot, and today's.

    Raises InputError when a file is no client file, or its secrets can't be read.
    """
    (target / "stacks").mkdir(parents=True)
    manifest: dict[str, Any] = yaml.safe_load((root / "Pulumi.yaml").read_text())
    manifest["runtime"] = {"name": "python", "options": {"virtualenv": sys.prefix}}
    (target / "Pulumi.yaml").write_text(yaml.safe_dump(manifest, sort_keys=False))
    shutil.copy2(root / "__main__.py", target / "__main__.py")
    path = target / "stacks" / f"Pulumi.{client}.yaml"
    path.write_bytes(then)
    rotated = {} if now is None else _rotated(path, now, target / "now.yaml")
    if rotated and not old_secrets:
        write_atomically(path, _with_todays(path, target / "now.yaml", rotated, sealer))
    (target / "now.yaml").unlink(missing_ok=True)
    return Project(target, path, tuple(sorted(rotated)), not old_secrets)


def _rotated(path: Path, now: bytes, scratch: Path) -> dict[str, tuple[str, str]]:
    """Key → (ciphertext then, ciphertext now) of secrets that both files have and that differ."""
    scratch.write_bytes(now)
    then, today = _sealed(path), _sealed(scratch)
    return {key: (then[key], today[key]) for key in then if key in today and then[key] != today[key]}


def _sealed(path: Path) -> dict[str, str]:
    return dict(_leaves(read_source(path).values, ()))


def _leaves(value: Any, at: tuple[Key, ...]) -> Iterator[tuple[str, str]]:
    if is_secure(value):
        yield f"{NAMESPACE}:{key_text(at)}", value["secure"]
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _leaves(inner, (*at, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _leaves(inner, (*at, index))


def _with_todays(path: Path, today: Path, rotated: Mapping[str, tuple[str, str]], sealer: Sealer) -> str:
    """The text of ``path`` with today's values in the place of what was rotated."""
    text = path.read_text(encoding="utf-8")
    salt_then, salt_now = _salt(path), _salt(today)
    for key, (then, now) in rotated.items():
        if text.count(then) != 1:
            raise InputError(f"the secret {key} can't be found in the snapshot's client file")
        if salt_then != salt_now:
            where = Where(key=key)
            plain = sealer.key(salt_now, where).decrypt(now, where)
            now = sealer.key(salt_then, where).encrypt(plain)
        text = text.replace(then, now)
    return text


def _salt(path: Path) -> str | None:
    found = yaml.safe_load(path.read_text(encoding="utf-8")).get("encryptionsalt")
    return str(found) if found is not None else None

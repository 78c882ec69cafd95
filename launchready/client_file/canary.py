"""A copy of a client file that is safe to rehearse with: canaries in place of secrets.

The copy keeps launchready's own keys only (credentials of other namespaces stay behind), and its
canaries are encrypted under a salt and a passphrase of its own, so that no real secret is needed.
"""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from launchready.client_file.files import write_atomically
from launchready.client_file.positions import Key, key_path, key_text
from launchready.client_file.scalars import YamlFloat, YamlInt
from launchready.client_file.secrets import (
    CopiedSecrets,
    EnvironmentSecrets,
    PassphraseKey,
    RandomBytes,
    is_secure,
)
from launchready.client_file.source import NAMESPACE, read_source

CANARY_PREFIX = "lrcanary_"


def canary_copy(
    path: Path,
    target: Path,
    passphrase: str,
    overrides: Mapping[str, object] | None = None,
    *,
    random: RandomBytes = os.urandom,
) -> dict[str, str]:
    """Write a copy of a stack file with every ``secure:`` replaced by a fresh canary.

    ``overrides``: key path (``launchready:account``, ``launchready:guard.destroy``, with or without the
    namespace) → plain value; None takes the key away. Returns key path → canary, the paths with the
    namespace. Raises InputError when the file is no client file. No passphrase of the original is needed.
    """
    source = read_source(path)
    key = PassphraseKey.create(passphrase, random=random)
    canaries: dict[str, str] = {}

    def convert(value: Any, at: tuple[Key, ...]) -> Any:
        if is_secure(value):
            canary = _canary(at, random)
            canaries[f"{NAMESPACE}:{key_text(at)}"] = canary
            return {"secure": key.encrypt(canary)}
        if isinstance(value, dict):
            return {k: convert(v, (*at, k)) for k, v in value.items()}
        if isinstance(value, list):
            return [convert(v, (*at, i)) for i, v in enumerate(value)]
        return _plain(value)

    config = {k: convert(v, (k,)) for k, v in source.values.items()}
    for dotted, value in (overrides or {}).items():
        _override(config, key_path(dotted.removeprefix(f"{NAMESPACE}:")), value)
    document = {
        "config": {f"{NAMESPACE}:{k}": v for k, v in config.items()},
        "encryptionsalt": key.encryptionsalt,
    }
    write_atomically(target, dump(document))
    return canaries


def copied_secrets(path: Path, copy: Path, passphrase: str) -> CopiedSecrets:
    """A reader of ``path``'s secrets that gives what stands in their places in its ``canary_copy``."""
    original, other = read_source(path), read_source(copy)
    places: dict[str, str] = {}

    def walk(value: Any, stand_in: Any) -> None:
        if is_secure(value):
            if is_secure(stand_in):
                places[value["secure"]] = stand_in["secure"]
        elif isinstance(value, dict) and isinstance(stand_in, dict):
            for key, one in value.items():
                walk(one, stand_in.get(key))
        elif isinstance(value, list) and isinstance(stand_in, list):
            for one, other_one in zip(value, stand_in, strict=False):
                walk(one, other_one)

    walk(original.values, other.values)
    reader = EnvironmentSecrets({"PULUMI_CONFIG_PASSPHRASE": passphrase})
    return CopiedSecrets(places, other.encryptionsalt or "", reader)


def _canary(at: tuple[Key, ...], random: RandomBytes) -> str:
    """A text that is found nowhere else; where a secret has a form of its own, in that form."""
    if at[-1] == "totp":  # base32, RFC 6238's customary form
        return base64.b32encode(CANARY_PREFIX.encode() + random(16)).decode()
    if at[-1] == "slack":  # a webhook's URL, which is checked before it is used
        return f"https://hooks.slack.example/services/{CANARY_PREFIX}{random(16).hex()}"
    return CANARY_PREFIX + random(16).hex()


class _Dumper(yaml.CSafeDumper):
    """Quotes ids, which the lint wants quoted."""


def _string(dumper: _Dumper, text: str) -> yaml.Node:
    style = '"' if re.fullmatch(r"[0-9a-fA-F]{32}", text) else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style)


_Dumper.add_representer(str, _string)


def dump(document: object) -> str:
    """YAML that libyaml's and Go's readers take alike: ids, 1.1 words and dates are quoted."""
    return str(yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=10_000))


def _plain(value: Any) -> Any:
    if isinstance(value, YamlInt):
        return int(value) if str(int(value)) == value.text else value.text
    if isinstance(value, YamlFloat):
        return value.text
    return value


def _override(config: dict[str, Any], parts: tuple[Key, ...], value: object) -> None:
    node: Any = config
    for part in parts[:-1]:
        if isinstance(node, dict) and not isinstance(node.get(str(part)), dict | list):
            node[str(part)] = {}
        node = node[part]
    if value is None and isinstance(node, dict):
        node.pop(str(parts[-1]), None)
    else:
        node[parts[-1]] = value

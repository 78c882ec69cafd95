"""Secrets in every secret field of the client file, and a search for them in everything that a run wrote."""

from __future__ import annotations

import base64
import gzip
import json
import secrets
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args, get_origin
from urllib.parse import quote

from pydantic import BaseModel

from launchready.client_file.base import Secret
from launchready.client_file.model import ClientFile
from launchready.client_file.problems import HIDDEN_FIELDS, _unwrap
from launchready.client_file.secrets import PassphraseKey

Path_ = tuple[str, ...]
ANY_KEY, ANY_ITEM = "*", "[]"
RIVALS = {"secret": "value"}
"""What can't stand beside a secret field."""


def secret_fields(annotation: Any = ClientFile, seen: tuple[Any, ...] = ()) -> Iterator[Path_]:
    """Key paths of every field of the model that can hold a secret; ``*`` any key, ``[]`` any item."""
    for plain in _unwrap(annotation):
        origin = get_origin(plain)
        if plain is Secret:
            yield ()
        elif origin is dict:
            yield from ((ANY_KEY, *rest) for rest in secret_fields(get_args(plain)[1], seen))
        elif origin in (tuple, list):
            yield from ((ANY_ITEM, *rest) for rest in secret_fields(get_args(plain)[0], seen))
        elif isinstance(plain, type) and issubclass(plain, BaseModel) and plain not in seen:
            for name, info in plain.model_fields.items():
                if name not in HIDDEN_FIELDS:
                    for rest in secret_fields(info.annotation, (*seen, plain)):
                        yield (info.alias or name, *rest)


@dataclass
class Planted:
    """A configuration with canaries: key path → the part of the secret that is searched for."""

    config: dict[str, Any]
    key: PassphraseKey
    canaries: dict[str, str] = field(default_factory=dict)

    def plant(self, path: Path_) -> int:
        """Put a canary wherever ``path`` leads in the configuration; how many."""
        return self._plant(self.config, path, ())

    def _plant(self, node: Any, path: Path_, at: tuple[str, ...]) -> int:
        head, rest = path[0], path[1:]
        if head in (ANY_KEY, ANY_ITEM):
            keys = list(node) if head == ANY_KEY else list(range(len(node)))
        else:
            keys = [head]
        count = 0
        for key in keys:
            if not rest:
                name = ".".join((*at, str(key)))
                node[key] = {"secure": self.key.encrypt(self._secret(name, str(key)))}
                node.pop(RIVALS.get(str(key)), None)
                count += 1
            elif head in (ANY_KEY, ANY_ITEM) or key in node:
                count += self._plant(node[key], rest, (*at, str(key)))
        return count

    def _secret(self, name: str, kind: str) -> str:
        """A secret of the form that its field wants, with a canary in it that JSON and URLs must escape."""
        if kind == "totp":
            self.canaries[name] = base64.b32encode(secrets.token_bytes(20)).decode()
            return self.canaries[name]
        canary = f"lrc{secrets.token_hex(12)}"
        if kind == "slack":
            self.canaries[name] = canary
            return f"https://hooks.slack.example/services/T0/B0/{canary}"
        self.canaries[name] = f'{canary}/"é+{canary[::-1]}'
        return self.canaries[name]


def forms(canary: str) -> set[bytes]:
    """What to search for: the canary as it is, and as base64 at any offset, URLs, JSON and hex write it."""
    raw = canary.encode()
    found = {raw, raw.hex().encode(), raw.hex().upper().encode(), quote(canary, safe="").encode()}
    found |= {quote(canary).encode(), json.dumps(canary)[1:-1].encode(), repr(canary)[1:-1].encode()}
    found.add(json.dumps(canary, ensure_ascii=False)[1:-1].encode())
    found.add(json.dumps(json.dumps(canary))[3:-3].encode())
    found.add(json.dumps(json.dumps(canary, ensure_ascii=False), ensure_ascii=False)[3:-3].encode())
    for offset in range(3):
        text = base64.b64encode(b"\0" * offset + raw).rstrip(b"=")[(0, 2, 3)[offset] :]
        text = text[:-1] if (offset + len(raw)) % 3 else text
        found |= {text, text.replace(b"+", b"-").replace(b"/", b"_")}
    return found


def search(root: Path, canaries: Mapping[str, str]) -> list[str]:
    """``name in file:line: what stands before it`` for every canary found in a file below ``root``."""
    wanted = {name: forms(canary) for name, canary in canaries.items()}
    hits = []
    for path in sorted(path for path in root.rglob("*") if path.is_file() and not path.is_symlink()):
        data = path.read_bytes()
        if data[:2] == b"\x1f\x8b":
            data = gzip.decompress(data)
        for name, texts in wanted.items():
            at = min((found for text in texts if (found := data.find(text)) >= 0), default=-1)
            if at >= 0:
                before = data[max(0, at - 160) : at].decode(errors="replace")
                line = data.count(b"\n", 0, at) + 1
                hits.append(f"{name} in {path.relative_to(root)}:{line}: …{before!r}")
    return hits


@contextmanager
def watched_processes() -> Iterator[set[bytes]]:
    """The command lines of every process of this machine, sampled until the block ends."""
    seen: set[bytes] = set()
    stop = threading.Event()

    def sample() -> None:
        while not stop.wait(0.02):
            for entry in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    seen.add(entry.read_bytes())
                except OSError:
                    continue

    thread = threading.Thread(target=sample, daemon=True)
    thread.start()
    try:
        yield seen
    finally:
        stop.set()
        thread.join(10)

"""Writing what SPF includes resolved to into a client file's text, every other line and comment untouched."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from launchready.client_file import yaml12
from launchready.client_file.mail_options_model import SpfFlattened
from launchready.client_file.source import NAMESPACE, read_source
from launchready.client_file.yaml_text import scalar
from launchready.errors import InputError, LaunchreadyError, Where

KEY = "spf_flattened"
HEADER = "# Written by `launch spf flatten"


@dataclass(frozen=True, slots=True)
class _Entry:
    """One key of ``config``: its name without the namespace, its lines (0-based, end excluded), column."""

    name: str
    start: int
    end: int
    column: int
    prefixed: bool


def write(path: Path, client: str, snapshot: SpfFlattened | None) -> bool:
    """Put the snapshot into the file, or take it out (None); did the file change?

    The file is replaced in one step. Raises InputError when its ``config:`` can't be edited line by line.
    """
    before = yaml12.read_text(path)
    after = edited(before, path, client, snapshot)
    if after == before:
        return False
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(after)
        os.chmod(name, path.stat().st_mode & 0o777)
        _unharmed(path, Path(name), snapshot)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return True


def edited(text: str, path: Path, client: str, snapshot: SpfFlattened | None) -> str:
    """The file's text with the snapshot in place of the one that it has. Raises InputError."""
    newline = "\r\n" if "\r\n" in text else "\n"
    lines = text.splitlines()
    entries = _entries(text, path)
    old = next((entry for entry in entries if entry.name == KEY), None)
    if old is not None:
        start, end = old.start, old.end
        if start > 0 and lines[start - 1].lstrip().startswith(HEADER):
            start -= 1
    else:
        before = next((entry for entry in entries if entry.name == "email"), entries[-1])
        start = end = before.end
    model = old or entries[0]
    block = [] if snapshot is None else list(_block(client, snapshot, model.column, model.prefixed))
    return newline.join([*lines[:start], *block, *lines[end:]]) + newline


def _block(client: str, snapshot: SpfFlattened, column: int, prefixed: bool) -> Iterator[str]:
    margin, name = " " * column, f"{NAMESPACE}:{KEY}" if prefixed else KEY
    yield f"{margin}{HEADER} {client}`: review it like code, don't edit it."
    yield f"{margin}{name}:"
    yield f"{margin}  taken: {snapshot.taken}"
    yield f"{margin}  includes:" + ("" if snapshot.includes else " {}")
    for include, terms in snapshot.includes.items():
        yield f"{margin}    {scalar(include)}:" + ("" if terms else " []")
        yield from (f"{margin}      - {scalar(term)}" for term in terms)
    if snapshot.lookups:
        yield f"{margin}  lookups:"
        yield from (f"{margin}    {scalar(term)}: {cost}" for term, cost in snapshot.lookups.items())


def _entries(text: str, path: Path) -> list[_Entry]:
    """The keys of ``config``, in order; comments and blank lines after one are not its own."""
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, RecursionError) as error:
        raise InputError(f"can't be read as YAML: {error}", where=Where(path)) from None
    found = dict(_children(root)).get("config")
    if not isinstance(found, yaml.MappingNode) or found.flow_style or not found.value:
        raise InputError(
            "`config:` is not written one key a line, so a key can't be added to it",
            where=Where(path, None, "config"),
            fix="write `config:` in block style: each launchready: key on a line of its own",
        )
    lines = text.splitlines()
    entries = []
    for key, value in found.value:
        end = max(value.end_mark.line, key.start_mark.line)
        end = end if value.end_mark.column == 0 and end > key.start_mark.line else end + 1
        while end > key.start_mark.line + 1 and (end > len(lines) or _is_idle(lines[end - 1], key)):
            end -= 1
        name = str(key.value)
        prefix = f"{NAMESPACE}:"
        entries.append(
            _Entry(
                name.removeprefix(prefix),
                key.start_mark.line,
                end,
                key.start_mark.column,
                name.startswith(prefix),
            )
        )
    return entries


def _is_idle(line: str, key: yaml.Node) -> bool:
    """Blank, a comment, or already the next key (an end mark lies where the next token begins)."""
    text = line.strip()
    indent = len(line) - len(line.lstrip())
    return not text or text.startswith("#") or indent <= key.start_mark.column


def _children(node: Any) -> Iterator[tuple[str, Any]]:
    for key, value in node.value if isinstance(node, yaml.MappingNode) else ():
        yield str(key.value), value


def _unharmed(before: Path, after: Path, snapshot: SpfFlattened | None) -> None:
    """Raises LaunchreadyError unless the edit changed this one key and nothing else."""
    old, new = read_source(before).values, read_source(after).values
    written = new.pop(KEY, None)
    old.pop(KEY, None)
    wanted = None if snapshot is None else snapshot.model_dump(mode="json")
    if wanted is not None and not wanted["lookups"]:
        del wanted["lookups"]
    same = written is None if wanted is None else _plain(written) == _plain(wanted)
    if old != new or not same:
        raise LaunchreadyError(
            "the file could not be edited without changing something else; nothing was written",
            where=Where(before),
            fix=f"write {KEY} on lines of its own, in block style",
        )


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    return [_plain(v) for v in value] if isinstance(value, list | tuple) else str(value)

"""A stack file as data: launchready's own values with their positions, before they are typed."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from launchready.client_file import yaml12
from launchready.client_file.names import relative, to_ascii
from launchready.client_file.positions import Lines, Positions
from launchready.errors import ClientFileError, InputError, LaunchreadyError, Where

NAMESPACE = "launchready"
TOP_LEVEL = ("config", "encryptionsalt", "secretsprovider", "encryptedkey", "environment")
"""Keys that Pulumi itself puts into a stack file."""


@dataclass(frozen=True, slots=True)
class Source:
    """What a stack file holds. ``values``: launchready's keys without their namespace."""

    path: Path
    values: dict[str, Any]
    positions: Positions
    encryptionsalt: str | None = None
    problems: tuple[LaunchreadyError, ...] = field(default=())


def read_source(path: Path) -> Source:
    """Read a stack file. Raises InputError when it has no ``config:`` of launchready's; problems
    that let reading go on (unknown top-level keys, duplicates) are in ``problems``."""
    document = yaml12.parse(yaml12.read_text(path), path)
    data = document.data
    if data is None:
        raise InputError("is empty", where=Where(path), fix="write one with `launch new CLIENT --domain D`")
    if not isinstance(data, dict):
        raise InputError(
            f"is {kind_of(data)}, not a mapping", where=Where(path, 1), fix="begin it with `config:`"
        )
    if "config" not in data:
        raise InputError(
            "has no `config:`", where=Where(path, 1), fix="put the launchready: keys under `config:`"
        )
    lines = document.lines[id(data)].of
    config = data["config"]
    if not isinstance(config, dict):
        raise InputError(
            f"`config:` is {kind_of(config)}, not a mapping of launchready: keys",
            where=Where(path, abs(lines["config"]), "config"),
            fix="put `launchready:domain: …` under it",
        )
    problems: list[LaunchreadyError] = list(document.duplicates)
    problems.extend(
        _unknown_top(key, Where(path, abs(lines[key]), key)) for key in data if key not in TOP_LEVEL
    )
    values, clashes = _own(config, document, path)
    names = _names(values)
    document.lines[id(values)] = _own_lines(config, values, document)
    positions = Positions(path, values, document.lines, names)
    salt = data.get("encryptionsalt")
    return Source(path, values, positions, salt if isinstance(salt, str) else None, (*problems, *clashes))


def _unknown_top(key: str, where: Where) -> InputError:
    own = key.removeprefix(f"{NAMESPACE}:")
    if key.startswith(f"{NAMESPACE}:"):
        return InputError(f"{key} stands outside `config:`", where=where, fix="indent it under `config:`")
    near = difflib.get_close_matches(own, TOP_LEVEL, 1)
    advice = f"did you mean `{near[0]}`?" if near else "a stack file has config: and encryptionsalt: only"
    return InputError(f"unknown key {key!r}", where=where, fix=advice)


def _own(
    config: dict[str, Any], document: yaml12.Document, path: Path
) -> tuple[dict[str, Any], list[InputError]]:
    """launchready's keys, with and without the namespace; other namespaces are Pulumi's business."""
    lines = document.lines[id(config)].of
    values: dict[str, Any] = {}
    clashes = []
    for key, value in config.items():
        if ":" in key and not key.startswith(f"{NAMESPACE}:"):
            continue
        name = key.removeprefix(f"{NAMESPACE}:")
        if name in values:
            clashes.append(
                InputError(
                    f"the key {name!r} is given twice, with and without the namespace",
                    where=Where(path, abs(lines[key]), key),
                    fix=f"keep {NAMESPACE}:{name}",
                )
            )
            continue
        values[name] = value
    return values, clashes


def _own_lines(config: dict[str, Any], values: dict[str, Any], document: yaml12.Document) -> Lines:
    found = document.lines[id(config)]
    lines = Lines(found.start)
    for name in values:
        full = f"{NAMESPACE}:{name}"
        lines.of[name] = found.of[full] if full in found.of else found.of[name]
    return lines


def _names(values: dict[str, Any]) -> dict[str, str]:
    """Normal form of a host's key → the key as the file spells it."""
    hosts, domain = values.get("hosts"), values.get("domain")
    names: dict[str, str] = {}
    if not isinstance(hosts, dict) or not isinstance(domain, str):
        return names
    for key in hosts:
        try:
            names.setdefault(relative(key, to_ascii(domain)), key)
        except ValueError:
            continue
    return names


def kind_of(value: object) -> str:
    """A value's type in the file's words."""
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, str):
        return "a string"
    if isinstance(value, int | float):
        return "a number"
    return "a list" if isinstance(value, list | tuple) else "a mapping"


def refuse(problems: list[LaunchreadyError]) -> None:
    """Raise all problems at once, in the file's order; nothing when there is none."""
    if problems:
        raise ClientFileError(sorted(problems, key=lambda p: (p.where and p.where.line) or 0))

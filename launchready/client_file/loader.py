"""From a stack file, or from the engine's configuration, to one and the same model."""

from __future__ import annotations

import contextlib
import difflib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from launchready.client_file.base import Secret
from launchready.client_file.model import ClientFile
from launchready.client_file.positions import Key, Positions, key_text
from launchready.client_file.problems import HIDDEN_FIELDS, explain
from launchready.client_file.scalars import YamlFloat, YamlInt, calendar_date
from launchready.client_file.secrets import SecretReader, is_secure
from launchready.client_file.source import NAMESPACE, Source, read_source, refuse
from launchready.errors import InputError, LaunchreadyError, Where

STACKS = "stacks"
_CLIENT = re.compile(r"[a-zA-Z0-9](?:[a-zA-Z0-9_.-]{0,98}[a-zA-Z0-9_])?")


@dataclass(frozen=True, slots=True)
class Loaded:
    """A client file's model, and where each of its keys stands."""

    client: ClientFile
    positions: Positions


def load(path: Path, *, secrets: SecretReader | None = None) -> ClientFile:
    """The model of a stack file. See ``read``."""
    return read(path, secrets=secrets).client


def read(path: Path, *, secrets: SecretReader | None = None) -> Loaded:
    """The model of a stack file with its positions. No lint is run.

    ``secrets`` decrypts secret leaves when they are revealed, not before. Raises InputError when the
    file can't be read as YAML, ClientFileError with every problem of its keys and values.
    """
    source = read_source(path)

    def opener(ciphertext: str, at: tuple[Key, ...]) -> Callable[[], str] | None:
        if secrets is None:
            return None
        return lambda: secrets.reveal(source.encryptionsalt, ciphertext, source.positions.where(at))

    return _build(source, opener)


def from_engine(values: Mapping[str, object], path: Path) -> ClientFile:
    """The model of what the engine handed over; the file supplies positions. See ``read_engine``."""
    return read_engine(values, path).client


def read_engine(values: Mapping[str, object], path: Path) -> Loaded:
    """The model under the engine.

    ``values``: the engine's configuration, keys with or without ``launchready:``, values decoded from
    JSON; a secret leaf is its plain text. Raises InputError naming each key that differs from the file
    (secret leaves aside), and what ``read`` raises.
    """
    source = read_source(path)
    given = {k.removeprefix(f"{NAMESPACE}:"): v for k, v in values.items() if _is_own(k)}
    differing: list[LaunchreadyError] = []
    for key in dict.fromkeys((*source.values, *given)):
        if key not in given or key not in source.values:
            missing = "the engine's configuration" if key not in given else "the file"
            differing.append(_differs(f"{NAMESPACE}:{key} is not in {missing}", source, (key,)))
        else:
            differing.extend(_compare(source.values[key], given[key], (key,), source))
    if len(differing) == 1:
        raise differing[0]
    refuse(differing)

    def opener(ciphertext: str, at: tuple[Key, ...]) -> Callable[[], str] | None:
        plain = _at(given, at)
        return lambda: str(plain)

    return _build(source, opener)


def find(client: str, root: Path) -> Path:
    """``stacks/Pulumi.<client>.yaml`` under ``root``. Raises InputError that lists what exists."""
    folder = root / STACKS
    path = folder / f"Pulumi.{client}.yaml"
    if valid_client_name(client) and path.is_file():
        return path
    names = sorted(p.name.removeprefix("Pulumi.").removesuffix(".yaml") for p in folder.glob("Pulumi.*.yaml"))
    near = difflib.get_close_matches(client, names, 1)
    if near:
        fix = f"did you mean `{near[0]}`?"
    else:
        fix = f"there are: {', '.join(names)}" if names else "write one with `launch new CLIENT --domain D`"
    raise InputError(f"there is no client {client!r}", where=Where(folder), fix=fix)


def valid_client_name(client: str) -> bool:
    """Whether a word can be a stack's name and part of a file's: no separators, no leading dot."""
    return _CLIENT.fullmatch(client) is not None and ".." not in client


def client_name(path: Path) -> str:
    """The client of ``…/Pulumi.<client>.yaml``; any other file is named by its stem."""
    return path.name.removeprefix("Pulumi.").removesuffix(".yaml").removesuffix(".yml")


def _build(source: Source, opener: Callable[[str, tuple[Key, ...]], Callable[[], str] | None]) -> Loaded:
    values = {k: _with_secrets(v, (k,), opener) for k, v in source.values.items()}
    problems = list(source.problems)
    problems.extend(
        InputError(f"unknown key {key!r}", where=source.positions.where((key,)), fix="the loader sets it")
        for key in sorted(HIDDEN_FIELDS & values.keys())
    )
    own = {k: v for k, v in values.items() if k not in HIDDEN_FIELDS}
    try:
        client = ClientFile.model_validate({**own, "client": client_name(source.path), "path": source.path})
    except ValidationError as error:
        problems.extend(explain(error, ClientFile, source.positions))
        refuse(problems)
        raise
    refuse(problems)
    return Loaded(client, source.positions)


def _with_secrets(
    value: Any, at: tuple[Key, ...], opener: Callable[[str, tuple[Key, ...]], Callable[[], str] | None]
) -> Any:
    """The same value with every secure leaf as a Secret; shared where it holds none."""
    if is_secure(value):
        return Secret(value["secure"], opener(value["secure"], at))
    if isinstance(value, dict):
        return {k: _with_secrets(v, (*at, k), opener) for k, v in value.items()}
    if isinstance(value, list):
        return [
            _with_secrets(v, (*at, i), opener) if isinstance(v, dict | list) else v
            for i, v in enumerate(value)
        ]
    return value


def _is_own(key: str) -> bool:
    return key.startswith(f"{NAMESPACE}:") or ":" not in key


def _differs(what: str, source: Source, at: tuple[Key, ...]) -> InputError:
    return InputError(
        what,
        where=source.positions.where(at),
        fix="run against the file as it is: no --config overrides, and the stack of the same name",
    )


def _compare(ours: Any, theirs: Any, at: tuple[Key, ...], source: Source) -> list[LaunchreadyError]:
    """Where the file's value and the engine's differ; secret leaves are the engine's alone."""
    if is_secure(ours):
        return []
    if isinstance(ours, dict) and isinstance(theirs, Mapping) and set(ours) == set(theirs):
        return [d for k in ours for d in _compare(ours[k], theirs[k], (*at, k), source)]
    if isinstance(ours, list) and isinstance(theirs, list | tuple) and len(ours) == len(theirs):
        return [d for i, v in enumerate(ours) for d in _compare(v, theirs[i], (*at, i), source)]
    scalars = not isinstance(ours, dict | list) and not isinstance(theirs, Mapping | list | tuple)
    if scalars and _spellings(ours) & _spellings(theirs):
        return []
    return [_differs(f"the engine's value of {NAMESPACE}:{key_text(at)} differs from the file's", source, at)]


def _spellings(value: object) -> set[str]:
    """The ways in which one scalar may be written by a file, by YAML 1.1 and by JSON."""
    found = {json.dumps(value) if not isinstance(value, str) else value}
    if isinstance(value, YamlInt | YamlFloat):
        found.add(value.text)
    if isinstance(value, str):
        with contextlib.suppress(ValueError):
            found.add(str(calendar_date(value)))
    elif isinstance(value, int | float) and not isinstance(value, bool):
        found |= {repr(float(value)), str(value), f"{value:g}"}
        if float(value).is_integer():
            found.add(str(int(value)))
    elif value is None:
        found.add("")
    return found


def _at(values: Mapping[str, object], at: tuple[Key, ...]) -> object:
    node: Any = values
    for part in at:
        node = node[part]
    return node

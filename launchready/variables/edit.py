"""Changing variables in a client file's text: what isn't changed stays as it is, comments included.

Places come from PyYAML's nodes; the result is read again and compared before it is written, so that a
form which this module doesn't foresee is refused and never damaged.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from launchready.client_file import read, yaml12
from launchready.client_file.files import write_atomically
from launchready.client_file.secrets import PassphraseKey, passphrase
from launchready.client_file.source import NAMESPACE, read_source
from launchready.client_file.yaml_text import flow, scalar
from launchready.errors import ClientFileError, InputError, Where

KEY = "environment"
Entry = Mapping[str, Any]
"""A variable as the file has it: ``{"secret": {"secure": "v1:…"}, "scope": "server"}``."""


def opened_key(path: Path, environ: Mapping[str, str]) -> PassphraseKey:
    """The key of a client file; a fresh one for a file that has no secret yet.

    Raises InputError that names the variable when there is no passphrase, or not the right one, and for
    a file whose secrets another of Pulumi's providers keeps.
    """
    source = read_source(path)
    text = yaml12.read_text(path)
    if re.search(r"^secretsprovider:", text, re.M):
        raise InputError(
            "this file's secrets are kept by another provider than the passphrase",
            where=Where(path),
            fix="pulumi config set --secret --path launchready:environment.variables.NAME.secret",
        )
    word = passphrase(environ, Where(path))
    if source.encryptionsalt is None:
        return PassphraseKey.create(word)
    return PassphraseKey.open(source.encryptionsalt, word, Where(path, key="encryptionsalt"))


def save(path: Path, entries: Mapping[str, Entry], key: PassphraseKey) -> None:
    """Set variables in a client file; whole or not at all.

    An entry's keys replace those that the variable has (``secret`` takes ``value`` away and the other way
    round); its other keys stay. Raises InputError when the file can't be changed without harm.
    """
    raw = path.read_bytes()
    bom = raw.startswith(b"\xef\xbb\xbf")
    before = raw.decode("utf-8-sig")
    after = before
    for name, entry in entries.items():
        after = set_variable(after, name, entry)
    after = with_salt(after, key.encryptionsalt)
    _prove(before, after, entries, path)
    write_atomically(path, ("\ufeff" if bom else "") + after)
    read(path)


def set_variable(text: str, name: str, entry: Entry) -> str:
    """The text with one variable set."""
    document = _composed(text)
    config = _child(document, "config")
    if not isinstance(config, yaml.MappingNode):
        raise InputError("has no `config:` to put variables under")
    own = _pair(config, f"{NAMESPACE}:{KEY}") or _pair(config, KEY)
    if own is None:
        return _insert(text, config, f"{NAMESPACE}:{KEY}", {"variables": {name: entry}}, depth=2)
    environment = own[1]
    if not isinstance(environment, yaml.MappingNode):
        return _replace(text, environment, " " + flow({"variables": {name: entry}}))
    variables = _child(environment, "variables")
    if variables is None:
        return _insert(text, environment, "variables", {name: entry}, depth=1)
    if not isinstance(variables, yaml.MappingNode):
        return _replace(text, variables, " " + flow({name: entry}))
    variable = _child(variables, name)
    if not isinstance(variable, yaml.MappingNode):
        if variable is not None:
            return _replace(text, variable, " " + flow(entry))
        return _insert(text, variables, name, entry, depth=0)
    for key, value in entry.items():
        text = _set_in(text, name, key, value)
    return text


def _set_in(text: str, name: str, key: str, value: Any) -> str:
    """One key of a variable that exists."""
    config = _child(_composed(text), "config")
    environment = _child(config, f"{NAMESPACE}:{KEY}") or _child(config, KEY)
    variable = _child(_child(environment, "variables"), name)
    if not isinstance(variable, yaml.MappingNode):
        raise InputError(f"{name} can't be changed in this form")
    rival = {"secret": "value", "value": "secret"}.get(key)
    there = _pair(variable, key) or (_pair(variable, rival) if rival else None)
    if there is None:
        return _insert(text, variable, key, value, depth=0)
    start, end = there[0].start_mark.index, _end(there[1], text)
    return f"{text[:start]}{scalar(key)}: {flow(value)}{text[end:]}"


def with_salt(text: str, salt: str) -> str:
    """The text with its ``encryptionsalt`` line."""
    document = _composed(text)
    if _child(document, "encryptionsalt") is not None:
        return text
    return _insert(text, document, "encryptionsalt", salt, depth=0)


def _prove(before: str, after: str, entries: Mapping[str, Entry], path: Path) -> None:
    """Raises InputError unless ``after`` says what ``before`` does, but for the entries and the salt."""
    old, new = yaml12.parse(before, path).data, yaml12.parse(after, path).data
    variables = _variables(new)
    for name, entry in entries.items():
        there = variables.get(name) if isinstance(variables, dict) else None
        if not isinstance(there, dict) or any(there.get(key) != value for key, value in entry.items()):
            raise _unforeseen(path)
    for data in (old, new):
        found = _variables(data)
        if isinstance(found, dict):
            for name in entries:
                found.pop(name, None)
        data.pop("encryptionsalt", None)
    if _bare(old) != _bare(new):
        raise _unforeseen(path)


def _bare(data: Any) -> Any:
    """Without an empty ``environment``, however it is spelled."""
    config = dict(data["config"])
    for key in (KEY, f"{NAMESPACE}:{KEY}"):
        found = config.get(key)
        if isinstance(found, dict) and not found.get("variables"):
            found = {k: v for k, v in found.items() if k != "variables"}
        if not isinstance(found, dict) or not found:
            config.pop(key, None)
        else:
            config[key] = found
    return {**data, "config": config}


def _variables(data: Any) -> Any:
    config = data.get("config") or {}
    environment = config.get(f"{NAMESPACE}:{KEY}", config.get(KEY))
    return environment.get("variables") if isinstance(environment, dict) else None


def _unforeseen(path: Path) -> InputError:
    return InputError(
        "can't be changed here without harm to what else it says",
        where=Where(path, key=f"{NAMESPACE}:{KEY}"),
        fix="write launchready:environment in the form of `launch schema`, without anchors, and try again",
    )


# --- nodes and their places ------------------------------------------------------------------


def _composed(text: str) -> yaml.MappingNode:
    try:
        document = yaml.compose(text, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, RecursionError):
        raise ClientFileError([InputError("is no YAML that can be changed here")]) from None
    if not isinstance(document, yaml.MappingNode):
        raise InputError("is no mapping, so no variable can be put into it")
    return document


def _pair(node: Any, key: str) -> tuple[yaml.Node, yaml.Node] | None:
    if not isinstance(node, yaml.MappingNode):
        return None
    return next(((k, v) for k, v in node.value if k.value == key), None)


def _child(node: Any, key: str) -> Any:
    found = _pair(node, key)
    return None if found is None else found[1]


def _end(node: Any, text: str) -> int:
    """Where a node's own text ends: a block mapping's mark lies behind the comments that follow it."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return _end(last[1] if isinstance(last, tuple) else last, text)
    end = int(node.end_mark.index)
    return int(node.start_mark.index) + len(text[node.start_mark.index : end].rstrip())


def _replace(text: str, node: Any, new: str) -> str:
    """A node's text replaced; an empty node (``key:`` alone) has its place right behind the colon."""
    start, end = int(node.start_mark.index), _end(node, text)
    before = text[:start].rstrip(" ") if text[:start].endswith(" ") else text[:start]
    return before + new + text[end:]


def _insert(text: str, node: yaml.MappingNode, key: str, value: Any, *, depth: int) -> str:
    """A pair at the end of a mapping, in its style; ``depth``: levels of block style below a block pair."""
    if node.flow_style or not node.value:
        return _insert_flow(text, node, f"{scalar(key)}: {flow(value)}")
    column = int(node.value[0][0].start_mark.column)
    end = _end(node.value[-1][1], text)
    newline = text.find("\n", end)
    at = len(text) if newline < 0 else newline
    if at and text[at - 1] == "\r":
        at -= 1
    ending = "\r\n" if "\r\n" in text else "\n"
    lines = _block(key, value, column, depth)
    return text[:at] + "".join(ending + line for line in lines) + (text[at:] or ending)


def _insert_flow(text: str, node: yaml.MappingNode, pair: str) -> str:
    if node.value:
        at = _end(node.value[-1][1], text)
        return f"{text[:at]}, {pair}{text[at:]}"
    at = int(node.start_mark.index) + 1
    return f"{text[:at]}{pair}{text[at:]}"


def _block(key: str, value: Any, column: int, depth: int) -> list[str]:
    """Lines of a pair in block style, down to ``depth`` levels; flow style below."""
    head = " " * column + f"{_plain(key)}:"
    if depth == 0 or not isinstance(value, Mapping):
        return [f"{head} {_plain(value) if isinstance(value, str) else flow(value)}"]
    return [head, *(line for k, v in value.items() for line in _block(k, v, column + 2, depth - 1))]


def _plain(text: str) -> str:
    """A scalar in block style: a namespaced key and Pulumi's ``v1:…`` as Pulumi writes them."""
    return text if re.fullmatch(r"(?:launchready|v1):[A-Za-z0-9+/=:]*[A-Za-z0-9+/=]", text) else scalar(text)

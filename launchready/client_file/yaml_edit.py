"""Setting one value in a client file's text: everything else stays as it is, comments included.

Places come from PyYAML's nodes. A form that this module doesn't foresee (anchors, tags) is refused by
``prove``, which reads the result again and compares.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from launchready.client_file import yaml12
from launchready.client_file.source import NAMESPACE
from launchready.client_file.yaml_text import flow, scalar
from launchready.errors import InputError, Where


def set_value(text: str, keys: Sequence[str], value: object) -> str:
    """The text with ``value`` (scalars, or a mapping of them) at ``keys``, the first one of launchready's.

    All keys but the last must be there. Raises InputError when they are not.
    """
    node = _child(_composed(text), "config")
    top, *rest = keys
    found = _pair(node, f"{NAMESPACE}:{top}") or _pair(node, top)
    node = None if found is None else found[1]
    for key in rest[:-1]:
        node = _child(node, key)
    if not isinstance(node, yaml.MappingNode):
        raise InputError(f"{'.'.join(keys[:-1])} is no mapping that can be changed here")
    last = rest[-1]
    there = _pair(node, last)
    pair = f"{scalar(last)}: {flow(value)}"
    if there is not None:
        return text[: there[0].start_mark.index] + pair + text[_end(there[1], text) :]
    if node.flow_style or not node.value:
        return _into_flow(text, node, pair)
    return _below(text, node, pair)


def prove(before: str, after: str, changes: Mapping[tuple[str, ...], object], path: Path) -> None:
    """Raises InputError unless ``after`` says what ``before`` does, with ``changes`` at their keys."""
    wanted = _own(yaml12.parse(before, path).data)
    for keys, value in changes.items():
        place = wanted
        for key in keys[:-1]:
            place = place[key]
        place[keys[-1]] = value
    if _own(yaml12.parse(after, path).data) != wanted:
        raise InputError(
            "can't be changed here without harm to what else it says",
            where=Where(path),
            fix="write the keys without anchors or tags, or make the change by hand",
        )


def _own(data: Any) -> Any:
    """The configuration with keys of ours without their namespace, nothing shared between two places."""
    return {str(key).removeprefix(f"{NAMESPACE}:"): _unshared(value) for key, value in data["config"].items()}


def _unshared(value: Any) -> Any:
    """A copy in which what an alias repeated is there twice."""
    if isinstance(value, dict):
        return {key: _unshared(inner) for key, inner in value.items()}
    return [_unshared(inner) for inner in value] if isinstance(value, list) else value


def _composed(text: str) -> yaml.Node | None:
    try:
        return yaml.compose(text, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, RecursionError):
        raise InputError("is no YAML that can be changed here") from None


def _pair(node: Any, key: str) -> tuple[Any, Any] | None:
    if not isinstance(node, yaml.MappingNode):
        return None
    return next(((k, v) for k, v in node.value if k.value == key), None)


def _child(node: Any, key: str) -> Any:
    found = _pair(node, key)
    return None if found is None else found[1]


def _end(node: Any, text: str) -> int:
    """Where a node's own text ends; a block mapping's mark lies behind the comments that follow it."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return _end(last[1] if isinstance(last, tuple) else last, text)
    start, end = int(node.start_mark.index), int(node.end_mark.index)
    return start + len(text[start:end].rstrip())


def _into_flow(text: str, node: yaml.MappingNode, pair: str) -> str:
    if node.value:
        at = _end(node.value[-1][1], text)
        return f"{text[:at]}, {pair}{text[at:]}"
    at = int(node.start_mark.index) + 1
    return f"{text[:at]}{pair}{text[at:]}"


def _below(text: str, node: yaml.MappingNode, pair: str) -> str:
    """A line of its own behind the mapping's last pair, a comment on that line left where it is."""
    column = int(node.value[0][0].start_mark.column)
    newline = text.find("\n", _end(node.value[-1][1], text))
    at = len(text) if newline < 0 else newline
    if text[:at].endswith("\r"):
        at -= 1
    ending = "\r\n" if "\r\n" in text else "\n"
    return f"{text[:at]}{ending}{' ' * column}{pair}{text[at:] or ending}"

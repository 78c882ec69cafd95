"""The reference pages of the documentation, from the code: `python script/reference.py PAGE` prints one.

`mkdocs.yml` names this file as its hook, so the site's pages are always those of the code beside them:
client-file (the JSON Schema), commands (typer), lints (the registry), the decisions' index. docs/checks.md
and docs/plans.md are generated elsewhere, and committed.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import typer
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

from launchready.cli.app import EPILOG, app
from launchready.client_file import schema
from launchready.client_file.lint import LINTS
from launchready.client_file.source import NAMESPACE

Json = Mapping[str, Any]
ROOT = Path(__file__).resolve().parents[1]

SIGNS = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "|": "&#124;", "*": "&#42;", "_": "&#95;", "[": "&#91;"}
"""What may mean something in Markdown, and how it is said literally; the ampersand first."""


def plain(text: object) -> str:
    """Text in a table's cell: literally, on one line."""
    shown = " ".join(str(text).split())
    for sign, escaped in SIGNS.items():
        shown = shown.replace(sign, escaped)
    return shown


def code(text: object) -> str:
    """A cell that is to be copied."""
    return f"`{str(text).replace('|', '&#124;')}`" if "|" not in str(text) else f"<code>{plain(text)}</code>"


# ---- the client file ----------------------------------------------------------------------------


def client_file() -> str:
    """Every key of the client file, from its JSON Schema."""
    document = schema()
    definitions = document["$defs"]
    keys = document["properties"]["config"]["properties"]
    needed = set(document["properties"]["config"]["required"])
    lines = [
        "# The client file, key by key",
        "",
        f"`stacks/Pulumi.CLIENT.yaml`, under `config:`, each key with its namespace `{NAMESPACE}:`. "
        "Made from the schema that `launch schema` prints; editors know it ([how](../howto/editor.md)).",
        "",
        *_keys(keys, needed, definitions),
        "",
    ]
    for name, definition in definitions.items():
        lines += [f"## {name}", "", plain(definition.get("description", "")), ""]
        if "enum" in definition:
            lines += [f"One of {', '.join(code(value) for value in definition['enum'])}.", ""]
        elif "properties" in definition:
            lines += [*_keys(definition["properties"], set(definition.get("required", ())), definitions), ""]
        elif "anyOf" in definition or "oneOf" in definition:
            lines += [kind(definition, definitions), ""]
    return "\n".join(lines)


def _keys(keys: Json, needed: set[str], definitions: Json) -> Iterator[str]:
    yield "| key | value | default | what |"
    yield "| --- | --- | --- | --- |"
    for name, value in keys.items():
        default = "needed" if name in needed else _default(value)
        yield f"| `{name}` | {kind(value, definitions)} | {default} | {plain(value.get('description', ''))} |"


def _default(value: Json) -> str:
    default = value.get("default")
    if default is None or default in ("", [], {}):
        return ""
    if isinstance(default, dict):
        return "the defaults of its keys"
    if isinstance(default, bool):
        return code(str(default).lower())
    return ", ".join(code(one) for one in default) if isinstance(default, list) else code(default)


def kind(value: Json, definitions: Json) -> str:
    """What a value may be, in a few words; a definition is a link."""
    if "$ref" in value:
        name = value["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})" if name in definitions else plain(name)
    if "const" in value:
        return code(value["const"])
    if "enum" in value:
        return " or ".join(code(one) for one in value["enum"])
    for union in ("anyOf", "oneOf"):
        if union in value:
            kinds = [kind(one, definitions) for one in value[union] if one.get("type") != "null"]
            return " or ".join(dict.fromkeys(kinds))
    if value.get("type") == "array":
        return f"list of {kind(value.get('items', {}), definitions)}"
    if value.get("type") == "object":
        inner = value.get("additionalProperties")
        return f"mapping to {kind(inner, definitions)}" if isinstance(inner, dict) and inner else "mapping"
    words = {"string": "text", "integer": "number", "number": "number", "boolean": "true or false"}
    return words.get(str(value.get("type")), "any")


# ---- commands -----------------------------------------------------------------------------------


def commands() -> str:
    """Every command with its arguments and options, as typer has them."""
    lines = ["# Commands", "", plain(EPILOG), ""]
    for words, command in walk():
        lines += [f"## launch {' '.join(words)}", "", *_paragraphs(command.help or ""), ""]
        rows = list(_parameters(command))
        if rows:
            lines += ["| option | what |", "| --- | --- |", *rows, ""]
    return "\n".join(lines)


def walk() -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command that does something, with its words: (("env", "diff"), command)."""

    def below(words: tuple[str, ...], command: Any) -> Iterator[tuple[tuple[str, ...], Any]]:
        inner = getattr(command, "commands", None)
        if inner is None:
            yield words, command
            return
        if words and command.invoke_without_command:
            yield words, command
        for name in sorted(inner):
            if not inner[name].hidden:
                yield from below((*words, name), inner[name])

    yield from below((), typer.main.get_command(app))


def _paragraphs(text: str) -> Iterator[str]:
    for paragraph in inspect.cleandoc(text).split("\n\n"):
        yield from ("", plain(paragraph))


def _parameters(command: Any) -> Iterator[str]:
    for parameter in command.params:
        if parameter.name == "help" or getattr(parameter, "hidden", False):
            continue
        named = parameter.param_type_name == "option"
        names = ", ".join(code(one) for one in (*parameter.opts, *parameter.secondary_opts)) if named else ""
        name = names or code(parameter.metavar or str(parameter.name).upper())
        yield f"| {name} | {plain(getattr(parameter, 'help', None) or '')} |"


# ---- lints --------------------------------------------------------------------------------------


def lints() -> str:
    """Every lint of the client file, from the registry."""
    lines = [
        "# Lints",
        "",
        f"{len(LINTS)} rules that a client file is judged by before anything is registered; "
        "`launch lint` runs them without an engine. An error stops a launch, a warning is said.",
        "",
        "| lint | level | what holds | fix | reference |",
        "| --- | --- | --- | --- | --- |",
    ]
    for lint in LINTS:
        cells = (code(lint.id), lint.level.value, plain(lint.proves), plain(lint.fix), plain(lint.reference))
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join((*lines, ""))


def decisions() -> str:
    """The decisions by number, each with its title."""
    lines = ["# Decisions", "", "What somebody will question, half a page each.", ""]
    for path in sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md")):
        title = path.read_text(encoding="utf-8").partition("\n")[0].lstrip("# ")
        lines.append(f"- [{plain(title)}]({path.name})")
    return "\n".join((*lines, ""))


# ---- the site -----------------------------------------------------------------------------------

PAGES: Mapping[str, Callable[[], str]] = {
    "reference/client-file": client_file,
    "reference/commands": commands,
    "reference/lints": lints,
    "decisions/index": decisions,
}


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """mkdocs asks for more pages than there are on disk: these."""
    for name, page in PAGES.items():
        files.append(File.generated(config, f"{name}.md", content=page()))
    return files


if __name__ == "__main__":
    sys.stdout.write(PAGES[sys.argv[1]]())

"""The JSON Schema (draft 2020-12) of a whole ``Pulumi.<client>.yaml``: the contract for every key.

The copy at ``schema.json`` is what editors read; ``launch schema`` prints it, and rewrites it so.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from launchready.client_file.base import Strict
from launchready.client_file.documented import sentences
from launchready.client_file.model import ClientFile
from launchready.client_file.problems import HIDDEN_FIELDS
from launchready.client_file.source import NAMESPACE

DIALECT = "https://json-schema.org/draft/2020-12/schema"
COMMITTED = Path(__file__).with_name("schema.json")


def schema() -> dict[str, Any]:
    """The schema as plain data, described key by key."""
    _describe()
    model = ClientFile.model_json_schema(by_alias=True, mode="validation")
    definitions = model.pop("$defs")
    keys = {k: v for k, v in model["properties"].items() if k not in HIDDEN_FIELDS}
    _allow_words(keys, definitions)
    _tidy([keys, definitions])
    return {
        "$schema": DIALECT,
        "$id": "urn:launchready:client-file:1",
        "title": "launchready client file",
        "description": "A Pulumi stack file that describes one client's launch.",
        "type": "object",
        "properties": {
            "config": _config(keys),
            "encryptionsalt": {"type": "string", "description": "Pulumi's: salt of the passphrase."},
            "secretsprovider": {"type": "string", "description": "Pulumi's: who encrypts secrets."},
            "encryptedkey": {"type": "string", "description": "Pulumi's: the encrypted data key."},
            "environment": {"description": "Pulumi's: environments that the stack imports."},
        },
        "required": ["config"],
        "additionalProperties": False,
        "$defs": definitions,
    }


@functools.cache
def _describe() -> None:
    """Give every field of the models its sentence for a description."""
    models = list(_below(Strict))
    for model in models:
        known = sentences(model)
        for name, field in model.model_fields.items():
            field.description = field.description or known.get(name)
    for model in models:
        model.model_rebuild(force=True)


def _below(base: type[Strict]) -> Iterator[type[Strict]]:
    for model in base.__subclasses__():
        yield model
        yield from _below(model)


def _config(keys: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "description": "launchready's keys, and those of other namespaces, which are Pulumi's business.",
        "properties": {f"{NAMESPACE}:{name}": value for name, value in keys.items()},
        "patternProperties": {f"^(?!{NAMESPACE}:)[^:]+:": {}},
        "required": [f"{NAMESPACE}:domain"],
        "additionalProperties": False,
    }


def _allow_words(keys: dict[str, Any], definitions: dict[str, Any]) -> None:
    """``none`` where the model takes it for a whole mapping or list."""
    email = keys["email"]
    keys["email"] = {
        "description": email.get("description", ""),
        "oneOf": [{"const": "none"}, {"$ref": "#/$defs/Email"}],
    }
    reports = definitions["Email"]["properties"]["tls_rpt"]
    reports["oneOf"] = [{"const": "none"}, {"type": "string", "pattern": ":|@"}, reports["oneOf"][1]]


def _tidy(node: Any) -> None:
    """Descriptions on one line; pydantic's titles, which repeat the names, out."""
    if isinstance(node, dict):
        if isinstance(node.get("title"), str):
            del node["title"]
        if isinstance(node.get("description"), str):
            node["description"] = " ".join(node["description"].replace("``", "`").split())
        for value in node.values():
            _tidy(value)
    elif isinstance(node, list):
        for value in node:
            _tidy(value)


def text() -> str:
    """The schema as the committed file has it."""
    return json.dumps(schema(), indent=2) + "\n"

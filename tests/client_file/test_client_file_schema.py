"""The JSON Schema: current, valid, and of one mind with the model."""

from __future__ import annotations

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from launchready.client_file import schema, yaml12
from launchready.client_file.model import ClientFile
from launchready.client_file.problems import HIDDEN_FIELDS
from launchready.client_file.schema import COMMITTED, text
from tests.client_file.good_files import GOOD
from tests.client_file.lint_twins import TWINS, client_file

VALIDATOR = Draft202012Validator(schema())


def complaints(source: str) -> list[str]:
    return [f"{e.json_path}: {e.message}" for e in VALIDATOR.iter_errors(yaml12.parse(source).data)]


def test_the_committed_schema_is_current() -> None:
    assert COMMITTED.read_text(encoding="utf-8") == text(), (
        "run: launch schema > launchready/client_file/schema.json"
    )


def test_the_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(schema())


def test_every_key_of_the_model_is_described() -> None:
    keys = schema()["properties"]["config"]["properties"]
    assert set(keys) == {
        f"launchready:{name}" for name in ClientFile.model_fields if name not in HIDDEN_FIELDS
    }
    bare = [f"{where}.{name}" for where, name, node in described(schema()) if not node.get("description")]
    assert bare == []


def described(node: Any, where: str = "") -> Any:
    if isinstance(node, dict):
        for name, value in node.get("properties", {}).items():
            if "$ref" not in value and "secure" not in name:
                yield where, name, value
        for key, value in node.items():
            yield from described(value, f"{where}/{key}")
    elif isinstance(node, list):
        for value in node:
            yield from described(value, where)


def test_the_example_obeys_the_schema_and_names_it(root: Any) -> None:
    source = (root / "stacks" / "Pulumi.example.yaml").read_text(encoding="utf-8")
    assert complaints(source) == []
    first = source.splitlines()[0]
    assert first == "# yaml-language-server: $schema=../launchready/client_file/schema.json"
    assert (root / "stacks" / first.partition("=")[2]).resolve() == COMMITTED


@pytest.mark.parametrize("name", GOOD)
def test_good_files_obey_the_schema(name: str) -> None:
    assert complaints(GOOD[name]) == []


@pytest.mark.parametrize("lint_id", TWINS)
def test_what_the_model_takes_the_schema_takes(lint_id: str) -> None:
    source = TWINS[lint_id].text
    assert complaints(source) == []


@pytest.mark.parametrize(
    "body",
    [
        "hots: {}",
        "plan: fre",
        "hosts: {x: {addres: 192.0.2.1}}",
        "records: [{name: x}]",
        "records: {name: x, type: A}",
        "tls: {mode: stric}",
        "tls: {dnssec: yes}",
        "email: some",
        "portal: nothing",
        "environment: {variables: {KEY: {secret: in-clear}}}",
        "waivers: [{check: x, reason: y}]",
    ],
)
def test_what_the_model_refuses_the_schema_refuses(body: str) -> None:
    assert complaints(client_file(body)) != []


def test_keys_of_other_namespaces_are_allowed_and_json_is_plain() -> None:
    assert complaints(client_file("") + "  aws:region: eu-central-1\n") == []
    assert json.loads(json.dumps(schema())) == schema()

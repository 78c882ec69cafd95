"""Outputs straight from the engine's state file: as the engine would tell them, or not at all."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from launchready.engine.state_file import SIGNATURE, outputs_in_file


def state(outputs: dict[str, Any], **changes: Any) -> dict[str, Any]:
    root = {"urn": "urn:pulumi:x::launchready::pulumi:pulumi:Stack::x", "type": "pulumi:pulumi:Stack"}
    return {
        "version": 3,
        "checkpoint": {"stack": "x", "latest": {"resources": [{**root, "outputs": outputs}]}},
        **changes,
    }


def written(tmp_path: Path, document: object, *, packed: bool = False) -> str:
    place = tmp_path / ".pulumi" / "stacks" / "launchready"
    place.mkdir(parents=True)
    text = json.dumps(document).encode()
    if packed:
        (place / "acme.json.gz").write_bytes(gzip.compress(text))
    else:
        (place / "acme.json").write_bytes(text)
    return f"file://{tmp_path}"


@pytest.mark.parametrize("packed", [False, True])
def test_outputs_are_read_and_secret_ones_are_not_shown(tmp_path: Path, packed: bool) -> None:
    secret = {SIGNATURE: "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "v1:abc"}
    url = written(
        tmp_path, state({"ds_record": "1 13 2 AB", "token": secret, "deep": [secret]}), packed=packed
    )
    assert outputs_in_file(url, "acme") == {
        "ds_record": "1 13 2 AB", "token": "[secret]", "deep": "[secret]",
    }  # fmt: skip


@pytest.mark.parametrize(
    "document",
    [
        state({}, version=4),
        {"version": 3, "checkpoint": {"latest": None}},
        {"version": 3, "checkpoint": {"latest": {"resources": []}}},
        {"version": 3, "checkpoint": {"latest": {"resources": [7]}}},
        [],
        "text",
    ],
)
def test_what_is_not_known_exactly_is_left_to_the_engine(tmp_path: Path, document: object) -> None:
    assert outputs_in_file(written(tmp_path, document), "acme") is None


@pytest.mark.parametrize(
    "url", ["", "https://api.example", "s3://bucket", "file://elsewhere/x", "file:///none"]
)
def test_other_backends_are_left_to_the_engine(url: str) -> None:
    assert outputs_in_file(url, "acme") is None


def test_a_broken_file_is_left_to_the_engine(tmp_path: Path) -> None:
    url = written(tmp_path, {})
    (tmp_path / ".pulumi/stacks/launchready/acme.json").write_bytes(b"\xff{")
    assert outputs_in_file(url, "acme") is None
    assert outputs_in_file(url, "../acme") is None

"""Every JSON document says which schema it follows, and follows it."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from launchready.client_file.plans import FEATURES, LIMITS, Limits
from launchready.edge.process import EdgeOptions, serve

pytestmark = pytest.mark.slow


def schemas(root: Path) -> dict[str, dict[str, Any]]:
    """Schema id → the published schema, of every document that the package has."""
    found = {}
    for path in (root / "launchready").rglob("*.schema.json"):
        schema = json.loads(path.read_text())
        jsonschema.Draft202012Validator.check_schema(schema)
        found[schema["properties"]["schema"]["const"]] = schema
    return found


@pytest.mark.parametrize("command", ["checks", "plans", "doctor"])
def test_what_a_command_prints_follows_its_schema(root: Path, command: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "launchready.cli", command, "--json"],
        cwd=root, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    document = json.loads(done.stdout)
    assert document["schema"] == f"launchready.{command}/1"
    jsonschema.validate(document, schemas(root)[document["schema"]])


async def test_the_edges_document_follows_its_schema(root: Path, tmp_path: Path) -> None:
    edge = await serve(EdgeOptions(dir=tmp_path))
    try:
        document = edge.document()
    finally:
        await edge.close()
    jsonschema.validate(document, schemas(root)[document["schema"]])


def test_every_limit_of_a_plan_is_described_and_the_page_is_up_to_date(root: Path) -> None:
    assert set(FEATURES) == set(Limits.__dataclass_fields__)
    assert all(feature.reference and feature.instead for feature in FEATURES.values())
    assert len(LIMITS) == 4
    sys.path.insert(0, str(root / "script"))
    try:
        page = import_module("plans").document()
    finally:
        sys.path.remove(str(root / "script"))
    assert (root / "docs" / "plans.md").read_text() == page, "run: python script/plans.py"

"""`launch mail presets` says what is known, as text and as one JSON document that follows its schema."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import jsonschema

from launchready.mailauth.presets import PRESETS


def presets(*arguments: str, root: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "launchready.cli", "mail", "presets", *arguments],
        cwd=root, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_the_document_follows_its_schema_and_has_every_preset(root: Path) -> None:
    done = presets("--json", root=root)
    document = json.loads(done.stdout)
    schema = root / "launchready" / "cli" / "schemas" / "mail-presets.schema.json"
    jsonschema.validate(document, json.loads(schema.read_text()))
    assert [entry["name"] for entry in document["presets"]] == list(PRESETS)
    zoho = next(entry for entry in document["presets"] if entry["name"] == "zoho")
    assert zoho["regions"]["eu"] == {
        "spf_include": "zohomail.eu", "mx": ["mx.zoho.eu", "mx2.zoho.eu", "mx3.zoho.eu"],
    }  # fmt: skip


def test_one_preset_is_shown_with_its_return_path_and_sources(root: Path) -> None:
    done = presets("Postmark", root=root)
    assert done.returncode == 0
    assert "pm-bounces  CNAME pm.mtasv.net" in done.stdout
    assert "under aspf=s its mail passes DMARC by DKIM" in done.stdout
    assert "seen 20" in done.stdout
    assert "zoho" not in done.stdout


def test_a_preset_that_does_not_exist_is_bad_input(root: Path) -> None:
    done = presets("postmrk", root=root)
    assert done.returncode == 2
    assert "postmark" in done.stderr
    assert "Traceback" not in done.stderr

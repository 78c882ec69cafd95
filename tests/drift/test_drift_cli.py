"""`launch drift` as a user meets it: bad input, an edge, formats, exit codes."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import jsonschema
import pytest

from tests.drift import drift_clients
from tests.drift.drift_kit import Launched, launched

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
VALUES = {
    "domain": drift_clients.DOMAIN,
    "hosts": {"@": {"address": "203.0.113.10"}, "www": {"redirect": "@"}},
    "email": "none",
    "headers": "none",
}


def launch(*words: str, cwd: Path = ROOT, **env: str) -> subprocess.CompletedProcess[str]:
    shell = {
        key: value for key, value in os.environ.items() if not key.startswith(("CLOUDFLARE_", "PULUMI_"))
    }
    return subprocess.run(
        [sys.executable, "-m", "launchready.cli", "drift", *words],
        cwd=cwd, capture_output=True, text=True, timeout=120, check=False, env={**shell, **env},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["example", "--format", "xml"], "--format xml: there is text, json, markdown, sarif"),
        pytest.param(
            ["example", "--format", "text", "--format", "json"],
            "several formats need --output DIR",
            marks=pytest.mark.slow,
        ),
        pytest.param(["nobody"], "nobody", marks=pytest.mark.slow),
        (["example"], "CLOUDFLARE_API_TOKEN is not set"),
        pytest.param(
            ["example", "--edge", "/nowhere/edge.json"], "there is no such file", marks=pytest.mark.slow
        ),
    ],
)
def test_bad_input_is_named_and_exits_2(words: list[str], says: str) -> None:
    env = {"CLOUDFLARE_API_TOKEN": "t" * 40} if words == ["nobody"] else {}
    done = launch(*words, **env)
    assert (done.returncode, done.stdout) == (2, "")
    assert says in done.stderr


@pytest.mark.slow
def test_an_api_that_does_not_answer_is_no_drift_and_no_pass() -> None:
    done = launch(
        "example", "--json", CLOUDFLARE_API_TOKEN="t" * 40, CLOUDFLARE_BASE_URL="http://127.0.0.1:9/client/v4"
    )
    assert (done.returncode, done.stdout) == (3, "")
    assert "reading /zones" in done.stderr
    assert "t" * 40 not in done.stderr


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Launched]:
    async with launched(tmp_path / "edge", VALUES, "free") as made:
        yield made


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with the client's file, and no stack of the engine."""
    (tmp_path / "edge").mkdir()
    (tmp_path / "stacks").mkdir()
    (tmp_path / "Pulumi.yaml").write_text((ROOT / "Pulumi.yaml").read_text())
    config = {f"launchready:{key}": value for key, value in VALUES.items()} | {
        "launchready:account": "0" * 32
    }
    (tmp_path / "stacks" / "Pulumi.acme.yaml").write_text(json.dumps({"config": config}))
    return tmp_path


@pytest.mark.slow
async def test_drift_of_an_edge_in_each_format_without_a_stack(project: Path, stage: Launched) -> None:
    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return launch("acme", "--edge", str(project / "edge"), *words, cwd=project)

    done = await asyncio.to_thread(run, "--json")
    document = json.loads(done.stdout)
    schema = json.loads((ROOT / "launchready" / "drift" / "drift.schema.json").read_text())
    jsonschema.validate(document, schema)
    assert (done.returncode, document["items"], document["unfound"]) == (0, [], []), document
    assert document["state"] == {
        "known": False,
        "reason": "the backend is empty: nothing was launched from it",
    }
    assert document["api_calls"] == 11, "a zone of one page, and no state that spares reading rulesets"
    backend = project / "edge" / "backend"
    assert list(backend.rglob("*")) == [], "no stack was made for it"

    await stage.edit({"name": "www.acme.example"}, proxied=False)
    done = await asyncio.to_thread(run)
    assert done.returncode == 1
    assert "1 THING HAS DRIFTED  acme: acme.example (on a local edge)" in done.stdout
    assert "launch up acme --refresh --edge" in done.stdout
    reports = project / "reports"
    words = ["--output", str(reports)]
    for name in ("text", "json", "markdown", "sarif"):
        words += ["--format", name]
    done = await asyncio.to_thread(run, *words)
    assert (done.returncode, done.stdout) == (1, "")
    assert sorted(path.name for path in reports.iterdir()) == [
        "drift.json", "drift.md", "drift.sarif", "drift.txt",
    ]  # fmt: skip
    place = json.loads((reports / "drift.sarif").read_text())["runs"][0]["results"][0]["locations"][0]
    assert place["physicalLocation"]["artifactLocation"]["uri"].endswith("stacks/Pulumi.acme.yaml")

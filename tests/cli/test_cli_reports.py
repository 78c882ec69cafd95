"""The options about reports, as a user gives them: several formats at once, what changed, bad input."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import typer

from launchready.cli import exits
from launchready.cli.app import app
from launchready.client_file import read
from launchready.declared import declare
from launchready.evidence import store
from launchready.report import schema
from launchready.verify import verify
from tests.report.report_kit import pictured

pytestmark = pytest.mark.slow

CLIENT = """config:
  launchready:domain: acme.example
  launchready:email: {senders: []}
  launchready:hosts:
    "@": {address: 203.0.113.10}
"""
ENDINGS = {
    "html": ".html",
    "json": ".json",
    "text": ".txt",
    "junit": ".xml",
    "sarif": ".sarif",
    "markdown": ".md",
}


@pytest.fixture
def project(tmp_path: Path, root: Path) -> Path:
    """A project with one client and evidence of it, so that nothing needs a network."""
    (tmp_path / "stacks").mkdir()
    (tmp_path / ".git").mkdir()
    shutil.copy2(root / "Pulumi.yaml", tmp_path)
    (tmp_path / "stacks" / "Pulumi.acme.yaml").write_text(CLIENT)
    store.save(pictured(), tmp_path / "evidence.json")
    return tmp_path


@dataclass(frozen=True)
class Done:
    returncode: int
    stdout: str
    stderr: str


Launch = Callable[..., Done]


@pytest.fixture
def launch(project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Launch:
    """`launch` in the project, in this process."""
    monkeypatch.chdir(project)
    for name in [name for name in os.environ if name.startswith(("PULUMI_", "CLOUDFLARE_", "AWS_"))]:
        monkeypatch.delenv(name)

    def run(*arguments: str) -> Done:
        command = typer.main.get_command(app)
        code = exits.run(lambda: command.main(list(arguments), prog_name="launch", standalone_mode=False))
        said = capsys.readouterr()
        return Done(code, said.out, said.err)

    return run


@pytest.fixture
def verified(launch: Launch) -> Launch:
    return lambda *arguments: launch("verify", "acme", "--replay", "evidence.json", *arguments)


def test_every_format_is_written_in_one_run(project: Path, verified: Launch) -> None:
    formats = [option for name in ENDINGS for option in ("--format", name)]
    done = verified(*formats, "--output", "reports/today")
    assert done.returncode in (1, 3), done.stderr
    assert done.stdout == ""
    written = {path.name for path in (project / "reports" / "today").iterdir()}
    assert written == {f"verification{ending}" for ending in ENDINGS.values()}
    sarif = json.loads((project / "reports/today/verification.sarif").read_text())
    results = sarif["runs"][0]["results"]
    assert {r["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for r in results} == {
        "stacks/Pulumi.acme.yaml"
    }
    jsonschema.validate(json.loads((project / "reports/today/verification.json").read_text()), schema())


@pytest.mark.parametrize("name", ["html", "junit", "sarif", "markdown"])
def test_one_format_goes_to_standard_output(verified: Launch, name: str) -> None:
    begins = {
        "html": "<!doctype html>",
        "junit": "<?xml",
        "sarif": "{",
        "markdown": "<!-- launchready:acme -->",
    }
    assert verified("--format", name).stdout.startswith(begins[name])


def test_the_document_on_standard_output_goes_with_reports_in_a_directory(
    project: Path, verified: Launch
) -> None:
    done = verified("--json", "--format", "html", "--output", "out")
    jsonschema.validate(json.loads(done.stdout), schema())
    assert (project / "out" / "verification.html").exists()
    again = verified("--json", "--output", "only")
    jsonschema.validate(json.loads(again.stdout), schema())
    assert (project / "only" / "verification.json").exists()


def test_what_changed_since_a_run_before_is_told(project: Path, verified: Launch) -> None:
    (project / "last.json").write_text(verified("--json").stdout)
    assert "nothing changed" in verified("--previous", "last.json").stdout
    document: dict[str, Any] = json.loads((project / "last.json").read_text())
    worst = next(f for f in document["findings"] if f["status"] in ("fail", "inconclusive"))
    worst["status"], worst["cause"], worst["fix"] = "pass", None, None
    (project / "last.json").write_text(json.dumps(document))
    text = verified("--previous", "last.json").stdout
    assert "Since " in text
    assert worst["check"] in text.split("Since ")[1].split("\n\n")[0]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--format", "pdf"), "--format pdf: there is no such format"),
        (("--format", "html", "--format", "json"), "need --output DIR"),
        (("--json", "--format", "html"), "both want standard output"),
        (("--previous", "nowhere.json"), "nowhere.json: can't be read"),
        (("--previous", "evidence.json"), "no verification document"),
        (("--output", "Pulumi.yaml"), "is no directory"),
    ],
)
def test_what_can_not_be_written_is_refused_before_anything_runs(
    verified: Launch, arguments: tuple[str, ...], says: str
) -> None:
    done = verified(*arguments)
    assert done.returncode == 2
    assert says in done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr


def test_the_public_look_has_reports_without_a_client_file(launch: Launch) -> None:
    done = launch("verify", "--domain", "acme.example", "--replay", "evidence.json", "--format", "sarif")
    assert done.returncode in (1, 3), done.stderr
    assert "physicalLocation" not in done.stdout


def test_a_handover_is_written_with_the_runs_proof(project: Path, verified: Launch, launch: Launch) -> None:
    (project / "last.json").write_text(verified("--json").stdout)
    (project / "out.json").write_text('{"nameservers": ["ns1.example", "ns2.example"]}')
    given = ("--verification", "last.json", "--outputs", "out.json")
    done = launch("handover", "acme", *given, "--output", "new/acme.html")
    assert done.returncode == 0, done.stderr
    text = (project / "new" / "acme.html").read_text()
    assert "ns1.<wbr>example" in text
    said = launch("handover", "acme", *given, "--format", "markdown")
    assert said.stdout.startswith("# Handover: acme.example\n")
    assert "Not checked" in text or "not checked" in said.stdout or "Fail" in text


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("nobody",), "nobody"),
        (("acme", "--format", "pdf"), "--format pdf: there is no such format"),
        (("acme", "--verification", "evidence.json"), "no verification document"),
        (("acme", "--outputs", "Pulumi.yaml"), "Pulumi.yaml: no JSON"),
        (("acme", "--outputs", "nowhere"), "nowhere: can't be read"),
        (("acme", "--output", "stacks"), "stacks: is a directory"),
    ],
)
def test_bad_input_to_a_handover_is_named(launch: Launch, arguments: tuple[str, ...], says: str) -> None:
    done = launch("handover", *arguments)
    assert done.returncode == 2, done.stderr
    assert says in done.stderr
    assert done.stdout == ""


async def test_a_report_of_real_checks_has_no_finding_without_a_place(project: Path) -> None:
    """Every key that a check advises on has a line in the file, or a nearest one."""
    from launchready.cli.reports import context_of

    client = read(project / "stacks" / "Pulumi.acme.yaml").client
    found = await verify(client, edge=None, replay=store.load(project / "evidence.json"))
    assert declare(client).domain == found.domain
    context = context_of(client, None)
    assert all(str(context.place(one)).startswith("stacks/Pulumi.acme.yaml:") for one in found.findings)

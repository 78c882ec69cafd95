"""`launch lint` and `launch completion`, as people, programs and shells use them."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import jsonschema
import pytest
import typer

from launchready.cli import exits
from launchready.cli.app import app

GOOD = "config:\n  launchready:domain: acme.example\n  launchready:email: {senders: []}\n"
UNKNOWN = "config:\n  launchready:domain: acme.example\n  launchready:hostz: {}\n"
DEEP = GOOD + "  launchready:hosts:\n    a.b: {address: 203.0.113.10, proxied: true}\n"
HOSTILE = 'config:\n  launchready:domain: acme.example\n  "launchready:ho\\e[31m]]>|%0A::error::\\nx": {}\n'


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "stacks").mkdir()
    (tmp_path / "Pulumi.yaml").write_text("name: launchready\n")
    for name, text in (("good", GOOD), ("unknown", UNKNOWN), ("deep", DEEP), ("hostile", HOSTILE)):
        (tmp_path / "stacks" / f"Pulumi.{name}.yaml").write_text(text)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PULUMI_CONFIG_PASSPHRASE", raising=False)
    return tmp_path


def launch(*arguments: str) -> int:
    command = typer.main.get_command(app)
    return exits.run(lambda: command.main(list(arguments), prog_name="launch", standalone_mode=False))


def test_a_good_file_passes_without_a_passphrase(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert launch("lint", "stacks/Pulumi.good.yaml") == 0
    assert capsys.readouterr().out == "1 file: 0 errors, 0 warnings\n"


def test_every_file_is_linted_when_none_is_named(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert launch("lint") == 2
    out = capsys.readouterr().out
    assert "stacks/Pulumi.unknown.yaml:3: error: launchready:hostz: unknown key 'hostz'" in out
    assert "did you mean `hosts`?" in out
    assert "stacks/Pulumi.deep.yaml:5: error:" in out
    assert "client_file.tls.depth]" in out
    assert out.splitlines()[-1].startswith("4 files: ")
    assert "\x1b" not in out


def test_the_document_follows_its_schema(
    root: Path, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert launch("lint", "--json", "stacks/Pulumi.deep.yaml", "nowhere.yaml") == 2
    document = json.loads(capsys.readouterr().out)
    published = root / "launchready" / "cli" / "schemas" / "lint.schema.json"
    jsonschema.validate(document, json.loads(published.read_text()))
    found = {(one["file"], one["line"], one["lint"]) for one in document["problems"]}
    assert found == {("stacks/Pulumi.deep.yaml", 5, "client_file.tls.depth"), ("nowhere.yaml", None, None)}


def test_sarif_is_what_github_takes_and_points_at_the_line(
    root: Path, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert launch("lint", "--format", "sarif") == 2
    log = json.loads(capsys.readouterr().out)
    jsonschema.validate(log, json.loads((root / "tests/report/sarif_subset.schema.json").read_text()))
    places = {
        (p["artifactLocation"]["uri"], p["region"]["startLine"])
        for result in log["runs"][0]["results"]
        for p in [result["locations"][0]["physicalLocation"]]
    }
    assert {("stacks/Pulumi.deep.yaml", 5), ("stacks/Pulumi.unknown.yaml", 3)} <= places


def test_no_file_can_forge_a_command_of_the_runner(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert launch("lint", "--format", "github", "stacks/Pulumi.hostile.yaml") == 2
    commands, _, summary = capsys.readouterr().out.rstrip("\n").rpartition("\n")
    assert commands.count("\n") == 0
    assert commands.startswith("::error file=stacks/Pulumi.hostile.yaml,line=3,title=client_file.valid::")
    assert "%250A" in commands
    assert summary == "1 file: 1 errors, 0 warnings"


def test_two_wishes_for_standard_output_are_refused(project: Path) -> None:
    assert launch("lint", "--json", "--format", "sarif") == 2


def test_a_shell_completes_commands_options_and_clients(
    root: Path, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert launch("completion", "bash") == 0
    script = project / "completion.sh"
    script.write_text(capsys.readouterr().out)
    # What readline does on Tab, by bash itself.
    ask = """
    source "$1"; shift
    COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
    _launch_completion launch; printf '%s\\n' "${COMPREPLY[@]}"
    """
    env = {**os.environ, "PATH": f"{root}/.venv/bin:{os.environ['PATH']}"}
    for words, expected in ((("launch", "hando"), "handover"), (("launch", "drift", "go"), "good")):
        done = subprocess.run(
            ["bash", "-c", ask, "bash", str(script), *words],
            cwd=project, env=env, capture_output=True, text=True, timeout=60, check=True,
        )  # fmt: skip
        assert done.stdout.split() == [expected]


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells_have_a_script_too(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert launch("completion", shell) == 0
    assert f"_LAUNCH_COMPLETE=complete_{shell}" in capsys.readouterr().out


def test_an_unknown_shell_is_bad_input() -> None:
    assert launch("completion", "tcsh") == 2

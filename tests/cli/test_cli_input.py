"""The command line as a user meets it: bad input is named, exit codes hold, nothing is lost."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from launchready import __version__


def launch(*arguments: str, cwd: Path, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("PULUMI_", "CLOUDFLARE_", "AWS_"))}
    return subprocess.run(
        [sys.executable, "-m", "launchready.cli", *arguments],
        cwd=cwd, env={**clean, **(env or {})}, capture_output=True, text=True, timeout=60, check=False,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip


@pytest.fixture
def project(tmp_path: Path, root: Path) -> Path:
    for name in ("Pulumi.yaml", "__main__.py"):
        (tmp_path / name).write_text((root / name).read_text())
    (tmp_path / "stacks").mkdir()
    return tmp_path


def client_file(project: Path, text: str, name: str = "acme") -> Path:
    path = project / "stacks" / f"Pulumi.{name}.yaml"
    path.write_text(text)
    return path


def test_help_teaches_where_to_begin(project: Path) -> None:
    done = launch("--help", cwd=project)
    assert done.returncode == 0
    assert "launch rehearse" in done.stdout
    for command in ("new", "rehearse", "up", "preview", "destroy", "edge", "pulumi", "verify", "adopt",
                    "checks", "schema", "doctor"):  # fmt: skip
        assert command in done.stdout


def test_the_version_is_told_without_a_command(project: Path) -> None:
    done = launch("--version", cwd=project)
    assert (done.returncode, done.stdout.strip()) == (0, __version__)


def test_an_unknown_command_is_bad_input(project: Path) -> None:
    assert launch("lunch", cwd=project).returncode == 2


def test_an_unknown_client_lists_those_that_exist(project: Path) -> None:
    client_file(project, "config:\n  launchready:domain: acme.example\n")
    done = launch("rehearse", "acne", cwd=project)
    assert done.returncode == 2
    assert "acme" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_unknown_key_names_file_line_and_the_nearest_key(project: Path) -> None:
    client_file(project, "config:\n  launchready:domain: acme.example\n  launchready:redirect: []\n")
    done = launch("rehearse", "acme", cwd=project)
    assert done.returncode == 2
    assert "Pulumi.acme.yaml:3" in done.stderr
    assert "redirects" in done.stderr


def test_every_problem_is_told_at_once(project: Path) -> None:
    client_file(
        project,
        "config:\n  launchready:domain: acme.example\n  launchready:plan: gold\n"
        "  launchready:records: 12\n  launchready:hots: {}\n",
    )
    done = launch("verify", "acme", cwd=project)
    assert done.returncode == 2
    for line in (3, 4, 5):
        assert f"Pulumi.acme.yaml:{line}" in done.stderr


@pytest.mark.parametrize("text", ["", "config:\n", "[]", "config: {launchready:domain: }\n", "a: [\n"])
def test_an_empty_or_broken_file_is_bad_input_without_a_traceback(project: Path, text: str) -> None:
    client_file(project, text)
    done = launch("preview", "acme", cwd=project)
    assert done.returncode == 2
    assert "Pulumi.acme.yaml" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_live_launch_without_its_passphrase_names_the_variable(project: Path) -> None:
    client_file(project, "config:\n  launchready:domain: acme.example\n")
    done = launch("up", "acme", "--yes", cwd=project, env={"CLOUDFLARE_API_TOKEN": "t" * 40})
    assert done.returncode == 2
    assert "PULUMI_CONFIG_PASSPHRASE" in done.stderr


def test_a_live_launch_without_a_token_names_the_variable(project: Path) -> None:
    client_file(project, "config:\n  launchready:domain: acme.example\n")
    done = launch("up", "acme", "--yes", cwd=project, env={"PULUMI_CONFIG_PASSPHRASE": "x"})
    assert done.returncode == 2
    assert "CLOUDFLARE_API_TOKEN" in done.stderr


def test_new_writes_a_file_that_lints_and_never_overwrites(project: Path) -> None:
    first = launch("new", "acme", "--domain", "acme.example", "--address", "203.0.113.10", cwd=project)
    assert first.returncode == 0, first.stderr
    path = project / "stacks" / "Pulumi.acme.yaml"
    written = path.read_text()
    second = launch("new", "acme", "--domain", "other.example", cwd=project)
    assert second.returncode == 2
    assert path.read_text() == written


def test_a_client_name_can_not_leave_the_stacks_directory(project: Path) -> None:
    done = launch("new", "../../evil", "--domain", "acme.example", cwd=project)
    assert done.returncode == 2
    assert not list(project.rglob("*evil*"))


def test_checks_and_schema_are_one_json_document_each(project: Path) -> None:
    checks = launch("checks", "--json", cwd=project)
    entries = json.loads(checks.stdout)["checks"]
    assert {"id", "row", "severity", "reference", "proves", "fix"} <= set(entries[0])
    schema = json.loads(launch("schema", cwd=project).stdout)
    assert "launchready:domain" in json.dumps(schema)


def test_an_edge_that_is_not_there_is_bad_input(project: Path) -> None:
    client_file(project, "config:\n  launchready:domain: acme.example\n")
    done = launch("verify", "acme", "--edge", "nowhere/edge.json", cwd=project)
    assert done.returncode == 2
    assert "nowhere" in done.stderr


def test_doctor_says_what_is_missing_and_what_to_do(project: Path, tmp_path: Path) -> None:
    env = {"PATH": str(tmp_path), "LAUNCHREADY_CACHE": str(tmp_path / "empty")}
    done = launch("doctor", cwd=project, env=env)
    assert done.returncode == 3
    assert "engine" in done.stdout
    assert "install" in done.stdout


def test_without_an_engine_and_without_go_a_rehearsal_says_what_to_install(
    project: Path, tmp_path: Path
) -> None:
    client_file(project, "config:\n  launchready:domain: acme.example\n")
    env = {
        "PATH": str(tmp_path),
        "LAUNCHREADY_CACHE": str(tmp_path / "empty"),
        "LAUNCHREADY_PULUMI_RELEASES": "http://127.0.0.1:9",
    }
    done = launch("rehearse", "acme", cwd=project, env=env)
    assert done.returncode == 3
    assert "Go" in done.stderr
    assert "Traceback" not in done.stderr

"""The files that pipelines read: judged by GitHub's, GitLab's and pre-commit's own rules, and by bash."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

pytestmark = pytest.mark.slow

INPUT = re.compile(r"inputs\.([a-z-]+)")
BAD = "config:\n  launchready:domain: acme.example\n  launchready:hostz: {}\n"


def tool(root: Path, name: str, *arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """One of the environment's programs, run."""
    return subprocess.run(
        [root / ".venv" / "bin" / name, *arguments],
        cwd=cwd or root, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def action(root: Path) -> dict[str, Any]:
    return yaml.safe_load((root / "action.yml").read_text())


@pytest.mark.parametrize(
    ("schema", "file", "more"),
    [
        ("vendor.github-actions", "action.yml", ()),
        ("vendor.github-workflows", "ci/github.yml", ()),
        ("vendor.gitlab-ci", "ci/gitlab.yml", ("--data-transform", "gitlab-ci")),
    ],
)
def test_the_schema_of_who_reads_it_holds(root: Path, schema: str, file: str, more: tuple[str, ...]) -> None:
    done = tool(root, "check-jsonschema", "--builtin-schema", schema, *more, file)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_judge_of_the_action_refuses_a_step_without_a_shell(root: Path, tmp_path: Path) -> None:
    broken = tmp_path / "action.yml"
    broken.write_text((root / "action.yml").read_text().replace("shell: bash", ""))
    done = tool(root, "check-jsonschema", "--builtin-schema", "vendor.github-actions", str(broken))
    assert done.returncode == 1


def test_every_input_of_the_action_is_used_and_every_one_used_is_declared(root: Path) -> None:
    document = action(root)
    used = set(INPUT.findall(yaml.safe_dump(document["runs"])))
    assert used == set(document["inputs"])


def test_no_input_reaches_a_shell_but_through_the_environment(root: Path) -> None:
    scripts = [step["run"] for step in action(root)["runs"]["steps"] if "run" in step]
    assert len(scripts) >= 4
    for script in scripts:
        assert "${{" not in script
        done = subprocess.run(["bash", "-n", "-c", script], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


def test_gitlabs_jobs_run_what_is_there(root: Path) -> None:
    jobs = yaml.safe_load((root / "ci" / "gitlab.yml").read_text())
    commands = {job["variables"]["LAUNCHREADY_COMMAND"] for name, job in jobs.items() if ":" in name}
    assert commands == {"verify", "drift", "spf-check", "lint"}
    assert (root / "ci" / "run.sh").stat().st_mode & 0o111
    assert subprocess.run(["bash", "-n", root / "ci" / "run.sh"], check=False).returncode == 0


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"LAUNCHREADY_COMMAND": "verify"}, "name the client"),
        ({"LAUNCHREADY_CLIENT": "--help"}, "is no client"),
        ({"LAUNCHREADY_CLIENT": "acme", "LAUNCHREADY_COMMAND": "destroy"}, "is none of"),
    ],
)
def test_a_job_that_is_set_up_wrongly_says_so(
    root: Path, tmp_path: Path, environment: dict[str, str], said: str
) -> None:
    done = subprocess.run(
        [root / "ci" / "run.sh"], cwd=tmp_path, env={"PATH": "/usr/bin:/bin", **environment},
        capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert said in done.stderr


def test_precommit_runs_the_hook_and_stops_a_bad_file(root: Path, tmp_path: Path) -> None:
    manifest = root / ".pre-commit-hooks.yaml"
    assert tool(root, "pre-commit", "validate-manifest", str(manifest)).returncode == 0
    (hook,) = yaml.safe_load(manifest.read_text())
    # The same hook from this environment: a fresh one would be fetched from a registry.
    local = {**hook, "language": "system", "entry": f"{root}/.venv/bin/{hook['entry']}"}
    config = {"repos": [{"repo": "local", "hooks": [local]}]}
    (tmp_path / ".pre-commit-config.yaml").write_text(yaml.safe_dump(config))
    (tmp_path / "stacks").mkdir()
    (tmp_path / "notes.yaml").write_text(BAD)
    good = tmp_path / "stacks" / "Pulumi.acme.yaml"
    good.write_text("config:\n  launchready:domain: acme.example\n  launchready:email: {senders: []}\n")
    subprocess.run(["git", "init", "-q", "."], cwd=tmp_path, check=True)
    subprocess.run(["git", "add", "."], cwd=tmp_path, check=True)
    done = tool(root, "pre-commit", "run", "--all-files", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Passed" in done.stdout
    good.write_text(BAD)
    done = tool(root, "pre-commit", "run", "--all-files", cwd=tmp_path)
    assert done.returncode == 1
    assert "stacks/Pulumi.acme.yaml:3: error: launchready:hostz: unknown key 'hostz'" in done.stdout
    assert "exit code: 2" in done.stdout

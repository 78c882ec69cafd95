"""The action's own steps, run as a runner runs them, against a local edge that nothing was launched into."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import yaml

pytestmark = pytest.mark.slow

EXPRESSION = re.compile(r"\$\{\{ *(inputs|steps\.run\.outputs)\.([a-z-]+) *\}\}")
CLIENT = """config:
  launchready:domain: acme.example
  launchready:email: {senders: []}
  launchready:hosts:
    "@": {address: 203.0.113.10}
"""


@dataclass
class Runner:
    """What a composite action has of its runner."""

    root: Path
    project: Path
    inputs: dict[str, str]
    outputs: dict[str, str] = field(default_factory=dict)

    def step(self, name: str) -> subprocess.CompletedProcess[str]:
        """One step of action.yml, with its environment filled in; its outputs are kept."""
        document = yaml.safe_load((self.root / "action.yml").read_text())
        given = {key: str(one["default"]) for key, one in document["inputs"].items()} | self.inputs
        (step,) = [one for one in document["runs"]["steps"] if one["name"] == name]
        said = self.project / "github-output"
        said.write_text("")
        env = {k: v for k, v in os.environ.items() if not k.startswith(("CLOUDFLARE_", "PULUMI_", "AWS_"))}
        env |= {
            "PATH": f"{self.root}/.venv/bin:{env['PATH']}", "GITHUB_ACTION_PATH": str(self.root),
            "GITHUB_ACTIONS": "true", "GITHUB_OUTPUT": str(said),
            "GITHUB_STEP_SUMMARY": str(self.project / "summary.md"),
        }  # fmt: skip
        known = {"inputs": given, "steps.run.outputs": self.outputs}
        for key, value in step.get("env", {}).items():
            env[key] = EXPRESSION.sub(lambda match: known[match[1]].get(match[2], ""), value)
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            cwd=self.project, env=env, capture_output=True, text=True, timeout=200, check=False,
        )  # fmt: skip
        self.outputs |= dict(line.split("=", 1) for line in said.read_text().splitlines())
        return done


@pytest.fixture
def project(root: Path, tmp_path: Path) -> Path:
    (tmp_path / "stacks").mkdir()
    (tmp_path / ".git").mkdir()
    (tmp_path / "Pulumi.yaml").write_bytes((root / "Pulumi.yaml").read_bytes())
    (tmp_path / "stacks" / "Pulumi.acme.yaml").write_text(CLIENT)
    return tmp_path


@pytest.fixture
def edge(project: Path) -> Iterator[Path]:
    """A running edge's document."""
    document = project / "edge" / "edge.json"
    command = [sys.executable, "-m", "launchready.cli", "edge", "--dir", str(document.parent)]
    process = subprocess.Popen(command, cwd=project, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 90
    while not document.exists():
        assert process.poll() is None, "the edge ended"
        assert time.monotonic() < deadline, "the edge did not start"
        time.sleep(0.05)
    yield document
    process.terminate()
    process.wait(30)


@pytest.mark.slow
def test_verify_writes_its_reports_then_the_last_step_decides(root: Path, project: Path, edge: Path) -> None:
    runner = Runner(root, project, {"client": "acme", "edge": str(edge), "arguments": "--quick --only dns"})
    done = runner.step("Run")
    assert done.returncode == 0, done.stderr
    code = runner.outputs["exit-code"]
    assert code in ("1", "3"), done.stderr
    report = (project / runner.outputs["report"]).read_text()
    assert report.startswith("<!-- launchready:acme -->\n")
    assert (project / "summary.md").read_text() == report
    log = json.loads((project / runner.outputs["sarif"]).read_text())
    assert log["version"] == "2.1.0"
    assert log["runs"][0]["results"]
    assert runner.step("Decide").returncode == int(code)


def test_lint_says_what_is_wrong_at_its_line(root: Path, project: Path) -> None:
    file = project / "stacks" / "Pulumi.acme.yaml"
    file.write_text(CLIENT + "  launchready:hostz: {}\n")
    runner = Runner(root, project, {"command": "lint"})
    done = runner.step("Run")
    assert "::error file=stacks/Pulumi.acme.yaml,line=6," in done.stdout
    assert runner.outputs["exit-code"] == "2"
    assert json.loads((project / runner.outputs["sarif"]).read_text())["runs"][0]["results"]
    assert runner.step("Decide").returncode == 2


@pytest.mark.parametrize(("code", "unproven", "ends"), [("3", "fail", 3), ("3", "pass", 0), ("1", "pass", 1)])
def test_only_what_could_not_be_proved_may_pass(
    root: Path, project: Path, code: str, unproven: str, ends: int
) -> None:
    runner = Runner(root, project, {"unproven": unproven}, {"exit-code": code})
    assert runner.step("Decide").returncode == ends


def test_a_job_without_a_client_fails_at_once(root: Path, project: Path) -> None:
    done = Runner(root, project, {}).step("Run")
    assert done.returncode == 2
    assert "name the client" in done.stderr

"""`script/new-check`: everything a check needs, in its place, and none of it passes by itself."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
ID = "tls.sample.property"
COPIED = ("launchready", "components", "script", "tests", "pyproject.toml", "Pulumi.yaml")


def run(root: Path, *command: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PYTHONPATH": str(root)}
    return subprocess.run(
        command, cwd=root, env=env, capture_output=True, text=True, timeout=200, check=False
    )


def new_check(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return run(root, sys.executable, "script/new_check.py", *arguments)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """As much of a checkout as checks and twins need."""
    for name in COPIED:
        source, target = ROOT / name, tmp_path / name
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", "node_modules"))
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)
    return tmp_path


def test_the_files_are_written_clean_and_fail_until_they_are_filled_in(checkout: Path) -> None:
    done = new_check(checkout, "tls", "sample.property")
    assert done.returncode == 0, done.stderr
    written = [line.removeprefix("wrote ") for line in done.stdout.splitlines() if line.startswith("wrote ")]
    assert written == [
        "launchready/checklist/tls/sample_property.py",
        "tests/bad_twins/tls_sample_property_twins.py",
        "tests/checklist/test_checklist_tls_sample_property.py",
        f"docs/checks/{ID}.md",
    ]
    python = [name for name in written if name.endswith(".py")]
    for tool in (("ruff", "check"), ("ruff", "format", "--check")):
        linted = run(checkout, sys.executable, "-m", *tool, *python)
        assert linted.returncode == 0, linted.stdout
    listed = run(checkout, sys.executable, "-m", "launchready.cli", "checks", "--json")
    assert f'"id": "{ID}"' in listed.stdout
    tested = run(checkout, sys.executable, "-m", "pytest", "-q", "-n0", "-p", "no:cacheprovider", python[2])
    assert "2 failed, 1 passed" in tested.stdout, tested.stdout


@pytest.mark.slow
@pytest.mark.edge
def test_the_twin_is_missed_until_the_check_judges(checkout: Path) -> None:
    assert new_check(checkout, "tls", "sample.property").returncode == 0
    program = (
        "import asyncio\n"
        "from launchready import checklist\n"
        "from tests.bad_twins.catalogue import TWINS\n"
        "from tests.bad_twins.harness import stage\n"
        "async def main():\n"
        "    async with stage() as running:\n"
        f"        twin = TWINS['{ID}']\n"
        "        print(sorted(twin.trips), sorted(await running.observe(twin, checklist.load())))\n"
        "asyncio.run(main())\n"
    )
    done = run(checkout, sys.executable, "-c", program)
    assert done.returncode == 0, done.stderr
    expected, _, observed = done.stdout.strip().partition("] ")
    assert ID in expected
    assert ID not in observed


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("kitchen", "sink.clean"), "there is no row 'kitchen'"),
        (("tls", "certificate"), "subject.property"),
        (("tls", "../../etc.passwd"), "is no name"),
        (("tls", "chain.valid"), "there is a check tls.chain.valid"),
    ],
)
def test_what_can_not_be_is_refused(tmp_path: Path, arguments: tuple[str, str], words: str) -> None:
    done = run(ROOT, sys.executable, "script/new_check.py", *arguments, "--root", str(tmp_path))
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    first = run(
        ROOT, sys.executable, "script/new_check.py", "tls", "sample.property", "--root", str(tmp_path)
    )
    again = run(
        ROOT, sys.executable, "script/new_check.py", "tls", "sample.property", "--root", str(tmp_path)
    )
    assert (first.returncode, again.returncode) == (0, 2)
    assert "is there already" in again.stderr

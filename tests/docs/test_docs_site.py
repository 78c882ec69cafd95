"""The documentation's site: built strictly, from the code, and loading nothing from elsewhere."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from launchready.checklist import load
from launchready.cli.app import app
from launchready.client_file import schema
from launchready.client_file.lint import LINTS

LOADED = re.compile(r"""<(?:script|link|img|iframe|source)[^>]+(?:src|href)=["']?(https?://[^"'> ]+)""")


@pytest.mark.slow
def test_the_site_is_built_strictly_and_has_everything(root: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [root / ".venv" / "bin" / "mkdocs", "build", "--strict", "--quiet", "--site-dir", tmp_path],
        cwd=root, env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True, text=True, timeout=200, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    commands = (tmp_path / "reference" / "commands.html").read_text()
    assert app.registered_commands
    for command in app.registered_commands:
        assert command.callback is not None
        name = command.name or command.callback.__name__.replace("_", "-")
        assert f"launch {name}" in commands
    keys = (tmp_path / "reference" / "client-file.html").read_text()
    for key in schema()["properties"]["config"]["properties"]:
        assert f"<code>{key}</code>" in keys
    lints = (tmp_path / "reference" / "lints.html").read_text()
    assert all(f"<code>{name}</code>" in lints for name in LINTS.ids)
    assert (tmp_path / "checks.html").is_file()
    assert len(load()) > 100
    loaded = {address for page in tmp_path.rglob("*.html") for address in LOADED.findall(page.read_text())}
    assert loaded == set()

"""A project with clients, runs in it that a real Record wrote, and `launch serve` as a process."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from launchready.serve.record import PLACE, Record
from tests.browser import BrowserError
from tests.conftest import ROOT

CLIENT = """config:
  launchready:domain: {name}.example
  launchready:email: {{senders: []}}
  launchready:hosts:
    "@": {{address: 203.0.113.10}}
"""
ROWS = [{"row": "dns", "status": "pass", "passed": 3, "failed": 0, "inconclusive": 0, "waived": 0}]
DOCUMENT = json.dumps({"schema": "launchready.verification/1", "verdict": "ready", "rows": ROWS})
COMMAND = [sys.executable, "-m", "launchready.cli"]
PATIENCE = 30.0
"""Seconds after which a condition counts as never met."""


def project(directory: Path, *names: str) -> Path:
    """A project with these clients."""
    (directory / "stacks").mkdir()
    shutil.copy2(ROOT / "Pulumi.yaml", directory)
    for name in names:
        (directory / "stacks" / f"Pulumi.{name}.yaml").write_text(CLIENT.format(name=name))
    return directory


def begun(root: Path, client: str = "acme", *, command: str = "verify", group: str | None = None) -> Record:
    """A run that goes on until it is closed."""
    domain = f"{client}.example"
    record = Record.begin(root / PLACE, command=command, client=client, domain=domain, group=group)
    assert record is not None
    return record


def ended(record: Record, html: str = "<!doctype html><title>report</title><h1>Ready</h1>") -> str:
    """The run's id, after it has come to a verdict."""
    record.verdict(DOCUMENT, lambda: html, verdict="ready", score=100, code=0)
    record.close()
    return record.id


def until(condition: Callable[[], Any]) -> Any:
    """What ``condition`` gives once it gives something; fails after PATIENCE. A loading page gives none."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with suppress(BrowserError):
            if found := condition():
                return found
        time.sleep(0.05)
    raise AssertionError("it never came to that")


def environment() -> dict[str, str]:
    """This process's, without what would point a command elsewhere."""
    dropped = ("PULUMI_", "CLOUDFLARE_", "AWS_", "LAUNCHREADY_")
    return {name: value for name, value in os.environ.items() if not name.startswith(dropped)}


def launch(cwd: Path, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    """`launch …`, to its end."""
    return subprocess.run(
        [*COMMAND, *arguments], cwd=cwd, capture_output=True, text=True, timeout=120, check=False,
        env=environment() | env,
    )  # fmt: skip


@contextmanager
def page(cwd: Path, *arguments: str) -> Iterator[dict[str, Any]]:
    """`launch serve --json` as a process: its document. It must end well on Ctrl-C."""
    process = subprocess.Popen(
        [*COMMAND, "serve", "--json", *arguments], cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, env=environment(),
    )  # fmt: skip
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, process.stderr.read() if process.stderr else ""
        yield json.loads(line)
        process.send_signal(signal.SIGINT)
        rest, said = process.communicate(timeout=90)
        assert (process.returncode, rest, said) == (0, "", "")
    finally:
        process.kill()
        process.communicate()

"""A rehearsal drills the monitors that it provisioned, and the verifier finds the proof."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from launchready.engine import engine_or_reason

pytestmark = [
    pytest.mark.engine,
    pytest.mark.slow,
    pytest.mark.skipif(engine_or_reason()[0] is None, reason="no engine yet: make setup"),
]

FILE = """config:
  launchready:domain: acme.example
  launchready:account: "0a1b2c3d4e5f60718293a4b5c6d7e8f9"
  launchready:hosts: {"@": {address: 203.0.113.10, proxied: true}, www: {redirect: "@"}}
  launchready:email: {senders: []}
  launchready:portal: none
  launchready:monitors:
    paths: ["/", "/login"]
    errors: {namespace: AWS/ApplicationELB, metric: HTTPCode_Target_5XX_Count, threshold: 10}
    notify: {email: [ops@acme.example], sms: ["+14155550100"]}
"""


def test_a_rehearsal_proves_that_alerts_arrive(root: Path, tmp_path: Path) -> None:
    (tmp_path / "stacks").mkdir()
    for name in ("Pulumi.yaml", "__main__.py"):
        shutil.copy2(root / name, tmp_path / name)
    (tmp_path / "stacks" / "Pulumi.acme.yaml").write_text(FILE)
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("PULUMI_", "CLOUDFLARE_", "AWS_"))}
    done = subprocess.run(
        [sys.executable, "-m", "launchready.cli", "rehearse", "acme", "--json"],
        cwd=tmp_path, env=clean, capture_output=True, text=True, timeout=280, check=False,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.stdout, done.stderr
    findings = json.loads(done.stdout)["findings"]
    (proof,) = [one for one in findings if one["check"] == "monitoring.drill.proved"]
    assert proof["status"] == "pass", done.stderr
    assert "email sms" in proof["observed"]
    assert "proved: every owner was told within" in done.stderr

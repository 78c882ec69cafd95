"""A launch of six records: the real engine, the real command line and a real edge."""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from launchready.snapshot.store import DirectoryStore
from tests.rehearse.test_rehearse_example import environment, launch

ROOT = Path(__file__).resolve().parents[2]
FILE = """\
config:
  launchready:domain: six.example
  launchready:account: "0a1b2c3d4e5f60718293a4b5c6d7e8f9"
  launchready:hosts:
    "@": {address: 203.0.113.10, proxied: true}
    app: {address: 203.0.113.11, proxied: false}
    shop: {address: 203.0.113.12, proxied: false}
    docs: {address: 203.0.113.13, proxied: false}
  launchready:records:
    - {name: "@", type: MX, content: mx.host.example, priority: 10}
    - {name: "@", type: TXT, content: "hello", ttl: 1h, comment: "kept"}
  launchready:email: none
  launchready:tls: {caa: []}
  launchready:monitors: none
"""


@dataclass
class Six:
    """The launch: its project, its edge."""

    project: Path
    document: dict[str, Any]
    api: httpx.Client

    @property
    def file(self) -> Path:
        return self.project / "stacks" / "Pulumi.six.yaml"

    @property
    def store(self) -> DirectoryStore:
        return DirectoryStore(self.project / ".launchready" / "snapshots" / "six")

    @property
    def edge(self) -> tuple[str, str]:
        return ("--edge", str(Path(self.document["ca"]).parent / "edge.json"))

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return launch(self.project, arguments[0], "six", *arguments[1:], *self.edge)

    def edit(self, *changes: tuple[str, str]) -> None:
        text = self.file.read_text()
        for old, new in changes:
            assert old in text, old
            text = text.replace(old, new)
        self.file.write_text(text)

    def zone(self) -> str:
        return f"/zones/{self.api.get('/zones').json()['result'][0]['id']}"

    def call(self, method: str, path: str, body: Any = None) -> Any:
        answer = self.api.request(method, self.zone() + path, json=body)
        answer.raise_for_status()
        return answer.json().get("result")

    def served(self) -> dict[str, Any]:
        """The zone as it is exported, to the byte (its time and serial aside), its settings and rules."""
        export = self.api.get(f"{self.zone()}/dns_records/export").text
        rulesets = [self.call("GET", f"/rulesets/{one['id']}") for one in self.call("GET", "/rulesets")]
        return {
            "export": re.sub(r"(;; Exported:.*|IN\tSOA\t.*)", "", export),
            "settings": {one["id"]: one["value"] for one in self.call("GET", "/settings")},
            "rules": {
                one["phase"]: [(r["expression"], r["action"]) for r in one["rules"]] for one in rulesets
            },
        }


@contextmanager
def launched_six(directory: Path) -> Iterator[Six]:
    """The launch, served; ended afterwards."""
    project = directory / "project"
    (project / "stacks").mkdir(parents=True)
    (directory / "tmp").mkdir()
    manifest = (ROOT / "Pulumi.yaml").read_text().replace("virtualenv: .venv", f"virtualenv: {sys.prefix}")
    (project / "Pulumi.yaml").write_text(manifest)
    shutil.copy2(ROOT / "__main__.py", project)
    (project / "stacks" / "Pulumi.six.yaml").write_text(FILE)
    process = subprocess.Popen(
        [sys.executable, "-m", "launchready.cli", "edge", "--json", "--dir", str(directory / "edge")],
        cwd=project, env=environment(project), stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    document = json.loads(process.stdout.readline())
    headers = {"Authorization": f"Bearer {document['token']}"}
    with httpx.Client(base_url=document["api"], headers=headers, timeout=20) as api:
        launched = Six(project, document, api)
        done = launched.run("up", "--yes")
        assert done.returncode == 0, done.stderr
        yield launched
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == 0
